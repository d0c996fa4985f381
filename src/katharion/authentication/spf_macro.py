"""SPF macros: parsed once with the record, filled in for each check.

Sources: RFC 7208 sections 7 (macros), 7.3 (what they expand to), 7.1 and 12 (the grammar);
RFC 8616 section 4 (local parts that are not ASCII).
"""

import re
from ipaddress import IPv4Address, IPv6Address
from typing import NamedTuple
from urllib.parse import quote

TEXT_LENGTH_MAX = 4096  # Of an expansion; what is longer is cut.
DOMAIN_LENGTH_MAX = 253

_MACRO = re.compile(r"%(?:([%_-])|\{([slodiphcrtv])(\d{0,3})(r?)([.+,/_=-]*)\})", re.IGNORECASE)
_ESCAPED = {"%": "%", "_": " ", "-": "%20"}
_ONLY_IN_EXPLANATIONS = frozenset("crt")
# How a domain-spec ends that does not end with a macro (section 7.1: toplabel).
_TOP_LABEL = re.compile(
    r"\.(?:[a-z0-9]*[a-z][a-z0-9]*|[a-z0-9]+-[a-z0-9-]*[a-z0-9])\.?\Z", re.IGNORECASE
)
_LITERALS = re.compile(r"[!-$&-~]*\Z")
_EXPLANATION_LITERALS = re.compile(r"[ -$&-~]*\Z")


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
    """A macro-string in its pieces."""

    pieces: tuple[Piece, ...]
    plain: str | None = None  # What it says to everybody; None where it has macros.

    @property
    def needs_name(self) -> bool:
        """Whether the client's validated name has to be found (%{p})."""
        return any(piece.letter == "p" for piece in self.pieces)

    @property
    def needs_local(self) -> bool:
        """Whether the sender's local part is in it (%{s}, %{l})."""
        return any(piece.letter in ("s", "l") for piece in self.pieces)


def read_domain(text: str) -> MacroText | None:
    """A domain-spec; None where it breaks the grammar."""
    pieces = _read(text, _LITERALS)
    if pieces is None or any(piece.letter in _ONLY_IN_EXPLANATIONS for piece in pieces):
        return None
    ends_with_macro = _ends_with_macro(text)
    if not pieces or not (ends_with_macro or _TOP_LABEL.search(text[_last_macro_end(text) :])):
        return None
    return _made(pieces)


def read_explanation(text: str) -> MacroText | None:
    """An explain-string, of the TXT record that exp= names."""
    pieces = _read(text, _EXPLANATION_LITERALS)
    return None if pieces is None else _made(pieces)


def is_macro_string(text: str) -> bool:
    """Whether the value of an unknown modifier keeps to the grammar."""
    return _read(text, _LITERALS) is not None


def expand(text: MacroText, identity: Identity, current: str, name: str = "unknown") -> str:
    """The text filled in. `current`: the domain whose record it is; `name`: for %{p}."""
    parts = []
    for piece in text.pieces:
        if not piece.letter:
            parts.append(piece.text)
            continue
        value = _value(piece.letter, identity, current, name)
        if piece.labels_count or piece.is_reversed or piece.delimiters != ".":
            value = _transformed(value, piece)
        parts.append(quote(value, safe="-._~") if piece.is_escaped else value)
    return "".join(parts)[:TEXT_LENGTH_MAX]


def shortened(domain: str) -> str:
    """A domain of at most 253 characters: labels are dropped on the left (section 7.3)."""
    domain = domain.removesuffix(".")
    while len(domain) > DOMAIN_LENGTH_MAX and "." in domain:
        domain = domain.partition(".")[2]
    return domain


def _made(pieces: tuple[Piece, ...]) -> MacroText:
    is_plain = not any(piece.letter for piece in pieces)
    return MacroText(pieces, "".join(piece.text for piece in pieces) if is_plain else None)


def _read(text: str, literals: re.Pattern[str]) -> tuple[Piece, ...] | None:
    pieces: list[Piece] = []
    at = 0
    for macro in _MACRO.finditer(text):
        literal = text[at : macro.start()]
        if not literals.match(literal):
            return None
        if literal:
            pieces.append(Piece(literal))
        piece = _piece(macro)
        if piece is None:
            return None
        pieces.append(piece)
        at = macro.end()
    if not literals.match(text, at):
        return None
    if at < len(text):
        pieces.append(Piece(text[at:]))
    return tuple(pieces)


def _piece(macro: re.Match[str]) -> Piece | None:
    escape, letter, digits, reverse, delimiters = macro.groups()
    if escape:
        return Piece(_ESCAPED[escape])
    if digits and not int(digits):
        return None  # "The DIGIT transformer … MUST be nonzero" (section 7.3).
    return Piece(
        "",
        letter.lower(),
        int(digits or 0),
        bool(reverse),
        delimiters or ".",
        letter.isupper(),
    )


def _last_macro_end(text: str) -> int:
    return max((macro.end() for macro in _MACRO.finditer(text)), default=0)


def _ends_with_macro(text: str) -> bool:
    return bool(text) and _last_macro_end(text) == len(text)


def _value(letter: str, identity: Identity, current: str, name: str) -> str:
    client = identity.client
    if letter == "s":
        return f"{identity.local}@{identity.domain}"
    if letter == "i":
        # IPv6: each of the 32 nibbles is a label (section 7.3).
        return str(client) if client.version == 4 else ".".join(f"{int(client):032X}")  # noqa: PLR2004 # IPv4.
    if letter == "v":
        return "in-addr" if client.version == 4 else "ip6"  # noqa: PLR2004 # Likewise.
    return {
        "l": identity.local,
        "o": identity.domain,
        "d": current,
        "p": name,
        "h": identity.helo,
        "c": str(client),
        "r": identity.receiver or "unknown",
        "t": str(int(identity.now)),
    }[letter]


def _transformed(value: str, piece: Piece) -> str:
    """Split, turned round, cut, and joined by dots (section 7.3)."""
    for delimiter in piece.delimiters[1:]:
        value = value.replace(delimiter, piece.delimiters[0])
    parts = value.split(piece.delimiters[0])
    if piece.is_reversed:
        parts.reverse()
    return ".".join(parts[-piece.labels_count :] if piece.labels_count else parts)
