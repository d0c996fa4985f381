"""What an attempt comes to: outcomes by age, as a table."""

import pytest

from katharion.mail.address import Address
from katharion.queue.attempt import UNCERTAIN_SECONDS, decide
from katharion.queue.options import QueueOptions
from katharion.values.attempt import Outcome, RecipientResult, Words
from katharion.values.fate import TRANSITIONS, State
from katharion.values.held import Claim, Lease

NOW = 1_000_000.0
ALICE = Address("alice", "example.org")
YOUNG, OLD = NOW - 60.0, NOW - 6 * 86_400.0


@pytest.mark.parametrize(
    ("outcome", "queued_at", "state", "reason"),
    [
        (Outcome.ACCEPTED, YOUNG, State.DELIVERED, ""),
        (Outcome.ACCEPTED, OLD, State.DELIVERED, ""),
        (Outcome.REFUSED, YOUNG, State.QUARANTINED, "undeliverable"),
        (Outcome.DEFERRED, YOUNG, State.QUEUED, ""),
        (Outcome.DEFERRED, OLD, State.QUARANTINED, "expired"),
        (Outcome.UNCERTAIN, YOUNG, State.QUEUED, ""),
        (Outcome.UNCERTAIN, OLD, State.QUARANTINED, "expired"),
    ],
)
def test_decisions(outcome: Outcome, queued_at: float, state: State, reason: str) -> None:
    claim = Claim(Lease("M", "s", ALICE, 2), State.QUEUED, "r", "", 1, queued_at, queued_at, 9)
    words = Words(450, "4.2.0", ("later",))
    result = RecipientResult(ALICE, outcome, words, "dot")
    settled = decide(claim, result, "h:25", NOW, QueueOptions())
    assert (settled.state, settled.reason) == (state, reason)
    assert settled.words == words
    assert state is State.QUEUED or state in TRANSITIONS[State.QUEUED]
    if state is State.QUEUED:
        assert settled.due_at > NOW
    if outcome is Outcome.UNCERTAIN and state is State.QUEUED:
        assert settled.due_at >= NOW + UNCERTAIN_SECONDS, "the next hop may still take it"
