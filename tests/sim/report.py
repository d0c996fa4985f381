"""Many seeds, on all cores, and what they came to together."""

import gc
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from time import process_time
from typing import NamedTuple

from sim.world import HOURS, Account, World

SEEDS_KEPT = Path(__file__).parent / "seeds.txt"
COLLECT_EVERY = 20  # Worlds: the collector costs a fifth of the time where it runs by itself.


class Sum(NamedTuple):
    """Of many seeds. `failed`: the seed, and the first thing that was wrong."""

    seeds_count: int
    messages_count: int
    duplicates_count: int
    simulated_seconds: float
    cpu_seconds: float
    kinds: Counter[str]
    failed: tuple[tuple[int, str], ...]

    @property
    def lost_count(self) -> int:
        """Seeds in which a message was lost."""
        return sum(1 for _, what in self.failed if what.startswith("I1 "))


def run_seeds(seeds: Iterable[int], hours: float = HOURS) -> Sum:
    """Run them one after the other in this process."""
    accounts: list[Account] = []
    began = process_time()
    was_enabled = gc.isenabled()
    gc.disable()
    gc.freeze()  # What was there before need not be looked at after each score of worlds.
    try:
        for number, seed in enumerate(seeds):
            accounts.append(World(seed, hours).run()._replace(events=()))
            if number % COLLECT_EVERY == 0:
                gc.collect()
    finally:
        gc.unfreeze()
        if was_enabled:
            gc.enable()
    return Sum(
        len(accounts),
        sum(a.messages_count for a in accounts),
        sum(a.duplicates_count for a in accounts),
        sum(a.seconds for a in accounts),
        process_time() - began,
        sum((Counter(a.kinds) for a in accounts), Counter()),
        tuple((a.seed, a.wrong[0]) for a in accounts if a.wrong),
    )


def run_many(first: int, count: int, hours: float, chunk: int = 50) -> Iterator[Sum]:
    """Run `count` seeds from `first` on, on all cores; the sum so far after each chunk."""
    chunks = [
        range(at, min(at + chunk, first + count)) for at in range(first, first + count, chunk)
    ]
    total = Sum(0, 0, 0, 0.0, 0.0, Counter(), ())
    with ProcessPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        for one in pool.map(run_seeds, chunks, [hours] * len(chunks)):
            total = Sum(*(a + b for a, b in zip(total, one, strict=True)))  # type: ignore[operator] # All can be added.
            yield total


def kept_seeds() -> list[int]:
    """Every seed that ever failed."""
    lines = SEEDS_KEPT.read_text().splitlines()
    return [int(line.split()[0]) for line in lines if line and not line.startswith("#")]


def keep_seeds(failed: Iterable[tuple[int, str]]) -> None:
    """Write down what failed, for `make test` to replay."""
    known = set(kept_seeds())
    with SEEDS_KEPT.open("a") as file:
        for seed, what in failed:
            if seed not in known:
                file.write(f"{seed}\topen\t{what}\n")
