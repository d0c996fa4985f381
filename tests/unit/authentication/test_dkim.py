"""Verification as a whole: rounds, bounds, and what strangers send; tables/dkim.toml has more."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.signer import ED25519, RSA, TAGS, signed
from fakes.text_zone import TextZone
from katharion.authentication import dkim
from katharion.mail.message import Message
from katharion.values.authenticity import DkimResult, Result

HOSTILE_SECONDS_MAX = 0.02
NOW = 1_790_000_000.0
LETTER = b"From: a@signer.example\r\nTo: b@reader.example\r\nSubject: Hello\r\n\r\nHello.\r\n"
RSA_TAGS = TAGS.replace("ed25519-sha256", "rsa-sha256").replace("s=ed", "s=rsa")


def zone() -> TextZone:
    return TextZone({key.record_name: [key.record] for key in (ED25519, RSA)})


def verify(content: bytes) -> tuple[DkimResult, ...]:
    return zone().drive(dkim.verify(Message(content), NOW))


def test_no_signature_asks_nothing() -> None:
    keys = zone()
    assert keys.drive(dkim.verify(Message(LETTER), NOW)) == ()
    assert not keys.rounds


def test_one_round_for_all_keys_each_asked_for_once() -> None:
    keys = zone()
    content = signed(signed(signed(LETTER), RSA_TAGS))
    found = keys.drive(dkim.verify(Message(content), NOW))
    assert [result.result for result in found] == [Result.PASS] * 3
    assert [len(questions) for questions in keys.rounds] == [2]


TROUBLES = [
    ("", b"Hello.", b"Hallo.", Result.FAIL, "The body of the message was changed"),
    ("l=8; ", b"Hello.", b"Hello", Result.FAIL, "is shorter than what was signed"),
    ("l=8; ", b"Hello.", b"Hello.\r\nMore.", Result.PASS, "The last 7 octets"),
    ("", b"Subject: Hello", b"Subject: Hallo", Result.FAIL, "does not match the header"),
    ("", b"From", b"From: c@else.example\r\nFrom", Result.POLICY, "does not cover"),
    ("", b"s=ed", b"s=no", Result.PERMERROR, "no key"),
    ("", b"v=1", b"v=2", Result.PERMERROR, "version"),
    ("", b"", b"", Result.PASS, ""),
]


@pytest.mark.parametrize(("tag", "old", "new", "result", "words"), TROUBLES)
@pytest.mark.parametrize("form", ["relaxed/relaxed", "simple/simple"])
def test_what_may_happen_on_the_way(  # noqa: PLR0917 # A table's columns.
    tag: str, old: bytes, new: bytes, result: Result, words: str, form: str
) -> None:
    content = signed(LETTER, tag + TAGS.replace("relaxed/relaxed", form)).replace(old, new, 1)
    (found,) = verify(content)
    assert found.result is result
    assert words in found.reason


def test_a_field_that_can_not_be_read() -> None:
    (found,) = verify(b"DKIM-Signature: what\r\n" + LETTER)
    assert found == DkimResult(
        Result.PERMERROR,
        reason="The signature can't be read: it is not a well-formed list of tags.",
    )


def test_a_header_that_was_cut_is_not_judged() -> None:
    (found,) = verify(signed(b"X: y\r\n" * 1000 + LETTER))
    assert found.result is Result.POLICY
    assert "too long" in found.reason


def test_more_signatures_than_are_looked_at() -> None:
    content = LETTER
    for _ in range(10):
        content = signed(content)
    found = verify(content)
    assert [result.result for result in found] == [Result.PASS] * 8 + [Result.POLICY]
    assert found[-1].reason == "2 more signatures were not looked at."


def bomb(count: int, tags: str) -> bytes:
    return b"".join(b"DKIM-Signature: %b\r\n" % tags.encode() for _ in range(count)) + LETTER


HASH = "bh=" + "A" * 43 + "="
FROM = "v=1; a=ed25519-sha256; d=signer.example; s=ed;"
BOMBS = {
    "200 signatures": bomb(200, f"{FROM} h=from; {HASH}; b=AAAA"),
    "10,000 names": bomb(8, f"{FROM} h=from{':x' * 10_000}; {HASH}; b=AAAA"),
    "names as many as fit": bomb(8, f"{FROM} h=from{':x' * 3_900}; {HASH}; b=AAAA"),
    "a long b=": bomb(8, f"{FROM} h=from; {HASH}; b={'A' * 8_000}"),
    "a megabyte of b=": bomb(1, f"{FROM} h=from; {HASH}; b={'A' * 1_000_000}"),
    "semicolons": bomb(8, ";" * 8_000),
    "eight lengths of the body": b"".join(
        bomb(1, f"{FROM} c=relaxed/relaxed; l={at}; h=from; {HASH}; b=AAAA").removesuffix(LETTER)
        for at in range(8)
    )
    + LETTER
    + b"body  \r\n" * 30_000,
    "long fields that are signed eight times": bomb(
        8, f"{FROM} c=relaxed; h=from:subject; {HASH}; b=AAAA"
    ).replace(b"Subject: ", b"Subject: " + b"a  " * 150_000),
}


@pytest.mark.parametrize("name", BOMBS)
def test_no_message_is_dear(name: str) -> None:
    def seconds() -> float:
        message, keys = Message(BOMBS[name]), zone()
        began = time.process_time()
        keys.drive(dkim.verify(message, NOW))
        return time.process_time() - began

    assert min(seconds() for _ in range(3)) < HOSTILE_SECONDS_MAX


@given(st.binary(max_size=200), st.binary(max_size=100))
def test_any_octets(field: bytes, rest: bytes) -> None:
    verify(b"DKIM-Signature: " + field + b"\r\n" + rest)
    verify(field + LETTER)


@given(st.data())
def test_any_change_of_a_signed_message(data: st.DataObject) -> None:
    content = signed(LETTER)
    start = data.draw(st.integers(0, len(content)))
    end = data.draw(st.integers(start, min(start + 5, len(content))))
    changed = content[:start] + data.draw(st.binary(max_size=5)) + content[end:]
    for result in verify(changed):
        if result.result is Result.PASS:
            assert result.domain == "signer.example"
