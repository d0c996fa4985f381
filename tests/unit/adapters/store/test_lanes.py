"""Lanes on the real statements: what is due where, fresh ones and the backlog, whole messages."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from fixtures.fix_held import ANN, BOB, RECEIVED_AT, held_for, held_message
from katharion.adapters.store import rows
from katharion.adapters.store.lanes import FRESH_SECONDS, lanes
from katharion.adapters.store.migrate import migrate, spool_path
from katharion.mail.address import Address
from katharion.values.fate import State
from katharion.values.held import Claim, Grant, HeldRecipient, Lane, LaneDue, Settlement

NOW = RECEIVED_AT + 10_000
LANE = Lane("customer", "customer", "customer.example")
DUE = LaneDue("s", LANE)


@pytest.fixture
def db(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    migrate(tmp_path, 1)
    db = sqlite3.connect(spool_path(tmp_path, 0), isolation_level=None)
    yield db
    db.close()


def hold(
    db: sqlite3.Connection, number: int, *held: HeldRecipient, tenant: str = "customer"
) -> None:
    message = msgspec.structs.replace(held_message(number), tenant=tenant)
    rows.hold(db, "s", message, held or [held_for(due_at=NOW)], ())


def take(db: sqlite3.Connection, *grants: Grant, now: float = NOW) -> list[Claim]:
    return rows.claim(db, "s", rows.ClaimWish("me", now, 0, 60.0, grants))


def ids(claims: list[Claim]) -> list[int]:
    return [int(claim.lease.message_id) for claim in claims]


def test_each_lane_with_something_due_is_told_once(db: sqlite3.Connection) -> None:
    for number in range(5):
        hold(db, number)
    hold(db, 10, tenant="other")
    hold(db, 11, HeldRecipient(Address("x", "else.example"), State.UNJUDGED, "r", "w", due_at=NOW))
    hold(db, 12, held_for(state=State.QUARANTINED))
    hold(db, 13, HeldRecipient(ANN, State.QUEUED, "later", "w", due_at=NOW + 1))
    assert set(lanes(db, "s", NOW)) == {
        DUE,
        LaneDue("s", Lane("other", "customer", "customer.example")),
        LaneDue("s", Lane("customer", "r", "else.example"), State.UNJUDGED),
    }


def test_only_what_was_granted_is_taken_in_whole_messages(db: sqlite3.Connection) -> None:
    hold(db, 1, held_for(ANN, due_at=NOW), held_for(BOB, due_at=NOW))
    hold(db, 2, held_for(ANN, due_at=NOW), held_for(BOB, due_at=NOW + 99))
    hold(db, 3, tenant="other")
    assert ids(take(db, Grant(DUE, 1))) == [1, 1]
    assert ids(take(db, Grant(DUE, 5))) == [2]
    assert take(db, Grant(DUE, 5)) == []
    assert len(lanes(db, "s", NOW)) == 1, "the other tenant's"


def test_fresh_ones_go_first_and_the_backlog_has_its_share(db: sqlite3.Connection) -> None:
    for number in (1, 2, 3):
        hold(db, number, held_for(due_at=NOW - FRESH_SECONDS - 10 * (4 - number)))
    for number in (11, 12, 13):
        hold(db, number, held_for(due_at=NOW - 14 + number))
    assert ids(take(db, Grant(DUE, 2, 1))) == [1, 11]
    assert ids(take(db, Grant(DUE, 1))) == [12]
    assert ids(take(db, Grant(DUE, 2))) == [13, 2]
    assert ids(take(db, Grant(DUE, 2))) == [3]


def test_an_attempt_puts_a_row_into_the_backlog_by_when_it_is_due(db: sqlite3.Connection) -> None:
    hold(db, 1)
    (taken,) = take(db, Grant(DUE, 1))
    rows.settle(db, [Settlement(taken.lease, State.QUEUED, NOW + 60)], NOW)
    hold(db, 2, held_for(due_at=NOW + 70))
    assert lanes(db, "s", NOW) == []
    assert ids(take(db, Grant(DUE, 1), now=NOW + 80)) == [2], "it is fresh"
    assert ids(take(db, Grant(DUE, 1), now=NOW + 80)) == [1]


def test_a_row_whose_judgement_came_is_a_first_attempt(db: sqlite3.Connection) -> None:
    hold(db, 1, held_for(state=State.UNJUDGED, due_at=NOW))
    (taken,) = take(db, Grant(DUE._replace(state=State.UNJUDGED), 1))
    rows.settle(db, [Settlement(taken.lease, State.QUEUED, NOW, is_attempt=False)], NOW)
    assert ids(take(db, Grant(DUE, 1))) == [1]
