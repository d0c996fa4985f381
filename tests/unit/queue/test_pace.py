"""Deliveries a second: never more than the rate and one second's worth."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from katharion.queue.pace import Pace


@pytest.mark.parametrize(
    ("per_second", "seconds", "room"),
    [
        (10.0, 0.0, 0),
        (10.0, 0.1, 1),
        (10.0, 0.55, 5),
        (10.0, 60.0, 10),
        (0.5, 1.0, 0),
        (0.5, 2.0, 1),
    ],
)
def test_what_comes_in(per_second: float, seconds: float, room: int) -> None:
    pace = Pace(0.0, 100.0)
    assert pace.room(100.0 + seconds, per_second) == room


@settings(deadline=None)
@given(
    st.floats(0.1, 100.0),
    st.lists(st.floats(0.0, 10.0), max_size=60),
)
def test_no_more_than_the_rate_however_it_is_asked(per_second: float, waits: list[float]) -> None:
    pace, now, began = Pace(), 1000.0, 0
    for wait in waits:
        now += wait
        for _ in range(pace.room(now, per_second)):
            pace = pace.began(now, per_second)
            began += 1
        assert pace.tokens > -1e-6
    assert began <= (now - 1000.0) * per_second + max(1.0, per_second) + 1e-3
