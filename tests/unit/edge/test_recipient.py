"""Which recipients may share a transaction."""

import msgspec
import pytest

from katharion.edge.recipient import REFUSALS, fit, is_one_transaction
from katharion.mail import reply as replies
from katharion.ports import RecipientStatus
from katharion.values.policy import EffectivePolicy
from katharion.values.snapshot import NextHop, Route, ServedDomain

FIXED = Route("fixed", (NextHop("192.0.2.1"),))
BY_MX = Route("mx", is_mx=True)
BY_ONE_MX = Route("one", is_mx=True, mx_domain="mail.example")
FIRST = ServedDomain("a.example", "acme", FIXED, None, EffectivePolicy())

PAIRS = [
    ({"name": "a.example"}, FIXED, True),
    ({"name": "b.example"}, FIXED, True),
    ({"name": "b.example", "policy": EffectivePolicy(probable_score=1.0)}, FIXED, True),
    ({"name": "b.example", "tenant": "other"}, FIXED, False),
    ({"name": "b.example", "route": BY_MX}, FIXED, False),
    ({"name": "b.example"}, BY_MX, False),  # Each domain has its own MX.
    ({"name": "a.example"}, BY_MX, True),
    ({"name": "b.example"}, BY_ONE_MX, True),
]


@pytest.mark.parametrize(("other", "route", "is_one"), PAIRS)
def test_one_next_hop_and_one_tenant(
    other: dict[str, object], route: Route, *, is_one: bool
) -> None:
    first = msgspec.structs.replace(FIRST, route=route)
    assert is_one_transaction(first, msgspec.structs.replace(first, **other)) is is_one


def test_what_is_not_known_is_refused_and_away_only_for_now() -> None:
    assert REFUSALS.keys() == set(RecipientStatus) - {RecipientStatus.KNOWN}
    assert not REFUSALS[RecipientStatus.UNAVAILABLE].is_permanent
    assert REFUSALS[RecipientStatus.UNKNOWN].is_permanent


def test_what_fits_together() -> None:
    other = msgspec.structs.replace(FIRST, name="b.example", tenant="other")
    assert fit(None, None) == (replies.RELAY_DENIED, None)
    assert fit(None, FIRST) == (replies.RELAY_DENIED, FIRST)
    assert fit(FIRST, None) == (replies.RECIPIENT_OK, FIRST)
    assert fit(other, FIRST) == (replies.RECIPIENT_OTHER_ROUTE, FIRST)
