"""Who really sent a message: SPF, DKIM, DMARC, ARC and iprev, asked together.

They overlap: what needs no other's result is asked in the same rounds; only the organizations
of domains that are not the author's own wait for the results of SPF and DKIM.

Sources: RFC 7208 sections 2.3 and 2.4 (which identities), RFC 8601, RFC 9989 section 5.3.
"""

from ipaddress import ip_address
from typing import NamedTuple

from katharion.authentication import arc, author, dkim, dmarc, iprev, spf
from katharion.authentication.spf_macro import Identity
from katharion.pipeline.asking import together
from katharion.pipeline.transaction import Transaction
from katharion.values.authenticity import Authenticity, IprevResult, SpfResult
from katharion.values.dns import Asking


class _ByAddress(NamedTuple):
    """What hangs on the client's address."""

    mail_from: SpfResult | None = None
    helo: SpfResult | None = None
    name: IprevResult | None = None


def authenticate(transaction: Transaction) -> Asking[Authenticity]:
    """All that can be found of the sender."""
    message, now = transaction.message, transaction.now
    written_by = author.find(message)
    by_address, discoveries, signatures, chain = yield from together(
        _by_address(transaction),
        dmarc.discover(written_by),
        dkim.verify(message, now),
        arc.verify(message, now),
    )
    result = yield from dmarc.judge(written_by, discoveries, by_address.mail_from, signatures)
    return Authenticity(
        spf=by_address.mail_from,
        helo=by_address.helo,
        dkim=signatures,
        dmarc=result,
        arc=chain,
        iprev=by_address.name,
        client_address=transaction.facts.client_address,
    )


def _by_address(transaction: Transaction) -> Asking[_ByAddress]:
    try:
        client = ip_address(transaction.facts.client_address)
    except ValueError:  # It came by no network that we know of: a file, a socket.
        return _ByAddress()
    asked = spf.mail_from(
        client,
        transaction.envelope.sender,
        transaction.facts.helo,
        receiver=transaction.hostname,
        now=transaction.now,
    )
    found = yield from together(spf.check(asked), _helo(asked), iprev.check(client))
    return _ByAddress(*found)


def _helo(asked: Identity) -> Asking[SpfResult | None]:
    """HELO by itself; where the sender is null it is the same."""
    if asked.domain == asked.helo:
        return None
    return (yield from spf.check(spf.helo_of(asked)))
