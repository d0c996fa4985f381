"""Who died over what, told by what the dead leave behind."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from fakes.fake_clock import FakeClock
from katharion.adapters.suspects import DEATHS_SECONDS, NO_SLOT, SLOTS_COUNT, SuspectFiles

POISON, OTHER = b"p" * 16, b"o" * 16
# A process that judges two messages, and has finished a third.
PROCESS = """
import os, sys
from pathlib import Path
from katharion.adapters.clock import SystemClock
from katharion.adapters.suspects import SuspectFiles
files = SuspectFiles(Path(sys.argv[1]), "filter-00", SystemClock())
files.leave(files.enter(b"d" * 16))
files.enter(b"p" * 16)
print("judging", flush=True)
sys.stdin.read()
"""


def killed_while_it_judges(folder: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PROCESS, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"judging\n"
        os.kill(child.pid, signal.SIGKILL)


def test_the_next_knows_what_the_killed_one_judged(tmp_path: Path) -> None:
    clock = FakeClock(1_000_000.0)
    clock.wall_seconds = tmp_path.stat().st_mtime
    other = SuspectFiles(tmp_path, "filter-01", clock)
    for count in (1, 2, 3):
        killed_while_it_judges(tmp_path)
        assert other.deaths_count(POISON) == count - 1
        SuspectFiles(tmp_path, "filter-00", clock).close()
        other.refresh()
        assert other.deaths_count(POISON) == count
    assert other.deaths_count(b"d" * 16) == 0
    other.close()
    assert [path.name for path in tmp_path.iterdir()] == ["deaths"]


def test_the_living_are_left_alone_and_an_end_in_order_accuses_nobody(tmp_path: Path) -> None:
    one = SuspectFiles(tmp_path, "filter-00", FakeClock())
    slot = one.enter(POISON)
    two = SuspectFiles(tmp_path, "filter-01", FakeClock())
    assert two.deaths_count(POISON) == 0
    one.leave(slot)
    one.close()
    three = SuspectFiles(tmp_path, "filter-00", FakeClock())
    assert three.deaths_count(POISON) == 0
    two.close()
    three.close()


def test_a_death_is_forgotten_after_a_day(tmp_path: Path) -> None:
    clock = FakeClock()
    line = f"{POISON.hex()} {clock.wall():.0f}\n"
    (tmp_path / "deaths").write_text(f"{line}{line}nonsense\n{OTHER.hex()} x\n{POISON.hex()}")
    files = SuspectFiles(tmp_path, "filter-00", clock)
    assert (files.deaths_count(POISON), files.deaths_count(OTHER)) == (2, 0)
    clock.advance(DEATHS_SECONDS + 1)
    files.refresh()  # Nothing new: nothing is read.
    assert files.deaths_count(POISON) == 2
    files.close()
    files = SuspectFiles(tmp_path, "filter-00", clock)
    assert files.deaths_count(POISON) == 0
    files.close()


def test_slots_have_a_bound(tmp_path: Path) -> None:
    files = SuspectFiles(tmp_path, "filter-00", FakeClock())
    slots = [files.enter(OTHER) for _ in range(SLOTS_COUNT)]
    assert files.enter(OTHER) == NO_SLOT
    files.leave(NO_SLOT)
    files.leave(slots[0])
    assert files.enter(OTHER) == slots[0]
    files.close()


def test_a_file_that_can_not_be_read_is_left(tmp_path: Path) -> None:
    (tmp_path / "old.slots").mkdir()
    SuspectFiles(tmp_path, "filter-00", FakeClock()).close()
    assert (tmp_path / "old.slots").exists()
