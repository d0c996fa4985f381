"""SMTP replies: every reply that we give has its name here, and one dull sentence.

Sources: RFC 5321 section 4.2 (replies), RFC 3463 and RFC 2034 (enhanced status codes).
"""

from functools import lru_cache
from typing import Self

import msgspec

REPLY_TEXT_OCTETS_MAX = 400  # RFC 5321 4.5.3.1.5 allows 512 for the line, codes included.
REPLY_LINES_MAX = 20


class Reply(msgspec.Struct, frozen=True):
    """One reply: `code` 200 to 599, `enhanced` such as "2.1.0" or "" (greeting, EHLO).

    `lines` has at least one line of printable ASCII. After a reply that `closes` nothing
    more is read from this client.
    """

    code: int
    enhanced: str
    lines: tuple[str, ...]
    closes: bool = False

    @property
    def is_positive(self) -> bool:
        """True for 2xx and 3xx."""
        return self.code < 400

    @property
    def is_permanent(self) -> bool:
        """True for 5xx: the sender is not to try again."""
        return self.code >= 500

    def encode(self) -> bytes:
        """The octets on the wire, with CRLF."""
        return _encode(self)

    def with_reference(self, reference: str) -> Self:
        """The same reply, naming the `reference` under which our operator finds the record."""
        last = f"{self.lines[-1]} (reference {reference})"
        return type(self)(self.code, self.enhanced, (*self.lines[:-1], last), self.closes)


@lru_cache(maxsize=1024)
def _encode(reply: Reply) -> bytes:
    lines = []
    for number, line in enumerate(reply.lines, 1):
        separator = " " if number == len(reply.lines) else "-"
        enhanced = f"{reply.enhanced} " if reply.enhanced else ""
        lines.append(f"{reply.code}{separator}{enhanced}{line}\r\n")
    return "".join(lines).encode("ascii")


def _reply(code: int, enhanced: str, text: str, *, closes: bool = False) -> Reply:
    return Reply(code, enhanced, (text,), closes)


def passed_on(code: int, enhanced: str, lines: tuple[str, ...]) -> Reply:
    """What the next hop said, made safe to say ourselves (printable ASCII, bounded)."""
    assert 200 <= code <= 599, code
    text = "".join(c if " " <= c <= "~" else "?" for c in " / ".join(lines[:REPLY_LINES_MAX]))
    default = f"{code // 100}.0.0"
    return Reply(code, enhanced or default, (text[:REPLY_TEXT_OCTETS_MAX] or "No text given",))
