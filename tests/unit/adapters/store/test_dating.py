"""Spans keep their length between the two clocks, whatever the machine's says."""

import math

import pytest

from fixtures.fix_held import ANN, held_for
from katharion.adapters.store.dating import Dating
from katharion.adapters.store.rows import ClaimWish
from katharion.values.fate import State
from katharion.values.held import Lease, Moment, Settlement

DAY = 86_400.0
LEASE = Lease("m", "s", ANN, 1)


class Ahead:
    """A machine's clock that is wrong by a day, or right."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def moment(self, wall: float) -> Moment:
        return Moment(wall, wall - self.seconds, wall - self.seconds - 5)

    def agrees(self) -> bool:
        return not self.seconds


@pytest.mark.parametrize("ahead_seconds", [0.0, DAY, -DAY])
def test_what_is_due_in_a_minute_is_due_in_a_minute(ahead_seconds: float) -> None:
    wall = 1_000_000.0
    dating = Dating(Ahead(ahead_seconds))
    house = dating.moment(wall).house
    assert dating.stored(held_for(due_at=wall + 60), wall).due_at == house + 60
    assert dating.stored(held_for(due_at=0.0), wall).due_at == 0.0, "at once"
    settlement = Settlement(LEASE, State.QUEUED, wall + 60)
    assert dating.settled(settlement, dating.moment(wall)).due_at == house + 60


@pytest.mark.parametrize(("ahead_seconds", "is_known"), [(0.0, True), (DAY, False)])
def test_while_the_clocks_disagree_nothing_is_old(ahead_seconds: float, *, is_known: bool) -> None:
    wish = Dating(Ahead(ahead_seconds)).wish(ClaimWish("me", 1_000_000.0, 1, 60.0))
    assert wish.now == 1_000_000.0 - ahead_seconds
    assert wish.vouched == (wish.now - 5 if is_known else -math.inf)


def test_without_a_clock_of_the_stores_own_all_stays_as_it_is() -> None:
    wish = ClaimWish("me", 1_000_000.0, 1, 60.0)
    assert Dating().wish(wish) is wish
    assert Dating().stored(held_for(), 5.0) == held_for()
    assert Dating().moment(5.0) == (5.0, 5.0, 5.0)
