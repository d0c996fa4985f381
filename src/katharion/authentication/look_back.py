"""Who handed a message to the relays that the operator trusts: read from what they wrote.

A relay in front of us writes on top of the header from whom it took the message. Its line is
believed because it came from a trusted address; the line below it only if that one names a
trusted address again. Everything else in a header may be forged, and is not looked at.

Sources: RFC 5321 section 4.4 (trace information), and the forms that Postfix, Sendmail, Exim,
qmail, Exchange and Google write.
"""

import re
from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import NamedTuple

from katharion.mail.message import Message, printable

HOPS_COUNT_MAX = 20
LINE_OCTETS_MAX = 2000
HELO_LENGTH_MAX = 255

Networks = Sequence[IPv4Network | IPv6Network]

_FROM = re.compile(r"\s*from\s+(\S+)\s*(.*)\Z", re.IGNORECASE | re.DOTALL)
_BY = re.compile(r"\sby\s", re.IGNORECASE)
# Exim puts the name that the client gave itself into the comment; what follows is not Exim's.
_SAID = re.compile(r"\bhelo=", re.IGNORECASE)
_IN_BRACKETS = re.compile(r"\[(?:IPv6:)?([0-9a-f:.]{2,45})\]", re.IGNORECASE)
_ALONE = re.compile(r"\(([0-9a-f:.]{2,45})\)", re.IGNORECASE)
_NAME = re.compile(r"\(([A-Za-z0-9._-]{1,253})\s+\[")


class Hop(NamedTuple):
    """Who handed it in. `name`: what the relay found for the address; "" where that was nothing."""

    address: str
    helo: str
    name: str = ""


def look_back(message: Message, client_address: str, trusted: Networks) -> Hop | None:
    """The first hop that is not trusted.

    None: the client itself is that, or what a relay wrote can't be understood; then nothing is
    known of anybody before it.
    """
    if not is_in(client_address, trusted):
        return None
    for line in _received(message):
        hop = read_line(line)
        if hop is None:
            return None
        if not (is_in(hop.address, trusted) or ip_address(hop.address).is_loopback):
            return hop
    return None


def read_line(line: str) -> Hop | None:
    """From whom a Received field says that the message came; None where it does not say it."""
    parts = _BY.split(line)
    clause = _FROM.match(parts[0])
    if clause is None or len(parts) != 2:  # noqa: PLR2004 # More than one "by": who wrote which?
        return None
    said = _SAID.search(clause[2])
    rest = clause[2][: said.start()] if said else clause[2]
    written = _addresses(rest)
    if not written and (clause[1].startswith("[") and not _IN_BRACKETS.search(rest)):
        written = _addresses(clause[1])  # Exim, where the address has no name.
    if not written:
        return None
    name = _NAME.search(rest)
    known = name[1].rstrip(".").lower() if name and name[1].lower() != "unknown" else ""
    return Hop(written[-1], printable(clause[1][:HELO_LENGTH_MAX]), known)


def is_in(address: str, networks: Networks) -> bool:
    """Whether an address lies in one of the networks."""
    parsed = _address(address)
    return parsed is not None and any(parsed in network for network in networks)


def _received(message: Message) -> Iterable[str]:
    """The Received fields from the top, as far as anybody looks."""
    lines = message.values(b"received")[:HOPS_COUNT_MAX]
    return (line[:LINE_OCTETS_MAX].decode("ascii", "replace") for line in lines)


def _addresses(text: str) -> list[str]:
    found = _IN_BRACKETS.findall(text) or _ALONE.findall(text)
    return [str(parsed) for each in found if (parsed := _address(each)) is not None]


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        found = ip_address(text)
    except ValueError:
        return None
    return (isinstance(found, IPv6Address) and found.ipv4_mapped) or found
