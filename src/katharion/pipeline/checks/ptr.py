"""PTR: has the client's address a name, and does the name lead back to the address.

Source: RFC 8601 section 3 (iprev), RFC 1912 section 2.1.
"""

from katharion.pipeline.transaction import Transaction
from katharion.ports import Resolver
from katharion.values.dns import DnsStatus
from katharion.values.verdict import Finding

NAMES_COUNT_MAX = 5


async def judge(transaction: Transaction, resolver: Resolver) -> tuple[Finding, ...]:
    """Ask for the names of the address, and for the addresses of the names."""
    address = transaction.facts.client_address
    answer = await resolver.names(address)
    if answer.status is DnsStatus.FAILED:
        sentence = "not checked: the name of the sender's server could not be asked."
        return (Finding("PTR", 0.0, sentence, address, was_checked=False),)
    if not answer.records:
        sentence = "The sender's server has an address without a name."
        return (Finding("PTR_NONE", 1.5, sentence, address),)
    failed = ""
    for name in answer.records[:NAMES_COUNT_MAX]:
        forward = await resolver.addresses(name)
        if address in forward.records:
            sentence = "The name of the sender's server leads back to its address."
            return (Finding("PTR_CONFIRMED", 0.0, sentence, name[:200]),)
        if forward.status is DnsStatus.FAILED:
            failed = name[:200]  # Another name may still lead back.
    if failed:
        sentence = "not checked: the addresses of the sender's server could not be asked."
        return (Finding("PTR", 0.0, sentence, failed, was_checked=False),)
    sentence = "The name of the sender's server does not lead back to its address."
    return (Finding("PTR_MISMATCH", 1.0, sentence, answer.records[0][:200]),)
