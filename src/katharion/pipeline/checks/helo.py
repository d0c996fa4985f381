"""HELO: is the client's name for itself a name, and is it not ours.

Source: RFC 5321 sections 4.1.1.1 and 4.1.4 (may not be refused for; may be judged).
"""

from ipaddress import ip_address

from katharion.mail.address import is_domain, is_literal
from katharion.pipeline.transaction import Transaction
from katharion.values.verdict import Finding

EVIDENCE_LENGTH_MAX = 200


def judge(transaction: Transaction) -> tuple[Finding, ...]:
    """Look at the name in EHLO or HELO."""
    helo = transaction.facts.helo[:EVIDENCE_LENGTH_MAX]
    if helo.lower() == transaction.hostname.lower():
        return (Finding("HELO_IS_US", 3.0, "The sender's server calls itself by our name.", helo),)
    if is_literal(helo):
        return _judge_literal(helo, transaction.facts.client_address)
    if not is_domain(transaction.facts.helo):
        sentence = "The sender's server does not give a host name."
        return (Finding("HELO_NO_NAME", 1.5, sentence, helo),)
    if "." not in helo:
        sentence = "The sender's server gives a host name without a domain."
        return (Finding("HELO_NOT_FQDN", 1.0, sentence, helo),)
    if helo.replace(".", "").isdigit():
        sentence = "The sender's server gives a bare address instead of a host name."
        return (Finding("HELO_BARE_ADDRESS", 1.5, sentence, helo),)
    return ()


def _judge_literal(helo: str, client_address: str) -> tuple[Finding, ...]:
    inner = helo.strip("[]").lower().removeprefix("ipv6:")
    if not _is_same(inner, client_address):
        sentence = "The sender's server gives an address that is not its own."
        return (Finding("HELO_WRONG_LITERAL", 1.5, sentence, helo),)
    sentence = "The sender's server gives its address instead of a host name."
    return (Finding("HELO_LITERAL", 0.5, sentence, helo),)


def _is_same(one: str, other: str) -> bool:
    """Whether both name one address, in whatever way an IPv6 address is written."""
    try:
        return ip_address(one) == ip_address(other)
    except ValueError:
        return False
