"""A client's repeat of a message whose reply it never heard: answered, and not delivered twice.

Narrow on purpose. Two equal messages that were both answered are two messages: only where we
know that the connection was lost before our 250 was heard is an equal one from the same
network, within a day, taken for its repeat, and once.

Sources: RFC 1047 (duplicate messages); RFC 5321 section 6.1; DESIGN section 2.
"""

import hashlib
from ipaddress import ip_address, ip_network
from typing import NamedTuple

from katharion.edge.case import Case

REPEAT_SECONDS_MAX = 86_400.0
IPV4_PREFIX_BITS, IPV6_PREFIX_BITS = 24, 64  # A sender's servers share their queue.


class Said(NamedTuple):
    """A 250 that stands for all recipients, and is perhaps not heard. `key`: see key_of."""

    key: str
    message_id: str


def key_of(case: Case) -> str:
    """What is equal in a repeat: the client's network, the envelope, the content."""
    digest = hashlib.sha256(case.message.content)
    envelope = case.envelope
    recipients = sorted(map(str, envelope.recipients))
    network = _network_of(case.facts.client_address)
    digest.update("\n".join((network, str(envelope.sender or ""), *recipients)).encode())
    return digest.hexdigest()


def _network_of(address: str) -> str:
    try:
        bits = IPV6_PREFIX_BITS if ip_address(address).version == 6 else IPV4_PREFIX_BITS  # noqa: PLR2004 # IPv6.
    except ValueError:
        return address
    return str(ip_network(f"{address}/{bits}", strict=False))
