"""The structure of chains, field by field."""

import pytest

from fakes.sealers import LETTER
from katharion.authentication.arc_chain import SETS_COUNT_MAX, Survey, places_of, read_sets, survey
from katharion.authentication.dkim_signature import Flaw
from katharion.mail.message import Message


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (b"i=1; x; none", 1),
        (b"i = 50 ; x", 50),
        (b" (a comment) i (another)=(third) 7 (fourth); x", 7),
        (b"i=07; x", 7),
        (b"I=1; x", 0),
        (b"i=0; x", 0),
        (b"i=51; x", 0),
        (b"i=100; x", 0),
        (b"i=; x", 0),
        (b"i=1 x", 0),
        (b"x; i=1", 0),
        (b"i=1(; x", 0),
    ],
)
def test_instances_of_results(value: bytes, number: int) -> None:
    message = Message(b"ARC-Authentication-Results: %b\r\n\r\n" % value)
    assert survey(message).highest == number


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (b"i=1; a=x", 1),
        (b"a=x; i = 50 ;", 50),
        (b"i=51", 0),
        (b"i=", 0),
        (b"i=1 2", 0),
        (b"i=1; i=1", 0),
        (b"a=x", 0),
    ],
)
@pytest.mark.parametrize("name", [b"ARC-Seal", b"arc-message-signature"])
def test_instances_of_signatures(name: bytes, value: bytes, number: int) -> None:
    assert survey(Message(b"%b: %b\r\n\r\n" % (name, value))).highest == number


def test_a_sealer_that_called_it_broken_is_found_in_any_state() -> None:
    message = Message(b"ARC-Seal: i=3; cv=fail\r\nARC-Seal: x\r\n" + LETTER)
    assert survey(message) == Survey(3, has_ended=True)
    assert survey(Message(LETTER)) == Survey(0, has_ended=False)


def test_more_fields_than_a_chain_may_have_are_not_read() -> None:
    message = Message(b"ARC-Seal: i=1\r\n" * (SETS_COUNT_MAX * 3 + 1) + LETTER)
    sets = read_sets(message, places_of(message))
    assert isinstance(sets, Flaw)
    assert "more than 50" in sets.reason
