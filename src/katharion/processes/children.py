"""The supervisor's children: started, adopted, watched, replaced one by one, ended.

Job: none of its own; it is the part of the supervisor that knows the other processes.
Trust: the supervisor's.
Talks to: the children by signals and control sockets.
Holds: their pidfds; the listening sockets that they are started with.
Dies: with the supervisor; the children serve on.
Standards: none.
"""

import asyncio
import signal
import time
from pathlib import Path
from typing import NamedTuple

import structlog

from katharion.adapters.child import Child, adopt, forget, remember, start_child
from katharion.adapters.clock import SystemClock
from katharion.adapters.control import ask_control
from katharion.adapters.handover import take_back
from katharion.adapters.listen import ENVIRONMENT, to_environment
from katharion.adapters.listener_sockets import ListenerSockets
from katharion.cluster.restart import restart_delay, whom_to_replace
from katharion.config.options import SupervisorOptions
from katharion.processes.queue_runner import NAME as QUEUE_RUNNER

PING_SECONDS_MAX = 1.0
GIVE_BACK_SECONDS_MAX = 3.0
GIVE_BACK_PAUSE_SECONDS = 0.1
KILL_SECONDS = 2.0  # What SIGKILL takes at most.
DEATHS_COUNT_MAX = 20  # Remembered of each.


class Orders(NamedTuple):
    """What is to run: `names`, from the file `config_path`, whose digest is `config`."""

    names: tuple[str, ...]
    config_path: Path
    config: str
    sockets: ListenerSockets
    options: SupervisorOptions


class Children:
    """The processes of one node. `orders` is set before `start_all`, and may change."""

    orders: Orders

    def __init__(
        self, runtime: Path, clock: SystemClock, log: structlog.stdlib.BoundLogger
    ) -> None:
        self._runtime = runtime
        self._clock = clock
        self._log = log
        self._running: dict[str, Child] = {}
        self._config_of: dict[str, str | None] = {}  # As each says; None: nothing said yet.
        self._silent_since: dict[str, float] = {}
        self._deaths: dict[str, tuple[float, ...]] = {}
        self._replaced: set[str] = set()
        self._is_stopping = False

    # Those of a supervisor before us.

    def adopt_all(self) -> None:
        """Find those that a supervisor before us has left, also some that we would not start."""
        for path in sorted(self._runtime.glob("*.pid")):
            child = None if path.stem == "supervisor" else adopt(self._runtime, path.stem)
            if child is not None:
                self._running[child.name] = child

    def give_back(self) -> dict[str, dict[str, int]]:
        """The sockets of those adopted. One that gives none back hangs, and is killed. Blocks.

        One that starts just now is waited for: clients wait in its sockets.
        """
        given = {}
        for name, child in list(self._running.items()):
            if name == QUEUE_RUNNER:
                continue
            given[name] = self._take_back(name)
            if not given[name]:
                self._log.error("gives no socket back, killed", child=name, pid=child.pid)
                child.kill(KILL_SECONDS)
                del self._running[name], given[name]
        return given

    def _take_back(self, name: str) -> dict[str, int]:
        deadline = self._clock.monotonic() + GIVE_BACK_SECONDS_MAX
        while True:
            fds = take_back(self._runtime / f"{name}.fds")
            if fds or self._clock.monotonic() > deadline:
                return fds
            time.sleep(GIVE_BACK_PAUSE_SECONDS)

    # Start and watch.

    def start_all(self) -> None:
        """Watch those adopted, end those that are too many, start those that are missing."""
        for name, child in self._running.items():
            self._log.info("adopted", child=name, pid=child.pid)
            self._watch(child)
            if name not in self.orders.names:
                child.signal(signal.SIGTERM)
        for name in self.orders.names:
            if name not in self._running:
                self._start(name)

    def _start(self, name: str) -> None:
        if self._is_stopping or name in self._running:
            return
        role = ["queue-runner"] if name == QUEUE_RUNNER else ["filter", "--slot", name[-2:]]
        sockets = self.orders.sockets.of(name)
        self._config_of[name] = None
        try:
            child = start_child(
                name,
                ["run", *role, "--config", str(self.orders.config_path)],
                sockets,
                {ENVIRONMENT: to_environment(sockets)},
            )
        except OSError as error:  # No memory or process to spare now.
            self._log.error("can't be started", child=name, reason=str(error))
            self._start_later(name)
            return
        self._running[name] = child
        self._watch(child)
        self._log.info("started", child=name, pid=child.pid)
        try:
            remember(self._runtime, child)
        except OSError as error:  # Watched all the same; a successor of ours could not adopt it.
            self._log.error("can't be written down", child=name, reason=str(error))

    def _watch(self, child: Child) -> None:
        self._config_of.setdefault(child.name, None)
        asyncio.get_running_loop().add_reader(child.pidfd, self._ended, child)

    def _ended(self, child: Child) -> None:
        asyncio.get_running_loop().remove_reader(child.pidfd)
        child.reap()
        name = child.name
        del self._running[name]
        self._silent_since.pop(name, None)
        forget(self._runtime, name)
        if name not in self.orders.names:
            del self._config_of[name]
        elif name in self._replaced:
            self._replaced.discard(name)
            self._start(name)
        elif not self._is_stopping:
            self._start_later(name)

    def _start_later(self, name: str) -> None:
        now = self._clock.monotonic()
        deaths = (*self._deaths.get(name, ()), now)[-DEATHS_COUNT_MAX:]
        self._deaths[name] = deaths
        self._config_of[name] = None
        delay = restart_delay(deaths, now)
        self._log.warning("ended", child=name, restart_seconds=delay)
        asyncio.get_running_loop().call_later(delay, self._start, name)

    # Each second.

    async def look_after(self) -> None:
        """Kill what hangs; replace the next one that runs another configuration."""
        await asyncio.gather(*(self._ping(child) for child in tuple(self._running.values())))
        running = {name: self._config_of.get(name) for name in self.orders.names}
        name = None if self._is_stopping else whom_to_replace(running, self.orders.config)
        if name is not None and name in self._running and name not in self._replaced:
            self._replace(self._running[name])

    async def _ping(self, child: Child) -> None:
        path = self._runtime / f"{child.name}.sock"
        answer = await ask_control(path, "ping", PING_SECONDS_MAX)
        if self._running.get(child.name) is not child:
            return  # It ended while it was asked.
        if answer is not None and answer.get("pid") == child.pid:
            self._config_of[child.name] = str(answer.get("config", ""))
            self._silent_since.pop(child.name, None)
            return
        now = self._clock.monotonic()
        # Counted from the first question without an answer: a pause of ours is not its hang.
        since = self._silent_since.setdefault(child.name, now)
        if now - since >= self.orders.options.tick_seconds_max:
            self._log.error("hangs", child=child.name, pid=child.pid)
            self._kill_if_there(child)

    def _replace(self, child: Child) -> None:
        """End it in order; its successor starts when it has ended."""
        self._log.info("replaced", child=child.name, pid=child.pid)
        self._replaced.add(child.name)
        child.signal(signal.SIGTERM)
        seconds = self.orders.options.drain_seconds_max + KILL_SECONDS
        asyncio.get_running_loop().call_later(seconds, self._kill_if_there, child)

    def _kill_if_there(self, child: Child) -> None:
        if self._running.get(child.name) is child:  # Else its pidfd may be another's by now.
            child.signal(signal.SIGKILL)

    # The end.

    async def stop_all(self) -> None:
        """SIGTERM, wait for the drain, SIGKILL to the rest.

        The queue runner first: what it has just delivered is noted by the shards' owners, the
        filters. Were they gone, it would go out once more after the next start.
        """
        self._is_stopping = True
        self._replaced.clear()
        deadline = self._clock.monotonic() + self.orders.options.drain_seconds_max + KILL_SECONDS
        if QUEUE_RUNNER in self._running:
            self._running[QUEUE_RUNNER].signal(signal.SIGTERM)
            half = self.orders.options.drain_seconds_max / 2
            await self._wait(half, {QUEUE_RUNNER})
        for child in self._running.values():
            child.signal(signal.SIGTERM)
        await self._wait(deadline - self._clock.monotonic(), set(self._running))
        for child in self._running.values():
            self._log.error("killed", child=child.name, pid=child.pid)
            child.signal(signal.SIGKILL)
        await self._wait(KILL_SECONDS, set(self._running))

    async def _wait(self, seconds_max: float, names: set[str]) -> None:
        deadline = self._clock.monotonic() + seconds_max
        while names & self._running.keys() and self._clock.monotonic() < deadline:  # noqa: ASYNC110 # Short, and the end.
            await asyncio.sleep(0.05)
