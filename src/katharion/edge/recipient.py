"""Which recipients one transaction takes, and the refusals of the others.

Source: DESIGN section 2 (one transaction, one next hop and one tenant); RFC 5321 sections
3.3 and 4.5.3.1.10.
"""

from katharion.mail import reply as replies
from katharion.ports import RecipientStatus
from katharion.values.snapshot import ServedDomain

REFUSALS = {
    RecipientStatus.UNKNOWN: replies.NO_SUCH_USER,
    RecipientStatus.NOT_SERVED: replies.RELAY_DENIED,
    RecipientStatus.UNAVAILABLE: replies.DIRECTORY_AWAY,
}


def is_one_transaction(first: ServedDomain, other: ServedDomain) -> bool:
    """Whether one next hop's answer can stand for the recipients of both."""
    if (other.tenant, other.route) != (first.tenant, first.route):
        return False
    return not first.route.is_mx or bool(first.route.mx_domain) or other.name == first.name
