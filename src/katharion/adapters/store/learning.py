"""What the classifier is given, in the store: models, and what people say of messages.

Written by persons, seldom; read by the supervisor, which hands it to the filters. Each change
raises one number, so that looking whether there is anything new costs one row.
"""

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import NamedTuple, TypeVar

from katharion.adapters.store.migrate import check, learning_path
from katharion.content.classifier.lessons import KEEP_SECONDS, refusal
from katharion.values.lesson import Lesson

BUSY_SECONDS_MAX = 5
MODELS_KEPT_COUNT = 5  # The newest; older ones are deleted when one is installed.
DAY_SECONDS = 86_400.0
_COLUMNS = "tenant, reporter, at, is_spam, slots, number, message_id, taken_back_at"
T = TypeVar("T")


class Installed(NamedTuple):
    """A model of the store, without its octets."""

    number: int
    at: float
    revision: str
    installed_by: str


class LearningStore:
    """Blocking; each call is one small transaction. StoreError, sqlite3.Error."""

    def __init__(self, store: Path) -> None:
        self._path = learning_path(store)
        check(self._path, "learning")

    def revision(self) -> int:
        """A number that each change raises."""
        return self._do(lambda db: int(db.execute("SELECT number FROM revision").fetchone()[0]))

    # Lessons.

    def add(self, lesson: Lesson) -> tuple[int, str]:
        """Write it down: its number, or 0 and why it is not taken."""

        def work(db: sqlite3.Connection) -> tuple[int, str]:
            since = lesson.at - DAY_SECONDS
            rows = db.execute(
                f"SELECT {_COLUMNS} FROM lesson WHERE tenant = ? AND at > ?", (lesson.tenant, since)
            )
            reason = refusal(lesson, map(_lesson, rows))
            if reason:
                return 0, reason
            done = db.execute(
                "INSERT INTO lesson (tenant, reporter, at, is_spam, slots, message_id)"
                " VALUES (?,?,?,?,?,?)",
                (
                    *(lesson.tenant, lesson.reporter, lesson.at, lesson.is_spam, lesson.slots),
                    lesson.message_id,
                ),
            )
            _raise_revision(db)
            return done.lastrowid or 0, ""

        return self._do(work)

    def take_back(self, number: int, at: float) -> bool:
        """Let a lesson hold no longer; False where there is none that holds."""

        def work(db: sqlite3.Connection) -> bool:
            done = db.execute(
                "UPDATE lesson SET taken_back_at = ? WHERE number = ? AND taken_back_at = 0",
                (at, number),
            )
            _raise_revision(db)
            return done.rowcount > 0

        return self._do(work)

    def lessons(self, tenant: str = "") -> Sequence[Lesson]:
        """All of a tenant, or of all, newest first."""
        where = "WHERE tenant = ?" if tenant else ""
        return self._do(
            lambda db: [
                _lesson(row)
                for row in db.execute(
                    f"SELECT {_COLUMNS} FROM lesson {where} ORDER BY number DESC",
                    (tenant,) if tenant else (),
                )
            ]
        )

    def purge(self, now: float) -> None:
        """Delete lessons that are too old to hold."""
        self._do(lambda db: db.execute("DELETE FROM lesson WHERE at < ?", (now - KEEP_SECONDS,)))

    # Models.

    def install(self, octets: bytes, revision: str, person: str, at: float) -> int:
        """Make it the model that all filters use; its number."""

        def work(db: sqlite3.Connection) -> int:
            done = db.execute(
                "INSERT INTO model (at, revision, installed_by, octets) VALUES (?,?,?,?)",
                (at, revision, person, octets),
            )
            number = done.lastrowid or 0
            db.execute("DELETE FROM model WHERE number <= ?", (number - MODELS_KEPT_COUNT,))
            _raise_revision(db)
            return number

        return self._do(work)

    def withdraw(self) -> Installed | None:
        """Delete the newest model, so that the one before it holds; None where there is none."""

        def work(db: sqlite3.Connection) -> Installed | None:
            newest = _newest(db)
            if newest:
                db.execute("DELETE FROM model WHERE number = ?", (newest.number,))
                _raise_revision(db)
            return newest

        return self._do(work)

    def models(self) -> Sequence[Installed]:
        """Newest first."""
        return self._do(
            lambda db: [
                Installed(*row)
                for row in db.execute(
                    "SELECT number, at, revision, installed_by FROM model ORDER BY number DESC"
                )
            ]
        )

    def model(self) -> bytes:
        """The octets of the newest; empty where none was installed: the one that ships holds."""

        def work(db: sqlite3.Connection) -> bytes:
            row = db.execute("SELECT octets FROM model ORDER BY number DESC LIMIT 1").fetchone()
            return bytes(row[0]) if row else b""

        return self._do(work)

    def _do(self, work: Callable[[sqlite3.Connection], T]) -> T:
        with closing(
            sqlite3.connect(self._path, isolation_level=None, timeout=BUSY_SECONDS_MAX)
        ) as db:
            db.execute("PRAGMA synchronous=FULL")
            db.execute("BEGIN IMMEDIATE")
            result = work(db)
            db.execute("COMMIT")
            return result


def _lesson(row: tuple[str, str, float, int, bytes, int, str, float]) -> Lesson:
    tenant, reporter, at, is_spam, slots, number, message_id, taken_back_at = row
    return Lesson(tenant, reporter, at, bool(is_spam), slots, number, message_id, taken_back_at)


def _newest(db: sqlite3.Connection) -> Installed | None:
    row = db.execute(
        "SELECT number, at, revision, installed_by FROM model ORDER BY number DESC LIMIT 1"
    ).fetchone()
    return Installed(*row) if row else None


def _raise_revision(db: sqlite3.Connection) -> None:
    db.execute("UPDATE revision SET number = number + 1")
