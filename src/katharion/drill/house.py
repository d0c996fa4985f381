"""The node of a drill: a real `katharion up` in folders of its own, and what may befall it."""

import asyncio
import os
import shutil
import signal
import socket
import sqlite3
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import msgspec

from katharion.adapters.store.shard import read_only
from katharion.demo.node import EMPTY, Node, make_folders
from katharion.demo.samples import CUSTOMER
from katharion.drill.letters import KNOWN, Key
from katharion.ports import SpoolUnavailableError
from katharion.values.fate import DUE, State

QUEUE_RUNNER, SUPERVISOR = "queue-runner", "supervisor"
WAIT_SECONDS_MAX = 30.0


class Plan(msgspec.Struct, frozen=True):
    """What the node is to be."""

    filters: int = 3
    answer_seconds: float = 30.0


class House:
    """Folders, configuration and processes of one node.

    Before the start `hop_port` and `environment` may be set; what is put into `at_end` is
    done when the node is gone, and its folders are not yet.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.home = Path(tempfile.mkdtemp(prefix="katharion-drill-"))
        self.store, self.runtime = make_folders()
        self.config = self.home / "katharion.toml"
        self.port = _free_port()
        self.hop_port = 0
        self.environment: Mapping[str, str] = EMPTY
        self.at_end: list[Callable[[], None]] = []
        self._errors_count_max = 50
        self._node: Node | None = None

    async def start(self) -> None:
        """Start the supervisor (again), and wait until it is the one. DemoError says why not."""
        self.config.write_text(self._text())
        self._node = self._node or Node(self.config, self.port, self.environment)
        await self._node.start()
        # Filters that outlived its predecessor greet at once; it takes a moment.
        async with asyncio.timeout(WAIT_SECONDS_MAX):
            while self.pid_of(SUPERVISOR) != self._node.pid:  # noqa: ASYNC110 # Another's.
                await asyncio.sleep(0.05)

    async def stop(self) -> None:
        """In order: SIGTERM, and wait."""
        if self._node is not None:
            await self._node.stop()

    async def end(self) -> None:
        """The node and its folders are gone, whatever was done to them."""
        for name in self.names():
            self.signal(name, signal.SIGCONT)
        await self.stop()
        for name in self.names():  # Those whose supervisor was killed.
            self.signal(name, signal.SIGKILL)
        for undo in self.at_end:
            undo()
        for folder in (self.home, self.store, self.runtime):
            shutil.rmtree(folder, ignore_errors=True)

    def change(self) -> None:
        """Write another configuration; a reload takes it."""
        self._errors_count_max += 1
        self.config.write_text(self._text())
        self.signal(SUPERVISOR, signal.SIGHUP)

    # Its processes.

    @property
    def filters(self) -> tuple[str, ...]:
        """The names of the filters."""
        return tuple(f"filter-{slot:02}" for slot in range(self.plan.filters))

    def names(self) -> list[str]:
        """Those that have said that they run."""
        return sorted(path.stem for path in self.runtime.glob("*.pid"))

    def pid_of(self, name: str) -> int | None:
        """The process id of a filter, the queue runner or the supervisor."""
        try:
            return int((self.runtime / f"{name}.pid").read_text().split()[0])
        except (OSError, ValueError, IndexError):
            return None

    def signal(self, name: str, number: signal.Signals) -> bool:
        """Send a signal to one of our processes; False where it is not there."""
        pid = self.pid_of(name)
        if pid is None or not _is_of(pid, self.runtime, self.config):
            return False
        with suppress(ProcessLookupError):
            os.kill(pid, number)
            return True
        return False

    # Its store, read beside it.

    def shards(self) -> list[Path]:
        """The spool's files."""
        return sorted(self.store.glob("spool-*.db"))

    def rows(self) -> dict[Key, State]:
        """Where each recipient stands, by hash; of a message that came twice, the live row."""
        found: dict[Key, State] = {}
        for shard in self.shards():
            for digest, recipient, state in read_only(shard, _read_rows):
                key = (bytes(digest), str(recipient))
                if found.get(key) not in DUE:
                    found[key] = State(state)
        return found

    def due_count(self) -> int:
        """Rows that the queue is to do something about; of what can't be read, none."""
        count = 0
        for shard in self.shards():
            with suppress(SpoolUnavailableError):
                count += read_only(shard, _count_due)
        return count

    def log(self) -> str:
        """What its processes have said."""
        return (self.home / "node.log").read_text(errors="replace")

    def _text(self) -> str:
        recipients = ", ".join(f'"{one.partition("@")[0]}"' for one in KNOWN)
        return f"""\
node = "drill"
hostname = "mx.{CUSTOMER}"
store = "{self.store}"
runtime = "{self.runtime}"

[supervisor]
filters = {self.plan.filters}
drain_seconds_max = 20

[listeners.public]
address = "127.0.0.1"
port = {self.port}

[limits]
errors_count_max = {self._errors_count_max}

[checks]
disabled = ["authenticity", "ptr"]

[queue]
retry_seconds = [1, 1, 2, 3]
backoff_seconds_max = 2
attempt_seconds_max = 10
lease_seconds = 20

[routes.customer]
next_hops = ["127.0.0.1:{self.hop_port}"]
answer_seconds = {self.plan.answer_seconds}

[policies.standard]

[domains."{CUSTOMER}"]
tenant = "customer"
route = "customer"
policy = "standard"
recipients = [{recipients}]
"""


def _read_rows(db: sqlite3.Connection) -> list[tuple[bytes, str, str]]:
    return db.execute(
        "SELECT m.sha256, r.recipient, r.state FROM held_recipient r"
        " JOIN held_message m ON m.id = r.message_id"
    ).fetchall()


def _count_due(db: sqlite3.Connection) -> int:
    # The uncertain are left alone: they wait for eleven minutes.
    sql = "SELECT count(*) FROM held_recipient WHERE state IN ('queued', 'unjudged')"
    return int(db.execute(sql).fetchone()[0])


def _is_of(pid: int, *places: Path) -> bool:
    """Whether that process was started for us: its number may be another's by now."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False
    return any(str(place).encode() in words for place in places)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
