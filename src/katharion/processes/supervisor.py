"""The supervisor: owns the listening sockets, starts the node's processes, keeps them running.

Job: migrates the store, binds the sockets, starts filters and queue runner, watches them,
    starts them again, empties the tracking journal into the store, drains all at a stop.
Trust: the configuration's; reads nothing that strangers send.
Talks to: its children by signals and control sockets; the tracking store.
Holds: listening sockets, which its children hold too.
Dies: at any moment: the children serve on, and the next supervisor adopts them.
Standards: none; systemd's notify and watchdog conventions.
"""

import asyncio
import fcntl
import os
import signal
from pathlib import Path

from katharion.adapters.child import Child, adopt, forget, remember, start_child
from katharion.adapters.clock import SystemClock
from katharion.adapters.control import ask_control
from katharion.adapters.handover import take_back
from katharion.adapters.listen import ENVIRONMENT, ListenError, bind, is_taken, to_environment
from katharion.adapters.log import set_up_log
from katharion.adapters.notify import notify
from katharion.adapters.store.migrate import StoreError, migrate
from katharion.adapters.store.tracking import JournalDrain
from katharion.adapters.tls_server import CertificateError
from katharion.cluster.restart import restart_delay
from katharion.config.load import ConfigError, Loaded, load
from katharion.processes.filter import make_certificates, name_of
from katharion.processes.queue_runner import NAME as QUEUE_RUNNER
from katharion.processes.wiring import JOURNAL_FOLDER

PING_SECONDS_MAX = 1.0
KILL_SECONDS = 2.0  # What SIGKILL takes at most.


class StartError(Exception):
    """The node can't start; nothing was. Says why and what to do."""


class Supervisor:
    """One node's processes."""

    def __init__(self, config_path: Path, loaded: Loaded) -> None:
        self._config_path = config_path
        self._config = loaded.config
        self._runtime = Path(loaded.config.runtime)
        self._log = set_up_log("supervisor")
        self._clock = SystemClock()
        self._sockets: dict[str, dict[str, int]] = {}  # By process, then by listener.
        self._children: dict[str, Child] = {}
        self._deaths: dict[str, tuple[float, ...]] = {}
        self._answered_at: dict[str, float] = {}
        self._stop = asyncio.Event()
        self._lock_fd = -1

    @property
    def names(self) -> list[str]:
        """All processes of this node."""
        return [*(name_of(slot) for slot in range(self._config.supervisor.slots)), QUEUE_RUNNER]

    def prepare(self) -> None:
        """Check and make everything that can fail, before anything is started."""
        self._make_runtime()
        try:
            migrate(Path(self._config.store), self._config.supervisor.slots)
            make_certificates(self._config)
        except (StoreError, CertificateError) as error:
            raise StartError(str(error)) from error
        for name in self.names:
            child = adopt(self._runtime, name)
            if child is not None:
                self._children[name] = child
        self._bind()

    async def run(self) -> None:
        """Keep the node running until told to stop."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop.set)
        loop.add_signal_handler(signal.SIGHUP, self._reload)
        for name in self.names:
            if name in self._children:
                self._log.info("adopted", child=name, pid=self._children[name].pid)
                self._watch(self._children[name])
            else:
                self._start(name)
        drain = JournalDrain(self._runtime / JOURNAL_FOLDER, Path(self._config.store))
        notify("READY=1")
        while not self._stop.is_set():
            await asyncio.to_thread(drain.run_once)
            await self._ping_all()
            try:
                async with asyncio.timeout(1.0):
                    await self._stop.wait()
            except TimeoutError:
                continue
        notify("STOPPING=1")
        await self._stop_all()
        await asyncio.to_thread(drain.run_once)
        forget(self._runtime, "supervisor")
        self._log.info("stopped")

    # Before the start.

    def _make_runtime(self) -> None:
        try:
            (self._runtime / JOURNAL_FOLDER).mkdir(parents=True, exist_ok=True, mode=0o700)
            lock = os.open(self._runtime / "supervisor.lock", os.O_RDWR | os.O_CREAT, 0o600)
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StartError(
                f"A supervisor runs already on {self._runtime}. Stop it first, or give this"
                " node another runtime folder."
            ) from error
        except OSError as error:
            raise StartError(
                f"The runtime folder {self._runtime} can't be written ({error.strerror})."
                " Make it, in memory (tmpfs), and give it to the user that runs katharion."
            ) from error
        self._lock_fd = lock
        (self._runtime / "supervisor.pid").write_text(f"{os.getpid()}\n")

    def _bind(self) -> None:
        """The sockets of all filters: taken back from those that run, else bound."""
        filters = [name for name in self.names if name != QUEUE_RUNNER]
        for name in filters:
            if name in self._children:
                self._sockets[name] = take_back(self._runtime / f"{name}.fds")
        if not any(self._sockets.values()):
            for at, listener in self._config.listeners.items():
                if listener.port and is_taken(listener.address, listener.port):
                    raise StartError(
                        f"listeners.{at}: {listener.address} port {listener.port} is in use by"
                        " another program. Stop that one, or choose another port."
                    )
        for name in filters:
            sockets = self._sockets.setdefault(name, {})
            for at, listener in self._config.listeners.items():
                if at not in sockets:
                    try:
                        sockets[at] = bind(listener.address, listener.port).detach()
                    except ListenError as error:
                        raise StartError(f"listeners.{at}: {error}") from error

    # Children.

    def _start(self, name: str) -> None:
        role = ["queue-runner"] if name == QUEUE_RUNNER else ["filter", "--slot", name[-2:]]
        sockets = self._sockets.get(name, {})
        child = start_child(
            name,
            ["run", *role, "--config", str(self._config_path)],
            sockets,
            {ENVIRONMENT: to_environment(sockets)},
        )
        remember(self._runtime, child)
        self._children[name] = child
        self._answered_at[name] = self._clock.monotonic()
        self._log.info("started", child=name, pid=child.pid)
        self._watch(child)

    def _watch(self, child: Child) -> None:
        self._answered_at.setdefault(child.name, self._clock.monotonic())
        asyncio.get_running_loop().add_reader(child.pidfd, self._ended, child)

    def _ended(self, child: Child) -> None:
        loop = asyncio.get_running_loop()
        loop.remove_reader(child.pidfd)
        child.reap()
        del self._children[child.name]
        forget(self._runtime, child.name)
        if self._stop.is_set():
            return
        now = self._clock.monotonic()
        deaths = (*self._deaths.get(child.name, ()), now)[-20:]
        self._deaths[child.name] = deaths
        delay = restart_delay(deaths, now)
        self._log.warning("ended", child=child.name, pid=child.pid, restart_seconds=delay)
        loop.call_later(delay, self._start_again, child.name)

    def _start_again(self, name: str) -> None:
        if not self._stop.is_set() and name not in self._children:
            self._start(name)

    async def _ping_all(self) -> None:
        """A process that has not answered for long is killed: it hangs."""
        for name, child in list(self._children.items()):
            answer = await ask_control(self._runtime / f"{name}.sock", "ping", PING_SECONDS_MAX)
            now = self._clock.monotonic()
            if answer is not None and answer.get("pid") == child.pid:
                self._answered_at[name] = now
            elif now - self._answered_at[name] > self._config.supervisor.tick_seconds_max:
                self._log.error("hangs", child=name, pid=child.pid)
                self._answered_at[name] = now
                child.signal(signal.SIGKILL)

    def _reload(self) -> None:
        """SIGHUP: a configuration that is right replaces the children; a wrong one nothing."""
        try:
            load(self._config_path)
        except ConfigError as error:
            self._log.error("config refused, the old one stays", problems=error.problems)
            return
        self._log.info("config accepted, replacing the processes")
        for child in list(self._children.values()):
            child.signal(signal.SIGTERM)  # Its successor starts when it has ended.

    async def _stop_all(self) -> None:
        """SIGTERM, wait for the drain, SIGKILL to the rest."""
        for child in self._children.values():
            child.signal(signal.SIGTERM)
        await self._wait_for_children(self._config.supervisor.drain_seconds_max + KILL_SECONDS)
        for child in self._children.values():
            self._log.error("killed", child=child.name, pid=child.pid)
            child.signal(signal.SIGKILL)
        await self._wait_for_children(KILL_SECONDS)

    async def _wait_for_children(self, seconds_max: float) -> None:
        deadline = self._clock.monotonic() + seconds_max
        while self._children and self._clock.monotonic() < deadline:  # noqa: ASYNC110 # Short, and the end.
            await asyncio.sleep(0.05)


def run_supervisor(config_path: Path, loaded: Loaded) -> None:
    """Run the node until told to stop. StartError where it can't start."""

    async def run() -> None:
        supervisor = Supervisor(config_path, loaded)
        supervisor.prepare()
        await supervisor.run()

    asyncio.run(run())
