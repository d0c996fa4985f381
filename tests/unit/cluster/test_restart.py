"""When a process that died is started again."""

import pytest

from katharion.cluster.restart import DELAY_SECONDS_MAX, restart_delay


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
