"""One seed, one world: our node, the customers' servers, the senders, and what goes wrong.

Phase 1, safety: faults happen while mail comes. Phase 2, liveness: all is healed, and within
a bounded time everything must be settled. Then `checkers` add up.
"""

import asyncio
import hashlib
from collections.abc import Sequence
from random import Random
from typing import NamedTuple

from katharion.config.load import parse
from katharion.values.fate import DUE, HELD
from katharion.values.held import HeldRow, Query
from sim import checkers, letters
from sim.disks import Disks, SimSpool
from sim.faults import Faults
from sim.hops import Hop
from sim.house import FRONT_ADDRESS, House, SimClock
from sim.loop import Process, SimLoop
from sim.network import Network
from sim.senders import Sender

HOURS = 0.5  # Of the safety phase.
LETTERS_PER_HOUR = 80
LIVENESS_SECONDS_MAX = 12 * 3600.0
LOOK_SECONDS = 60.0
EVENTS_KEPT_MAX = 4000
SLOTS_COUNT = 2
HOPS = ("198.51.100.1", "198.51.100.2", "198.51.100.3", "198.51.100.4")
HOME = "198.51.100.9"  # The senders' own server, for what is told to them.
# Names of the resolver; a PTR for half of the senders.
NAMES = {
    "mx1.three.example": (HOPS[3],),
    "mx three.example": ("mx1.three.example",),
    "mx sender.example": ("mx1.sender.example",),
    "mx1.sender.example": (HOME,),
    **{f"ptr {n}.2.0.192.in-addr.arpa": ("mail.sender.example",) for n in range(0, 250, 2)},
    "mail.sender.example": tuple(f"192.0.2.{n}" for n in range(0, 250, 2)),
}

CONFIG = """
hostname = "mx.filter.example"
node = "node"
store = "/nowhere"
runtime = "/nowhere/run"

[supervisor]
filters = 2
drain_seconds_max = 100

[edge]
content_bytes_max = 8000000

[queue]
retry_seconds = [60, 120, 300, 600]
deliveries_max = 20
deliveries_per_route_max = 4

[routes.one]
next_hops = ["198.51.100.1:25", "198.51.100.2:25"]
tls = "none"

[routes.two]
next_hops = ["198.51.100.3:25"]
tls = "none"
on_failure = "defer"

[routes.three]
mx = true
mx_domain = "three.example"
tls = "none"

[policies.hold]
[policies.tag]
definite_action = "tag"
[policies.refuse]
definite_action = "reject"
[policies.throw]
definite_action = "discard"
[policies.send-on]
definite_action = "redirect"
redirect_to = "dan@hold.example"

[domains."hold.example"]
tenant = "one"
route = "one"
policy = "hold"
recipients = ["ann", "bob", "cid", "dan"]
[domains."tag.example"]
tenant = "one"
route = "one"
policy = "tag"
recipients = ["ann", "bob", "cid", "dan"]
[domains."refuse.example"]
tenant = "two"
route = "two"
policy = "refuse"
recipients = ["ann", "bob", "cid", "dan"]
[domains."throw.example"]
tenant = "three"
route = "three"
policy = "throw"
recipients = ["ann", "bob", "cid", "dan"]
[domains."send-on.example"]
tenant = "three"
route = "three"
policy = "send-on"
recipients = ["ann", "bob", "cid", "dan"]
"""
_loaded = parse(CONFIG)


class Account(NamedTuple):
    """What a run came to. `wrong` is empty where all invariants held."""

    seed: int
    wrong: tuple[str, ...]
    trace_hash: str
    messages_count: int
    duplicates_count: int
    seconds: float
    frames_count: int
    kinds: dict[str, int]
    events: tuple[str, ...]


class World:
    """Everything of one seed."""

    def __init__(
        self,
        seed: int,
        hours: float = HOURS,
        only: tuple[str, ...] | None = None,
        written: Sequence[letters.Letter] = (),
    ) -> None:
        """`hours`: how long the safety phase is. `only`: these faults, and no others.

        `written`: these letters; without them as many as the hours have.
        """
        self.seed = seed
        self._safety_seconds = hours * 3600.0
        dice = Random(seed)
        self.loop = SimLoop()
        self.faults = Faults(Random(dice.random()), only)
        self.network = Network(self.loop, Random(dice.random()))
        self.network.reset_share = self.faults.shares.get("net-reset", 0.0)
        self.network.spike_share = self.faults.shares.get("net-spike", 0.0)
        self.disks = Disks(self.loop, self.faults, SLOTS_COUNT)
        self.house = House(self.loop, self.network, self.disks, self.faults, _loaded)
        self.house.hosts.update(NAMES)
        self.house.tell = self.tell
        self._hash = hashlib.sha256()
        self.events: list[str] = []
        self._dice = Random(dice.random())
        domains = list(_loaded.config.domains)
        self.people: list[Process] = []
        self.hops = [self._make_hop(host) for host in HOPS]
        self.home = self._make_hop(HOME)
        count = max(1, round(hours * LETTERS_PER_HOUR))
        written = written or [letters.write(n, self._dice, domains) for n in range(count)]
        self.senders = [Sender(each, self.loop, self._dice, self.faults) for each in written]

    def run(self) -> Account:
        """Both phases, and what the checkers say."""
        self.begin()
        self._plan_spells()
        self.loop.start(self._person("operator", "operator"), self._operate())
        self.loop.run_until(lambda: False, self._safety_seconds)
        return self.end()

    def begin(self) -> None:
        """Everybody is there, and the senders begin."""
        self.house.start_all()
        for number, sender in enumerate(self.senders):
            person = self._person(f"sender-{number}", f"192.0.2.{number % 250}")
            starts_in = self._dice.uniform(0, self._safety_seconds * 0.8)
            self.loop.start(person, sender.run([FRONT_ADDRESS], starts_in))
        self.network.on_write = self._at_write

    def end(self) -> Account:
        """All is healed and settles; what the checkers say."""
        self._heal()
        is_settled = self._wait_until_settled()
        wrong = checkers.check(self, is_settled=is_settled)
        account = self._account(wrong)
        self.loop.throw_away([*self.house.all_processes, *self.people])
        return account

    def tell(self, *what: object) -> None:
        """Something happened: into the trace, by which two runs are compared."""
        line = f"{self.loop.now:.6f} {' '.join(map(str, what))}"
        self._hash.update(line.encode())
        if len(self.events) < EVENTS_KEPT_MAX:
            self.events.append(line)

    # Who is there.

    def _person(self, name: str, host: str) -> Process:
        process = Process(name, host)
        self.people.append(process)
        return process

    def _make_hop(self, host: str) -> Hop:
        process = self._person(f"hop {host}", host)
        hop = Hop(process, self.loop, self._dice, self.faults)
        (place,) = self.network.listen(host, 25)
        self.network.serve(place, process, hop.session)
        return hop

    # Phase 1.

    def _plan_spells(self) -> None:
        chaos = self._person("chaos", "chaos")
        for kind, count in self.faults.spells.items():
            for _ in range(max(1, round(count * self._safety_seconds / 3600.0 / HOURS))):
                at = self._dice.uniform(1, self._safety_seconds * 0.95)
                begin = getattr(self, f"_{kind.replace('-', '_')}")
                self.loop.call_as(
                    chaos, at, lambda kind=kind, begin=begin: self._begin(kind, begin)
                )

    def _begin(self, kind: str, begin: object) -> None:
        if not self.faults.is_over:
            self.faults.counts[kind] += 1
            self.tell("fault", kind)
            begin()  # type: ignore[operator] # One of those below.

    def _later(self, seconds: float, work: object) -> None:
        self.loop.call_as(self.people[0], self.loop.now + seconds, work)  # type: ignore[arg-type]

    def _at_write(self, process: Process) -> None:
        """A process of ours has just handed something to the network."""
        if process in self.house.processes.values() and self.faults.happens("crash-at-write"):
            self.house.kill(process)

    def _crash_filter(self) -> None:
        self.house.kill(self.house.processes[self._dice.choice(self.house.names)])

    def _crash_runner(self) -> None:
        self.house.kill(self.house.processes[self._dice.choice(self.house.runners)])

    def _crash_node(self) -> None:
        for process in list(self.house.processes.values()):
            self.house.kill(process)

    def _freeze(self) -> None:
        """One that is at work, if there is one: else it sleeps through nothing."""
        name = self._dice.choice(self.house.busy() or list(self.house.processes))
        process = self.house.processes[name]
        if not process.is_dead and not process.is_frozen:
            self.loop.freeze(process, self._dice.choice((5.0, 40.0, 300.0, 1200.0)))

    def _reload(self) -> None:
        self.house.reload()

    def _disk_away(self) -> None:
        self.disks.is_away = True
        self._later(self._dice.uniform(5, 300), lambda: setattr(self.disks, "is_away", False))

    def _disk_full(self) -> None:
        self.disks.is_full = True
        self._later(self._dice.uniform(5, 600), lambda: setattr(self.disks, "is_full", False))

    def _journal_full(self) -> None:
        journal = self.house.journal
        journal.is_full = True
        self._later(self._dice.uniform(5, 120), lambda: setattr(journal, "is_full", False))

    def _hop_away(self) -> None:
        hop = self._dice.choice(self.hops)
        (place,) = self.network.listening[hop.process.host, 25]
        place.is_open = False
        for end in [e for e in self.network.open_ends if e.process is hop.process]:
            self.network.reset(end)
        self._later(self._dice.uniform(10, 900), lambda: setattr(place, "is_open", True))

    def _cut(self) -> None:
        far = self._dice.choice((*HOPS, *(f"192.0.2.{n}" for n in range(len(self.senders)))))
        seconds = self._dice.choice((5.0, 60.0, 400.0, 1000.0))
        both = self._dice.random() < 0.5
        if both or self._dice.random() < 0.5:
            self.network.cut(FRONT_ADDRESS, far, seconds)
        if both or self._dice.random() < 0.5:
            self.network.cut(far, FRONT_ADDRESS, seconds)

    def _clock_jump(self) -> None:
        clock = self.house.clocks[self._dice.choice(list(self.house.clocks))]
        clock.ahead_seconds = self._dice.choice((-3600.0, -300.0, 0.0, 300.0, 3600.0))

    # The operator looks at the quarantine, and releases some.

    async def _operate(self) -> None:
        clock = SimClock(self.loop)
        spool = SimSpool(self.disks, self.people[0], clock, None)
        while True:
            await asyncio.sleep(self._dice.uniform(60, 240))
            rows = await spool.search(Query(states=tuple(HELD), limit=1000))
            for row in rows:
                if self._dice.random() < 0.3:
                    await self._treat_row(spool, row, clock.wall())
            if self.faults.is_over:
                return

    async def _treat_row(self, spool: SimSpool, row: HeldRow, now: float) -> None:
        """Release a row, perhaps twice; or delete it, and perhaps take that back."""
        times = 2 if self.faults.happens("operator-twice") else 1
        key = (row.message_id, str(row.recipient))
        try:
            if self._dice.random() < 0.8:
                for _ in range(times):
                    if await spool.release(row.message_id, row.recipient, now):
                        self.tell("released", *key)
            else:
                await spool.delete(row.message_id, row.recipient, now)
                if self._dice.random() < 0.5:
                    await spool.undo(row.message_id, row.recipient, now)
        except Exception as error:  # noqa: BLE001 # The store is away: a person sees that.
            self.tell("operator", type(error).__name__)

    # Phase 2.

    def _heal(self) -> None:
        """Faults stop; what was broken is mended."""
        self.tell("healed")
        self.faults.is_over = True
        self.network.reset_share = self.network.spike_share = 0.0
        self.network.cuts.clear()
        self.disks.is_away = self.disks.is_full = self.house.journal.is_full = False
        for clock in self.house.clocks.values():
            clock.ahead_seconds = 0.0
        for hop in (*self.hops, self.home):
            hop.script.clear()
            (place,) = self.network.listening[hop.process.host, 25]
            place.is_open = True
            # Servers that hang are started again: what they had taken they keep.
            for end in [e for e in self.network.open_ends if e.process is hop.process]:
                self.network.reset(end)

    def _wait_until_settled(self) -> bool:
        deadline = self._safety_seconds + LIVENESS_SECONDS_MAX
        while self.loop.now < deadline:
            self.loop.run_until(lambda: False, self.loop.now + LOOK_SECONDS)
            if self.is_settled():
                return True
            if not self.loop.has_timers:
                break
        return self.is_settled()

    def is_settled(self) -> bool:
        """Nothing is under way any more."""
        return all(sender.is_done for sender in self.senders) and not self.disks.has_rows(DUE)

    def _account(self, wrong: list[str]) -> Account:
        copies = checkers.copies_by_key(self)
        extra = sum(max(0, len(found) - 1) for found in copies.values())
        self.tell("end", len(copies), extra, self.network.frames_count, self.loop.steps_count)
        return Account(
            self.seed,
            tuple(wrong),
            self._hash.hexdigest()[:16],
            len(self.senders),
            extra,
            self.loop.now,
            self.network.frames_count,
            dict(self.faults.counts),
            tuple(self.events),
        )
