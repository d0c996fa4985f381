r"""The little language of the dialogs: what a client says and a server must answer.

    # a comment                      : chunking off         an option of the server
    C: EHLO client.example           S: 250 2.1.0 Ok        a line, exactly
    C+ any\r\noctets\x00             S~ 250-mx              a line that begins so
                                     S* 250                 a reply of any number of lines
    C* 80 so many times these octets S. the server closes
    T: the TLS handshake             A: Subject: x\r\n\r\nHi\r\n    the content accepted

Client lines that follow each other go out in one write. `C+`, `C*` and `A:` know the escapes
\r, \n, \\ and \xNN, and get no line end.
"""

import re
from pathlib import Path
from typing import NamedTuple, Protocol

_ESCAPE = re.compile(r"\\(?:r|n|\\|x[0-9a-f]{2})")
_ESCAPED = {"\\r": "\r", "\\n": "\n", "\\\\": "\\"}
KINDS = ("C:", "C+", "C*", "S:", "S~", "S*", "S.", "T:", "A:")


class Step(NamedTuple):
    """One line of a dialog: where it stands, its kind, its octets."""

    where: str
    kind: str
    octets: bytes


class Dialog(NamedTuple):
    """A whole dialog; `options` by their first word."""

    name: str
    options: dict[str, str]
    steps: tuple[Step, ...]


class Exchange(Protocol):
    """A client's side of one connection, to a core or over a socket."""

    def send(self, octets: bytes) -> None: ...

    def line(self) -> bytes:
        """The next line that the server said, with its CRLF; b"" where it says no more."""
        ...

    def start_tls(self) -> None: ...

    def is_closed(self) -> bool: ...

    def accepted(self) -> bytes | None:
        """The next content that was accepted; None where it can't be known here."""
        ...


def parse(path: Path) -> Dialog:
    """Read a dialog; a line that is none is an error of ours."""
    options: dict[str, str] = {}
    steps = []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        where, kind, text = f"{path.name}:{number}", line[:2], line[3:]
        if kind == ": ":
            name, _, value = line[2:].partition(" ")
            options[name] = value
            continue
        assert kind in KINDS, f"{where}: begin with one of {KINDS}"
        steps.append(Step(where, kind, _octets(kind, text)))
    return Dialog(path.stem, options, tuple(steps))


def play(dialog: Dialog, exchange: Exchange) -> None:
    """Say what the client says, and compare what the server does."""
    said = b""
    for step in dialog.steps:
        if step.kind in ("C:", "C+", "C*"):
            said += step.octets
            continue
        if said:
            exchange.send(said)
            said = b""
        _compare(step, exchange)
    if said:
        exchange.send(said)
    left = exchange.line()
    assert not left, f"{dialog.name}: said behind the end: {left!r}"


def _compare(step: Step, exchange: Exchange) -> None:
    if step.kind == "T:":
        exchange.start_tls()
    elif step.kind == "S.":
        assert exchange.is_closed(), f"{step.where}: still open"
    elif step.kind == "A:":
        content = exchange.accepted()
        assert content in (None, step.octets), f"{step.where}: {content!r}"
    elif step.kind == "S*":
        line = exchange.line()
        while line[:4] == step.octets + b"-":
            line = exchange.line()
        assert line[:4] == step.octets + b" ", f"{step.where}: {line!r}"
    else:
        line = exchange.line()
        is_so = line.startswith(step.octets) if step.kind == "S~" else line == step.octets
        assert is_so, f"{step.where}: {line!r}"


def _octets(kind: str, text: str) -> bytes:
    if kind == "C*":
        count, _, once = text.partition(" ")
        return int(count) * _octets("C+", once)
    if kind in ("C+", "A:"):
        return _ESCAPE.sub(_unescape, text).encode("latin-1")
    return text.encode() + (b"\r\n" if kind in ("C:", "S:") else b"")


def _unescape(match: re.Match[str]) -> str:
    return _ESCAPED.get(match[0]) or chr(int("0" + match[0][1:], 0))
