"""The recipients' own allow and block lists.

An address in an envelope can be forged, so an allowed address decides alone only where SPF or
DKIM proves its domain; else it speaks for the message. An allowed client network decides, and
so does a blocked address or network: it is the tenant's own wish.
"""

from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from katharion.pipeline.transaction import Transaction
from katharion.values.policy import EffectivePolicy
from katharion.values.verdict import Finding, Force

ALLOWED_ADDRESS_WEIGHT = -3.0

_Network = IPv4Network | IPv6Network


def judge(transaction: Transaction, policy: EffectivePolicy) -> tuple[Finding, ...]:
    """Look the sender and the client up in one recipient's lists."""
    if not policy.allow and not policy.block:
        return ()
    sender = str(transaction.envelope.sender or "<>").lower()
    client = transaction.facts.client_address
    found = _match(policy.block, sender, client)
    if found:
        sentence = "The sender is on the recipient's block list."
        return (Finding("BLOCKED", 0.0, sentence, found, force=Force.BLOCKED),)
    found = _match(policy.allow, sender, client)
    if not found:
        return ()
    if _is_network(found):
        sentence = "The sender's server is on the recipient's allow list."
        return (Finding("ALLOWED_NETWORK", 0.0, sentence, found, force=Force.ALLOWED),)
    sender_domain = transaction.envelope.sender.domain if transaction.envelope.sender else ""
    if sender_domain and transaction.authenticity.proves(sender_domain):
        sentence = "The sender, who is proven, is on the recipient's allow list."
        return (Finding("ALLOWED_SENDER", 0.0, sentence, found, force=Force.ALLOWED),)
    sentence = "The sender's address, which could be forged, is on the recipient's allow list."
    return (Finding("ALLOWED_ADDRESS", ALLOWED_ADDRESS_WEIGHT, sentence, found),)


def allows_client(policy: EffectivePolicy, client: str) -> bool:
    """Whether the policy lets a client's network in, whoever it is."""
    return any(_is_in(client, pattern) for pattern in policy.allow if _is_network(pattern))


def _match(patterns: tuple[str, ...], sender: str, client: str) -> str:
    """The pattern that fits; "" where none does."""
    domain = "@" + sender.rpartition("@")[2]
    for pattern in patterns:
        if _is_network(pattern):
            if _is_in(client, pattern):
                return pattern
        elif pattern in (sender, domain):
            return pattern
    return ""


def _is_network(pattern: str) -> bool:
    return "/" in pattern and "@" not in pattern  # A local part may hold a slash.


@lru_cache(maxsize=4096)
def _network(pattern: str) -> _Network | None:
    try:
        return ip_network(pattern, strict=False)
    except ValueError:
        return None


def _is_in(client: str, pattern: str) -> bool:
    network = _network(pattern)
    try:
        address: IPv4Address | IPv6Address = ip_address(client)
    except ValueError:
        return False
    return network is not None and address in network
