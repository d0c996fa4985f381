"""The store's clock: a jump of the machine's changes nothing; an outage counts for no age."""

import pytest

from fakes.fake_clock import FakeClock
from katharion.adapters.store.house_time import JUMP_SECONDS_MAX, anchored

DAY = 86_400.0


@pytest.mark.parametrize("jump_seconds", [DAY, -DAY, 366 * DAY, -20_000 * DAY])
def test_a_jump_is_seen_and_not_followed(jump_seconds: float) -> None:
    clock = FakeClock()
    reference = anchored(None, clock)
    clock.advance(100)
    before = reference.moment(clock.wall(), clock.boot())
    clock.wall_seconds += jump_seconds
    after = reference.moment(clock.wall(), clock.boot())
    assert (after.house, after.vouched) == (before.house, before.vouched)
    jump = reference.jump_seconds(clock.wall(), clock.boot())
    assert jump == pytest.approx(jump_seconds)
    assert abs(jump) > JUMP_SECONDS_MAX


def test_within_a_run_of_the_machine_the_reference_stays() -> None:
    clock = FakeClock()
    reference = anchored(None, clock)
    clock.advance(50)
    assert anchored(reference, clock) == reference


def test_while_the_machine_was_off_no_age_grew() -> None:
    clock = FakeClock()
    old = anchored(None, clock)
    clock.advance(1000)
    old = old._replace(seen_seconds=old.house(clock.boot()))
    before = old.moment(clock.wall(), clock.boot())
    clock.restart_machine(off_seconds=2 * DAY)
    new = anchored(old, clock)
    after = new.moment(clock.wall(), clock.boot())
    assert after.house == clock.wall(), "what is due is due by the machine's clock"
    assert after.vouched == before.vouched
    assert new.jump_seconds(clock.wall(), clock.boot()) == 0
    clock.advance(60)
    assert new.moment(clock.wall(), clock.boot()).vouched == before.vouched + 60


def test_a_machine_that_comes_back_in_the_past_is_seen() -> None:
    clock = FakeClock()
    old = anchored(None, clock)
    clock.restart_machine(off_seconds=-DAY)
    new = anchored(old, clock)
    assert new.house_seconds == old.house_seconds, "never back: leases are over"
    assert new.jump_seconds(clock.wall(), clock.boot()) == -DAY
