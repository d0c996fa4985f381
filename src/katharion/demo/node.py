"""The demonstration's node: `katharion up` with a configuration written for it, as in real life."""

import asyncio
import os
import shutil
import signal
import socket
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import msgspec

from katharion.demo.samples import CUSTOMER, KNOWN

START_SECONDS_MAX = 30.0
STOP_SECONDS_MAX = 30.0
EMPTY: Mapping[str, str] = MappingProxyType({})
_MEMORY_FOLDERS = (Path("/dev/shm"), Path("/run"))  # noqa: S108 # Only below it, in a folder made with a name of its own.


class DemoError(Exception):
    """The demonstration can't run: one sentence with the remedy."""


class Place(msgspec.Struct, frozen=True):
    """Where the demonstration lives: its two folders and its ports on loopback."""

    store: Path
    runtime: Path
    smtp_port: int
    sink_port: int
    names_port: int

    @property
    def config(self) -> Path:
        """The configuration file."""
        return self.store / "katharion.toml"


def make_folders() -> tuple[Path, Path]:
    """A store folder, and a runtime folder in memory where this machine has one."""
    store = Path(tempfile.mkdtemp(prefix="katharion-demo-"))
    for parent in _MEMORY_FOLDERS:
        try:
            return store, Path(tempfile.mkdtemp(prefix="katharion-demo-", dir=parent))
        except OSError:
            continue
    return store, Path(tempfile.mkdtemp(prefix="katharion-demo-run-"))


def remove_folders(*folders: Path) -> None:
    """Leave nothing behind."""
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


def require_free(port: int) -> None:
    """Raise DemoError where somebody listens on `port` of loopback."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            sentence = f"port {port} of 127.0.0.1 can't be had ({error.strerror})"
            raise DemoError(f"{sentence}; name another one with --port") from None


def configuration(place: Place) -> str:
    """The node's configuration, as a person would write it."""
    recipients = ", ".join(f'"{name}"' for name in KNOWN)
    return f"""\
node = "demo"
hostname = "mx.{CUSTOMER}"
store = "{place.store}"
runtime = "{place.runtime}"


[supervisor]
filters = 1

[listeners.public]
address = "127.0.0.1"
port = {place.smtp_port}

[resolver]
servers = ["127.0.0.1:{place.names_port}"]

[queue]
retry_seconds = [2, 3, 5, 10]

[routes.customer]
next_hops = ["127.0.0.1:{place.sink_port}"]

[policies.standard]

[domains."{CUSTOMER}"]
tenant = "customer"
route = "customer"
policy = "standard"
recipients = [{recipients}]
"""


class Node:
    """One `katharion up` from the configuration file `config`, started and ended by us."""

    def __init__(self, config: Path, port: int, environment: Mapping[str, str] = EMPTY) -> None:
        self._config = config
        self._port = port
        self._environment = environment
        self._log = config.with_name("node.log")

    async def start(self) -> None:
        """Start it and wait for its greeting. Raises DemoError with what it said if it ends."""
        with self._log.open("ab") as log:
            # A session of its own: Ctrl-C is for us, and we end it in order.
            self._child = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "katharion", "up", "--config", str(self._config)),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **self._environment},
                start_new_session=True,
            )
        try:
            async with asyncio.timeout(START_SECONDS_MAX):
                while not await self._greets():  # noqa: ASYNC110 # Another process's state.
                    await asyncio.sleep(0.1)
        except TimeoutError:
            await self.stop()
            raise DemoError(f"the node did not greet within {START_SECONDS_MAX:.0f} s") from None

    @property
    def pid(self) -> int:
        """The process id of the one that was started last."""
        return self._child.pid

    async def _greets(self) -> bool:
        if self._child.returncode is not None:
            said = self._log.read_text(errors="replace").strip().splitlines()
            raise DemoError(f"the node ended: {said[-1] if said else 'it said nothing'}")
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        except OSError:
            return False
        try:
            return (await reader.readline()).startswith(b"220")
        except OSError:
            return False
        finally:
            writer.close()

    async def stop(self) -> None:
        """Ask it to drain, and wait until it has gone."""
        if self._child.returncode is not None:
            return
        self._child.send_signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(self._child.wait(), STOP_SECONDS_MAX)
        except TimeoutError:
            self._child.kill()
            await self._child.wait()
