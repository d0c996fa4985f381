"""The account of a drill: what was seen outside, added up."""

import pytest

from katharion.drill.account import Account, Seen, add_up, lost_of
from katharion.drill.letters import FIRST_FIELD, digest_of_arrival, letter
from katharion.values.fate import State

KEY = (b"digest", "alice@customer.example")


def seen(**facts: object) -> Seen:
    nothing = {
        "digests": {b"digest"},
        "acknowledged": {KEY},
        "repeated": set(),
        "arrivals": {},
        "unanswered": set(),
        "rows": {},
    }
    return Seen(**{**nothing, **facts})


def account(**facts: object) -> Account:
    return add_up(seen(**facts))


@pytest.mark.parametrize(
    ("facts", "fate"),
    [
        ({"arrivals": {KEY: [1.0]}}, "delivered"),
        ({"arrivals": {KEY: [1.0]}, "rows": {KEY: State.QUEUED}}, "delivered"),
        ({"rows": {KEY: State.QUEUED}}, "queued"),
        ({"rows": {KEY: State.UNCERTAIN}}, "queued"),
        ({"rows": {KEY: State.UNJUDGED}}, "queued"),
        ({"rows": {KEY: State.QUARANTINED}}, "quarantined"),
        ({"rows": {KEY: State.BOUNCED}}, "bounced"),
        ({"rows": {KEY: State.DELIVERED}}, "lost"),  # So it says; the next hop has nothing.
        ({"rows": {KEY: State.EXPIRED}}, "lost"),
        ({}, "lost"),
    ],
)
def test_fates(facts: dict[str, object], fate: str) -> None:
    found = account(**facts)
    assert {
        name
        for name in ("delivered", "queued", "quarantined", "bounced", "lost")
        if getattr(found, name)
    } == {fate}
    assert found.acked == 1
    assert lost_of(seen(**facts)) == ([KEY] if fate == "lost" else [])


def test_what_was_not_acknowledged_is_the_senders() -> None:
    assert account(acknowledged=set()).lost == 0


@pytest.mark.parametrize(
    ("facts", "cause"),
    [
        ({}, ""),
        ({"repeated": {KEY}}, "the sender's repeat"),
        ({"unanswered": {KEY}}, "no answer from the next hop"),
        ({"faults": [(1.5, "kill queue-runner")]}, "kill queue-runner"),
        ({"faults": [(0.5, "kill queue-runner"), (2.5, "kill filter-00")]}, ""),
    ],
)
def test_each_duplicate_has_a_cause(facts: dict[str, object], cause: str) -> None:
    found = account(arrivals={KEY: [1.0, 2.0]}, **facts)
    assert (found.duplicates, found.explained) == (1, int(bool(cause)))
    assert found.causes == {cause: 1}


def test_another_content_is_seen() -> None:
    assert account(arrivals={KEY: [1.0], (b"other", KEY[1]): [1.0]}).altered == 1


@pytest.mark.parametrize("number", [0, 1, 7, 10, 13])
def test_a_letter_is_known_again_behind_a_trace(number: int) -> None:
    one = letter(number)
    assert one == letter(number)
    assert one.content.startswith(FIRST_FIELD)
    assert digest_of_arrival(b"Received: from x\r\n\tby y\r\n" + one.content) == one.digest
    assert digest_of_arrival(one.content) == one.digest
    assert digest_of_arrival(one.content + b"more\r\n") != one.digest
    assert digest_of_arrival(b"Subject: another's\r\n\r\n") is None
