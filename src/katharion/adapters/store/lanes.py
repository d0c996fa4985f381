"""Rows in lanes: which lanes have something due, and what is taken of each.

A lane is one tenant's mail by one route to one domain. Within it rows stand by rank (first
attempts, repeated ones, given up by a person) and by when they are due; one index holds just
that, so that a lane that may not be served costs one look, however long it is.
"""

import sqlite3
from collections.abc import Iterator
from heapq import merge
from typing import NamedTuple

from katharion.values.fate import DUE, State
from katharion.values.held import Grant, Lane, LaneDue

FRESH_SECONDS = 600.0  # A first attempt that has been due for longer is of the backlog.
ROWS_PER_MESSAGE_MAX = 100  # Recipients in one delivery (RFC 5321 section 4.5.3.1.8).
FIRST, AGAIN, GIVEN_UP = 0, 1, 2  # Ranks.
_EVER = -1.0  # Before anything is due.

# Word for word the index's condition: in another order SQLite does not see that it fits.
WAITING = "state IN ('queued', 'unjudged', 'uncertain') AND paused = ''"
_R_WAITING = WAITING.replace("state", "r.state").replace("paused", "r.paused")
assert all(f"'{state.value}'" in WAITING for state in DUE)


def lane_id(db: sqlite3.Connection, lane: Lane) -> int:
    """The number of a lane, which is made where there is none yet."""
    key = (lane.route, lane.domain, lane.tenant)
    found = db.execute(
        "SELECT id FROM lane WHERE route = ? AND domain = ? AND tenant = ?", key
    ).fetchone()
    if found is not None:
        return int(found[0])
    made = db.execute("INSERT INTO lane (route, domain, tenant) VALUES (?,?,?)", key)
    assert made.lastrowid is not None
    return made.lastrowid


def lanes(db: sqlite3.Connection, shard: str, now: float) -> list[LaneDue]:
    """All lanes with something due. Asked by reading, so that nothing is written for nothing."""
    found = db.execute(
        "SELECT l.tenant, l.route, l.domain, s.state, s.is_given_up FROM lane l,"
        " (SELECT 'queued' AS state, 0 AS is_given_up UNION ALL SELECT 'queued', 1"
        " UNION ALL SELECT 'unjudged', 0 UNION ALL SELECT 'uncertain', 0) s"
        " WHERE EXISTS (SELECT 1 FROM held_recipient r INDEXED BY lane_due"
        " WHERE r.lane = l.id AND r.state = s.state AND r.due_at <= ?"
        f" AND r.rank IN (s.is_given_up * {GIVEN_UP}, s.is_given_up + {AGAIN}) AND {_R_WAITING})",
        (now,),
    )
    return [LaneDue(shard, Lane(*row[:3]), State(row[3]), bool(row[4])) for row in found]


def take(db: sqlite3.Connection, grant: Grant, now: float) -> list[tuple[str, str]]:
    """The rows of a grant: whole messages, as far as they wait in this lane."""
    lane = lane_id(db, grant.due.lane)
    rank = f"rank = {GIVEN_UP}" if grant.due.is_given_up else f"rank < {GIVEN_UP}"
    state = grant.due.state.value
    keys: list[tuple[str, str]] = []
    for message_id in _messages(db, grant, lane, now):
        keys += db.execute(
            "SELECT message_id, recipient FROM held_recipient WHERE message_id = ? AND lane = ?"
            f" AND state = ? AND {rank} AND due_at <= ? AND paused = '' LIMIT ?",
            (message_id, lane, state, now, ROWS_PER_MESSAGE_MAX),
        ).fetchall()
    return keys


def _messages(db: sqlite3.Connection, grant: Grant, lane: int, now: float) -> list[str]:
    """Which messages: of the backlog what is due to it, then fresh ones, then more of it."""
    many = grant.messages_max
    line = _Line(db, lane, grant.due.state, many * ROWS_PER_MESSAGE_MAX)
    chosen: list[str] = []
    if grant.due.is_given_up:
        _choose(chosen, many, line.due(GIVEN_UP, _EVER, now))
        return chosen
    fresh_since = now - FRESH_SECONDS
    if grant.backlog_min:
        _choose(chosen, grant.backlog_min, line.backlog(fresh_since, now))
    _choose(chosen, many, line.due(FIRST, fresh_since, now))
    if len(chosen) < many:
        _choose(chosen, many, line.backlog(fresh_since, now))
    return chosen


class _Line(NamedTuple):
    """One lane's rows in one state, read as far as they are wanted."""

    db: sqlite3.Connection
    lane: int
    state: State
    rows_max: int

    def due(self, rank: int, since: float, until: float) -> Iterator[tuple[float, str]]:
        """Those of a rank that are due since then, the longest due first."""
        return self.db.execute(
            "SELECT due_at, message_id FROM held_recipient INDEXED BY lane_due"
            " WHERE lane = ? AND state = ? AND rank = ? AND due_at > ? AND due_at <= ?"
            f" AND {WAITING} ORDER BY due_at LIMIT ?",
            (self.lane, self.state.value, rank, since, until, self.rows_max),
        )

    def backlog(self, fresh_since: float, now: float) -> Iterator[tuple[float, str]]:
        """Repeated attempts, and first ones that are late: the longest due first."""
        return merge(self.due(FIRST, _EVER, fresh_since), self.due(AGAIN, _EVER, now))


def _choose(chosen: list[str], many: int, found: Iterator[tuple[float, str]]) -> None:
    for _, message_id in found:
        if len(chosen) >= many:
            return
        if message_id not in chosen:
            chosen.append(message_id)
