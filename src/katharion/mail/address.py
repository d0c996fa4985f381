"""Addresses of the envelope: parsed strictly, kept as the peer wrote them.

Sources: RFC 5321 sections 4.1.2, 4.1.3 and 4.5.3.1; RFC 6531 section 3.3.
"""

import re
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address
from typing import NamedTuple

LOCAL_PART_OCTETS_MAX = 64
DOMAIN_OCTETS_MAX = 255
LABEL_OCTETS_MAX = 63

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]"
_ATOM_UTF8 = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u0080-\U0010ffff-]"
_QUOTED = r'"(?:[ !#-\[\]-~]|\\[ -~])*"'
_QUOTED_UTF8 = r'"(?:[ !#-\[\]-~\u0080-\U0010ffff]|\\[ -~])*"'
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9_-]*[A-Za-z0-9])?"
_LABEL_UTF8 = (
    r"[A-Za-z0-9\u0080-\U0010ffff]"
    r"(?:[A-Za-z0-9_\u0080-\U0010ffff-]*[A-Za-z0-9\u0080-\U0010ffff])?"
)


class Address(NamedTuple):
    """One mailbox: `local` exactly as written (quotes kept), `domain` in lower case.

    `domain` may be an address literal such as "[192.0.2.1]". It is empty only for the
    bare <postmaster> of RFC 5321 section 4.1.1.3.
    """

    local: str
    domain: str

    def __str__(self) -> str:
        return f"{self.local}@{self.domain}" if self.domain else self.local

    @property
    def is_ascii(self) -> bool:
        """Whether a server without SMTPUTF8 can take it."""
        return self.local.isascii() and self.domain.isascii()


class _Forms(NamedTuple):
    """The patterns of one alphabet."""

    local: re.Pattern[str]
    domain: re.Pattern[str]


def _forms(atom: str, quoted: str, label: str) -> _Forms:
    return _Forms(
        re.compile(rf"(?:{atom}+(?:\.{atom}+)*|{quoted})\Z"),
        re.compile(rf"{label}(?:\.{label})*\Z"),
    )


_ASCII = _forms(_ATOM, _QUOTED, _LABEL)
_UTF8 = _forms(_ATOM_UTF8, _QUOTED_UTF8, _LABEL_UTF8)


def parse_address(text: str, *, is_utf8: bool = False) -> Address | None:
    """The mailbox that `text` (without angle brackets) is, or None where it is none.

    Characters beyond ASCII are taken only with `is_utf8` (the client asked for SMTPUTF8).
    """
    local, at, domain = text.rpartition("@")
    forms = _UTF8 if is_utf8 else _ASCII
    if not at or not forms.local.match(local):
        return None
    if len(local.encode("utf-8", "replace")) > LOCAL_PART_OCTETS_MAX:
        return None
    return Address(local, domain.lower()) if is_domain(domain, is_utf8=is_utf8) else None


@lru_cache(maxsize=8192)
def is_domain(text: str, *, is_utf8: bool = False) -> bool:
    """Whether `text` is a domain or an address literal (RFC 5321 section 4.1.2)."""
    if text.startswith("["):
        return is_literal(text)
    if len(text.encode("utf-8", "replace")) > DOMAIN_OCTETS_MAX:
        return False
    forms = _UTF8 if is_utf8 else _ASCII
    if not forms.domain.match(text):
        return False
    return len(text) <= LABEL_OCTETS_MAX or all(
        len(label) <= LABEL_OCTETS_MAX for label in text.split(".")
    )


def is_literal(text: str) -> bool:
    """Whether `text` is an address literal: "[192.0.2.1]" or "[IPv6:2001:db8::1]"."""
    if not (text.startswith("[") and text.endswith("]")):
        return False
    inner = text[1:-1]
    try:
        if inner[:5].lower() == "ipv6:":
            # A zone, which may be any text, is no part of it (RFC 5321 section 4.1.3).
            return "%" not in inner and bool(IPv6Address(inner[5:]))
        return bool(IPv4Address(inner))
    except ValueError:
        return False
