"""When a process that died is started again."""

import pytest

from katharion.cluster.restart import DELAY_SECONDS_MAX, restart_delay, whom_to_replace


@pytest.mark.parametrize(
    ("deaths", "delay"),
    [
        ((100.0,), 0.0),
        ((99.0, 100.0), 0.25),
        ((98.0, 99.0, 100.0), 0.5),
        ((97.0, 98.0, 99.0, 100.0), 1.0),
        (tuple(float(n) for n in range(80, 101)), DELAY_SECONDS_MAX),
        ((-500.0, -400.0, 100.0), 0.0),  # Long ago counts no more.
    ],
)
def test_delay_grows_with_deaths_in_a_row(deaths: tuple[float, ...], delay: float) -> None:
    assert restart_delay(deaths, 100.0) == delay


@pytest.mark.parametrize(
    ("running", "whom"),
    [
        ({}, None),
        ({"a": "new", "b": "new"}, None),
        ({"a": "old", "b": "old"}, "a"),
        ({"a": "new", "b": "old"}, "b"),
        ({"a": None, "b": "old"}, None),  # One is on its way: nobody else leaves.
        ({"a": "old", "b": None}, None),
    ],
)
def test_they_are_replaced_one_by_one(running: dict[str, str | None], whom: str | None) -> None:
    assert whom_to_replace(running, "new") == whom
