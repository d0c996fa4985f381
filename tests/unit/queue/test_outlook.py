"""What operators are told: tables."""

import msgspec
import pytest

from fixtures.fix_held import ANN
from katharion.queue.destinations import Destinations
from katharion.queue.options import QueueOptions
from katharion.queue.outlook import Told, lines, tell, why
from katharion.values.attempt import AttemptResult, Outcome, RecipientResult, Words
from katharion.values.fate import State
from katharion.values.held import HeldRow, Lane
from katharion.values.snapshot import NextHop, Route
from katharion.values.waiting import LaneCount, Pause

ROUTES = {"office": Route("office", (NextHop("a"),)), "mx": Route("mx", is_mx=True)}
OFFICE = Lane("t", "office", "customer.example")
PAUSE = Pause("office", owner="ann", reason="maintenance")
RESTING = Told("resting", 1, 0, 0.0, 42.0)
OPEN = Told("open", 10, 2, 2.0)
ROW = HeldRow(
    message_id="m",
    shard="s",
    recipient=ANN,
    state=State.QUEUED,
    route="office",
    tenant="t",
    sender="",
    subject="",
    reason="next hop",
    received_at=0.0,
    queued_at=0.0,
    due_at=0.0,
    attempts=1,
    size_bytes=1,
    words=Words(451, "4.3.0", ("later",)),
    verdict=None,
    is_sender_told=False,
)


@pytest.mark.parametrize(
    ("changed", "pauses", "told", "sentence"),
    [
        ({}, [], {}, "451 4.3.0 later"),
        ({"words": None}, [], {}, "next hop"),
        ({"lease_owner": "n/q/1"}, [PAUSE], {}, "under way by n/q/1"),
        ({"paused": "paused by bob"}, [], {}, "on hold, paused by bob"),
        ({}, [PAUSE], {}, "paused by ann: maintenance"),
        ({}, [Pause(tenant="else", owner="x")], {}, "451 4.3.0 later"),
        ({}, [], {"office": RESTING}, "its destination rests for 42 s: 451 4.3.0 later"),
        ({"state": State.UNJUDGED}, [], {"office": RESTING}, "451 4.3.0 later"),
    ],
)
def test_why_a_row_waits(
    changed: dict[str, object], pauses: list[Pause], told: dict[str, Told], sentence: str
) -> None:
    row = msgspec.structs.replace(ROW, **changed)
    assert why(row, ROUTES["office"], pauses, told) == sentence


def count(lane: Lane, waiting: int, paused: int = 0) -> LaneCount:
    return LaneCount(lane, waiting, 100.0, 200.0, 1, paused)


def test_a_destination_is_one_line_whatever_its_lanes() -> None:
    other = Lane("t2", "office", "else.example")
    found = lines([count(OFFICE, 60), count(other, 60)], ROUTES, [], {"office": OPEN})
    assert [(f.destination, f.waiting, f.state, f.empty_seconds) for f in found] == [
        ("office", 120, "open", 60.0)
    ]
    mx = [Lane("t", "mx", domain) for domain in ("a.example", "b.example")]
    found = lines([count(lane, n + 1) for n, lane in enumerate(mx)], ROUTES, [], {})
    assert [f.destination for f in found] == ["mx/b.example", "mx/a.example"]


@pytest.mark.parametrize(
    ("pauses", "on_hold", "told", "state", "is_foretold"),
    [
        ([PAUSE], 0, OPEN, "paused", False),
        ([Pause(tenant="t", owner="x")], 0, OPEN, "open, partly paused", True),
        ([], 3, OPEN, "open, 3 on hold", True),
        ([], 20, OPEN, "paused", False),
        ([], 0, RESTING, "resting", False),
        ([], 0, None, "waiting", False),
    ],
)
def test_states(
    pauses: list[Pause], on_hold: int, told: Told | None, state: str, *, is_foretold: bool
) -> None:
    lanes = [
        count(OFFICE, 10, min(on_hold, 10)),
        count(Lane("t2", "office", "x"), 10, max(0, on_hold - 10)),
    ]
    (found,) = lines(lanes, ROUTES, pauses, {"office": told} if told else {})
    assert (found.state, found.empty_seconds is not None) == (state, is_foretold)


def test_the_runner_tells_what_it_knows() -> None:
    known = Destinations(QueueOptions())
    known.of("office", ROUTES["office"], 0.0)
    trip = known.began("office", 0.0)
    said = RecipientResult(ANN, Outcome.DEFERRED, Words(0, "", ("no",)), "connect")
    known.heard(trip, AttemptResult((said,), "", was_connected=False), 1, 1.0)
    known.ended(trip)
    told = tell(known, 2.0)["office"]
    assert (told.state, told.rests_seconds, told.under_way) == ("resting", 4.0, 0)
