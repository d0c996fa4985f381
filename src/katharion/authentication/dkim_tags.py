"""Lists of tags, as signatures and keys are written: `v=1; a=rsa-sha256; …`.

Sources: RFC 6376 sections 2.8 (white space), 2.10 and 3.2 (tag lists), 3.7 (b= left empty);
RFC 8616 section 3 (UTF-8 in values).
"""

import binascii
import re

NOT_A_LIST = "it is not a well-formed list of tags"
TWICE = "a tag stands in it twice"

# VALCHAR, the semicolon, spaces, and UTF-8 beyond ASCII.
_OCTETS = bytes([*b"\t", *range(0x20, 0x7F), *range(0x80, 0x100)])
_NAME = re.compile(rb"[A-Za-z][A-Za-z0-9_]*\Z")
_KNOWN = frozenset(b"v a b bh c cv d h i k l n p q s t x z".split())
_SPACE = b" \t"


def read_tags(text: bytes) -> dict[bytes, bytes] | str:
    """Values by tag, unfolded and without space around; or what is wrong with the list."""
    text = text.replace(b"\r\n", b"")
    if text.translate(None, _OCTETS):
        return NOT_A_LIST
    parts = text.split(b";")
    if not parts[-1].strip(_SPACE):
        parts.pop()  # A semicolon may end the list as well.
    tags: dict[bytes, bytes] = {}
    for part in parts:
        name, equals, value = part.partition(b"=")
        name = name.strip(_SPACE)
        if not equals or not (name in _KNOWN or _NAME.match(name)):
            return NOT_A_LIST
        if name in tags:
            return TWICE
        tags[name] = value.strip(_SPACE)
    return tags


def without_signature(field: bytes) -> bytes:
    """A signature field as it was signed: b= left empty, no line end behind it.

    The value goes with all white space around it (section 3.7).
    """
    field = field.removesuffix(b"\r\n")
    start = field.find(b":") + 1
    while start:
        end = field.find(b";", start)
        end = len(field) if end < 0 else end
        name, _, value = field[start:end].partition(b"=")
        if name.strip() == b"b":
            return field[: end - len(value)] + field[end:]
        start = end + 1 if end < len(field) else 0
    return field


def number(value: bytes, digits_count_max: int) -> int | None:
    """An unsigned decimal number; None where it is none, or too long."""
    return int(value) if value.isdigit() and len(value) <= digits_count_max else None


def octets(value: bytes) -> bytes | None:
    """What Base64 says, spaces left out; None where it is not Base64, or nothing.

    By the grammar of section 2.10 the padding may be missing.
    """
    text = value.translate(None, _SPACE)
    bare = text.rstrip(b"=")
    if not bare or len(text) - len(bare) > 2:  # noqa: PLR2004 # Base64 pads with two at most.
        return None
    try:
        return binascii.a2b_base64(bare + b"=" * (-len(bare) % 4), strict_mode=True)
    except binascii.Error:
        return None
