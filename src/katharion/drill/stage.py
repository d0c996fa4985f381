"""One drill from start to end: node, next hop, load, fault, account."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack

import msgspec

from katharion.adapters.clock import SystemClock
from katharion.adapters.dice import SystemDice
from katharion.adapters.store.migrate import StoreError
from katharion.drill.account import Account, Seen, add_up, lost_of
from katharion.drill.house import House, Plan
from katharion.drill.next_hop import Mood, NextHop
from katharion.drill.senders import Senders
from katharion.ports import SpoolUnavailableError
from katharion.processes.auditor import ask_ledger
from katharion.processes.wiring import JOURNAL_FOLDER

LOST_SHOWN_MAX = 10
SEND_ON_SECONDS_MAX = 30.0  # For what the senders still have when the load is over.


class NotHereError(Exception):
    """A drill can't be run on this machine: says why, and what would be needed."""


class Load(msgspec.Struct, frozen=True):
    """How much is sent: at most `messages`, for at most `seconds`, `rate` a second."""

    messages: int = 7000
    seconds: float = 20.0
    rate: float = 400.0


class Drill(msgspec.Struct, frozen=True):
    """One drill. `fault` runs while the load does, and mends what it broke before it ends.

    `prepare` runs before the node starts.
    `settle_seconds_max`: how long the queue is waited for afterwards.
    """

    name: str
    sentence: str
    fault: "Callable[[Stage], Awaitable[None]]"
    plan: Plan = Plan()
    prepare: Callable[[House], None] | None = None
    settle_seconds_max: float = 25.0


class Outcome(msgspec.Struct, frozen=True):
    """What a drill came to. `broken`: what did not hold, a sentence each."""

    name: str
    messages: int
    account: Account
    unsent: int
    seconds: float
    details: tuple[str, ...]
    broken: tuple[str, ...]


class Stage:
    """What a fault has at hand."""

    def __init__(self, house: House, hop: NextHop, senders: Senders) -> None:
        self.house = house
        self.hop = hop
        self.senders = senders
        self.details: list[str] = []
        self.broken: list[str] = []
        self.faults: list[tuple[float, str]] = []
        self.at_end: list[Callable[[], None]] = []  # Looked at when all has settled.
        self._dice = SystemDice()

    @property
    def is_loading(self) -> bool:
        """Whether letters are begun still: after that no fault begins."""
        return self.senders.is_loading

    async def until_loaded(self) -> None:
        """Until no letter is begun any more."""
        while self.is_loading:  # noqa: ASYNC110 # It is a matter of time.
            await asyncio.sleep(0.1)

    def now(self) -> float:
        """The drill's clock, as the next hop's."""
        return asyncio.get_running_loop().time()

    def note(self, what: str) -> None:
        """This happens now; a copy that comes across it is explained by it."""
        self.faults.append((self.now(), what))

    async def pause(self, low: float, high: float) -> None:
        """A random while."""
        await asyncio.sleep(self._dice.uniform(low, high))

    def one_of(self, names: tuple[str, ...]) -> str:
        """Any."""
        return names[int(self._dice.uniform(0, len(names))) % len(names)]


async def run_drill(drill: Drill, load: Load) -> Outcome:
    """Run it. NotHereError where this machine can't."""
    clock = SystemClock()
    began_at = clock.monotonic()
    async with AsyncExitStack() as stack:
        house = House(drill.plan)
        stack.push_async_callback(house.end)
        if drill.prepare is not None:
            drill.prepare(house)
        hop = NextHop(house.home / "arrivals.jsonl")
        stack.callback(hop.close)
        await hop.come_up()
        house.hop_port = hop.port
        await house.start()
        senders = Senders(house.port, 1, load.messages, load.rate)
        stage = Stage(house, hop, senders)
        await _load(drill, stage, load)
        await _settle(stage, drill.settle_seconds_max)
        await house.stop()
        seen = _seen(stage)
        _judge(stage, seen)
    account = add_up(seen)
    return Outcome(
        drill.name,
        senders.sent_count,
        account,
        senders.unsent_count,
        round(clock.monotonic() - began_at, 1),
        tuple(stage.details),
        tuple(stage.broken),
    )


async def _load(drill: Drill, stage: Stage, load: Load) -> None:
    async with asyncio.TaskGroup() as tasks:
        sending = tasks.create_task(stage.senders.run(load.seconds))
        await asyncio.sleep(0)  # It has begun.
        await drill.fault(stage)
        stage.hop.mood = Mood()
        await stage.hop.come_up()
        await asyncio.wait({sending}, timeout=load.seconds + SEND_ON_SECONDS_MAX)
        stage.senders.stop()


async def _settle(stage: Stage, seconds_max: float) -> None:
    """Let the queue empty itself, for a while."""
    deadline = stage.now() + seconds_max
    while stage.house.due_count() and stage.now() < deadline:  # noqa: ASYNC110 # Others' work.
        await asyncio.sleep(0.3)


def _seen(stage: Stage) -> Seen:
    return Seen(
        digests=stage.senders.digests,
        acknowledged=stage.senders.acknowledged,
        repeated=stage.senders.repeated,
        arrivals=stage.hop.arrivals,
        unanswered=stage.hop.unanswered,
        rows=stage.house.rows(),
        faults=stage.faults,
    )


def _judge(stage: Stage, seen: Seen) -> None:
    """What must hold after every drill."""
    for look in stage.at_end:
        look()
    account = add_up(seen)
    if account.lost:
        named = [f"{key[0].hex()[:16]} {key[1]}" for key in lost_of(seen)[:LOST_SHOWN_MAX]]
        stage.broken.append(f"{account.lost} lost: {', '.join(named)}")
    if account.duplicates != account.explained:
        stage.broken.append(f"{account.duplicates - account.explained} copies without a cause")
    if account.altered or stage.hop.strange_count:
        altered = account.altered + stage.hop.strange_count
        stage.broken.append(f"{altered} arrived with another content than was sent")
    if not account.delivered:
        stage.broken.append("nothing was delivered at all")
    stage.details += [
        f"{count} copies: {cause}" for cause, count in account.causes.items() if cause
    ]
    _ask_ledger(stage, account)


def _ask_ledger(stage: Stage, account: Account) -> None:
    """The node's own ledger must say the same."""
    house = stage.house
    try:
        # A clock that was moved has written times of other days.
        balance = ask_ledger(house.runtime / JOURNAL_FOLDER, house.store, 0.0, float("inf"))
    except (StoreError, SpoolUnavailableError, OSError) as error:
        stage.broken.append(f"the ledger can't be asked: {error}")
        return
    figures = balance.figures
    stage.details.append(f"ledger: {figures.accepted} accepted, difference {figures.difference}")
    if figures.difference:
        stage.broken.append(f"the ledger misses {figures.difference}: {balance.missing[0]}")
    if figures.accepted < account.acked:
        stage.broken.append(f"the ledger knows of {figures.accepted} of {account.acked}")
