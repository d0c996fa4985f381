"""Content-Transfer-Encodings undone, as leniently as mail programs do it.

Sources: RFC 2045 sections 6.7 (quoted-printable) and 6.8 (base64); POSIX uuencode.
"""

import binascii
import re
from typing import NamedTuple

import pybase64

_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="
_SPACE = b" \t\r\n"
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/=]++")
_UU_BEGIN = re.compile(rb"(?:\A|\n)begin(-base64)?+ [0-7]{3,4} ([^\r\n]{1,255})\r?\n")
QUANTUM = 4  # Characters of base64 that make three octets.
UU_LINES_COUNT_MAX = 200_000
UU_FILES_COUNT_MAX = 16


class Embedded(NamedTuple):
    """A file that stands uuencoded in a text: from `start` to `end`."""

    name: str
    start: int
    end: int
    content: bytes


def from_base64(raw: bytes) -> bytes:
    """Octets of base64, whatever else stands between; several padded pieces are joined."""
    try:
        return pybase64.b64decode(raw)
    except (binascii.Error, ValueError):
        pieces = _NOT_BASE64.sub(b"", raw).split(b"=")
    return b"".join(_piece(piece) for piece in pieces if piece)


def _piece(piece: bytes) -> bytes:
    if len(piece) % QUANTUM == 1:
        piece = piece[:-1]  # Six bits make no octet.
    return binascii.a2b_base64(piece + b"=" * (-len(piece) % QUANTUM))


def is_base64(raw: bytes) -> bool:
    """Whether all of it is base64, and its padding stands at its end only."""
    if raw.translate(None, _ALPHABET + _SPACE):
        return False
    padding = raw.find(b"=")
    return padding < 0 or not raw[padding:].translate(None, b"=" + _SPACE)


def from_quoted_printable(raw: bytes) -> bytes:
    """Octets of quoted-printable; what is none stays as it is."""
    return binascii.a2b_qp(raw) if b"=" in raw else raw


def decode(raw: bytes, encoding: str) -> bytes:
    """The octets that `raw` stands for. An unknown encoding is none."""
    if encoding == "base64":
        return from_base64(raw)
    if encoding == "quoted-printable":
        return from_quoted_printable(raw)
    if encoding in UUENCODED:
        found = embedded_in(raw)
        return found[0].content if found else raw
    return raw


UUENCODED = ("x-uuencode", "uuencode", "x-uue", "uue")
KNOWN = frozenset(("", "7bit", "8bit", "binary", "base64", "quoted-printable", *UUENCODED))


def embedded_in(text: bytes) -> list[Embedded]:
    """Files that stand uuencoded in a text, in their order."""
    found: list[Embedded] = []
    if b"begin" not in text:
        return found
    at = 0
    while len(found) < UU_FILES_COUNT_MAX and (match := _UU_BEGIN.search(text, at)):
        if match[1] == b"-base64":
            content, at = _base64_lines(text, match.end())
        else:
            content, at = _uu_lines(text, match.end())
        if content:
            name = match[2].decode("utf-8", "replace")
            found.append(Embedded(name, match.start(), at, content))
    return found


def _base64_lines(text: bytes, at: int) -> tuple[bytes, int]:
    end = text.find(b"\n====", at)
    stop = len(text) if end < 0 else end
    return from_base64(text[at:stop]), stop


def _uu_lines(text: bytes, at: int) -> tuple[bytes, int]:
    """Decoded lines up to "end", or to what is no such line; and where that is."""
    lines = []
    for _ in range(UU_LINES_COUNT_MAX):
        end = text.find(b"\n", at)
        line = text[at : end if end >= 0 else len(text)].rstrip(b"\r")
        if line == b"end" or not line or len(line) > 100:  # 61 and some space.
            break
        try:
            lines.append(binascii.a2b_uu(line))
        except binascii.Error:
            # Some encoders count wrongly: what the length says is there is taken.
            octets = (((line[0] - 32) & 63) * 4 + 5) // 3
            try:
                lines.append(binascii.a2b_uu(line[:octets]))
            except binascii.Error:
                break
        at = end + 1 if end >= 0 else len(text)
    return b"".join(lines), at
