"""The machine's clock."""

from katharion.adapters.clock import SystemClock


def test_time_goes_on() -> None:
    clock = SystemClock()
    assert clock.wall() > 1_700_000_000
    before = clock.monotonic()
    assert clock.monotonic() >= before
