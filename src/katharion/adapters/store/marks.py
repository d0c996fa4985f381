"""Records as the ledger reads them: those in the store, and those still in the journal.

The journal is read before the store, from where the store had got to before: a record that
is moved meanwhile is read at least once, and what was read twice is told once.
"""

import sqlite3
from collections.abc import Collection, Iterable, Iterator
from contextlib import closing
from pathlib import Path

import msgspec

from katharion.adapters.store.migrate import check, tracking_path
from katharion.values.track import TrackMark

BUSY_SECONDS_MAX = 5
IDS_COUNT_MAX = 500  # In one question.

_decode = msgspec.json.Decoder(TrackMark).decode
_Once = tuple[str, str, str, float]


class TrackMarks:
    """Reads; writes nothing. StoreError where there is no tracking store of this version."""

    def __init__(self, journal: Path, store: Path) -> None:
        self._journal = journal
        self._path = tracking_path(store)
        check(self._path, "tracking")

    def since(self, at: float) -> Iterator[TrackMark]:
        """All from `at` on."""
        waiting = [mark for mark in self._waiting() if mark.at >= at]
        return self._all(waiting, "at >= ?", (at,))

    def of(self, message_ids: Collection[str]) -> Iterator[TrackMark]:
        """All of some messages."""
        wanted = sorted(message_ids)
        waiting = [mark for mark in self._waiting() if mark.message_id in message_ids]
        for at in range(0, len(wanted), IDS_COUNT_MAX):
            ids = dict.fromkeys(wanted[at : at + IDS_COUNT_MAX])
            where = f"message_id IN ({','.join('?' * len(ids))})"
            yield from self._all([m for m in waiting if m.message_id in ids], where, ids)

    def last_number(self) -> int:
        """How far the store has got."""
        with closing(self._open()) as db:
            return int(db.execute("SELECT coalesce(max(number), 0) FROM track").fetchone()[0])

    def stored(self, after: int, to: int, at: float) -> Iterator[TrackMark]:
        """Those that the store took from number to number, which were written from `at` on."""
        if after:
            return self._stored("number > ? AND number <= ? AND +at >= ?", (after, to, at))
        return self._stored("+number <= ? AND at >= ?", (to, at))  # Not all that there ever was.

    def _all(
        self, waiting: list[TrackMark], where: str, values: Iterable[object]
    ) -> Iterator[TrackMark]:
        told = {_once(mark) for mark in waiting}
        yield from waiting
        for mark in self._stored(where, values):
            if not told or _once(mark) not in told:
                yield mark

    def _stored(self, where: str, values: Iterable[object]) -> Iterator[TrackMark]:
        with closing(self._open()) as db:
            sql = f"SELECT record FROM track WHERE message_id <> '' AND {where}"
            for row in db.execute(sql, tuple(values)):
                yield _decode(row[0])

    def _waiting(self) -> list[TrackMark]:
        """What the journal has, and the store had not when this began."""
        with closing(self._open()) as db:
            done = dict(db.execute("SELECT name, octets_done FROM journal_file").fetchall())
        found: list[TrackMark] = []
        for path in sorted(self._journal.glob("*.journal")):
            try:
                with path.open("rb") as file:
                    file.seek(done.get(path.name, 0))
                    data = file.read()
            except FileNotFoundError:
                continue  # It was emptied meanwhile: the store has it.
            found += filter(None, map(_read_line, data[: data.rfind(b"\n") + 1].splitlines()))
        return found

    def _open(self) -> sqlite3.Connection:
        uri = f"file:{self._path}?mode=ro"
        return sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS_MAX)


def _once(mark: TrackMark) -> _Once:
    return mark.message_id, mark.recipient, mark.event, mark.at


def _read_line(line: bytes) -> TrackMark | None:
    """A record of a message; None for any other, and for a line torn when its process died."""
    try:
        mark = _decode(line)
    except msgspec.MsgspecError:
        return None
    return mark if mark.message_id else None
