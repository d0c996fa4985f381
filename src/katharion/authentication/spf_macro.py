"""SPF macros: parsed once with the record, filled in for each check.

Sources: RFC 7208 sections 7.1 (the grammar), 7.2 (letters), 7.3 (what they expand to), 12;
RFC 8616 section 4 (names and local parts that are not ASCII).
"""

import re
from collections.abc import Callable
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address
from typing import NamedTuple
from urllib.parse import quote

DOMAIN_LENGTH_MAX = 253
WORDS_LENGTH_MAX = 1024  # Of an explanation, as written and as filled in.
NAMES_KEPT_COUNT_MAX = 8192
LABELS_COUNT_MAX = 128  # No name has more, so a larger number means all of them.

_MACRO = re.compile(r"%(?:([%_-])|\{([slodiphcrtv])(\d*)(r?)([.+,/_=-]*)\})", re.IGNORECASE)
_ESCAPED = {"%": "%", "_": " ", "-": "%20"}
_ONLY_IN_EXPLANATIONS = frozenset("crt")
# How a domain-spec ends that does not end with a macro (section 7.1: toplabel).
_TOP_LABEL = re.compile(
    r"\.(?:[a-z0-9]*[a-z][a-z0-9]*|[a-z0-9]+-[a-z0-9-]*[a-z0-9])\.?\Z", re.IGNORECASE
)
_LITERALS = re.compile(r"[!-$&-~]*\Z")
_EXPLANATION_LITERALS = re.compile(r"[ -$&-~]*\Z")
# A name that can be asked for: labels of 1 to 63, and two of them at least (section 4.3).
_NAME = re.compile(r"[ -\-/-~]{1,63}+(?:\.[ -\-/-~]{1,63}+)++\Z")
_IPV4 = 4


class Identity(NamedTuple):
    """Whose mail is judged. `local` and `domain`: of MAIL FROM, or postmaster and HELO's.

    `receiver` is our own name; `now` in seconds since the epoch.
    """

    client: IPv4Address | IPv6Address
    local: str
    domain: str
    helo: str
    receiver: str = ""
    now: float = 0.0
    scope: str = "mailfrom"


class Piece(NamedTuple):
    """Text as it stands (`letter` ""), or one macro."""

    text: str
    letter: str = ""
    labels_count: int = 0  # How many of the right ones stay; 0: all.
    is_reversed: bool = False
    delimiters: str = "."
    is_escaped: bool = False


class MacroText(NamedTuple):
    """A macro-string in its pieces. `letters`: of its macros, each once."""

    pieces: tuple[Piece, ...]
    letters: frozenset[str]
    plain: str | None = None  # What it says to everybody; None where it has macros.

    @property
    def needs_name(self) -> bool:
        """Whether the client's validated name has to be found."""
        return "p" in self.letters

    @property
    def needs_local(self) -> bool:
        """Whether the sender's local part is in it."""
        return "s" in self.letters or "l" in self.letters


def read_domain(text: str) -> MacroText | None:
    """A domain-spec; None where it breaks the grammar."""
    end, read = _read(text, _LITERALS)
    if read is None or not text or read.letters & _ONLY_IN_EXPLANATIONS:
        return None
    return read if end == len(text) or _TOP_LABEL.search(text, end) else None


def read_explanation(text: str) -> MacroText | None:
    """An explain-string, of the TXT record that exp= names."""
    return _read(text, _EXPLANATION_LITERALS)[1] if len(text) <= WORDS_LENGTH_MAX else None


def is_macro_string(text: str) -> bool:
    """Whether the value of an unknown modifier keeps to the grammar."""
    return _read(text, _LITERALS)[1] is not None


def is_never(text: MacroText, identity: Identity) -> bool:
    """RFC 8616 section 4: no name says a local part that is not ASCII; what would never matches."""
    return text.needs_local and not identity.local.isascii()


def expand(text: MacroText, identity: Identity, current: str, name: str = "unknown") -> str:
    """Words filled in. `current`: the domain whose record it is; `name`: for %{p}."""
    parts, length = [], 0
    for piece in text.pieces:
        part = _filled(piece, identity, current, name)
        parts.append(part)
        length += len(part)
        if length >= WORDS_LENGTH_MAX:
            break
    return "".join(parts)[:WORDS_LENGTH_MAX]


def expand_name(text: MacroText, identity: Identity, current: str, name: str = "unknown") -> str:
    """A domain filled in; of one that is too long the labels on the right (section 7.3).

    So it is filled in from the right, and no further than is needed.
    """
    parts, length = [], 0
    for piece in reversed(text.pieces):
        part = _filled(piece, identity, current, name)
        parts.append(part)
        length += len(part)
        if length > DOMAIN_LENGTH_MAX + len("."):
            break
    domain = "".join(reversed(parts)).removesuffix(".")
    if len(domain) > DOMAIN_LENGTH_MAX:
        # Whole labels only: what stands before the first dot of the rest was cut.
        domain = domain[-DOMAIN_LENGTH_MAX - 1 :].partition(".")[2]
    return domain


def askable(domain: str) -> str | None:
    """The name to ask for, in lower case and A-labels; None where there is none."""
    # Length first: no name grows shorter by A-labels, and what is kept has to be bounded.
    return _askable(domain) if len(domain) <= DOMAIN_LENGTH_MAX + len(".") else None


@lru_cache(maxsize=NAMES_KEPT_COUNT_MAX)
def _askable(domain: str) -> str | None:
    name = domain.removesuffix(".").lower()
    if not name.isascii():
        try:
            name = name.encode("idna").decode("ascii")
        except UnicodeError:
            return None
    return name if len(name) <= DOMAIN_LENGTH_MAX and _NAME.match(name) else None


def _read(text: str, literals: re.Pattern[str]) -> tuple[int, MacroText | None]:
    """Where the last macro ends, and the text; None where it breaks the grammar."""
    if "%" not in text:
        pieces = (Piece(text),) if text else ()
        return 0, MacroText(pieces, frozenset(), text) if literals.match(text) else None
    parts: list[Piece] = []
    at = 0
    for macro in _MACRO.finditer(text):
        literal, piece = text[at : macro.start()], _piece(macro)
        if piece is None or not literals.match(literal):
            return 0, None
        parts += [Piece(literal), piece] if literal else [piece]
        at = macro.end()
    if not literals.match(text, at):
        return 0, None
    if at < len(text):
        parts.append(Piece(text[at:]))
    letters = frozenset(piece.letter for piece in parts if piece.letter)
    plain = None if letters else "".join(piece.text for piece in parts)
    return at, MacroText(tuple(parts), letters, plain)


def _piece(macro: re.Match[str]) -> Piece | None:
    escape, letter, digits, reverse, delimiters = macro.groups()
    if escape:
        return Piece(_ESCAPED[escape])
    number = digits.lstrip("0")
    if digits and not number:
        return None  # "The DIGIT transformer … MUST be nonzero" (section 7.3).
    # Of a number of many digits only that it is large matters.
    count = LABELS_COUNT_MAX if len(number) > len(str(LABELS_COUNT_MAX)) else int(number or 0)
    is_escaped = letter.isupper()
    return Piece("", letter.lower(), count, bool(reverse), delimiters or ".", is_escaped)


def _filled(piece: Piece, identity: Identity, current: str, name: str) -> str:
    if not piece.letter:
        return piece.text
    value = _VALUES[piece.letter](identity, current, name)
    if piece.labels_count or piece.is_reversed or piece.delimiters != ".":
        value = _transformed(value, piece)
    return quote(value, safe="-._~", errors="replace") if piece.is_escaped else value


def _dotted(identity: Identity, _current: str, _name: str) -> str:
    """%{i}: of an IPv6 address each of the 32 nibbles is a label (section 7.3)."""
    client = identity.client
    return str(client) if client.version == _IPV4 else ".".join(f"{int(client):032X}")


_VALUES: dict[str, Callable[[Identity, str, str], str]] = {
    "s": lambda identity, _current, _name: f"{identity.local}@{identity.domain}",
    "l": lambda identity, _current, _name: identity.local,
    "o": lambda identity, _current, _name: identity.domain,
    "d": lambda _identity, current, _name: current,
    "i": _dotted,
    "p": lambda _identity, _current, name: name,
    "v": lambda identity, _c, _n: "in-addr" if identity.client.version == _IPV4 else "ip6",
    "h": lambda identity, _current, _name: identity.helo,
    "c": lambda identity, _current, _name: str(identity.client),
    "r": lambda identity, _current, _name: identity.receiver or "unknown",
    "t": lambda identity, _current, _name: str(int(identity.now)),
}


def _transformed(value: str, piece: Piece) -> str:
    """Split, turned round, cut, and joined by dots (section 7.3)."""
    for delimiter in piece.delimiters[1:]:
        value = value.replace(delimiter, piece.delimiters[0])
    parts = value.split(piece.delimiters[0])
    if piece.is_reversed:
        parts.reverse()
    return ".".join(parts[-piece.labels_count :] if piece.labels_count else parts)
