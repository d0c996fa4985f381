"""The queue under load: `python -m tests.bench.queue_bench`; writes bench/results/queue.json.

100,000 held messages for 1,000 destinations on a real store: claims and settlements, lists and
bulk verbs, what dead destinations cost the living, and how a shard opens after kill -9.
"""

import argparse
import asyncio
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from statistics import quantiles

sys.path.insert(0, str(Path(__file__).parents[1]))

import uvloop

from fixtures.fix_held import held_message
from katharion.adapters.clock import SystemClock
from katharion.adapters.store import rows
from katharion.adapters.store.migrate import migrate, spool_path
from katharion.adapters.store.shard import own_shard
from katharion.adapters.store.spool import ShardedSpool, open_spool
from katharion.adapters.tasks import LoopTasks
from katharion.mail.address import Address
from katharion.ports import Attempt, Delivery
from katharion.queue.options import QueueOptions
from katharion.queue.runner import QueueRunner
from katharion.values.attempt import AttemptResult, Outcome, RecipientResult, Words
from katharion.values.fate import State
from katharion.values.held import HeldMessage, HeldRecipient, Settlement
from katharion.values.snapshot import NextHop, Route
from katharion.values.waiting import Act, Selection, Verb

RESULTS = Path(__file__).parents[2] / "bench" / "results"
DELIVERY_SECONDS = 0.005
CONNECT_SECONDS = 30.0  # What a dead destination keeps its place for.
CONTENT = b"Subject: bench\r\n\r\n" + b"0123456789abcdef\r\n" * 500
CLOCK = SystemClock()


def destination(number: int) -> str:
    """The name of a route."""
    return f"r{number:04}"


def message(number: int, at: float) -> HeldMessage:
    """A message of 9 KB of one of a hundred tenants."""
    base = held_message(number, CONTENT)
    return HeldMessage(
        base.id, at, f"t{number % 100}", base.envelope, base.facts, base.trace, CONTENT, base.sha256
    )


def fill(store: Path, messages: int, destinations: int) -> None:
    """A store with so many messages that are due."""
    migrate(store, 1)
    at = CLOCK.wall() - 3600
    db = sqlite3.connect(spool_path(store, 0), isolation_level=None)
    db.execute("PRAGMA synchronous=OFF")
    db.execute("BEGIN")
    pieces = rows.compress(CONTENT)
    for number in range(messages):
        name = destination(number % destinations)
        row = HeldRecipient(Address("ann", f"{name}.example"), State.QUEUED, name, "x", due_at=at)
        rows.hold(db, "spool-00", message(number, at), [row], pieces)
    db.execute("COMMIT")
    db.close()


class Timed:
    """Figures by name."""

    def __init__(self) -> None:
        self.figures: dict[str, float] = {}

    async def measure(self, name: str, work: Awaitable[object]) -> object:
        """Seconds that it takes."""
        began_at = CLOCK.monotonic()
        result = await work
        self.figures[name] = round(CLOCK.monotonic() - began_at, 3)
        return result


class BenchDirectory:
    """All routes there are."""

    def route(self, name: str) -> Route:
        return Route(name, (NextHop(name),))


class BenchRelay:
    """Answers in 5 ms; those in `dead` only when the connect times out."""

    def __init__(self, dead: frozenset[str] = frozenset()) -> None:
        self.dead = dead
        self.came: dict[str, float] = {}
        self.count_of: dict[str, int] = {}

    async def deliver(self, route: Route, delivery: Delivery, _seconds: float) -> Attempt:
        is_dead = route.name in self.dead
        await asyncio.sleep(CONNECT_SECONDS if is_dead else DELIVERY_SECONDS)
        outcome = Outcome.DEFERRED if is_dead else Outcome.ACCEPTED
        words = Words(0, "", ("time-out",)) if is_dead else Words(250, "2.0.0", ("ok",))
        results = tuple(RecipientResult(r, outcome, words, "dot") for r in delivery.recipients)
        if not is_dead:
            self.came[delivery.content[9:20].decode() + route.name] = CLOCK.monotonic()
            self.count_of[route.name] = self.count_of.get(route.name, 0) + 1
        took = CONNECT_SECONDS if is_dead else DELIVERY_SECONDS
        return Attempt(AttemptResult(results, "x", not is_dead, took_seconds=took))


class NoJournal:
    """Keeps nothing."""

    def append(self, _records: object) -> None:
        return

    def has_room(self) -> bool:
        return True


def runner_on(spool: ShardedSpool, relay: BenchRelay, options: QueueOptions) -> QueueRunner:
    """A real runner over a real store, with next hops in memory."""
    runner = QueueRunner("bench", "node", options)
    runner.spool, runner.relay, runner.directory = spool, relay, BenchDirectory()
    runner.clock, runner.journal = CLOCK, NoJournal()
    runner.tasks = LoopTasks(lambda name, error: print(name, repr(error)))
    return runner


async def opened(folder: Path) -> ShardedSpool:
    (folder / "run").mkdir(exist_ok=True)
    spool = open_spool(folder / "store", folder / "run", 0, frozenset({0}))
    await spool.start()
    return spool


async def operator(folder: Path, timed: Timed) -> None:
    """Lists and bulk verbs over all that waits."""
    spool = await opened(folder)
    await timed.measure("lanes_seconds", spool.lanes(CLOCK.wall()))
    await timed.measure("list_100_seconds", spool.waiting(Selection(), 100))
    await timed.measure("destinations_seconds", spool.lane_counts())
    for verb in (Verb.RETRY, Verb.PAUSE, Verb.RESUME, Verb.REROUTE, Verb.EXPIRE, Verb.DELETE):
        one = Act(verb, Selection(routes=(destination(7),)), route="other", note="x")
        await timed.measure(f"{verb.value}_one_destination_seconds", spool.act(one))
    for verb in (Verb.RETRY, Verb.PAUSE, Verb.RESUME, Verb.EXPIRE, Verb.DELETE):
        every = Act(verb, Selection(), note="x")
        await timed.measure(f"{verb.value}_all_seconds", spool.act(every))
    await spool.close()


async def claim_and_settle(folder: Path, rows_count: int) -> float:
    """Rows a second, claimed and settled as a runner does, without deliveries."""
    spool = await opened(folder)
    runner = runner_on(spool, BenchRelay(), QueueOptions(deliveries_max=250))
    now = CLOCK.monotonic()
    done, began_at = 0, CLOCK.monotonic()
    await runner._look(now)
    for due in runner._due:  # All are alive.
        known = runner.destinations.of(due.lane.route, BenchDirectory().route(due.lane.route), now)
        known.is_proven = True
    while done < rows_count:
        if not runner._due:
            await runner._look(CLOCK.monotonic())
        grants = runner._share(CLOCK.monotonic())
        claims = await spool.claim("bench", CLOCK.wall(), 250, 900.0, grants)
        runner._drop_empty(grants, claims)
        await spool.settle([Settlement(c.lease, State.DELIVERED) for c in claims])
        done += len(claims)
    took = CLOCK.monotonic() - began_at
    await spool.close()
    return done / took


async def run_for(
    folder: Path, relay: BenchRelay, options: QueueOptions, is_over: Callable[[], bool]
) -> float:
    """A whole runner until it is over; seconds that it took."""
    spool = await opened(folder)
    runner = runner_on(spool, relay, options)
    stop, began_at = asyncio.Event(), CLOCK.monotonic()
    work = asyncio.get_running_loop().create_task(runner.run(stop))
    while not is_over():  # noqa: ASYNC110 # A bench.
        await asyncio.sleep(0.05)
    took = CLOCK.monotonic() - began_at
    stop.set()
    work.cancel()
    await asyncio.gather(work, return_exceptions=True)
    await spool.close()
    return took


async def throughput(folder: Path, messages: int) -> float:
    """Deliveries a second of a whole runner, its own store in the same process."""
    relay = BenchRelay()
    relay.count_of = {}
    options = QueueOptions(deliveries_max=250)
    took = await run_for(folder, relay, options, lambda: sum(relay.count_of.values()) >= messages)
    return messages / took


async def delays(folder: Path, dead_count: int, seconds: float) -> dict[str, float]:
    """How long mail for living destinations waits, while 100,000 rows wait for dead ones.

    New messages for 100 living destinations come evenly, and each is timed from the moment
    that it is due until its next hop has it.
    """
    relay = BenchRelay(frozenset(destination(n) for n in range(dead_count)))
    spool = await opened(folder)
    runner = runner_on(spool, relay, QueueOptions())
    stop = asyncio.Event()
    work = asyncio.get_running_loop().create_task(runner.run(stop))
    await asyncio.sleep(10.0)  # The dead are known by then.
    due_at: dict[str, float] = {}
    arrived: dict[str, float] = {}
    whole = relay.deliver

    async def deliver(route: Route, delivery: Delivery, answer_seconds: float) -> Attempt:
        attempt = await whole(route, delivery, answer_seconds)
        local = delivery.recipients[0].local
        if local in due_at:
            arrived.setdefault(local, CLOCK.monotonic())
        return attempt

    relay.deliver = deliver  # type: ignore[method-assign] # It is timed.
    ends_at, number = CLOCK.monotonic() + seconds, 10_000_000
    while CLOCK.monotonic() < ends_at:
        number += 1
        name = f"live{number % 100}"
        local = f"u{number}"
        row = HeldRecipient(
            Address(local, f"{name}.example"), State.QUEUED, name, "x", due_at=CLOCK.wall()
        )
        due_at[local] = CLOCK.monotonic()
        await spool.hold(message(number, CLOCK.wall()), [row])
        await asyncio.sleep(0.01)
    await asyncio.sleep(5.0)
    stop.set()
    work.cancel()
    await asyncio.gather(work, return_exceptions=True)
    await spool.close()
    waits = [arrived.get(local, float("inf")) - at for local, at in due_at.items()]
    cuts = quantiles(waits, n=100)
    return {
        "messages": len(waits),
        "p50_seconds": round(cuts[49], 3),
        "p99_seconds": round(cuts[98], 3),
        "not_delivered": sum(wait == float("inf") for wait in waits),
    }


WRITER = """
import asyncio, os, sys
from pathlib import Path
sys.path[:0] = sys.argv[2:4]
import sqlite3
from fixtures.fix_held import held_for, held_message
from katharion.adapters.store.spool import open_spool

async def run():
    store = Path(sys.argv[1])
    spool = open_spool(store, store, 0, frozenset({0}))
    await spool.start()
    reader = sqlite3.connect(f"file:{store}/spool-00.db?mode=ro", uri=True)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM held_message").fetchone()  # No checkpoint goes past it.
    number = 50_000_000
    while True:
        number += 100
        await asyncio.gather(*(
            spool.hold(held_message(number + n, os.urandom(50_000)), [held_for()])
            for n in range(100)
        ))
        print(os.path.getsize(store / "spool-00.db-wal"), flush=True)

asyncio.run(run())
"""


def grow(store: Path) -> None:
    """A shard of 1 GB."""
    migrate(store, 1)
    db = sqlite3.connect(spool_path(store, 0), isolation_level=None)
    db.execute("PRAGMA synchronous=OFF")
    db.execute("BEGIN")
    noise = (os.urandom(500_000), os.urandom(500_000))
    for number in range(1000):
        base = held_message(number, noise[0])
        rows.hold(
            db,
            "spool-00",
            base,
            [HeldRecipient(Address("a", "x.example"), State.QUEUED, "r", "x", due_at=2e9)],
            noise,
        )
    db.execute("COMMIT")
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()


def after_kill(folder: Path, wal_bytes: int) -> dict[str, float]:
    """Grow a shard to 1 GB, leave a write-ahead log behind by kill -9, and open it."""
    store = folder / "big"
    grow(store)
    root = Path(__file__).parents[2]
    child = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(store), str(root / "tests"), str(root / "src")],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    for line in child.stdout:
        if int(line) >= wal_bytes:
            break
    child.send_signal(signal.SIGKILL)
    child.wait()
    sizes = [spool_path(store, 0).with_suffix(s).stat().st_size for s in (".db", ".db-wal")]

    async def open_it() -> float:
        began_at = CLOCK.monotonic()
        shard = own_shard(spool_path(store, 0))
        assert shard is not None
        await shard.run(
            lambda db: db.execute("UPDATE held_recipient SET rank = rank WHERE rowid = 1")
        )
        took = CLOCK.monotonic() - began_at
        await shard.close()
        return took

    took = asyncio.run(open_it())
    shutil.rmtree(store)
    return {
        "shard_megabytes": round(sizes[0] / 1e6),
        "wal_megabytes": round(sizes[1] / 1e6),
        "open_and_write_seconds": round(took, 3),
    }


def main() -> None:
    """Measure all of it; print and keep the figures."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.queue_bench", description=__doc__)
    parser.add_argument("--messages", type=int, default=100_000)
    parser.add_argument("--destinations", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=20.0, help="of each case of delays")
    parser.add_argument(
        "--only", default="", help="one part: operator, claims, runner, delays, kill"
    )
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="katharion-queue-bench-"))
    try:
        figures = measure(folder, given)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(json.dumps(figures, indent=2))
    if not given.only:
        RESULTS.mkdir(parents=True, exist_ok=True)
        (RESULTS / "queue.json").write_text(json.dumps(figures, indent=2) + "\n")


def measure(folder: Path, given: argparse.Namespace) -> dict[str, object]:
    """The figures of the parts that are asked for."""
    figures: dict[str, object] = {"messages": given.messages, "destinations": given.destinations}
    began_at = time.monotonic()  # noqa: TID251 # A bench.
    fill(folder / "full" / "store", given.messages, given.destinations)
    figures["fill_seconds"] = round(time.monotonic() - began_at, 1)  # noqa: TID251 # Likewise.
    some = min(20_000, given.messages)

    def fresh() -> Path:
        shutil.rmtree(folder / "work", ignore_errors=True)
        shutil.copytree(folder / "full", folder / "work")
        return folder / "work"

    if given.only in ("", "operator"):
        timed = Timed()
        uvloop.run(operator(fresh(), timed))
        figures["operator"] = timed.figures
    if given.only in ("", "claims"):
        per_second = uvloop.run(claim_and_settle(fresh(), some))
        figures["claim_and_settle_rows_per_second"] = round(per_second)
    if given.only in ("", "runner"):
        figures["runner_deliveries_per_second"] = round(uvloop.run(throughput(fresh(), some)))
    if given.only in ("", "delays"):
        for dead in (0, 1, 100):
            shutil.rmtree(folder / "full")
            fill(folder / "full" / "store", given.messages if dead else 1, dead or 1)
            found = uvloop.run(delays(fresh(), dead, given.seconds))
            figures[f"delay_with_{dead}_dead"] = found
    if given.only in ("", "kill"):
        figures["after_kill"] = after_kill(folder, 200_000_000)
    return figures


if __name__ == "__main__":
    main()
