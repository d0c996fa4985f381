"""Structured header values: a word and its parameters, as Content-Type has them.

Strangers write them in every wrong way, and mail programs read them somehow; so does this.
What can be read in two ways is told.

Sources: RFC 2045 section 5.1 (syntax), RFC 2231 (continuations, charsets), RFC 2047 (encoded
words, which may not stand here and often do).
"""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from katharion.mail.charset import decode_as
from katharion.mail.message import decode_words

PARAMETERS_COUNT_MAX = 64
SECTIONS_COUNT_MAX = 32  # Of one value that goes on in several parameters.

_WORD = re.compile(rb"[^;\s(]*+")
# No quantifier gives back what it took, so no value costs more than its length.
_PARAMETER = re.compile(
    rb'(?<![^\s;])([^\s=;"]++)\s*+=\s*+(?:"((?:[^"\\]|\\.)*+)(?:"|\Z)|([^;\s]*+))[^;]*+', re.DOTALL
)
_QUOTED_PAIR = re.compile(rb"\\(.)", re.DOTALL)


class Structured(NamedTuple):
    """`word` in lower case; `parameters` decoded, names in lower case.

    `others` has what a name is given as when it stands there again. "boundary" is in Latin-1,
    one character an octet.
    """

    word: str = ""
    parameters: Mapping[str, str] = MappingProxyType({})
    others: Mapping[str, str] = MappingProxyType({})


def structured(value: bytes) -> Structured:
    """Read a value such as `text/plain; charset="utf-8"`. No octets raise."""
    word, semicolon, rest = value.partition(b";")
    found = _WORD.match(word.strip())
    text = found[0].lower().decode("latin-1") if found else ""
    return Structured(text, *_parameters(rest)) if semicolon else Structured(text)


def _parameters(rest: bytes) -> tuple[dict[str, str], dict[str, str]]:
    plain: dict[str, bytes] = {}
    others: dict[str, bytes] = {}
    sections: dict[str, dict[str, bytes]] = {}
    for count, match in enumerate(_PARAMETER.finditer(rest)):
        if count >= PARAMETERS_COUNT_MAX:
            break
        name = match[1].lower().decode("latin-1")
        value = _QUOTED_PAIR.sub(rb"\1", match[2]) if match[2] is not None else match[3]
        base, star, section = name.partition("*")
        if star:
            sections.setdefault(base, {}).setdefault(section, value)
        elif name in plain:
            others.setdefault(name, value)
        else:
            plain[name] = value
    parameters = _texts(plain)
    for name, values in sections.items():
        parameters[name] = _joined(values)
    return parameters, _texts(others)


def _texts(values: dict[str, bytes]) -> dict[str, str]:
    return {
        # A boundary is compared octet by octet.
        name: value.decode("latin-1") if name == "boundary" else decode_words(value)
        for name, value in values.items()
    }


def _joined(sections: dict[str, bytes]) -> str:
    """A value from its sections: "" is name*, "0*" and "0" are name*0* and name*0."""
    charset, octets = "", b""
    if "" in sections:
        charset, octets = _extended(sections[""])
    for number in range(SECTIONS_COUNT_MAX if not octets else 0):
        extended, plain = sections.get(f"{number}*"), sections.get(str(number))
        if extended is not None:
            # Only the first says which charset (RFC 2231 section 4.1).
            if number == 0:
                charset, decoded = _extended(extended)
            else:
                decoded = unquote_to_bytes(extended)
            octets += decoded
        elif plain is not None:
            octets += plain
        else:
            break
    return decode_as(octets, charset)[0]


def _extended(value: bytes) -> tuple[str, bytes]:
    """The charset's name and the octets of a value such as `utf-8'en'%C3%BC`."""
    charset, quote, rest = value.partition(b"'")
    if not quote or b"'" not in rest:
        return "", unquote_to_bytes(value)
    return charset.decode("latin-1"), unquote_to_bytes(rest.partition(b"'")[2])
