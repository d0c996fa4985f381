"""Which recipients one transaction takes, and the refusals of the others.

Source: DESIGN section 2 (one transaction, one next hop and one tenant); RFC 5321 sections
3.3 and 4.5.3.1.10.
"""

from katharion.mail import reply as replies
from katharion.mail.reply import Reply
from katharion.ports import RecipientStatus
from katharion.values.snapshot import ServedDomain

REFUSALS = {
    RecipientStatus.UNKNOWN: replies.NO_SUCH_USER,
    RecipientStatus.NOT_SERVED: replies.RELAY_DENIED,
    RecipientStatus.UNAVAILABLE: replies.DIRECTORY_AWAY,
}


def fit(
    domain: ServedDomain | None, so_far: ServedDomain | None
) -> tuple[Reply, ServedDomain | None]:
    """Whether a recipient of `domain` goes with those of `so_far`; whose the transaction is then.

    One transaction has one next hop and one tenant (DESIGN section 2).
    """
    if domain is None:
        return replies.RELAY_DENIED, so_far
    if so_far is not None and not is_one_transaction(so_far, domain):
        return replies.RECIPIENT_OTHER_ROUTE, so_far
    return replies.RECIPIENT_OK, so_far or domain


def is_one_transaction(first: ServedDomain, other: ServedDomain) -> bool:
    """Whether one next hop's answer can stand for the recipients of both."""
    if (other.tenant, other.route) != (first.tenant, first.route):
        return False
    return not first.route.is_mx or bool(first.route.mx_domain) or other.name == first.name
