"""Each statement on a shard: leases and fences, a person's wishes, damage, purging."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from fixtures.fix_held import ANN, BOB, RECEIVED_AT, held_for, held_message
from katharion.adapters.store import rows
from katharion.adapters.store.lanes import lanes
from katharion.adapters.store.migrate import migrate, spool_path
from katharion.ports import DamagedError
from katharion.values.attempt import Words
from katharion.values.fate import State
from katharion.values.held import Claim, Grant, Query, Settlement

NOW = RECEIVED_AT + 10
QUEUED, QUARANTINED, DELETED = State.QUEUED, State.QUARANTINED, State.DELETED


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    store = tmp_path_factory.mktemp("store")
    migrate(store, 1)
    return spool_path(store, 0).read_bytes()


@pytest.fixture
def db(empty: bytes, tmp_path: Path) -> Iterator[sqlite3.Connection]:
    (tmp_path / "spool-00.db").write_bytes(empty)
    db = sqlite3.connect(tmp_path / "spool-00.db", isolation_level=None)
    yield db
    db.close()


def hold(db: sqlite3.Connection, number: int = 1, state: State = QUEUED) -> str:
    message = held_message(number)
    rows.hold(db, "s", message, [held_for(state=state)], rows.compress(message.content))
    return message.id


def claim(db: sqlite3.Connection, now: float = NOW, limit: int = 10) -> list[Claim]:
    return rows.claim(db, "s", rows.ClaimWish("me", now, limit, 60.0))


def state_of(db: sqlite3.Connection) -> State:
    return rows.search(db, "s", Query())[0].state


def test_the_same_hold_again_changes_nothing(db: sqlite3.Connection) -> None:
    hold(db)
    (taken,) = claim(db)
    hold(db)
    assert len(rows.search(db, "s", Query())) == 1
    assert rows.settle(db, [Settlement(taken.lease, State.DELIVERED)], NOW) == [True]


def test_claims_go_by_the_index_of_what_is_due(db: sqlite3.Connection) -> None:
    hold(db)
    asked: list[str] = []
    db.set_trace_callback(asked.append)
    (due,) = lanes(db, "s", NOW)
    rows.claim(db, "s", rows.ClaimWish("me", NOW, 10, 60.0, (Grant(due, 5, 1),)))
    db.set_trace_callback(None)
    looks = [q for q in asked if "lane_due" in q]
    assert len(looks) == 6, "one for the lanes, then fresh ones and two of the backlog, twice"
    for plan in (str(db.execute(f"EXPLAIN QUERY PLAN {q}").fetchall()) for q in looks):
        assert "INDEX lane_due (lane=? AND state=? AND rank=? AND due_at" in plan
        assert "TEMP B-TREE" not in plan


def test_a_lease_keeps_others_away_until_it_is_over_and_the_fence_decides(
    db: sqlite3.Connection,
) -> None:
    hold(db)
    (first,) = claim(db)
    assert claim(db, NOW + 59) == []
    assert lanes(db, "s", NOW + 59) == []
    (second,) = claim(db, NOW + 60)
    assert second.lease.fence == first.lease.fence + 1
    assert rows.settle(db, [Settlement(first.lease, State.DELIVERED)], NOW) == [False]
    assert rows.settle(db, [Settlement(second.lease, State.DELIVERED)], NOW) == [True]
    assert rows.settle(db, [Settlement(second.lease, QUEUED)], NOW) == [False]


def test_the_longest_due_comes_first(db: sqlite3.Connection) -> None:
    for number, due_at in ((1, NOW - 1), (2, NOW - 3), (3, NOW - 2), (4, NOW + 1)):
        message = held_message(number)
        rows.hold(db, "s", message, [held_for(due_at=due_at)], ())
    assert [int(c.lease.message_id) for c in claim(db, limit=2)] == [2, 3]
    assert [int(c.lease.message_id) for c in claim(db)] == [1]


@pytest.mark.parametrize("state", [QUARANTINED, State.DISCARDED])
def test_released_twice_is_one_release(db: sqlite3.Connection, state: State) -> None:
    message_id = hold(db, state=state)
    assert claim(db) == []
    assert rows.move(db, message_id, str(ANN), QUEUED, NOW)
    assert not rows.move(db, message_id, str(ANN), QUEUED, NOW)
    (taken,) = claim(db)
    assert (taken.reason, taken.queued_at) == ("released", NOW)


def test_a_release_is_undone_only_before_it_is_taken_up(db: sqlite3.Connection) -> None:
    message_id = hold(db, state=QUARANTINED)
    key = (message_id, str(ANN))
    assert rows.move(db, *key, QUEUED, NOW)
    assert rows.move(db, *key, QUARANTINED, NOW)
    assert rows.move(db, *key, QUEUED, NOW)
    (taken,) = claim(db)
    assert not rows.move(db, *key, QUARANTINED, NOW)
    rows.settle(db, [Settlement(taken.lease, QUEUED, NOW + 99)], NOW)
    assert not rows.move(db, *key, QUARANTINED, NOW), "it may have been delivered by now"


def test_what_was_never_released_can_not_be_undone_into_quarantine(db: sqlite3.Connection) -> None:
    assert not rows.move(db, hold(db), str(ANN), QUARANTINED, NOW)


def test_deleted_and_undone_while_somebody_had_it(db: sqlite3.Connection) -> None:
    message_id = hold(db)
    (taken,) = claim(db)
    assert rows.move(db, message_id, str(ANN), DELETED, NOW)
    assert rows.settle(db, [Settlement(taken.lease, State.DELIVERED)], NOW) == [False]
    assert rows.move(db, message_id, str(ANN), QUARANTINED, NOW)
    assert state_of(db) is QUARANTINED


@pytest.mark.parametrize("size", [0, 1, rows.PIECE_OCTETS_MAX, 2 * rows.PIECE_OCTETS_MAX + 1])
def test_content_comes_back_as_it_was(db: sqlite3.Connection, size: int) -> None:
    message = held_message(content=bytes(range(256)) * (size // 256) + b"x" * (size % 256))
    rows.hold(db, "s", message, [held_for()], rows.compress(message.content))
    assert rows.read(db, message.id) == message
    assert rows.read(db, "nothing") is None


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE held_content SET octets = x'00112233'",
        "DELETE FROM held_content WHERE number = 1",
        "UPDATE held_message SET sha256 = zeroblob(32)",
    ],
)
def test_damage_is_seen(db: sqlite3.Connection, damage: str) -> None:
    message = held_message(content=b"x" * (rows.PIECE_OCTETS_MAX + 1))
    rows.hold(db, "s", message, [held_for()], rows.compress(message.content))
    db.execute(damage)
    with pytest.raises(DamagedError):
        rows.read(db, message.id)


def test_attempts_are_kept_up_to_a_number(db: sqlite3.Connection) -> None:
    hold(db)
    words = Words(451, "4.3.0", ("later",))
    for _i in range(rows.ATTEMPTS_KEPT_MAX + 5):
        (taken,) = claim(db)
        rows.settle(db, [Settlement(taken.lease, QUEUED, NOW, words, "mail:25")], NOW)
    assert db.execute("SELECT count(*) FROM held_attempt").fetchone() == (rows.ATTEMPTS_KEPT_MAX,)
    (row,) = rows.search(db, "s", Query())
    assert (row.attempts, row.words) == (rows.ATTEMPTS_KEPT_MAX + 5, words)


def test_search_takes_text_as_text(db: sqlite3.Connection) -> None:
    hold(db)
    for text, found in (("100% of_", 1), ("100%of", 0), ("o_all", 0), ("eve@", 1), ("'", 0)):
        assert len(rows.search(db, "s", Query(text=text))) == found, text


def test_purge_waits_for_the_last_row_and_the_undo_time(db: sqlite3.Connection) -> None:
    message = held_message()
    rows.hold(db, "s", message, [held_for(ANN, QUARANTINED), held_for(BOB, QUARANTINED)], ())
    rows.move(db, message.id, str(ANN), DELETED, NOW)
    assert rows.purge(db, NOW + 2 * rows.UNDO_SECONDS, 10) == 0
    rows.move(db, message.id, str(BOB), DELETED, NOW)
    assert rows.purge(db, NOW + rows.UNDO_SECONDS - 1, 10) == 0
    assert rows.purge(db, NOW + rows.UNDO_SECONDS, 10) == 1
    assert rows.search(db, "s", Query()) == []
