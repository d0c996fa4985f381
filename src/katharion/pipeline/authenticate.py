"""Who really sent a message: SPF, DKIM, DMARC, ARC and iprev, asked together.

They overlap: what needs no other's result is asked in the same rounds; only the organizations
of domains that are not the author's own wait for the results of SPF and DKIM.

Sources: RFC 7208 section 2.3 and 2.4 (which identities), RFC 8601, RFC 9989 section 5.3.
"""

from ipaddress import ip_address

from katharion.authentication import arc, author, dkim, dmarc, iprev, spf
from katharion.pipeline.asking import together
from katharion.pipeline.transaction import Transaction
from katharion.values.authenticity import Authenticity, SpfResult
from katharion.values.dns import Asking


def authenticate(transaction: Transaction) -> Asking[Authenticity]:
    """All that can be found of the sender."""
    message = transaction.message
    written_by = author.find(message)
    by_address, signatures, chain, discoveries = yield from together(
        _by_address(transaction),
        dkim.verify(message, transaction.now),
        arc.verify(message, transaction.now),
        dmarc.discover(written_by),
    )
    mail_from, helo, name = by_address
    result = yield from dmarc.judge(written_by, discoveries, mail_from, signatures)
    return Authenticity(mail_from, helo, signatures, result, chain, name)


def _by_address(transaction: Transaction) -> Asking[list[object]]:
    """What hangs on the client's address: SPF of both identities, and its name."""
    try:
        client = ip_address(transaction.facts.client_address)
    except ValueError:  # It came by no network that we know of: a file, a socket.
        return [None, None, None]
    asked = spf.mail_from(
        client,
        transaction.envelope.sender,
        transaction.facts.helo,
        receiver=transaction.hostname,
        now=transaction.now,
    )
    found: list[object] = yield from together(spf.check(asked), _helo(asked), iprev.check(client))
    return found


def _helo(asked: spf.Identity) -> Asking[SpfResult | None]:
    """HELO by itself; where the sender is null it is the same."""
    if asked.domain == asked.helo:
        return None
    return (yield from spf.check(spf.helo_of(asked)))
