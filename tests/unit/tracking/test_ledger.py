"""The ledger: whose fate is what, who is missing, and nothing that is only in flight."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from katharion.tracking.ledger import HOUR_SECONDS, Figures, Ledger
from katharion.values.track import TrackMark

OK = "250 2.0.0 Accepted"
ANN, BOB = "ann@customer.example", "bob@customer.example"
STANDING = ("queued", "unjudged", "uncertain", "quarantined", "discarded")
ENDS = ("delivered", "bounced", "expired", "deleted")


def held(message_id: str = "M1", recipient: str = ANN, at: float = 10.0, **more: str) -> TrackMark:
    facts = {"state": "quarantined", "reason": "gtube", "reply": OK, "node": "n", **more}
    return TrackMark(at, "held", message_id=message_id, recipient=recipient, **facts)


def later(state: str, at: float = 20.0, message_id: str = "M1", recipient: str = ANN) -> TrackMark:
    return TrackMark(at, "attempt", message_id=message_id, recipient=recipient, state=state)


def ledger() -> Ledger:
    return Ledger(0.0, 1e12, 1000)


def figures(one: Ledger) -> dict[str, int]:
    """Those that are not nought."""
    found = one.balance().figures
    return {n: getattr(found, n) for n in Figures.__struct_fields__ if getattr(found, n)}


@pytest.mark.parametrize(
    ("row", "records", "fate"),
    [
        *[(state, (), state) for state in STANDING + ENDS],
        # A record of the end stands where the row has been purged.
        *[(None, (end,), end) for end in ENDS],
        # Lost: neither a row, nor an end.
        (None, (), "difference"),
        *[(None, (state,), "difference") for state in STANDING],
        # The row is the truth while it stands: a settlement may have failed after its record.
        ("queued", ("bounced",), "queued"),
        ("quarantined", ("deleted",), "quarantined"),
        # But what a next hop took once is delivered, whatever the queue does with the rest.
        ("queued", ("delivered",), "delivered"),
        (None, ("delivered", "queued"), "delivered"),
        # A deletion that was undone is none.
        (None, ("deleted", "quarantined"), "difference"),
        (None, ("queued", "bounced"), "bounced"),
    ],
)
def test_fate(row: str | None, records: tuple[str, ...], fate: str) -> None:
    one = ledger()
    one.hear([held()])
    one.see([("M1", ANN, row)] if row else [])
    assert one.unseen() == (set() if row else {"M1"})
    one.hear_again([held(), *[later(state, 20.0 + n) for n, state in enumerate(records)]])
    assert figures(one) == {"accepted": 1, fate: 1}
    assert bool(one.balance().missing) == (fate == "difference")


def test_the_missing_are_named_with_what_was_said_and_what_to_do() -> None:
    one = ledger()
    one.hear([held(), later("queued")])
    one.see([])
    (name,) = one.balance().missing
    assert (name.message_id, name.recipient, name.at, name.said) == ("M1", ANN, 10.0, OK)
    assert name.recorded == "held → quarantined (gtube), then queued"
    assert "no shard has its row" in name.missing
    assert "backup" in name.remedy
    assert "katharion trace M1" in name.remedy


@pytest.mark.parametrize("event", ["rejected", "deferred"])
def test_a_positive_reply_without_a_hold_is_a_loss(event: str) -> None:
    one = ledger()
    one.hear([TrackMark(1.0, event, message_id="M1", recipient=ANN, reply=OK)])
    assert figures(one) == {"accepted": 1, "difference": 1}
    assert "a fault of katharion" in one.balance().missing[0].remedy


@pytest.mark.parametrize(
    "mark",
    [
        held(reply="451 4.3.0 Later"),
        TrackMark(1.0, "deferred", message_id="M1", recipient=ANN, reply="(the client had gone)"),
        TrackMark(1.0, "repeated", message_id="M1", recipient=ANN, reply=OK),
        TrackMark(1.0, "rcpt-refused", recipient=ANN, reply="550 5.1.1 No"),
        later("delivered"),
    ],
)
def test_what_was_not_acknowledged_does_not_count(mark: TrackMark) -> None:
    one = ledger()
    one.hear([mark])
    assert figures(one) == {}


def test_who_had_gone_may_come_back_and_hear_that_it_is_done() -> None:
    one = ledger()
    one.hear([held(reply="(the client had gone)")])
    assert figures(one) == {"accepted": 1, "difference": 1}


def test_delivered_at_once_needs_no_row() -> None:
    one = ledger()
    one.hear([TrackMark(1.0, "delivered", message_id="M1", recipient=ANN, reply=OK)])
    assert one.span() is None
    assert figures(one) == {"accepted": 1, "delivered": 1}


def test_two_who_are_redirected_to_one_stand_by_its_row() -> None:
    one = ledger()
    one.hear([held(recipient=r, state="queued", redirected_to="x@c.example") for r in (ANN, BOB)])
    one.see([("M1", "x@c.example", "queued")])
    assert figures(one) == {"accepted": 2, "queued": 2}
    one.see([])
    assert {name.recipient for name in one.balance().missing} == {ANN, BOB}
    one.hear_again([later("delivered", recipient="x@c.example")])
    assert figures(one) == {"accepted": 2, "delivered": 2}


def test_by_node_and_hour() -> None:
    one = ledger()
    hour = HOUR_SECONDS
    one.hear([held("M1", at=hour - 1), held("M2", at=hour), held("M3", at=hour + 1, node="o")])
    one.see([("M1", ANN, "quarantined"), ("M2", ANN, "delivered")])
    assert [(a.node, a.hour_at, a.figures.difference) for a in one.balance().accounts] == [
        ("n", 0.0, 0),
        ("n", hour, 0),
        ("o", hour, 1),
    ]
    one.forget_before(hour)
    assert figures(one) == {"accepted": 2, "delivered": 1, "difference": 1}
    one.hear([held("M0", at=hour - 1)])
    assert figures(one)["accepted"] == 2


def test_an_end_of_the_span_is_kept() -> None:
    one = Ledger(10.0, 20.0, 1000)
    one.hear([held(str(at), at=at) for at in (9.0, 10.0, 19.9, 20.0)])
    assert one.balance().figures.accepted == 2


def test_memory_is_bounded_and_what_is_left_out_is_told() -> None:
    one = Ledger(0.0, 1e12, 3)
    one.hear([held(f"M{n}") for n in range(5)])
    one.see([(f"M{n}", ANN, "quarantined") for n in range(5)])
    assert one.span() == ("M2", "M4")
    assert figures(one) == {"accepted": 3, "quarantined": 3}
    assert one.balance().unwatched == 2


_steps = st.lists(
    st.tuples(st.integers(0, 3), st.sampled_from(STANDING + ENDS), st.booleans()), max_size=20
)


@given(_steps)
def test_the_figures_always_add_up(steps: list[tuple[int, str, bool]]) -> None:
    """Whatever is heard and seen: all that were accepted stand in one column each."""
    one = ledger()
    one.hear([held(f"M{n}", BOB) for n in range(4)])
    for number, state, is_row in steps:
        if is_row:
            one.see([(f"M{number}", BOB, state)])
        else:
            one.hear_again([later(state, message_id=f"M{number}", recipient=BOB)])
        found = one.balance().figures
        assert (
            found.accepted
            == 4
            == sum(getattr(found, n) for n in Figures.__struct_fields__ if n != "accepted")
        )
        assert found.difference == len(one.balance().missing)
