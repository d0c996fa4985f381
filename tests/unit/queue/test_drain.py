"""Gentle drain, as tables: who asks for less, who grows, what is bounded."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from katharion.mail.address import Address
from katharion.queue.drain import Answer, Drain, answer_of
from katharion.values.attempt import AttemptResult, Outcome, RecipientResult, Words

ANN = Address("ann", "customer.example")
MAX = 10


def result(outcome: Outcome, words: Words, took_seconds: float) -> AttemptResult:
    each = RecipientResult(ANN, outcome, words, "dot")
    return AttemptResult((each,), "mx:25", was_connected=True, took_seconds=took_seconds)


OK = Words(250, "2.0.0", ("ok",))
BUSY = Words(451, "4.3.2", ("busy",))
SILENCE = Words(0, "", ("no answer",))


@pytest.mark.parametrize(
    ("outcome", "words", "took_seconds", "size_bytes", "answer"),
    [
        (Outcome.ACCEPTED, OK, 0.1, 1000, Answer.QUICK),
        (Outcome.ACCEPTED, OK, 5.0, 1000, Answer.SLOW),
        (Outcome.ACCEPTED, OK, 20.0, 1000, Answer.PRESSED),
        (Outcome.ACCEPTED, OK, 20.0, 20_000_000, Answer.QUICK),  # It is the size.
        (Outcome.DEFERRED, BUSY, 0.1, 1000, Answer.PRESSED),
        (Outcome.DEFERRED, Words(421, "", ("bye",)), 0.1, 1000, Answer.PRESSED),
        (Outcome.DEFERRED, Words(452, "4.2.2", ("full",)), 0.1, 1000, Answer.QUICK),
        (Outcome.DEFERRED, Words(450, "4.7.1", ("greylisted",)), 0.1, 1000, Answer.QUICK),
        (Outcome.REFUSED, Words(550, "5.1.1", ("unknown",)), 0.1, 1000, Answer.QUICK),
        (Outcome.UNCERTAIN, SILENCE, 90.0, 1000, Answer.PRESSED),
    ],
)
def test_how_it_took_a_delivery(
    outcome: Outcome, words: Words, took_seconds: float, size_bytes: int, answer: Answer
) -> None:
    assert answer_of(result(outcome, words, took_seconds), size_bytes) is answer


@pytest.mark.parametrize(
    ("window", "answer", "after"),
    [
        (1.0, Answer.QUICK, 2.0),
        (2.0, Answer.QUICK, 2.5),
        (10.0, Answer.QUICK, 10.0),
        (4.0, Answer.SLOW, 4.0),
        (4.0, Answer.PRESSED, 2.0),
        (1.0, Answer.PRESSED, 1.0),
    ],
)
def test_steps(window: float, answer: Answer, after: float) -> None:
    assert Drain(window).ended(answer, 5.0, 6.0, MAX).window == after


def test_those_that_went_together_are_one_complaint() -> None:
    drain = Drain(8.0).ended(Answer.PRESSED, 1.0, 2.0, MAX)
    assert drain.ended(Answer.PRESSED, 1.5, 2.1, MAX) == drain
    assert drain.ended(Answer.PRESSED, 2.5, 3.0, MAX).window == 2.0


def test_a_server_that_is_well_again_has_all_of_it_within_some_rounds() -> None:
    drain, deliveries = Drain(1.0), 0
    while drain.is_gentle(MAX):
        drain = drain.ended(Answer.QUICK, 0.0, 1.0, MAX)
        deliveries += 1
    assert deliveries < 60


@settings(deadline=None)
@given(
    st.integers(1, 50),
    st.lists(st.tuples(st.sampled_from(Answer), st.floats(0, 1e6), st.floats(0, 1e6))),
)
def test_it_is_always_within_its_bounds(most: int, ends: list[tuple[Answer, float, float]]) -> None:
    drain = Drain(float(most))
    for answer, began_at, now in ends:
        drain = drain.ended(answer, began_at, now, most)
        assert 1 <= drain.deliveries_max <= most
