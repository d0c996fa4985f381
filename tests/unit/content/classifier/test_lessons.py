"""What people teach: it moves what is like it, leaves the rest alone, and nobody can overdo it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from katharion.content.classifier import lessons
from katharion.content.classifier.features import Features
from katharion.content.classifier.hashing import Indices
from katharion.content.classifier.lessons import (
    DAY_SECONDS,
    KEEP_SECONDS,
    NO_DELTA,
    POINTS_MAX,
    REPORTER_COUNT_MAX,
    REPORTER_DAY_COUNT_MAX,
    TENANT_COUNT_MAX,
    TENANT_DAY_COUNT_MAX,
    delta_of,
    points,
    rare_slots,
    refusal,
    taught_by,
    that_hold,
)
from katharion.mail.message import Message
from katharion.values.lesson import Lesson

NOW = 1_000_000_000.0
NOTHING: Indices = np.zeros(0, np.uint32)
PILLS = b"Subject: cheap pills\r\n\r\nBuy our wonderful blue pills at half the price, today!\r\n"
DINNER = b"Subject: Sunday\r\n\r\nWill you bring the children when we meet grandmother?\r\n"


def slots(*numbers: int) -> bytes:
    return np.array(numbers, "<u4").tobytes()


def lesson(number: int = 1, reporter: str = "ann", at: float = NOW, **other: object) -> Lesson:
    given = {"is_spam": True, "slots": slots(number, number + 1)} | other
    return Lesson("acme", reporter, at, **given)  # type: ignore[arg-type] # Values of any kind.


def taught(content: bytes) -> Indices:
    return np.frombuffer(taught_by(Message(content), NOTHING), "<u4")


def test_common_slots_do_not_count() -> None:
    features = Features(np.array([1, 5, 9], np.uint32), (np.array([7, 20], np.uint32),))
    common = np.array([5, 20, 30], np.uint32)
    assert rare_slots(features, common).tolist() == [1, 7, 9]
    assert rare_slots(features, NOTHING).tolist() == [1, 5, 7, 9, 20]


def test_the_message_gets_all_points_one_like_it_some_another_none() -> None:
    said = [lesson(slots=taught_by(Message(PILLS), NOTHING))]
    delta = delta_of(said)
    alike = taught(PILLS.replace(b"half the price", b"a third off"))
    assert points(delta, taught(PILLS)) == pytest.approx(POINTS_MAX, abs=0.01)
    assert 1.0 < points(delta, alike) < POINTS_MAX
    assert abs(points(delta, taught(DINNER))) < points(delta, alike) / 2


def test_what_is_wanted_counts_the_other_way() -> None:
    delta = delta_of([lesson(is_spam=False)])
    assert points(delta, np.array([1, 2], np.uint32)) == pytest.approx(-POINTS_MAX, abs=0.01)


def test_who_gainsays_is_heard_as_well() -> None:
    delta = delta_of([lesson(reporter="ann"), lesson(reporter="bob", is_spam=False)])
    assert abs(points(delta, np.array([1, 2], np.uint32))) <= POINTS_MAX


def test_never_more_than_all_points() -> None:
    delta = delta_of([lesson(number) for number in range(200)])
    for number in range(200):
        assert points(delta, np.array([number, number + 1], np.uint32)) <= POINTS_MAX


@pytest.mark.parametrize(
    ("others", "says"),
    [
        ([], ""),
        ([lesson()], "already"),
        ([lesson(taken_back_at=NOW)], ""),
        ([lesson(is_spam=False)], ""),
        ([lesson(reporter="bob")], ""),
        ([lesson(at=NOW - DAY_SECONDS - 1)], ""),
        ([lesson(n + 5) for n in range(REPORTER_DAY_COUNT_MAX)], "ann has said enough today"),
        (
            [lesson(n + 5, reporter=str(n)) for n in range(TENANT_DAY_COUNT_MAX)],
            "acme has said enough today",
        ),
    ],
)
def test_what_is_not_taken(others: list[Lesson], says: str) -> None:
    found = refusal(lesson(), others)
    assert says in found
    assert bool(found) is bool(says)


def test_what_says_nothing_is_not_taken() -> None:
    assert "too little" in refusal(lesson(slots=b""), [])


def test_which_hold() -> None:
    held = that_hold(
        [lesson(1, at=NOW - 1), lesson(2, taken_back_at=NOW), lesson(3, at=NOW - KEEP_SECONDS - 1)],
        NOW,
    )
    assert held == [lesson(1, at=NOW - 1)]
    many = [lesson(n, at=NOW - n) for n in range(REPORTER_COUNT_MAX + 50)]
    assert that_hold(many, NOW) == many[:REPORTER_COUNT_MAX][::-1]
    crowd = [lesson(n, reporter=str(n), at=NOW - n) for n in range(TENANT_COUNT_MAX + 50)]
    assert len(that_hold(crowd, NOW)) == TENANT_COUNT_MAX


def test_a_file_gives_back_what_was_put_in() -> None:
    delta = delta_of([lesson(1), lesson(7, is_spam=False)])
    found = lessons.load(lessons.dump(delta))
    assert found.slots.tolist() == delta.slots.tolist()
    assert found.weights.tolist() == delta.weights.tolist()


@given(st.binary(max_size=64))
def test_other_octets_are_no_delta(octets: bytes) -> None:
    assert points(lessons.load(octets), np.array([1, 2], np.uint32)) <= POINTS_MAX
    assert lessons.load(octets + lessons.dump(delta_of([lesson()]))) is NO_DELTA or not octets


def test_nobody_has_said_anything() -> None:
    assert delta_of([]) is NO_DELTA
    assert points(NO_DELTA, np.array([1], np.uint32)) == 0.0
    assert points(delta_of([lesson()]), NOTHING) == 0.0
