"""Processes that look into files: started when they are needed, killed when they take too long.

One request at a time each; what they would break, they break alone. Their death is a finding
about the message that they died over, and the next message gets a new process.
"""

import asyncio
import socket
import subprocess
import sys
from collections.abc import Sequence
from math import ceil

import msgspec

from katharion.content.attachments.options import MEBIOCTET, AttachmentsOptions, Settings
from katharion.values.examination import Examination, File
from katharion.values.verdict import Finding

LENGTH_OCTETS = 4
ANSWER_OCTETS_MAX = 16 * 1024 * 1024
MODULE = "katharion.processes.examiner"
READY = b"\0\0\0\0"
RESTART_SECONDS = 10.0  # After a start that failed, until the next is tried.
SERVED_COUNT_MAX = 1000  # Then a new process: what leaks, leaks for so long.

TOO_COSTLY = Finding(
    "FILES_TOO_COSTLY",
    2.0,
    "not checked: its files need more time or memory than they may have.",
    was_checked=False,
)
NOT_EXAMINED = Finding(
    "FILES_NOT_EXAMINED",
    0.0,
    "not checked: nobody had time to look into its files.",
    was_checked=False,
)


class _NotStartedError(Exception):
    """It ended before it could look at anything: no message's fault."""


class _Worker:
    """One process, and our end of its socket."""

    def __init__(self, settings: str) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 # Our own interpreter and module.
                [sys.executable, "-m", MODULE, settings],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
            )
        ours.settimeout(0)
        self._socket = ours
        self.served_count = 0
        self._is_ready = False

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def is_usable(self) -> bool:
        return self.served_count < SERVED_COUNT_MAX and self._process.poll() is None

    async def ask(self, request: bytes) -> bytes:
        loop = asyncio.get_running_loop()
        if not self._is_ready:
            await self._become_ready()
        await loop.sock_sendall(self._socket, len(request).to_bytes(LENGTH_OCTETS))
        await loop.sock_sendall(self._socket, request)
        length = int.from_bytes(await self._read(LENGTH_OCTETS))
        if length > ANSWER_OCTETS_MAX:
            raise EOFError
        answer = await self._read(length)
        self.served_count += 1
        return answer

    async def _become_ready(self) -> None:
        try:
            self._is_ready = await self._read(len(READY)) == READY
        except (OSError, EOFError) as error:
            raise _NotStartedError from error

    async def _read(self, octets: int) -> bytes:
        loop = asyncio.get_running_loop()
        found = bytearray()
        while len(found) < octets:
            block = await loop.sock_recv(self._socket, octets - len(found))
            if not block:
                raise EOFError
            found += block
        return bytes(found)

    def end(self) -> None:
        """Kill it; a thread of the loop's waits for its end."""
        self._process.kill()
        self._socket.close()
        asyncio.get_running_loop().run_in_executor(None, self._process.wait)


class WorkerExaminer:
    """The examiners of one process."""

    def __init__(self, settings: str, *, count: int, seconds_max: float) -> None:
        """`settings`: what an examiner is told at its start."""
        self._settings = settings
        self._seconds_max = seconds_max
        self._places: asyncio.Queue[_Worker | None] = asyncio.Queue()
        for _ in range(count):
            self._places.put_nowait(None)
        self._workers: set[_Worker] = set()
        self._starts_at = 0.0  # By the loop's clock: not before.
        self.examined_count = 0
        self.deaths_count = 0
        self.failed_starts_count = 0
        self.late_count = 0
        self.busy_count = 0

    @property
    def states(self) -> dict[str, int]:
        """For whoever asks how it goes."""
        return {
            "processes": len(self._workers),
            "examined": self.examined_count,
            "deaths": self.deaths_count,
            "failed_starts": self.failed_starts_count,
            "late": self.late_count,
            "busy": self.busy_count,
        }

    @property
    def pids(self) -> tuple[int, ...]:
        """Of the processes that run."""
        return tuple(worker.pid for worker in self._workers)

    async def examine(self, files: Sequence[File]) -> Examination:
        """What is in `files`, or that nobody can say."""
        worker: _Worker | None = None
        has_place = is_whole = False
        try:
            async with asyncio.timeout(self._seconds_max):
                worker = await self._places.get()
                has_place = True
                worker = self._usable(worker)
                answer = await worker.ask(msgspec.msgpack.encode(files))
            found = msgspec.msgpack.decode(answer, type=Examination)
            is_whole = True
            self.examined_count += 1
        except TimeoutError:
            found = self._too_late(has_place=has_place)
        except _NotStartedError:
            self._starts_at = asyncio.get_running_loop().time() + RESTART_SECONDS
            self.failed_starts_count += 1
            found = Examination((NOT_EXAMINED,))
        except (OSError, EOFError, msgspec.MsgspecError):
            self.deaths_count += 1
            found = Examination((TOO_COSTLY if worker else NOT_EXAMINED,))
        finally:  # Also where whoever asked has gone: the process is still at it.
            if worker is not None and not is_whole:
                self._end(worker)
                worker = None
            if has_place:
                self._places.put_nowait(worker)
        return found

    def close(self) -> None:
        """End all of them."""
        for worker in tuple(self._workers):
            self._end(worker)

    def _usable(self, worker: _Worker | None) -> _Worker:
        if worker is not None and worker.is_usable:
            return worker
        if worker is not None:
            self._end(worker)
        if asyncio.get_running_loop().time() < self._starts_at:
            raise _NotStartedError
        worker = _Worker(self._settings)
        self._workers.add(worker)
        return worker

    def _end(self, worker: _Worker) -> None:
        if worker in self._workers:
            self._workers.discard(worker)
            worker.end()

    def _too_late(self, *, has_place: bool) -> Examination:
        if has_place:
            self.late_count += 1
            return Examination((TOO_COSTLY,))
        self.busy_count += 1
        return Examination((NOT_EXAMINED,))


def make_examiner(options: AttachmentsOptions) -> WorkerExaminer | None:
    """Whoever looks into files; None where nobody is to."""
    if not options.workers:
        return None
    memory_octets_max = options.memory_mib_max * MEBIOCTET
    settings = Settings(
        options.rules,
        memory_octets_max,
        ceil(options.seconds_max),
        options.signatures_folder,
    )
    return WorkerExaminer(
        msgspec.json.encode(settings).decode(),
        count=options.workers,
        seconds_max=options.seconds_max,
    )
