"""The front door: which balancers are believed, whose postmaster is meant, what is counted."""

import pytest

from fixtures.fix_edge import ANN, House, play
from katharion.edge.carry_out import Ending
from katharion.edge.front import Listener
from katharion.edge.options import ListenerOptions
from katharion.mail import reply as replies
from katharion.mail.address import Address
from katharion.values.attempt import Words
from katharion.values.disposition import Defer, Hold, Reject
from katharion.values.fate import State

BALANCERS = [
    ("192.0.2.9", True),
    ("192.0.3.1", False),
    ("2001:db8::5", True),
    ("2001:db9::5", False),
    ("", False),
    ("nonsense", False),
]


@pytest.mark.parametrize(("address", "is_one"), BALANCERS)
def test_balancer(address: str, *, is_one: bool) -> None:
    options = ListenerOptions(proxy_from=("192.0.2.0/24", "2001:db8::/32"))
    assert Listener("public", options, has_tls=False).is_balancer(address) is is_one


def test_starttls_is_offered_only_with_a_certificate() -> None:
    options = ListenerOptions()
    assert Listener("public", options, has_tls=True).extensions.has_starttls
    assert not Listener("public", options, has_tls=False).extensions.has_starttls


def test_bare_postmaster_is_ours() -> None:
    async def scene(house: House) -> None:
        assert house.front.home(Address("postmaster", "")) == Address("postmaster", "mx.example")
        assert house.front.home(ANN) == ANN

    play(scene)


def test_ids_differ_and_follow_time() -> None:
    async def scene(house: House) -> None:
        ids = [house.front.make_id(1000.0 + second) for second in range(20)]
        assert ids == sorted(set(ids))

    play(scene)


def test_fates_are_counted() -> None:
    async def scene(house: House) -> None:
        lefts = (
            None,
            Hold((ANN,), State.QUEUED, "x", None),
            Reject((ANN,), replies.BLOCKED),
            Defer((ANN,), replies.TRY_LATER),
            None,
        )
        house.front.count([Ending(ANN, left, Words(0, "", ("",)), "", "") for left in lefts])
        fates = {"delivered": 2, "held": 1, "rejected": 1, "deferred": 1}
        assert house.front.fates == fates

    play(scene)


def test_full_journal_loses_records_and_counts_them() -> None:
    async def scene(house: House) -> None:
        house.journal.is_full = True
        house.client("").leave()
        house.front.drain()
        house.client()
        assert house.front.lost_records_count == 1

    play(scene)
