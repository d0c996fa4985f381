"""Where every recipient stands: the rows of all shards, read for the ledger.

Unlike a search it passes over no shard: of what can't be read nobody may say that it is lost.
"""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

from katharion.adapters.store.shard import read_only

Standing = tuple[str, str, str]  # Message id, recipient, state.


def census(store: Path, low: str, high: str) -> Iterator[Standing]:
    """All rows of messages from id `low` to `high`. SpoolUnavailableError names a bad shard."""
    for path in sorted(store.glob("spool-*.db")):
        yield from read_only(path, lambda db: _rows(db, low, high))


def _rows(db: sqlite3.Connection, low: str, high: str) -> list[Standing]:
    return db.execute(
        "SELECT message_id, recipient, state FROM held_recipient WHERE message_id BETWEEN ? AND ?",
        (low, high),
    ).fetchall()
