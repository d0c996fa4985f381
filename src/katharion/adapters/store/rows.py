"""Held mail as rows: every statement on a shard. Each function runs within a transaction.

Source: DESIGN section 3; values/fate.py has the transitions.
"""

import hashlib
import re
import sqlite3
from collections.abc import Sequence
from functools import cache

import msgspec
import zstandard

from katharion.adapters.store.bulk import condition
from katharion.adapters.store.lanes import GIVEN_UP, WAITING, lane_id, take
from katharion.mail.address import Address
from katharion.mail.envelope import Envelope
from katharion.ports import DamagedError
from katharion.values.attempt import Words
from katharion.values.facts import ClientFacts
from katharion.values.fate import HELD, SETTLED, TRANSITIONS, State
from katharion.values.held import (
    Claim,
    Grant,
    HeldMessage,
    HeldRecipient,
    HeldRow,
    Lane,
    Lease,
    Moment,
    Query,
    Receipt,
    Settlement,
    moment_of,
)
from katharion.values.verdict import Verdict
from katharion.values.waiting import Selection

PIECE_OCTETS_MAX = 1_000_000
ATTEMPTS_KEPT_MAX = 50
UNDO_SECONDS = 7 * 86_400.0  # Of a deletion.
SETTLED_SECONDS = 86_400.0  # Rows alone: that a late answer or a person still finds them.

_encode = msgspec.msgpack.Encoder().encode
_envelope = msgspec.msgpack.Decoder(Envelope)
_facts = msgspec.msgpack.Decoder(ClientFacts)
_verdict = msgspec.msgpack.Decoder(Verdict)
_words = msgspec.msgpack.Decoder(Words)
_compressor = zstandard.ZstdCompressor(level=1)
_GONE = frozenset({State.DELIVERED, State.BOUNCED})  # Nobody can undo these.
_GONE_STATES = "'delivered', 'bounced'"
_SETTLED_STATES = "'delivered', 'bounced', 'expired', 'deleted'"  # As the index has them.
assert all(f"'{state.value}'" in _SETTLED_STATES for state in SETTLED)


def compress(content: bytes) -> tuple[bytes, ...]:
    """The content in compressed pieces. Costs CPU: done before the transaction begins.

    May run in any thread: the library's objects may not be shared between threads.
    """
    is_small = len(content) <= PIECE_OCTETS_MAX
    compressor = _compressor if is_small else zstandard.ZstdCompressor(level=1)
    pieces = range(0, max(len(content), 1), PIECE_OCTETS_MAX)
    return tuple(compressor.compress(content[at : at + PIECE_OCTETS_MAX]) for at in pieces)


def hold(
    db: sqlite3.Connection,
    shard: str,
    message: HeldMessage,
    recipients: Sequence[HeldRecipient],
    pieces: tuple[bytes, ...],
) -> Receipt:
    """Store the message once and a row for each recipient; the same again changes nothing."""
    added = db.execute(
        "INSERT INTO held_message VALUES (?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT DO NOTHING",
        (
            message.id,
            message.received_at,
            message.tenant,
            str(message.envelope.sender or ""),
            message.subject,
            _encode(message.envelope),
            _encode(message.facts),
            message.trace,
            message.sha256,
            len(message.content),
            message.held_by,
        ),
    ).rowcount
    if added:
        db.executemany(
            "INSERT INTO held_content VALUES (?,?,?)",
            [(message.id, number, piece) for number, piece in enumerate(pieces)],
        )
    _hold_rows(db, message, recipients)
    return Receipt(message.id, shard, 1)


def _hold_rows(
    db: sqlite3.Connection, message: HeldMessage, recipients: Sequence[HeldRecipient]
) -> None:
    at = message.received_at
    lane_of = cache(lambda route, domain: lane_id(db, Lane(message.tenant, route, domain)))
    db.executemany(
        "INSERT INTO held_recipient (message_id, recipient, state, route, reason, verdict,"
        " subject_tag, is_sender_told, due_at, queued_at, changed_at, lease_owner, lease_until,"
        " next_hop, words, lane, since)"
        " VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT DO NOTHING",
        [
            (
                message.id,
                str(row.address),
                row.state.value,
                row.route,
                row.reason,
                _encode(row.verdict) if row.verdict else None,
                row.subject_tag,
                row.is_sender_told,
                max(row.due_at, row.lease_until),  # Leased, it is due when that is over.
                at,
                at,
                row.lease_owner,
                row.lease_until,
                row.next_hop,
                _encode(row.words) if row.words else None,
                lane_of(row.route, row.address.domain),
                at if row.vouched_at is None else row.vouched_at,
            )
            for row in recipients
        ],
    )


def withdraw(db: sqlite3.Connection, message_id: str) -> None:
    """Undo a hold, where nobody has taken up any of its rows: as if it had never been."""
    taken_up = db.execute(
        "SELECT EXISTS (SELECT 1 FROM held_recipient WHERE message_id = ? AND fence > 1)",
        (message_id,),
    ).fetchone()[0]
    if not taken_up:
        _drop(db, [(message_id,)])


class ClaimWish(msgspec.Struct, frozen=True):
    """Who wants how many rows, and for how long.

    `grants`: of which lanes, whole messages; None: whatever has been due for longest.
    `vouched`: the moment by the store's clock of ages, where it keeps one.
    """

    owner: str
    now: float
    limit: int
    lease_seconds: float
    grants: tuple[Grant, ...] | None = None
    vouched: float | None = None


def claim(db: sqlite3.Connection, shard: str, wish: ClaimWish) -> list[Claim]:
    """Lease due rows, the longest due first; each gets the next fencing token."""
    if wish.grants is None:
        keys = db.execute(
            f"SELECT message_id, recipient FROM held_recipient WHERE {WAITING} AND due_at <= ?"
            " ORDER BY due_at LIMIT ?",
            (wish.now, wish.limit),
        ).fetchall()
    else:
        keys = [key for grant in wish.grants for key in take(db, grant, wish.now)]
    return [_claim(db, shard, wish, key) for key in keys]


def _claim(db: sqlite3.Connection, shard: str, wish: ClaimWish, key: tuple[str, str]) -> Claim:
    # Taken up: from now on a release can't be undone, for it may have been delivered.
    until = wish.now + wish.lease_seconds
    db.execute(
        "UPDATE held_recipient SET lease_owner = ?, lease_until = ?, due_at = ?,"
        " fence = fence + 1, came_from = '' WHERE message_id = ? AND recipient = ?",
        (wish.owner, until, until, *key),
    )
    row = db.execute(
        "SELECT r.message_id, r.recipient, r.state, r.route, r.reason, r.attempts, r.queued_at,"
        " r.fence, r.subject_tag, m.received_at, m.size_bytes, r.verdict, m.tenant, r.rank, r.since"
        " FROM held_recipient r JOIN held_message m ON m.id = r.message_id"
        " WHERE r.message_id = ? AND r.recipient = ?",
        key,
    ).fetchone()
    return Claim(
        lease=Lease(row[0], shard, _address(row[1]), row[7]),
        state=State(row[2]),
        route=row[3],
        reason=row[4],
        attempts=row[5],
        queued_at=row[6],
        received_at=row[9],
        size_bytes=row[10],
        subject_tag=row[8],
        verdict=_verdict.decode(row[11]) if row[11] else None,
        tenant=row[12],
        is_given_up=row[13] == GIVEN_UP,
        vouched_seconds=None if wish.vouched is None else wish.vouched - row[14],
    )


def settle(
    db: sqlite3.Connection, settlements: Sequence[Settlement], now: float | Moment
) -> list[bool]:
    """Record what was found; False where the fence is old or the state forbids it."""
    return [_settle(db, settlement, moment_of(now)) for settlement in settlements]


def _settle(db: sqlite3.Connection, settlement: Settlement, now: Moment) -> bool:
    lease = settlement.lease
    key = (lease.message_id, str(lease.recipient))
    row = db.execute(
        "SELECT state FROM held_recipient WHERE message_id = ? AND recipient = ? AND fence = ?",
        (*key, lease.fence),
    ).fetchone()
    if row is None:
        return False
    old, new = State(row[0]), settlement.state
    if new is not old and new not in TRANSITIONS[old]:
        return False
    words = _encode(settlement.words) if settlement.words else None
    is_new = new is not old
    is_queued = is_new and new is State.QUEUED
    db.execute(
        "UPDATE held_recipient SET state = ?, due_at = CASE rank WHEN 2 THEN 0 ELSE ? END,"
        " rank = CASE WHEN rank = 2 THEN 2 WHEN ? THEN 0 WHEN ? THEN 1 ELSE rank END,"
        " changed_at = ?, since = CASE WHEN ? THEN ? ELSE since END, lease_owner = '',"
        " lease_until = 0, attempts = attempts + ?, next_hop = coalesce(nullif(?, ''), next_hop),"
        " words = coalesce(?, words), reason = coalesce(nullif(?, ''), reason),"
        " verdict = coalesce(?, verdict), subject_tag = coalesce(nullif(?, ''), subject_tag),"
        " queued_at = CASE WHEN ? THEN ? ELSE queued_at END"
        " WHERE message_id = ? AND recipient = ?",
        (
            new.value,
            settlement.due_at,
            is_queued,
            settlement.is_attempt,
            now.wall,
            is_new,
            now.vouched,
            settlement.is_attempt,
            settlement.next_hop,
            words,
            settlement.reason,
            _encode(settlement.verdict) if settlement.verdict else None,
            settlement.subject_tag,
            is_queued,
            now.wall,
            *key,
        ),
    )
    if settlement.is_attempt:
        _note_attempt(db, key, now.wall, settlement.next_hop, words)
    if new in _GONE:
        _drop_content(db, lease.message_id)
    return True


def _drop_content(db: sqlite3.Connection, message_id: str) -> None:
    """What is delivered or bounced to all can't come back: its content is not kept a day."""
    db.execute(
        "DELETE FROM held_content WHERE message_id = ? AND NOT EXISTS (SELECT 1"
        f" FROM held_recipient r WHERE r.message_id = ? AND r.state NOT IN ({_GONE_STATES}))",
        (message_id, message_id),
    )


def _note_attempt(
    db: sqlite3.Connection, key: tuple[str, str], now: float, next_hop: str, words: bytes | None
) -> None:
    db.execute("INSERT INTO held_attempt VALUES (?,?,?,?,?)", (*key, now, next_hop, words))
    db.execute(
        "DELETE FROM held_attempt WHERE message_id = ? AND recipient = ? AND rowid NOT IN"
        " (SELECT rowid FROM held_attempt WHERE message_id = ? AND recipient = ?"
        " ORDER BY rowid DESC LIMIT ?)",
        (*key, *key, ATTEMPTS_KEPT_MAX),
    )


def move(
    db: sqlite3.Connection, message_id: str, recipient: str, to: State, now: float | Moment
) -> bool:
    """A person's wish: release, delete, or undo of either. False where the state forbids it.

    A released row is leased by nobody and due at once; the fence moves on, so that nobody
    who held an older lease can settle it.
    """
    row = db.execute(
        "SELECT state, lease_until, came_from FROM held_recipient"
        " WHERE message_id = ? AND recipient = ?",
        (message_id, recipient),
    ).fetchone()
    if row is None:
        return False
    old, moment = State(row[0]), moment_of(now)
    if to not in TRANSITIONS[old] or not _may_a_person(old, to, row[1], row[2], moment.house):
        return False
    db.execute(
        "UPDATE held_recipient SET state = ?, came_from = ?, due_at = ?, changed_at = ?,"
        " queued_at = ?, since = ?, lease_owner = '', lease_until = 0, fence = fence + 1,"
        " rank = 0, paused = '', reason = CASE WHEN ? THEN 'released' ELSE reason END"
        " WHERE message_id = ? AND recipient = ?",
        (
            to.value,
            old.value,
            moment.house,
            moment.wall,
            moment.wall,
            moment.vouched,
            to is State.QUEUED,
            message_id,
            recipient,
        ),
    )
    return True


def _may_a_person(old: State, to: State, lease_until: float, came_from: str, now: float) -> bool:
    if to is State.QUEUED:
        return old in HELD
    if to is State.QUARANTINED and old is not State.DELETED:
        # Undo of a release: only before anybody has taken it up.
        was_released = old is State.QUEUED and came_from in {state.value for state in HELD}
        return was_released and lease_until <= now
    return True


def read(db: sqlite3.Connection, message_id: str) -> HeldMessage | None:
    """The whole message; DamagedError where its content is not what was stored."""
    row = db.execute("SELECT * FROM held_message WHERE id = ?", (message_id,)).fetchone()
    if row is None:
        return None
    pieces = db.execute(
        "SELECT octets FROM held_content WHERE message_id = ? ORDER BY number", (message_id,)
    ).fetchall()
    if not pieces:
        return None  # Its undo time is over: only the rows are kept.
    decompressor = zstandard.ZstdDecompressor()  # Of this thread alone.
    try:
        content = b"".join(decompressor.decompress(piece[0]) for piece in pieces)
    except zstandard.ZstdError as error:
        raise DamagedError(f"message {message_id}: content can't be decompressed") from error
    if hashlib.sha256(content).digest() != row[8]:
        raise DamagedError(f"message {message_id}: content does not match its SHA-256")
    return HeldMessage(
        id=row[0],
        received_at=row[1],
        tenant=row[2],
        envelope=_envelope.decode(row[5]),
        facts=_facts.decode(row[6]),
        trace=row[7],
        content=content,
        sha256=row[8],
        subject=row[4],
        held_by=row[10],
    )


def search(db: sqlite3.Connection, shard: str, query: Query) -> list[HeldRow]:
    """Rows that match, newest first."""
    where, values = _conditions(query)
    values = (*values, query.limit, query.offset)
    return _find(db, shard, f"{where} ORDER BY r.message_id DESC LIMIT ? OFFSET ?", values)


def waiting(db: sqlite3.Connection, shard: str, selection: Selection, limit: int) -> list[HeldRow]:
    """Waiting rows of a selection, those that are tried next first."""
    values: dict[str, object] = {"limit": limit}
    where = condition(selection, values)
    return _find(db, shard, f"{where} ORDER BY r.due_at LIMIT :limit", values)


def _find(
    db: sqlite3.Connection, shard: str, where: str, values: tuple[object, ...] | dict[str, object]
) -> list[HeldRow]:
    rows = db.execute(
        "SELECT r.message_id, r.recipient, r.state, r.route, m.tenant, m.sender, m.subject,"
        " r.reason, m.received_at, r.queued_at, r.due_at, r.attempts, m.size_bytes, r.words,"
        " r.verdict, r.is_sender_told, r.changed_at, r.lease_owner, r.lease_until, r.paused,"
        " r.rank, m.held_by, r.since FROM held_recipient r"
        f" JOIN held_message m ON m.id = r.message_id WHERE {where}",
        values,
    ).fetchall()
    return [_held_row(row, shard) for row in rows]


def _conditions(query: Query) -> tuple[str, tuple[object, ...]]:
    parts: list[str] = ["1"]
    values: list[object] = []

    def add(condition: str, *given: object) -> None:
        parts.append(condition)
        values.extend(given)

    if query.states:
        add(f"r.state IN ({','.join('?' * len(query.states))})", *(s.value for s in query.states))
    if query.message_id:
        add("r.message_id = ?", query.message_id)
    if query.recipient:
        add("r.recipient = ?", query.recipient)
    if query.route:
        add("r.route = ?", query.route)
    if query.since:
        add("m.received_at >= ?", query.since)
    if query.until:
        add("m.received_at < ?", query.until)
    if query.text:
        pattern = re.sub(r"([%_!])", r"!\1", query.text)
        columns = ("r.recipient", "m.sender", "m.subject")
        likes = " OR ".join(f"{column} LIKE ? ESCAPE '!'" for column in columns)
        add(f"({likes})", *[f"%{pattern}%"] * len(columns))
    return " AND ".join(parts), tuple(values)


def _held_row(row: tuple[object, ...], shard: str) -> HeldRow:
    (message_id, recipient, state, route, tenant, sender, subject, reason) = map(str, row[:8])
    received_at, queued_at, due_at, attempts, size_bytes = (float(str(v)) for v in row[8:13])
    words, verdict, told, changed, owner, until, paused, rank, held_by, since = row[13:]
    return HeldRow(
        message_id=message_id,
        shard=shard,
        recipient=_address(recipient),
        state=State(state),
        route=route,
        tenant=tenant,
        sender=sender,
        subject=subject,
        reason=reason,
        received_at=received_at,
        queued_at=queued_at,
        due_at=due_at,
        attempts=int(attempts),
        size_bytes=int(size_bytes),
        words=_words.decode(words) if isinstance(words, bytes) else None,
        verdict=_verdict.decode(verdict) if isinstance(verdict, bytes) else None,
        is_sender_told=bool(told),
        changed_at=float(str(changed)),
        lease_owner=str(owner),
        lease_until=float(str(until)),
        paused=str(paused),
        is_given_up=rank == GIVEN_UP,
        held_by=str(held_by),
        vouched_at=float(str(since)),
    )


def over(db: sqlite3.Connection, now: float | Moment, limit: int) -> list[tuple[str]]:
    """The ids of messages none of whose rows can come back: what a purge would drop."""
    vouched = moment_of(now).vouched
    return db.execute(
        "SELECT DISTINCT message_id FROM held_recipient r INDEXED BY settled"
        f" WHERE state IN ({_SETTLED_STATES}) AND since <= ? AND NOT EXISTS ("
        "SELECT 1 FROM held_recipient o WHERE o.message_id = r.message_id AND"
        f" (o.state NOT IN ({_SETTLED_STATES}) OR o.since >"
        " CASE o.state WHEN 'deleted' THEN ? ELSE ? END)) LIMIT ?",
        (vouched - SETTLED_SECONDS, vouched - UNDO_SECONDS, vouched - SETTLED_SECONDS, limit),
    ).fetchall()


def is_empty(db: sqlite3.Connection) -> bool:
    """Whether nothing is held, and nothing remembered either."""
    return not db.execute("SELECT EXISTS (SELECT 1 FROM held_message)").fetchone()[0]


def purge(db: sqlite3.Connection, now: float | Moment, limit: int) -> int:
    """Drop messages none of whose rows can come back; returns how many."""
    ids = over(db, now, limit)
    _drop(db, ids)
    return len(ids)


def _drop(db: sqlite3.Connection, ids: list[tuple[str]]) -> None:
    for table, column in (
        ("held_content", "message_id"),
        ("held_attempt", "message_id"),
        ("held_recipient", "message_id"),
        ("held_message", "id"),
    ):
        db.executemany(f"DELETE FROM {table} WHERE {column} = ?", ids)


def _address(text: str) -> Address:
    local, _, domain = text.rpartition("@")
    return Address(local, domain) if local else Address(domain, "")
