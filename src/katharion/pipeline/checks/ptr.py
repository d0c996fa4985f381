"""PTR: has the client's address a name, and does the name lead back to the address.

Source: RFC 8601 section 3 (iprev), RFC 1912 section 2.1.
"""

from ipaddress import ip_address

from katharion.pipeline.transaction import Transaction
from katharion.values.dns import Asking, DnsStatus, Kind, Question
from katharion.values.verdict import Finding

NAMES_COUNT_MAX = 5


def judge(transaction: Transaction) -> Asking[tuple[Finding, ...]]:
    """Ask for the names of the address, and for the addresses of the names."""
    address = transaction.facts.client_address
    try:
        client = ip_address(address)
    except ValueError:
        sentence = "not checked: the sender's server has no address that could be asked about."
        return (Finding("PTR", 0.0, sentence, address, was_checked=False),)
    (answer,) = yield (Question("PTR", client.reverse_pointer),)
    if answer.status is DnsStatus.FAILED:
        sentence = "not checked: the name of the sender's server could not be asked."
        return (Finding("PTR", 0.0, sentence, address, was_checked=False),)
    if not answer.records:
        sentence = "The sender's server has an address without a name."
        return (Finding("PTR_NONE", 1.5, sentence, address),)
    kind: Kind = "A" if client.version == 4 else "AAAA"  # noqa: PLR2004 # IPv4.
    names = answer.records[:NAMES_COUNT_MAX]
    forward = yield tuple(Question(kind, name) for name in names)
    for name, addresses in zip(names, forward, strict=True):
        if str(client) in addresses.records:
            sentence = "The name of the sender's server leads back to its address."
            return (Finding("PTR_CONFIRMED", 0.0, sentence, name[:200]),)
    for name, addresses in zip(names, forward, strict=True):
        if addresses.status is DnsStatus.FAILED:  # Not known to lie.
            sentence = "not checked: the addresses of the sender's server could not be asked."
            return (Finding("PTR", 0.0, sentence, name[:200], was_checked=False),)
    sentence = "The name of the sender's server does not lead back to its address."
    return (Finding("PTR_MISMATCH", 1.0, sentence, names[0][:200]),)
