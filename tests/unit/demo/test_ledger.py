"""The demonstration's sums: each recipient in one fate, and none invented."""

import pytest

from katharion.demo.ledger import Figures, Ledger, number_of
from katharion.values.fate import State

KEY = (1, "alice@customer.example")


@pytest.mark.parametrize(
    ("code", "arrivals", "state", "fate"),
    [
        (250, 1, None, "delivered"),
        (250, 2, None, "delivered"),
        (250, 1, State.DELIVERED, "delivered"),
        (250, 0, State.QUARANTINED, "quarantined"),
        (250, 0, State.DISCARDED, "quarantined"),
        (250, 0, State.QUEUED, "queued"),
        (250, 0, State.UNCERTAIN, "queued"),
        (250, 0, None, "lost"),
        (250, 0, State.DELIVERED, "lost"),
        (250, 0, State.BOUNCED, "lost"),
        (550, 0, None, "refused"),
        (451, 0, None, "deferred"),
        (0, 0, None, "deferred"),
        (0, 1, None, "delivered"),
    ],
)
def test_fate(code: int, arrivals: int, state: State | None, fate: str) -> None:
    ledger = Ledger()
    ledger.replies[KEY] = code
    ledger.arrivals[KEY] = arrivals
    if state is not None:
        ledger.states[KEY] = state
    assert ledger.fate(KEY) == fate
    expected = {"sent": 1, fate: 1, "duplicates": max(0, arrivals - 1)}
    assert ledger.figures() == Figures(**expected)


def test_number_stands_in_the_subject() -> None:
    assert number_of("Subject: a parcel (sample 42)") == 42
    assert number_of("Subject: a parcel") is None
