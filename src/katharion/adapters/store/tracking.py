"""The tracking store: journal lines moved into SQLite, once each, and found again.

The offset reached in each file is written in the same transaction as the records, so that a
crash in the middle neither loses nor doubles one.
"""

import os
import re
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import msgspec

from katharion.adapters.store.migrate import check, tracking_path
from katharion.values.track import TrackRecord

READ_OCTETS_MAX = 4 * 1024 * 1024
BUSY_SECONDS_MAX = 5

_decode = msgspec.json.Decoder(TrackRecord).decode
_PID = re.compile(r"-(\d+)-[0-9a-f]{16}-\d+\Z")
_COLUMNS = (
    "at, event, message_id, message_header_id, sender, recipient, client_address, subject, record"
)


class JournalDrain:
    """Moves what all processes journalled into the store; the supervisor's. Blocking."""

    def __init__(self, journal: Path, store: Path) -> None:
        self._journal = journal
        self._path = tracking_path(store)
        check(self._path, "tracking")

    def run_once(self) -> int:
        """Move what is there; returns the number of records moved."""
        with closing(_open(self._path)) as db:
            return sum(self._drain(db, path) for path in sorted(self._journal.glob("*.journal")))

    def _drain(self, db: sqlite3.Connection, path: Path) -> int:
        row = db.execute("SELECT octets_done FROM journal_file WHERE name = ?", (path.name,))
        done = next(iter(row), (0,))[0]
        is_over = self._is_over(path)  # Asked before reading: what follows is then the end.
        moved = 0
        with path.open("rb") as file:
            while True:
                file.seek(done)
                data = file.read(READ_OCTETS_MAX)
                whole = data[: data.rfind(b"\n") + 1]
                if not whole:
                    break
                records = [r for r in map(_read_line, whole.splitlines()) if r is not None]
                done += len(whole)
                _store(db, path.name, done, records)
                moved += len(records)
        if is_over:
            path.unlink(missing_ok=True)
            db.execute("DELETE FROM journal_file WHERE name = ?", (path.name,))
        return moved

    def _is_over(self, path: Path) -> bool:
        """Whether nobody appends any more: a later file is there, or the process is gone."""
        match = _PID.search(path.stem)
        if match is None:
            return False
        prefix = path.stem[: path.stem.rindex("-")]
        if any(other.stem > path.stem for other in self._journal.glob(f"{prefix}-*.journal")):
            return True
        return not _is_alive(int(match[1]))


class TrackingStore:
    """Finds records. Opens the file for each question: questions are rare."""

    def __init__(self, store: Path) -> None:
        self._path = tracking_path(store)
        check(self._path, "tracking")

    def find(self, query: str, limit: int) -> list[TrackRecord]:
        """Records of the messages that `query` means, oldest first.

        `query` is our id, an address, a Message-ID, or a word of the subject.
        """
        bare, low = query.strip("<>"), query.lower()
        exact = (query, bare, f"<{bare}>", low, low, query, limit)
        with closing(_open(self._path)) as db:
            ids = _ids(
                db,
                "message_id = ? OR message_header_id IN (?, ?) OR sender = ? OR recipient = ?"
                " OR client_address = ?",
                exact,
            )
            if not ids:  # Words are looked for in every row: only where nothing else is meant.
                pattern = re.sub(r"([%_!])", r"!\1", query)
                ids = _ids(db, "subject LIKE ? ESCAPE '!'", (f"%{pattern}%", limit))
            loose = db.execute(
                "SELECT record FROM track WHERE message_id = '' AND (sender = ? OR recipient = ?"
                " OR client_address = ?) ORDER BY number DESC LIMIT ?",
                (low, low, query, limit),
            ).fetchall()
            found = [_decode(row[0]) for row in reversed(loose)]
            for message_id in reversed(ids):
                found += _records_of(db, "message_id = ?", message_id)
        return found

    def between(self, since: float, until: float, limit: int) -> list[TrackRecord]:
        """Records of a span of time, oldest first."""
        with closing(_open(self._path)) as db:
            return _records_of(
                db, "at >= ? AND at < ? ORDER BY number LIMIT ?", since, until, limit
            )

    def add(self, records: Sequence[TrackRecord]) -> None:
        """Write down what a person did: beside the journal, which is the running node's alone."""
        with closing(_open(self._path)) as db:
            db.execute("BEGIN IMMEDIATE")
            _insert(db, records)
            db.execute("COMMIT")

    def purge_before(self, at: float) -> int:
        """Drop records older than `at`; returns how many."""
        with closing(_open(self._path)) as db:
            return db.execute("DELETE FROM track WHERE at < ?", (at,)).rowcount


def records_after(
    store: Path, done: int, limit: int, events: Sequence[str] = ()
) -> tuple[int, int, list[TrackRecord]]:
    """For those who count records, once each, by their numbers.

    The last number looked at, how many were, and of them the records with what was found of a
    message's sender, and those of `events`.
    """
    with closing(sqlite3.connect(f"file:{tracking_path(store)}?mode=ro", uri=True)) as db:
        newest = db.execute("SELECT coalesce(max(number), 0) FROM track").fetchone()[0]
        if newest < done:
            done = 0  # Another tracking store, or one that was emptied.
        last, marks = min(newest, done + limit), ",".join("?" * len(events))
        found = db.execute(
            "SELECT record FROM track WHERE number > ? AND number <= ?"
            f" AND (instr(record, ?) > 0 OR event IN ({marks})) ORDER BY number",
            (done, last, b'"authenticity":', *events),
        ).fetchall()
        return last, last - done, [_decode(row[0]) for row in found]


def prints_of(store: Path, message_id: str) -> tuple[str, ...]:
    """The fingerprints of a message; none where its records are gone."""
    with closing(sqlite3.connect(f"file:{tracking_path(store)}?mode=ro", uri=True)) as db:
        for record in _records_of(db, "message_id = ?", message_id):
            if record.prints:
                return record.prints
    return ()


def _ids(db: sqlite3.Connection, where: str, values: tuple[object, ...]) -> list[str]:
    """Ids of the messages whose records match, the newest first."""
    rows = db.execute(
        f"SELECT DISTINCT message_id FROM track WHERE message_id <> '' AND ({where})"
        " ORDER BY number DESC LIMIT ?",
        values,
    )
    return [row[0] for row in rows]


def _records_of(db: sqlite3.Connection, where: str, *values: object) -> list[TrackRecord]:
    order = "" if "ORDER" in where else " ORDER BY number"
    return [
        _decode(row[0])
        for row in db.execute(f"SELECT record FROM track WHERE {where}{order}", values)
    ]


def _store(db: sqlite3.Connection, name: str, done: int, records: Sequence[TrackRecord]) -> None:
    db.execute("BEGIN IMMEDIATE")
    _insert(db, records)
    db.execute(
        "INSERT INTO journal_file VALUES (?,?,?) ON CONFLICT (name) DO UPDATE"
        " SET octets_done = excluded.octets_done",
        (name, done, records[-1].at if records else 0.0),
    )
    db.execute("COMMIT")


def _insert(db: sqlite3.Connection, records: Sequence[TrackRecord]) -> None:
    encode = msgspec.json.encode
    db.executemany(
        f"INSERT INTO track ({_COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?)",
        [
            (
                r.at,
                r.event,
                r.message_id,
                r.message_header_id,
                r.sender.lower(),
                r.recipient.lower(),
                r.client_address,
                r.subject,
                encode(r),
            )
            for r in records
        ],
    )


def _read_line(line: bytes) -> TrackRecord | None:
    """A record; None for a line that was torn when its process died."""
    try:
        return _decode(line)
    except msgspec.MsgspecError:
        return None


def _open(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, isolation_level=None, timeout=BUSY_SECONDS_MAX)
    db.execute("PRAGMA synchronous=NORMAL")  # Records, not mail (docs: what power loss costs).
    return db


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
