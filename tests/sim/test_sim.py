"""The simulator's share in `make test`: seeds, kept seeds, planted bugs, and its own honesty."""

import subprocess
import sys
from pathlib import Path

import pytest

from sim.loop import NOBODY, Process, SimLoop
from sim.mutants import MUTANTS, planted
from sim.report import kept_seeds, run_many, run_seeds
from sim.world import HOURS, World

TESTS = Path(__file__).parents[1]
SEEDS_COUNT = 500
PLANTED_SEEDS_MAX = 300


@pytest.mark.timeout(400)
def test_all_invariants_hold() -> None:
    *_, total = run_many(0, SEEDS_COUNT, HOURS)
    assert total.failed == ()
    assert total.seeds_count == SEEDS_COUNT


def test_every_seed_that_ever_failed_is_green() -> None:
    assert run_seeds(kept_seeds()).failed == ()


@pytest.mark.parametrize("name", MUTANTS)
def test_a_planted_bug_is_caught(name: str) -> None:
    with planted(name):
        assert any(World(seed).run().wrong for seed in range(PLANTED_SEEDS_MAX))


def test_a_long_world_holds_as_well() -> None:
    assert World(7, hours=6).run().wrong == ()


@pytest.mark.parametrize("hash_seed", ["0", "1", "4711"])
def test_the_same_seed_is_the_same_run(hash_seed: str) -> None:
    """Also in another process, where sets and hashes have another order."""
    program = "from sim.world import World; print(World(17).run().trace_hash)"
    there = subprocess.run(
        [sys.executable, "-c", program],
        check=True,
        capture_output=True,
        text=True,
        env={"PYTHONHASHSEED": hash_seed, "PYTHONPATH": f"{TESTS}:{TESTS.parent / 'src'}"},
    )
    assert there.stdout.strip() == World(17).run().trace_hash
    assert there.stdout.strip() != World(18).run().trace_hash


def test_a_killed_process_does_nothing_more() -> None:
    loop, killed, done = SimLoop(), Process("killed", "host"), []

    async def work() -> None:
        try:
            await loop.create_future()
        finally:
            done.append("finally")

    loop.start(killed, work())
    loop.call_as(killed, 5.0, lambda: done.append("later"))
    loop.call_as(NOBODY, 1.0, lambda: loop.kill(killed))
    loop.run_until(lambda: False, 10.0)
    assert not done
    loop.throw_away([])


def test_a_frozen_process_goes_on_when_it_thaws() -> None:
    loop, frozen, done = SimLoop(), Process("frozen", "host"), []
    loop.call_as(frozen, 2.0, lambda: done.append(loop.now))
    loop.freeze(frozen, 7.0)
    loop.run_until(lambda: False, 10.0)
    assert done == [7.0]
