"""`make sim`: run seeds, and say what they came to. Exit 0 only if all invariants held."""

import argparse
import sys

from sim.report import Sum, keep_seeds, run_many
from sim.world import HOURS, World

EVENTS_SHOWN = 60


def main() -> int:
    """As the arguments say."""
    parser = argparse.ArgumentParser(prog="make sim", description=__doc__)
    parser.add_argument("--seed", type=int, help="One seed, told in full.")
    parser.add_argument("--hours", type=float, default=HOURS, help="Hours of faults in each.")
    parser.add_argument("--runs", type=int, default=500, help="How many seeds.")
    parser.add_argument("--first", type=int, default=0, help="The first of them.")
    given = parser.parse_args()
    if given.seed is not None:
        return run_one(given.seed, given.hours)
    return run_all(given.first, given.runs, given.hours)


def run_one(seed: int, hours: float) -> int:
    """One seed, with what happened last, and all that is wrong."""
    world = World(seed, hours)
    print(f"seed {seed}, {hours} h, may do: {', '.join(world.faults.kinds) or 'nothing'}")
    account = world.run()
    for line in account.events[-EVENTS_SHOWN:]:
        print(f"  {line}")
    for what in account.wrong:
        print(f"WRONG {what}")
    happened = ", ".join(f"{kind} {count}" for kind, count in sorted(account.kinds.items()))
    print(f"faults: {happened or 'none'}")
    print(
        f"{account.messages_count} messages, {account.duplicates_count} duplicates,"
        f" {account.seconds / 3600:.2f} h, trace {account.trace_hash}:"
        f" {'all invariants held' if not account.wrong else 'FAILED'}"
    )
    return 1 if account.wrong else 0


def run_all(first: int, count: int, hours: float) -> int:
    """Many seeds on all cores, with progress."""
    total: Sum | None = None
    for total in run_many(first, count, hours):
        print(f"\r{total.seeds_count} of {count} seeds", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    if total is None:
        return 0
    for kind, times in sorted(total.kinds.items()):
        print(f"  {kind:<26}{times:>9}")
    for seed, what in total.failed:
        print(f"seed {seed}: {what}")
    keep_seeds(total.failed)
    print(
        f"{total.messages_count / total.cpu_seconds:.0f} messages a CPU second,"
        f" {total.simulated_seconds / 3600:.0f} simulated hours"
    )
    print(
        f"{total.seeds_count} seeds, {total.messages_count} messages, {total.lost_count} lost,"
        f" {total.duplicates_count} duplicates: "
        + ("all invariants held" if not total.failed else f"{len(total.failed)} seeds FAILED")
    )
    return 1 if total.failed else 0


if __name__ == "__main__":
    sys.exit(main())
