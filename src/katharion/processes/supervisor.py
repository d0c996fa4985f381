"""The supervisor: owns the listening sockets, starts the node's processes, keeps them running.

Job: migrates the store, binds the sockets, starts filters and queue runner, watches them,
    starts them again, empties the tracking journal into the store, counts what DMARC reports
    will say, hands models and lessons on, adds up the ledger each minute, drains all at a stop.
Trust: the configuration's; reads nothing that strangers send.
Talks to: its children by signals and control sockets; the tracking store; reads the shards.
Holds: listening sockets, which its children hold too; the configuration that was accepted.
Dies: at any moment: the children serve on, and the next supervisor adopts them.
Standards: none; systemd's notify conventions.
"""

import asyncio
import fcntl
import os
import signal
import sqlite3
from collections.abc import Callable
from pathlib import Path

import msgspec

from katharion.adapters.clock import SystemClock
from katharion.adapters.control import serve_control
from katharion.adapters.listen import ListenError
from katharion.adapters.listener_sockets import ListenerSockets, Places
from katharion.adapters.log import set_up_log
from katharion.adapters.notify import notify
from katharion.adapters.rules_folder import ready_rules
from katharion.adapters.store.migrate import StoreError, migrate
from katharion.adapters.store.tracking import JournalDrain, TrackingStore
from katharion.adapters.systems_file import SystemsFileError
from katharion.adapters.tls_server import CertificateError
from katharion.config.changes import check_change
from katharion.config.load import ConfigError, Loaded, load
from katharion.config.options import Config
from katharion.content.rules.rule import RulesError
from katharion.ports import SpoolUnavailableError
from katharion.processes.auditor import Auditor
from katharion.processes.children import Children, Orders
from katharion.processes.dmarc_reports import ReportCounter
from katharion.processes.filter import make_certificates, name_of
from katharion.processes.learning import Learning
from katharion.processes.own_mail import OwnMailError, make_own_mail, sealing_key
from katharion.processes.queue_runner import NAME as QUEUE_RUNNER
from katharion.processes.source_memory import SourceMemory
from katharion.processes.wiring import JOURNAL_FOLDER

SECOND = 1.0
PURGE_SECONDS = 3600.0
AUDIT_SECONDS = 60.0
NAMED_COUNT_MAX = 20  # Of those who are missing, in one look's log lines and in the stats.
DAY_SECONDS = 86_400.0
# What a configuration may name and we can't use: said in a sentence each.
UNUSABLE = (
    *(StoreError, CertificateError, OwnMailError, ListenError, SystemsFileError, RulesError),
)
ACCEPTED = "accepted.toml"


class StartError(Exception):
    """The node can't start; nothing was. Says why and what to do."""


class Supervisor:
    """One node's processes."""

    def __init__(self, config_path: Path, loaded: Loaded) -> None:
        self._config_path = config_path
        self._loaded = loaded
        self._runtime = Path(loaded.config.runtime)
        self._store = Path(loaded.config.store)
        self._log = set_up_log("supervisor")
        self._clock = SystemClock()
        self._children = Children(self._runtime, self._clock, self._log)
        self._sockets = ListenerSockets(places_of(loaded.config), self._filters)
        self._stop = asyncio.Event()
        self._lock_fds: list[int] = []
        self._troubles: dict[str, str] = {}  # What can't be done now, and why, as it was said.
        self._purge_at = 0.0
        self._audited: dict[str, object] = {}  # The ledger's last figures, for the stats.

    def prepare(self) -> None:
        """Check and make everything that can fail, before anything is started."""
        self._make_runtime()
        config = self._loaded.config
        try:
            migrate(self._store, config.supervisor.slots)
            self._lock(self._store)
            make_certificates(config)
            make_own_mail(config)
            sealing_key(config)
            self._sources = SourceMemory(config, self._clock)
            ready_rules(config.rules, self._runtime)  # Filters find them compiled.
            self._learning = Learning(self._store, self._runtime, self._clock)
            self._learning.hand_on()
            self._bind()
            self._accept(self._loaded)
        except UNUSABLE as error:
            raise StartError(str(error)) from error
        except OSError as error:
            raise StartError(
                f"{error.filename or 'The machine'}: {error.strerror}. See that disk, runtime"
                " folder and open files have room, and that this user may write there."
            ) from error

    async def run(self) -> None:
        """Keep the node running until told to stop."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop.set)
        loop.add_signal_handler(signal.SIGHUP, self._reload)
        self._children.start_all()
        (self._runtime / "supervisor.pid").write_text(f"{os.getpid()}\n")
        control = await serve_control(
            self._runtime / "supervisor.sock",
            {
                "ping": lambda: {"pid": os.getpid(), "config": self._loaded.digest},
                "stats": lambda: {"ledger": self._audited},
            },
        )
        notify("READY=1")
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._look_after())
            tasks.create_task(self._keep_journal_empty())
            tasks.create_task(self._audit())
        control.close()
        await self._empty_journal()  # What the children said at their end.
        await self._try(self._sources.keep, "what is known of sources is not kept")
        self._log.info("stopped")
        (self._runtime / "supervisor.pid").unlink(missing_ok=True)

    # Before the start.

    def _make_runtime(self) -> None:
        try:
            # Each by itself: a mode given with parents is the last one's alone.
            for folder in (self._runtime, self._runtime / JOURNAL_FOLDER):
                folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._lock(self._runtime)
        except OSError as error:
            raise StartError(
                f"The runtime folder {self._runtime} can't be written ({error.strerror})."
                " Make it, in memory (tmpfs), and give it to the user that runs katharion."
            ) from error

    def _lock(self, folder: Path) -> None:
        """One supervisor for a runtime folder, and for a store; the kernel forgets a dead one."""
        lock = os.open(folder / "supervisor.lock", os.O_RDWR | os.O_CREAT, 0o600)
        self._lock_fds.append(lock)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StartError(
                f"A supervisor runs already on {folder}. Stop it first, or give this"
                " node folders of its own."
            ) from error

    def _bind(self) -> None:
        """The sockets of all filters: taken back from those that run, else bound."""
        self._children.adopt_all()
        given = self._children.give_back()
        for name, fds in given.items():
            self._sockets.take(name, fds)
        self._sockets.bind_missing(is_ours=bool(given))

    @property
    def _filters(self) -> tuple[str, ...]:
        return tuple(name_of(slot) for slot in range(self._loaded.config.supervisor.slots))

    def _accept(self, loaded: Loaded) -> None:
        """From now on this is what children start with, whatever becomes of the file."""
        copy = self._runtime / ACCEPTED
        draft = copy.with_suffix(".new")
        draft.write_text(loaded.text)
        draft.chmod(0o600)
        draft.rename(copy)
        self._loaded = loaded
        self._children.orders = Orders(
            (*self._filters, QUEUE_RUNNER),
            copy,
            loaded.digest,
            self._sockets,
            loaded.config.supervisor,
        )

    # While it runs.

    def _reload(self) -> None:
        """SIGHUP: a right configuration replaces the children one by one; a wrong one nothing."""
        try:
            loaded = load(self._config_path)
            check_change(self._loaded.config, loaded.config)
            make_certificates(loaded.config)
            make_own_mail(loaded.config)
            sealing_key(loaded.config)
            ready_rules(loaded.config.rules, self._runtime)
            sources = SourceMemory(loaded.config, self._clock)
            self._sockets.change(places_of(loaded.config))
            self._accept(loaded)
            self._sources = sources
        except (ConfigError, OSError, *UNUSABLE) as error:
            self._log.error("config refused, the old one stays", problems=str(error).splitlines())
            return
        self._log.info("config accepted, replacing the processes one by one")

    async def _look_after(self) -> None:
        while not await self._pause():
            await self._children.look_after()
        notify("STOPPING=1")
        await self._children.stop_all()

    async def _keep_journal_empty(self) -> None:
        while not await self._pause():
            await self._empty_journal()

    async def _empty_journal(self) -> None:
        """Move records into the store; where it is away, they wait in memory."""
        await self._try(self._drain, "tracking store is away")
        await self._try(self._sources.count, "sources are not counted")
        await self._try(self._learning.hand_on, "what was learned is not handed on")

    async def _try(self, act: Callable[[], None], trouble: str) -> None:
        """What fails is tried again later; its trouble is said once, not each second."""
        try:
            await asyncio.to_thread(act)
            self._troubles.pop(trouble, None)
        except (StoreError, sqlite3.Error, OSError) as error:
            if str(error) != self._troubles.get(trouble):
                self._troubles[trouble] = str(error)
                self._log.error(trouble, reason=str(error))

    def _drain(self) -> None:
        JournalDrain(self._runtime / JOURNAL_FOLDER, self._store).run_once()
        config = self._loaded.config
        counter = ReportCounter(self._store, self._clock)
        if config.dmarc.send_reports:
            counter.count()
        if self._clock.monotonic() >= self._purge_at:
            counter.purge(config.dmarc.keep_days)
            days = config.tracking.keep_days
            TrackingStore(self._store).purge_before(self._clock.wall() - days * DAY_SECONDS)
            self._purge_at = self._clock.monotonic() + PURGE_SECONDS

    async def _audit(self) -> None:
        """Each minute: what was acknowledged has a fate, or somebody is told."""
        hours = self._loaded.config.tracking.audit_hours
        auditor = Auditor(self._runtime / JOURNAL_FOLDER, self._store, hours, self._clock)
        audit_at = 0.0  # At once: what was lost while nothing ran is told at the start.
        while not await self._pause():
            began_at = self._clock.monotonic()
            if began_at < audit_at:
                continue
            audit_at = began_at + AUDIT_SECONDS
            try:
                balance, sentences = await asyncio.to_thread(auditor.look)
            except (StoreError, SpoolUnavailableError, sqlite3.Error, OSError) as error:
                self._log.warning("the ledger can't be added up", reason=str(error))
                continue
            for sentence in sentences[:NAMED_COUNT_MAX]:
                self._log.error("acknowledged, and without a fate", who=sentence)
            if len(sentences) > NAMED_COUNT_MAX:
                self._log.error("and others: ask `katharion ledger`", count=len(sentences))
            self._audited = {
                "at": self._clock.wall(),
                "hours": hours,
                "took_seconds": round(self._clock.monotonic() - began_at, 3),
                "unwatched": balance.unwatched,
                "figures": msgspec.structs.asdict(balance.figures),
                "missing": [
                    f"{one.message_id} {one.recipient}" for one in balance.missing[:NAMED_COUNT_MAX]
                ],
            }

    async def _pause(self) -> bool:
        """A second, or until the stop; says whether that has come."""
        try:
            async with asyncio.timeout(SECOND):
                return await self._stop.wait()
        except TimeoutError:
            return False


def places_of(config: Config) -> Places:
    """Where each listener is to listen."""
    return {name: (each.address, each.port) for name, each in config.listeners.items()}


def run_supervisor(config_path: Path, loaded: Loaded) -> None:
    """Run the node until told to stop. StartError where it can't start."""

    async def run() -> None:
        supervisor = Supervisor(config_path, loaded)
        supervisor.prepare()
        await supervisor.run()

    asyncio.run(run())
