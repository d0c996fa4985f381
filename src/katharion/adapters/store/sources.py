"""What is remembered of the sources of mail: counted by the supervisor, read by the filters.

Counting goes by the numbers of the tracking store, and how far it has got stands in the same
transaction as the counts. The file that is worked with lies in memory (the runtime folder), so
that judging a message touches no disk; a copy is kept in the store now and then. Where that is
older than what was counted, the rest is counted again. Readers never wait: what can't be read
is not known.
"""

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import TypeVar

from katharion.adapters.store import campaigns
from katharion.adapters.store.campaigns import CampaignRules
from katharion.adapters.store.migrate import (
    HEADS,
    StoreError,
    check,
    sources_path,
    version_of,
)
from katharion.adapters.store.tracking import prints_of, records_after
from katharion.values.campaign import Campaign
from katharion.values.history import Past
from katharion.values.track import TrackRecord

BUSY_SECONDS_MAX = 5
RECORDS_COUNT_MAX = 5000  # Counted in one transaction.
SOURCES_COUNT_MAX = 500_000  # About 60 MB.
_TRIM_SHARE = 20  # A twentieth of them goes with what is over that.

T = TypeVar("T")
EffectsOf = Callable[[TrackRecord], Iterable[tuple[str, Callable[[Past | None], Past]]]]

_COLUMNS = "clean, spam, unknown, recent, first_at, last_at"
_RELEASED = "released"
_ALSO_WANTED = ("rcpt-refused", _RELEASED)


class SourceStore:
    """The supervisor's part. Blocking."""

    def __init__(
        self,
        store: Path,
        runtime: Path,
        effects_of: EffectsOf,
        *,
        rules: CampaignRules | None = None,
        count_max: int = SOURCES_COUNT_MAX,
    ) -> None:
        """`effects_of`: the sources that a record is about, and how it changes their past.

        Without `rules` no campaigns are counted.
        """
        self._kept = sources_path(store)
        self._path = sources_path(runtime)
        self._store = store
        self._effects_of = effects_of
        self._rules = rules
        self._count_max = count_max
        check(self._kept, "sources")
        if not _is_of_this_version(self._path):
            _copy(self._kept, self._path)

    def keep(self) -> None:
        """Copy what is known into the store."""
        _copy(self._path, self._kept)

    def count(self, since: float) -> int:
        """Count what the tracking store took; how many records were looked at.

        What is older than `since` is passed over.
        """
        with closing(_open(self._path)) as db:
            db.execute("BEGIN IMMEDIATE")
            row = db.execute("SELECT tracking_number FROM counted").fetchone()
            last, looked_at, records = records_after(
                self._store, row[0] if row else 0, RECORDS_COUNT_MAX, _ALSO_WANTED
            )
            for record in records:
                if record.at >= since:
                    self._add(db, record)
                    self._add_to_campaigns(db, record)
            if looked_at:
                self._trim(db)
            db.execute("INSERT OR REPLACE INTO counted VALUES (1, ?)", (last,))
            db.execute("COMMIT")
            return looked_at

    def purge_before(self, at: float) -> None:
        """Forget sources that were not seen since."""
        with closing(_open(self._path)) as db:
            db.execute("DELETE FROM past WHERE last_at < ?", (at,))
            campaigns.purge_before(db, at)

    def _trim(self, db: sqlite3.Connection) -> None:
        """Where there are too many: who never sent what is wanted goes first, then the oldest.

        Strangers may come from as many addresses as they like, within seconds. Rows are counted
        (5 ms for all that may be), for the pages that they stood in do not become free.
        """
        if self._rules is not None:
            campaigns.trim(db, self._rules)
        count = db.execute("SELECT count(*) FROM past").fetchone()[0]
        if count > self._count_max:
            db.execute(
                "DELETE FROM past WHERE source IN"
                " (SELECT source FROM past ORDER BY clean > 0, last_at LIMIT ?)",
                (count - self._count_max + self._count_max // _TRIM_SHARE,),
            )

    def _add(self, db: sqlite3.Connection, record: TrackRecord) -> None:
        for source, change in self._effects_of(record):
            row = db.execute(f"SELECT {_COLUMNS} FROM past WHERE source = ?", (source,)).fetchone()
            past = change(Past(*row) if row else None)
            db.execute(
                f"INSERT OR REPLACE INTO past (source, {_COLUMNS}) VALUES (?,?,?,?,?,?,?)",
                (source, *past),
            )

    def _add_to_campaigns(self, db: sqlite3.Connection, record: TrackRecord) -> None:
        if self._rules is None:
            return
        if record.event == _RELEASED:
            prints = prints_of(self._store, record.message_id)
            campaigns.release(db, prints, record.at, self._rules)
        elif record.prints and record.event != "deferred":  # That one comes again.
            campaigns.count(db, record, self._rules)


class SourceReader:
    """Implements ports.History and ports.Campaigns: what was counted a second ago."""

    def __init__(self, runtime: Path) -> None:
        self._path = sources_path(runtime)
        self._db: sqlite3.Connection | None = None
        self._inode = 0

    def look_up(self, sources: Sequence[str]) -> dict[str, Past] | None:
        """Those that are known; None where the file can't be read."""
        marks = ",".join("?" * len(sources))
        asked = f"SELECT source, {_COLUMNS} FROM past WHERE source IN ({marks})"
        return self._ask(
            lambda db: {row[0]: Past(*row[1:]) for row in db.execute(asked, tuple(sources))}
        )

    def campaigns_of(self, prints: Sequence[str]) -> dict[str, Campaign] | None:
        """Likewise those that the fingerprints lead to."""
        return self._ask(lambda db: campaigns.look_up(db, prints))

    def newest_campaigns(
        self, since: float, messages_count_min: int, limit: int
    ) -> list[Campaign] | None:
        """For people: those that were seen since, the largest first."""
        return self._ask(lambda db: campaigns.newest(db, since, messages_count_min, limit))

    def campaigns_named(self, beginning: str, limit: int) -> list[Campaign] | None:
        """For people: those whose id begins so."""
        return self._ask(lambda db: campaigns.named(db, beginning, limit))

    def _ask(self, work: Callable[[sqlite3.Connection], T]) -> T | None:
        try:
            if self._db is None:
                self._inode = _inode_of(self._path)
                self._db = _read_only(self._path)
            return work(self._db)
        except sqlite3.Error:
            self.close()
            return None

    def refresh(self) -> None:
        """See whether the file was replaced by another; called about once a second."""
        if self._db is not None and _inode_of(self._path) != self._inode:
            self.close()

    def close(self) -> None:
        """Let go of the file; it is opened again when it is asked."""
        if self._db is not None:
            with suppress(sqlite3.Error):
                self._db.close()
            self._db = None


def _inode_of(path: Path) -> int:
    try:
        return path.stat().st_ino
    except OSError:
        return 0


def _is_of_this_version(path: Path) -> bool:
    try:
        return version_of(path) == HEADS["sources"]
    except StoreError:
        return False  # Nothing is lost with it: the store has a copy, and the records.


def _copy(source: Path, target: Path) -> None:
    """A whole copy, in one step for whoever looks at the target."""
    draft = target.with_suffix(".new")
    draft.unlink(missing_ok=True)
    try:
        with closing(_read_only(source)) as read, closing(sqlite3.connect(draft)) as written:
            read.backup(written)
        draft.chmod(0o600)
        draft.rename(target)
    except (sqlite3.Error, OSError):
        draft.unlink(missing_ok=True)  # Half a copy must not fill a disk that is full.
        raise


def _open(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, isolation_level=None, timeout=BUSY_SECONDS_MAX)
    db.execute("PRAGMA synchronous=NORMAL")  # It can be counted again from the records.
    return db


def _read_only(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=0, isolation_level=None)
