"""Mail loops: too many hops, or too often through us.

Source: RFC 5321 section 6.3.
"""

from katharion.pipeline.transaction import Transaction
from katharion.values.verdict import Finding, Force

HOPS_COUNT_MAX = 100
OWN_HOPS_COUNT_MAX = 5


def judge(transaction: Transaction) -> tuple[Finding, ...]:
    """Count the Received fields, and among them our own."""
    hops = transaction.message.values(b"received")
    by_us = b"by " + transaction.hostname.encode("ascii", "replace") + b" "
    own = sum(by_us in hop for hop in hops)
    if len(hops) <= HOPS_COUNT_MAX and own <= OWN_HOPS_COUNT_MAX:
        return ()
    evidence = f"{len(hops)} hops, {own} of them ours"
    return (Finding("LOOP", 0.0, "The message goes in circles.", evidence, force=Force.LOOP),)
