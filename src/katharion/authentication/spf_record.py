"""SPF records: read to the letter of the grammar, once, and kept.

A fault anywhere in a record makes the whole of it a permerror (section 4.6), so a record is
read to its end before any of it counts.

Source: RFC 7208 sections 4.5, 4.6, 5, 6 and 12.
"""

import re
from functools import lru_cache
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import Literal, NamedTuple

from katharion.authentication.spf_macro import MacroText, is_macro_string, read_domain
from katharion.values.authenticity import Result

VERSION = "v=spf1"
RECORD_LENGTH_MAX = 8192  # Section 3.4 advises 450; reading this much costs some milliseconds.
RECORDS_KEPT_COUNT_MAX = 1024
KEPT_LENGTH_MAX = 1024  # Of a record that is kept: read, it may take a hundred times as much.
SHOWN_LENGTH_MAX = 100

TermKind = Literal["all", "include", "a", "mx", "ptr", "ip", "exists"]

_QUALIFIERS = {
    "+": Result.PASS,
    "-": Result.FAIL,
    "~": Result.SOFTFAIL,
    "?": Result.NEUTRAL,
}
_MODIFIER = re.compile(r"([a-z][a-z0-9._-]*)=(.*)\Z", re.IGNORECASE | re.DOTALL)
_DIRECTIVE = re.compile(
    r"([+?~-]?)(all|include|a|mx|ptr|ip4|ip6|exists)(?![a-z0-9._-])(.*)\Z", re.IGNORECASE
)
# What may follow "a" and "mx": a domain, and how many bits count.
_TARGET = re.compile(r"(?::(.+?))?(?:/(\d{1,3}))?(?://(\d{1,3}))?\Z", re.DOTALL)
_NETWORK = re.compile(r":([0-9a-f:.]+)(?:/(\d{1,3}))?\Z", re.IGNORECASE)
_BITS = {4: 32, 6: 128}


class Term(NamedTuple):
    """One directive. `network`: version, first address and mask of an ip4 or ip6.

    `bits`: how many count of an IPv4 and of an IPv6 address (a, mx). `target` None: the
    current domain.
    """

    kind: TermKind
    result: Result
    text: str
    target: MacroText | None = None
    bits: tuple[int, int] = (32, 128)
    network: tuple[int, int, int] | None = None


class Record(NamedTuple):
    """A record without a fault, or its `fault` in words."""

    terms: tuple[Term, ...] = ()
    redirect: MacroText | None = None
    explanation: MacroText | None = None
    fault: str = ""


def is_spf(text: str) -> bool:
    """Whether a TXT record is one of ours: the version ends it, or a space follows (4.5)."""
    return text[:7].lower() in (VERSION, VERSION + " ")


def read(text: str) -> Record:
    """The record; where it breaks the grammar, what is wrong with it."""
    if len(text) > RECORD_LENGTH_MAX:
        return Record(fault="a length that no record may have")
    return _kept(text) if len(text) <= KEPT_LENGTH_MAX else _read(text)


@lru_cache(maxsize=RECORDS_KEPT_COUNT_MAX)
def _kept(text: str) -> Record:
    return _read(text)


def _read(text: str) -> Record:
    terms: list[Term] = []
    modifiers: dict[str, MacroText] = {}
    for word in text[len(VERSION) :].split(" "):
        if not word:
            continue
        modifier = _MODIFIER.match(word)
        if modifier:
            fault = _read_modifier(modifier[1].lower(), modifier[2], modifiers)
        else:
            term = _read_directive(word)
            fault = "" if term else "a term that is none"
            terms += [term] if term else []
        if fault:
            return Record(fault=f"{fault}: {_shown(word)}")
    return Record(tuple(terms), modifiers.get("redirect"), modifiers.get("exp"))


def _read_modifier(name: str, value: str, modifiers: dict[str, MacroText]) -> str:
    """Keep it where it is one that counts; says what is wrong with it."""
    if name not in ("redirect", "exp"):
        return "" if is_macro_string(value) else "a modifier that breaks the grammar"
    if name in modifiers:
        return "a modifier that may stand once"
    target = read_domain(value)
    if target is None:
        return "a modifier without a domain"
    modifiers[name] = target
    return ""


def _read_directive(word: str) -> Term | None:
    match = _DIRECTIVE.match(word)
    if match is None:
        return None
    result, name, rest = _QUALIFIERS[match[1] or "+"], match[2].lower(), match[3]
    if name == "all":
        return None if rest else Term("all", result, word)
    if name in ("ip4", "ip6"):
        network = _read_network(rest, 4 if name == "ip4" else 6)
        return network and Term("ip", result, _shown(word), network=network)
    if name in ("a", "mx"):
        return _read_hosts("a" if name == "a" else "mx", result, word, rest)
    if name == "ptr" and not rest:
        return Term("ptr", result, word)
    target = read_domain(rest[1:]) if rest.startswith(":") else None
    if target is None:
        return None
    kind: TermKind = "include" if name == "include" else "ptr" if name == "ptr" else "exists"
    return Term(kind, result, _shown(word), target)


def _read_hosts(kind: TermKind, result: Result, word: str, rest: str) -> Term | None:
    match = _TARGET.match(rest)
    if match is None:
        return None
    bits4, bits6 = _bits(match[2], 4), _bits(match[3], 6)
    target = read_domain(match[1]) if match[1] is not None else None
    if bits4 is None or bits6 is None or (match[1] is not None and target is None):
        return None
    return Term(kind, result, _shown(word), target, (bits4, bits6))


def _read_network(rest: str, version: int) -> tuple[int, int, int] | None:
    match = _NETWORK.match(rest)
    bits = _bits(match[2], version) if match else None
    if match is None or bits is None:
        return None
    try:
        address = IPv4Address(match[1]) if version == 4 else IPv6Address(match[1])  # noqa: PLR2004 # IPv4.
    except AddressValueError:
        return None
    all_bits = _BITS[version]
    mask = (1 << all_bits) - (1 << (all_bits - bits))
    return version, int(address) & mask, mask


def _bits(digits: str | None, version: int) -> int | None:
    """A prefix length; all where it is left out, None where it is none."""
    if digits is None:
        return _BITS[version]
    if digits.startswith("0") and digits != "0":
        return None
    return int(digits) if int(digits) <= _BITS[version] else None


def _shown(word: str) -> str:
    """A term for people: bounded and printable."""
    word = word[:SHOWN_LENGTH_MAX]
    if word.isascii() and word.isprintable():
        return word
    return "".join(c if " " <= c <= "~" else "?" for c in word)
