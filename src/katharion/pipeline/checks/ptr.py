"""PTR: has the client's address a name, and does the name lead back to the address.

Source: RFC 8601 sections 2.7.3 and 3 (iprev), RFC 1912 section 2.1.
"""

from katharion.pipeline.transaction import Transaction
from katharion.values.authenticity import Result
from katharion.values.verdict import Finding


def judge(transaction: Transaction) -> tuple[Finding, ...]:
    """The finding for what was found of the name."""
    iprev, address = transaction.authenticity.iprev, transaction.facts.client_address
    if iprev is None:
        return ()
    name = iprev.name[:200]
    if iprev.result is Result.PASS:
        sentence = "The name of the sender's server leads back to its address."
        return (Finding("PTR_CONFIRMED", 0.0, sentence, name),)
    if iprev.result is Result.FAIL:
        sentence = "The name of the sender's server does not lead back to its address."
        return (Finding("PTR_MISMATCH", 1.0, sentence, name or address),)
    if iprev.result is Result.PERMERROR:
        sentence = "The sender's server has an address without a name."
        return (Finding("PTR_NONE", 1.5, sentence, address),)
    sentence = "not checked: the name of the sender's server could not be asked."
    return (Finding("PTR", 0.0, sentence, name or address, was_checked=False),)
