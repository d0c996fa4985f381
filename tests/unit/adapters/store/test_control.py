"""The control file: pauses that last, and a clock whose jumps are confirmed by a person."""

from pathlib import Path

import pytest

from fakes.fake_clock import FakeClock
from katharion.adapters.store.control import Control
from katharion.adapters.store.migrate import migrate
from katharion.ports import SpoolUnavailableError
from katharion.values.waiting import Pause

DAY = 86_400.0


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def control(tmp_path: Path, clock: FakeClock) -> Control:
    migrate(tmp_path, 1)
    return Control(tmp_path, clock)


def test_pauses_are_there_for_all_until_they_are_ended(
    tmp_path: Path, control: Control, clock: FakeClock
) -> None:
    one = Pause("office", owner="ann", reason="maintenance", at=5.0)
    control.pause([one, Pause(tenant="t", owner="bob")])
    control.pause([Pause(tenant="t", owner="cat")])
    other = Control(tmp_path, clock)
    assert other.pauses() == [Pause(tenant="t", owner="cat"), one]
    other.resume([Pause("office")])
    assert [pause.owner for pause in control.pauses()] == ["cat"]


def test_a_jump_stops_until_it_is_confirmed(
    tmp_path: Path, control: Control, clock: FakeClock
) -> None:
    assert control.agrees()
    clock.wall_seconds += DAY
    assert not control.agrees()
    assert Control(tmp_path, clock).confirm_clock() == pytest.approx(DAY)
    clock.advance(1)
    assert control.agrees(), "seen within a second"
    clock.wall_seconds -= DAY
    assert not control.agrees()


def test_a_jump_that_is_taken_back_needs_nobody(control: Control, clock: FakeClock) -> None:
    clock.wall_seconds -= DAY
    assert not control.agrees()
    clock.wall_seconds += DAY
    assert control.agrees()


def test_a_small_step_is_none(control: Control, clock: FakeClock) -> None:
    clock.wall_seconds += 599
    assert control.agrees()


def test_the_next_run_of_the_machine_goes_on_from_what_was_noted(
    tmp_path: Path, control: Control, clock: FakeClock
) -> None:
    clock.advance(1000)
    control.note_time()
    before = control.moment(clock.wall())
    clock.restart_machine(off_seconds=3 * DAY)
    after = Control(tmp_path, clock).moment(clock.wall())
    assert after.vouched == before.vouched
    assert after.house == clock.wall()


def test_a_store_without_one_is_said_to_be_older(tmp_path: Path, clock: FakeClock) -> None:
    with pytest.raises(SpoolUnavailableError, match="katharion up"):
        Control(tmp_path, clock)
