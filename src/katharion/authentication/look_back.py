"""Who handed a message to the relays that the operator trusts: read from what they wrote.

A relay in front of us writes on top of the header from whom it took the message. Its line is
believed because it came from a trusted address; the line below it only if that one names a
trusted address again. Everything else in a header may be forged, and is not looked at. Within a
believed line much is still the client's own word (its HELO, its certificate, its ident): a line
that names two addresses says nothing.

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
# What Exim puts behind these is the client's own word, up to the end.
_SAID = re.compile(r"\b(?:helo|ident)=", re.IGNORECASE)
# "[1.2.3.4]", "[IPv6:…]", "(1.2.3.4)", and qmail's "(ident@1.2.3.4)".
_ADDRESS = re.compile(
    r"\[(?:IPv6:)?([0-9a-f:.]{2,45})\]|\((?:[^()\s@]{0,64}@)?([0-9a-f:.]{2,45})\)", re.IGNORECASE
)
_EXIM_ALONE = re.compile(r"(?:\((?:port=\d{1,5}\s*\)?)?)?\Z")
_FORGED = "(may be forged)"  # Sendmail's word for a name that does not lead back.
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
    if not written and _EXIM_ALONE.match(rest.strip()):
        written = _addresses(clause[1])  # Exim, where the address has no name.
    if len(written) != 1:  # One of several is the client's own word: who knows which?
        return None
    name = None if _FORGED in rest else _NAME.search(rest)
    known = name[1].rstrip(".").lower() if name and name[1].lower() != "unknown" else ""
    return Hop(written.pop(), printable(clause[1][:HELO_LENGTH_MAX]), known)


def is_in(address: str, networks: Networks) -> bool:
    """Whether an address lies in one of the networks."""
    parsed = _address(address)
    return parsed is not None and any(parsed in network for network in networks)


def _received(message: Message) -> Iterable[str]:
    """The Received fields from the top, as far as anybody looks."""
    lines = message.values(b"received")[:HOPS_COUNT_MAX]
    return (line[:LINE_OCTETS_MAX].decode("ascii", "replace") for line in lines)


def _addresses(text: str) -> set[str]:
    found = (_address(each[1] or each[2]) for each in _ADDRESS.finditer(text))
    return {str(address) for address in found if address is not None}


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        found = ip_address(text)
    except ValueError:
        return None
    return (isinstance(found, IPv6Address) and found.ipv4_mapped) or found
