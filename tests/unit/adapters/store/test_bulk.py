"""Bulk verbs on the real statements: whom they mean, what they do, what is under way."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from fixtures.fix_held import ANN, BOB, RECEIVED_AT, held_message
from katharion.adapters.store import bulk, rows
from katharion.adapters.store.lanes import lanes
from katharion.adapters.store.migrate import migrate, spool_path
from katharion.mail.address import Address
from katharion.mail.envelope import Envelope
from katharion.values.fate import State
from katharion.values.held import Claim, Grant, HeldRecipient, Lane, LaneDue, Moment, Settlement
from katharion.values.waiting import Act, Done, Selection, Verb

NOW = RECEIVED_AT + 10
MOMENT = Moment(NOW, NOW, NOW)
CAT = Address("cat", "other.example")


@pytest.fixture
def db(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """Three messages: 1 of eve's for ann and bob, 2 of the empty sender's, 3 of another tenant."""
    migrate(tmp_path, 1)
    db = sqlite3.connect(spool_path(tmp_path, 0), isolation_level=None)
    hold(db, 1, row(ANN), row(BOB))
    hold(db, 2, row(CAT, route="other"), sender=None)
    hold(db, 3, row(ANN, State.UNJUDGED), tenant="else", held_by="node-b/filter-01")
    hold(db, 4, row(ANN, State.QUARANTINED))
    yield db
    db.close()


def row(who: Address, state: State = State.QUEUED, route: str = "customer") -> HeldRecipient:
    return HeldRecipient(who, state, route, "next hop", due_at=NOW + 600)


def hold(db: sqlite3.Connection, number: int, *held: HeldRecipient, **more: object) -> None:
    message = msgspec.structs.replace(held_message(number), held_by="node-a/filter-00")
    if "sender" in more:
        more.pop("sender")
        message = msgspec.structs.replace(message, envelope=Envelope(None, (CAT,)))
    rows.hold(db, "s", msgspec.structs.replace(message, **more), held, ())


def do(db: sqlite3.Connection, verb: Verb, *, is_dry: bool = False, **wanted: object) -> Done:
    more = {key: wanted.pop(key) for key in ("note", "route") if key in wanted}
    selection = Selection(**wanted)  # type: ignore[arg-type] # Named fields.
    return bulk.act(db, Act(verb, selection, is_dry=is_dry, **more), MOMENT)  # type: ignore[arg-type] # Likewise.


def standing(db: sqlite3.Connection) -> dict[str, str]:
    found = rows.waiting(db, "s", Selection(), 100)
    return {f"{int(r.message_id)} {r.recipient.local}": r.route for r in found}


def take(db: sqlite3.Connection, now: float = NOW) -> list[Claim]:
    grants = tuple(Grant(due, 10) for due in lanes(db, "s", now))
    return rows.claim(db, "s", rows.ClaimWish("me", now, 0, 60.0, grants))


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({}, {"1 ann", "1 bob", "2 cat", "3 ann"}),
        ({"routes": ("other",)}, {"2 cat"}),
        ({"routes": ("other", "customer")}, {"1 ann", "1 bob", "2 cat", "3 ann"}),
        ({"domains": ("other.example",)}, {"2 cat"}),
        ({"tenants": ("else",)}, {"3 ann"}),
        ({"tenants": ("else",), "routes": ("other",)}, set()),
        ({"senders": ("EVE@sender.example",)}, {"1 ann", "1 bob", "3 ann"}),
        ({"senders": ("@sender.example",)}, {"1 ann", "1 bob", "3 ann"}),
        ({"senders": ("@der.example",)}, set()),
        ({"senders": ("<>",)}, {"2 cat"}),
        (
            {"recipients": ("@customer.example", "cat@other.example")},
            {"1 ann", "1 bob", "2 cat", "3 ann"},
        ),
        ({"recipients": ("bob@customer.example",)}, {"1 bob"}),
        ({"recipients": ("%",)}, set()),
        ({"holders": ("node-b",)}, {"3 ann"}),
        ({"holders": ("filter-01",)}, {"3 ann"}),
        ({"holders": ("node-a/filter-00",)}, {"1 ann", "1 bob", "2 cat"}),
        ({"holders": ("ilter-01",)}, set()),
        ({"ids": (f"{1:026}", f"{2:026}")}, {"1 ann", "1 bob", "2 cat"}),
        ({"states": (State.UNJUDGED,)}, {"3 ann"}),
    ],
)
def test_whom_a_selection_means(
    db: sqlite3.Connection, wanted: dict[str, object], found: set[str]
) -> None:
    shown = rows.waiting(db, "s", Selection(**wanted), 100)  # type: ignore[arg-type] # Named fields.
    assert {f"{int(r.message_id)} {r.recipient.local}" for r in shown} == found
    assert do(db, Verb.PAUSE, is_dry=True, **wanted).changed == len(found)


def test_a_dry_run_changes_nothing(db: sqlite3.Connection) -> None:
    before = list(db.iterdump())
    for verb in Verb:
        do(db, verb, is_dry=True, route="other", note="x")
    assert list(db.iterdump()) == before


def test_retry_makes_due_what_is_not_under_way(db: sqlite3.Connection) -> None:
    assert take(db) == []
    assert do(db, Verb.RETRY) == Done(4, 0, 0)
    assert len(take(db)) == 4
    assert do(db, Verb.RETRY) == Done(0, 4, 4), "all are under way"


def test_reroute_takes_rows_to_the_lane_of_the_other_route(db: sqlite3.Connection) -> None:
    assert do(
        db, Verb.REROUTE, routes=("customer",), states=(State.QUEUED,), route="other"
    ) == Done(2)
    assert standing(db) == {
        "1 ann": "other",
        "1 bob": "other",
        "2 cat": "other",
        "3 ann": "customer",
    }
    assert lanes(db, "s", NOW) == [LaneDue("s", Lane("customer", "other", "customer.example"))]


def test_reroute_of_what_is_under_way_waits_for_its_end(db: sqlite3.Connection) -> None:
    do(db, Verb.RETRY, ids=(f"{2:026}",))
    (taken,) = take(db)
    assert do(db, Verb.REROUTE, ids=(f"{2:026}",), route="customer") == Done(1, 1)
    assert take(db) == [], "no second delivery beside the first"
    assert rows.settle(db, [Settlement(taken.lease, State.QUEUED, NOW + 60)], NOW) == [True]
    assert standing(db)["2 cat"] == "customer"


def test_rows_on_hold_are_not_claimed_until_they_are_resumed(db: sqlite3.Connection) -> None:
    do(db, Verb.RETRY)
    assert do(db, Verb.PAUSE, recipients=(str(ANN),), note="paused by me") == Done(2)
    assert {str(claim.lease.recipient) for claim in take(db)} == {str(BOB), str(CAT)}
    (shown, _) = rows.waiting(db, "s", Selection(recipients=(str(ANN),)), 10)
    assert shown.paused == "paused by me"
    assert do(db, Verb.RESUME) == Done(2, 2, 2)
    assert {str(claim.lease.recipient) for claim in take(db)} == {str(ANN)}


def test_what_is_given_up_comes_to_the_runner_at_once(db: sqlite3.Connection) -> None:
    assert do(db, Verb.EXPIRE) == Done(3, 0, 1), "what is unjudged has no time that could be over"
    claims = take(db)
    assert len(claims) == 3
    assert all(claim.is_given_up for claim in claims)


def test_what_is_under_way_is_given_up_when_that_has_failed(db: sqlite3.Connection) -> None:
    do(db, Verb.RETRY, ids=(f"{2:026}",))
    (taken,) = take(db)
    assert do(db, Verb.EXPIRE, ids=(f"{2:026}",)) == Done(1, 1)
    assert take(db) == []
    assert rows.settle(db, [Settlement(taken.lease, State.QUEUED, NOW + 600)], NOW) == [True]
    (given_up,) = take(db)
    assert given_up.is_given_up


def test_deleted_while_it_is_under_way_nobody_settles_it(db: sqlite3.Connection) -> None:
    do(db, Verb.RETRY, ids=(f"{2:026}",))
    (taken,) = take(db)
    done = do(db, Verb.DELETE, ids=(f"{2:026}",))
    assert done == Done(1, 1, 0, ((f"{2:026}", str(CAT)),))
    assert rows.settle(db, [Settlement(taken.lease, State.DELIVERED)], NOW) == [False]
    assert rows.move(db, f"{2:026}", str(CAT), State.QUARANTINED, NOW), "undo"


def test_lanes_are_counted(db: sqlite3.Connection) -> None:
    do(db, Verb.RETRY, ids=(f"{2:026}",))
    take(db)
    do(db, Verb.PAUSE, recipients=(str(BOB),), note="x")
    counts = {(c.lane.tenant, c.lane.route): c for c in bulk.lane_counts(db, NOW)}
    assert [counts["customer", "customer"].waiting, counts["customer", "customer"].paused] == [2, 1]
    assert counts["customer", "other"].under_way == 1
    assert counts["else", "customer"].oldest_at == RECEIVED_AT
