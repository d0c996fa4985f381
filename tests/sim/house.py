"""Our processes in the simulator: the real rooms, wired as in life, over the simulator's ports."""

import asyncio
from collections.abc import Callable, Sequence
from random import Random

import msgspec

from fakes.fake_suspects import FakeSuspects
from fakes.fake_unheard import FakeUnheard
from katharion.adapters.relay import PooledRelay
from katharion.adapters.tasks import LoopTasks
from katharion.cluster.restart import restart_delay, whom_to_replace
from katharion.config.load import Loaded
from katharion.directory.lookup import SnapshotDirectory
from katharion.edge.front import FrontDoor, Listener
from katharion.pipeline.checks.registry import CHECKS, Checks
from katharion.pipeline.run import Pipeline
from katharion.pipeline.transaction import Transaction
from katharion.ports import JournalFullError
from katharion.processes.filter import drain, make_front
from katharion.processes.queue_runner import make_runner
from katharion.processes.wiring import Rooms, make_watch
from katharion.queue.runner import QueueRunner
from katharion.values.track import TrackRecord
from katharion.values.verdict import Finding
from sim.disks import Disks, SimSpool
from sim.faults import Faults
from sim.loop import EPOCH_SECONDS, Process, SimLoop
from sim.names import SimResolver
from sim.network import Listening, Network

# In life each second; nothing here is finer, and most of the time would be spent on them.
SWEEP_SECONDS, IDLE_SECONDS, RELAY_SWEEP_SECONDS, DRAIN_POLL_SECONDS = 30.0, 60.0, 15.0, 1.0
SCAN_SECONDS_MAX = 40.0  # Longer than a judgement may take.
POISON = b"whoever judges this dies of it"
FRONT_ADDRESS = "203.0.113.1"
_supervisor = Process("supervisor", FRONT_ADDRESS)


class SimClock:
    """Implements ports.Clock. `ahead_seconds` is how wrong its wall clock is."""

    def __init__(self, loop: SimLoop) -> None:
        self._loop = loop
        self.ahead_seconds = 0.0

    def wall(self) -> float:
        return EPOCH_SECONDS + self._loop.now + self.ahead_seconds

    def monotonic(self) -> float:
        return self._loop.now


class SimDice:
    """Implements ports.Dice from the seed."""

    def __init__(self, dice: Random) -> None:
        self._dice = dice

    def token(self, octets: int) -> bytes:
        return self._dice.randbytes(octets)

    def uniform(self, low: float, high: float) -> float:
        return self._dice.uniform(low, high)


class SimJournal:
    """Implements ports.Journal: all records of the node, which outlive its processes."""

    def __init__(self) -> None:
        self.records: list[TrackRecord] = []
        self.is_full = False
        self.lost_count = 0

    def append(self, records: Sequence[TrackRecord]) -> None:
        if self.is_full:
            self.lost_count += len(records)
            raise JournalFullError("full")
        self.records += records

    def has_room(self) -> bool:
        return not self.is_full

    def close(self) -> None:
        """Nothing is open."""


class House:
    """One node: filters, queue runners, and who starts them again. `clocks` by process name."""

    def __init__(
        self, loop: SimLoop, network: Network, disks: Disks, faults: Faults, loaded: Loaded
    ) -> None:
        self.loop, self.network, self.disks, self.faults = loop, network, disks, faults
        self.loaded = loaded
        self.dice = SimDice(Random(faults.dice.random()))
        self.journal = SimJournal()
        self.unheard = FakeUnheard()
        self.poison: dict[bytes, int] = {}
        self.suspects: dict[Process, FakeSuspects] = {}
        self.hosts: dict[str, tuple[str, ...]] = {}
        self.names = tuple(f"filter-{n:02}" for n in range(len(disks.shards)))
        self.runners = ("runner-a", "runner-b")
        self.clocks = {name: SimClock(loop) for name in (*self.names, *self.runners)}
        self.processes: dict[str, Process] = {}
        self.fronts: dict[str, FrontDoor] = {}
        self.queue_runners: dict[str, QueueRunner] = {}
        self.all_processes: list[Process] = []
        self.deaths: dict[str, tuple[float, ...]] = {}
        self.wrong: list[str] = []
        self.alarms: list[str] = []
        self.starting: dict[str, None] = {}
        self.fates: dict[str, int] = {}
        self._rooms: dict[Process, Rooms] = {}
        self._config_of: dict[str, str] = {}
        self._wanted = "1"
        self._places: list[Listening] = network.listen(FRONT_ADDRESS, 25, len(self.names))
        self.tell: Callable[..., None] = lambda *_: None
        disks.crash = self.kill

    def start_all(self) -> None:
        """Everything runs."""
        for name in (*self.names, *self.runners):
            self._start(name)

    def _checks(self, process: Process) -> Checks:
        """Those of life, and a scanner that may take longer than a judgement may, or end it all."""

        async def scan(transaction: Transaction) -> tuple[Finding, ...]:
            if POISON in transaction.message.content:
                self.kill(process)
                await asyncio.sleep(0)
            if self.faults.happens("scanner-slow"):
                await asyncio.sleep(self.faults.dice.uniform(1.0, SCAN_SECONDS_MAX))
            return ()

        return msgspec.structs.replace(CHECKS, waiting={"scanner": scan})

    # Processes: started, killed, replaced.

    def _start(self, name: str) -> None:
        self.starting.pop(name, None)
        process = Process(name, FRONT_ADDRESS)
        self.processes[name] = process
        self.all_processes.append(process)
        self._config_of[name] = self._wanted
        self.tell("start", name)
        work = self._run_filter if name in self.names else self._run_runner
        self.loop.start(process, work(name, process))

    def kill(self, process: Process) -> None:
        """SIGKILL; the supervisor starts it again, later each time that it dies soon."""
        if process.is_dead:
            return
        self.tell("kill", process.name)
        self._account(process.name)
        self.loop.kill(process)
        self.network.abandon(process)
        self.disks.forsake(process)
        if process in self.suspects:
            self.suspects[process].die()
        if self.processes.get(process.name) is process:
            self._start_later(process.name)

    def _start_later(self, name: str) -> None:
        now = self.loop.now
        self.deaths[name] = (*self.deaths.get(name, ()), now)[-20:]
        self.starting[name] = None
        seconds = 0.2 + restart_delay(self.deaths[name], now)
        self.loop.call_as(_supervisor, now + seconds, lambda: self._start(name))

    def busy(self) -> list[str]:
        """Those that have a delivery or a message under way."""
        runners = [name for name, r in self.queue_runners.items() if r.at_work_count]
        filters = [n for n, f in self.fronts.items() if any(s.is_at_work for s in f.sessions)]
        return runners or filters

    def reload(self) -> None:
        """A new configuration: the processes are replaced one by one."""
        self._wanted = str(int(self._wanted) + 1)
        self.tell("reload")
        self._replace_next()

    def _replace_next(self) -> None:
        running = {
            name: None if name in self.starting else config
            for name, config in self._config_of.items()
        }
        name = whom_to_replace(running, self._wanted)
        if name is not None:
            process = self.processes[name]
            if name in self.names and not process.is_frozen:
                self.loop.start(process, self._end_filter(name, process))
                return
            if name in self.runners:
                self.kill(process)  # What it has on its way is taken over.
        if name is not None or None in running.values():
            self.loop.call_as(_supervisor, self.loop.now + 5.0, self._replace_next)

    async def _end_filter(self, name: str, process: Process) -> None:
        """SIGTERM: what is in flight is finished; clients wait for the successor."""
        front, rooms = self.fronts[name], self._rooms[process]
        place = self._places[self.names.index(name)]
        place.process = None
        seconds_max = self.loaded.config.supervisor.drain_seconds_max
        await drain(front, rooms, seconds_max, DRAIN_POLL_SECONDS)
        if front.sessions:
            self.kill(process)
            self.loop.call_as(_supervisor, self.loop.now + 5.0, self._replace_next)
            return
        self._account(name)
        self.loop.kill(process)
        self.network.abandon(process)
        self.disks.forsake(process)
        self.loop.call_as(_supervisor, self.loop.now + 0.2, lambda: self._start(name))
        self.loop.call_as(_supervisor, self.loop.now + 5.0, self._replace_next)

    def _account(self, name: str) -> None:
        """What a process counted, before it is gone."""
        front = self.fronts.pop(name, None)
        for kind, count in front.fates.items() if front else ():
            self.fates[kind] = self.fates.get(kind, 0) + count

    # What runs in them.

    def _furnish(self, name: str, process: Process, slot: int | None) -> Rooms:
        config = self.loaded.config

        def report(what: str, error: BaseException) -> None:
            self.wrong.append(f"{name}: {what}: {error!r}")

        tasks = LoopTasks(report)
        resolver = SimResolver(self.hosts, self.faults)
        relay = PooledRelay(config.hostname, config.relay, resolver, tasks, self.dice)
        relay.sweep_seconds = RELAY_SWEEP_SECONDS
        clock = self.clocks[name]
        watch = make_watch(config, resolver, clock, self.dice)
        pipeline = Pipeline(config.checks, resolver, clock, report, self._checks(process))
        pipeline.suspects = self.suspects[process] = FakeSuspects(self.poison)
        rooms = Rooms(  # type: ignore[arg-type] # Ports instead of adapters.
            clock=clock,
            dice=self.dice,
            tasks=tasks,
            resolver=resolver,
            relay=relay,
            spool=SimSpool(self.disks, process, clock, slot),
            journal=self.journal,
            unheard=self.unheard,
            directory=SnapshotDirectory(self.loaded.snapshot),
            pipeline=pipeline,
            watch=watch,
        )
        self._rooms[process] = rooms
        return rooms

    async def _run_filter(self, name: str, process: Process) -> None:
        slot = self.names.index(name)
        rooms = self._furnish(name, process, slot)
        front = make_front(self.loaded.config, name, rooms, None)
        front.is_unheard = lambda peer: peer.is_unheard
        self.fronts[name] = front
        listener = Listener("public", self.loaded.config.listeners["public"], has_tls=False)
        self.network.serve(self._places[slot], process, lambda: front.session(listener))
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            front.sweep()
            if front.budget.bytes_used > front.options.content_bytes_max:
                self.wrong.append(f"I5 {name}: {front.budget.bytes_used} bytes of content")

    async def _run_runner(self, name: str, process: Process) -> None:
        rooms = self._furnish(name, process, None)
        runner = make_runner(self.loaded.config, rooms, f"node/{name}", self.alarms.append)
        runner.idle_seconds = IDLE_SECONDS
        self.queue_runners[name] = runner
        await runner.run(asyncio.Event())
