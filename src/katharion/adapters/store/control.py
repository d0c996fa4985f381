"""The control file: standing pauses, and the reference of the store's clock.

A file of its own, for no transaction spans two files. It is written seldom and by any
process, a transaction each; read at most about once a second.
"""

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import TypeVar

from katharion.adapters.store.house_time import (
    JUMP_SECONDS_MAX,
    BootClock,
    Reference,
    anchored,
)
from katharion.adapters.store.migrate import StoreError, check, control_path
from katharion.ports import SpoolUnavailableError
from katharion.values.held import Moment
from katharion.values.waiting import Pause

BUSY_SECONDS_MAX = 5
FRESH_SECONDS = 0.5
_REFERENCE = (
    "SELECT boot_id, boot_seconds, house_seconds, skipped_seconds, offset_seconds,"
    " seen_seconds FROM house_clock"
)
T = TypeVar("T")


class Control:
    """The control file of a store. Blocking; each call is one small transaction."""

    def __init__(self, store: Path, clock: BootClock) -> None:
        """Looks at the schema, and finds the clock's reference for this run of the machine."""
        self._path = control_path(store)
        self._clock = clock
        try:
            check(self._path, "control")
        except StoreError as error:
            raise SpoolUnavailableError(str(error)) from error
        self._reference = self._anchor()
        self._read_at = clock.boot()

    # The clock.

    def moment(self, wall: float) -> Moment:
        """The moment that the machine's clock calls `wall`, just now."""
        return self._reference.moment(wall, self._clock.boot())

    def jump_seconds(self) -> float:
        """By how much the machine's clock has jumped, and nobody has confirmed it."""
        if not 0 <= self._clock.boot() - self._read_at < FRESH_SECONDS:
            self._reference = self._read(_reference) or self._reference
            self._read_at = self._clock.boot()
        return self._reference.jump_seconds(self._clock.wall(), self._clock.boot())

    def agrees(self) -> bool:
        """Whether the clocks agree, so that mail may be given up."""
        return abs(self.jump_seconds()) <= JUMP_SECONDS_MAX

    def confirm_clock(self) -> float:
        """The machine's clock is right as it is now; returns by how much it had jumped."""
        jump = self.jump_seconds()
        self._write(
            lambda db: db.execute(
                "UPDATE house_clock SET offset_seconds = offset_seconds + ?", (jump,)
            )
        )
        self._read_at = float("-inf")
        return jump

    def note_time(self) -> None:
        """Write down how far the clock has gone: what a restart of the machine begins with."""
        house = self._reference.house(self._clock.boot())
        boot_id = self._clock.boot_id()
        self._write(
            lambda db: db.execute(
                "UPDATE house_clock SET seen_seconds = ? WHERE boot_id = ?", (house, boot_id)
            )
        )

    def _anchor(self) -> Reference:
        old = self._read(_reference)
        if old is not None and old.boot_id == self._clock.boot_id():
            return old

        def anchor(db: sqlite3.Connection) -> Reference:
            new = anchored(_reference(db), self._clock)
            db.execute("INSERT OR REPLACE INTO house_clock VALUES (1,?,?,?,?,?,?)", new)
            return new

        return self._write(anchor)

    # Pauses.

    def pauses(self) -> Sequence[Pause]:
        """All that stand."""
        return self._read(
            lambda db: [
                Pause(*row)
                for row in db.execute(
                    "SELECT route, domain, tenant, owner, reason, at FROM pause"
                    " ORDER BY route, domain, tenant"
                )
            ]
        )

    def pause(self, pauses: Sequence[Pause]) -> None:
        """Let them stand; one that stands already is said anew."""
        rows = [(p.route, p.domain, p.tenant, p.owner, p.reason, p.at) for p in pauses]
        self._write(
            lambda db: db.executemany("INSERT OR REPLACE INTO pause VALUES (?,?,?,?,?,?)", rows)
        )

    def resume(self, pauses: Sequence[Pause]) -> None:
        """End them."""
        rows = [(p.route, p.domain, p.tenant) for p in pauses]
        self._write(
            lambda db: db.executemany(
                "DELETE FROM pause WHERE route = ? AND domain = ? AND tenant = ?", rows
            )
        )

    # Small parts.

    def _read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        try:
            uri = f"file:{self._path}?mode=ro"
            with closing(sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS_MAX)) as db:
                return work(db)
        except sqlite3.Error as error:
            raise SpoolUnavailableError(f"{self._path}: {error}") from error

    def _write(self, work: Callable[[sqlite3.Connection], T]) -> T:
        try:
            with closing(
                sqlite3.connect(self._path, isolation_level=None, timeout=BUSY_SECONDS_MAX)
            ) as db:
                db.execute("PRAGMA synchronous=FULL")
                db.execute("BEGIN IMMEDIATE")
                result = work(db)
                db.execute("COMMIT")
                return result
        except sqlite3.Error as error:
            raise SpoolUnavailableError(f"{self._path}: {error}") from error


def _reference(db: sqlite3.Connection) -> Reference | None:
    row = db.execute(_REFERENCE).fetchone()
    return Reference(*row) if row else None
