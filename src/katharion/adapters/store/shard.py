"""One shard's file: its lock, its one writing thread, and group commit.

All that wait while a transaction is being made durable share the next one, so that the cost
of a hold falls as the load rises. After an error of the engine the connection is thrown
away: what a failed fsync left in it can't be trusted.
"""

import asyncio
import fcntl
import os
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from queue import SimpleQueue
from typing import Any, NamedTuple, TypeVar

from katharion.adapters.store.migrate import StoreError, check
from katharion.ports import SpoolUnavailableError

BATCH_COUNT_MAX = 256
BUSY_SECONDS_MAX = 5
LOCK_POLL_SECONDS = 0.05
_OF_ONE_JOB = (sqlite3.IntegrityError, sqlite3.DataError, sqlite3.ProgrammingError)

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], Any]


class _Job(NamedTuple):
    work: Work
    future: "asyncio.Future[Any]"


class Shard:
    """A shard that this process owns and writes. To be opened and used on one loop."""

    def __init__(self, path: Path, lock_fd: int) -> None:
        self.path = path
        self.name = path.stem
        self._lock_fd = lock_fd
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._is_closed = False
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._write, name=self.name, daemon=True)
        self._thread.start()

    async def run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do `work` within a transaction; returns when that is durable.

        `work` may run more than once (after a rollback). SpoolUnavailableError where it
        could not be made durable: then nothing of it is.
        """
        if self._is_closed:
            raise SpoolUnavailableError(f"{self.path} is closed")
        future: asyncio.Future[T] = self._loop.create_future()
        self._jobs.put(_Job(work, future))
        return await future

    async def close(self) -> None:
        """End the thread after what waits, and let go of the lock."""
        self._is_closed = True
        self._jobs.put(None)
        await asyncio.to_thread(self._thread.join)
        os.close(self._lock_fd)

    async def remove(self) -> None:
        """End it, and remove its files while nobody else can own them."""
        self._is_closed = True
        self._jobs.put(None)
        await asyncio.to_thread(self._thread.join)
        for suffix in (".db", ".db-wal", ".db-shm", ".lock"):
            self.path.with_suffix(suffix).unlink(missing_ok=True)
        os.close(self._lock_fd)

    # The writing thread.

    def _write(self) -> None:
        db: sqlite3.Connection | None = None
        is_open = True
        while is_open:
            jobs, is_open = self._next_jobs()
            if not jobs:
                continue
            try:
                db = db or _open(self.path)
                results = _commit(db, jobs)
            except (sqlite3.Error, OSError) as error:
                results = [SpoolUnavailableError(f"{self.path}: {error}")] * len(jobs)
                if db is not None:
                    with suppress(sqlite3.Error):
                        db.close()
                db = None
            with suppress(RuntimeError):  # The loop is closed: nobody waits any more.
                self._loop.call_soon_threadsafe(_tell, jobs, results)
        if db is not None:
            db.close()

    def _next_jobs(self) -> tuple[list[_Job], bool]:
        jobs: list[_Job] = []
        job = self._jobs.get()
        while job is not None:
            jobs.append(job)
            if self._jobs.empty() or len(jobs) >= BATCH_COUNT_MAX:
                return jobs, True
            job = self._jobs.get()
        return jobs, False


def own_shard(path: Path) -> Shard | None:
    """Take a shard's lock and open it; None where another process owns it.

    SpoolUnavailableError where it can't be locked; StoreError where its schema is not ours.
    """
    try:
        lock_fd = os.open(path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise SpoolUnavailableError(f"{path}: {error.strerror}") from error
    try:
        fcntl.flock(lock_fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        check(path, "spool")
    except BlockingIOError:
        os.close(lock_fd)
        return None
    except (StoreError, OSError):
        os.close(lock_fd)  # Else nobody could own it until we end.
        raise
    return Shard(path, lock_fd)


async def own_shard_soon(path: Path, seconds_max: float) -> Shard:
    """The same, waiting for the one before us to let go."""
    for _ in range(max(1, int(seconds_max / LOCK_POLL_SECONDS))):
        shard = own_shard(path)
        if shard is not None:
            return shard
        await asyncio.sleep(LOCK_POLL_SECONDS)
    raise SpoolUnavailableError(f"{path} is owned by another process, which does not let go")


def read_only(path: Path, work: Callable[[sqlite3.Connection], T]) -> T:
    """Read a shard without owning it."""
    try:
        uri = f"file:{path}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS_MAX)) as db:
            return work(db)
    except sqlite3.Error as error:
        raise SpoolUnavailableError(f"{path}: {error}") from error


def _open(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, isolation_level=None, timeout=BUSY_SECONDS_MAX)
    db.execute("PRAGMA synchronous=FULL")  # With WAL: every commit is fsynced.
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA wal_autocheckpoint=2000")
    return db


def _commit(db: sqlite3.Connection, jobs: list[_Job]) -> list[Any]:
    """Do all in one transaction. One job's own mistake must not undo the others."""
    results: list[Any] = []
    db.execute("BEGIN IMMEDIATE")
    for job in jobs:
        db.execute("SAVEPOINT job")
        try:
            results.append(job.work(db))
        except Exception as error:  # Told to the one who asked.
            if isinstance(error, sqlite3.Error) and not isinstance(error, _OF_ONE_JOB):
                raise  # The engine's trouble (disk full, I/O, damage): it is everybody's.
            db.execute("ROLLBACK TO job")
            results.append(SpoolUnavailableError(f"not stored: {error!r}"))
        db.execute("RELEASE job")
    db.execute("COMMIT")
    return results


def _tell(jobs: list[_Job], results: list[Any]) -> None:
    for job, result in zip(jobs, results, strict=True):
        if job.future.done():
            continue
        if isinstance(result, BaseException):
            job.future.set_exception(result)
        else:
            job.future.set_result(result)
