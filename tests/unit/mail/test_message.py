"""The view of a message: fields as RFC 5322 has them, bounds, and words for people."""

import time

import pytest

from katharion.mail.message import (
    FIELDS_COUNT_MAX,
    HEADER_OCTETS_MAX,
    SUBJECT_LENGTH_MAX,
    VALUE_OCTETS_MAX,
    Message,
    decode_words,
    printable,
)

SPLITS = [
    (b"A: b\r\n\r\nbody", [(b"a", b"b")]),
    (b"A: b\r\nC: d\r\n", [(b"a", b"b"), (b"c", b"d")]),  # No body.
    (b"A: b", [(b"a", b"b")]),  # Not even a line end.
    (b"Subject: one\r\n two\r\n\tthree\r\n\r\n", [(b"subject", b"one two\tthree")]),
    (b"A :b\r\n\r\n", [(b"a", b"b")]),  # Obsolete syntax, RFC 5322 section 4.5.
    (b"A:\r\n\r\nB: no\r\n", [(b"a", b"")]),
    (b"no field\r\nA: b:c\r\n\r\n", [(b"a", b"b:c")]),
    (b"\r\nA: b\r\n", []),  # All is body.
    (b"", []),
    (b"A: \xff\x00\r\n\r\n", [(b"a", b"\xff\x00")]),
]


@pytest.mark.parametrize(("content", "fields"), SPLITS)
def test_split(content: bytes, fields: list[tuple[bytes, bytes]]) -> None:
    message = Message(content)
    assert [(f.name, f.value) for f in message.fields] == fields
    assert not message.is_header_cut


def test_fields_say_where_they_stand() -> None:
    content = b"A: b\r\n c\r\nD: e\r\n\r\nbody"
    message = Message(content)
    assert [content[f.start : f.end] for f in message.fields] == [b"A: b\r\n c\r\n", b"D: e\r\n"]


@pytest.mark.parametrize(
    ("content", "body"),
    [(b"A: b\r\n\r\nbody", b"body"), (b"\r\nbody", b"body"), (b"A: b\r\n", b""), (b"", b"")],
)
def test_where_the_body_begins(content: bytes, body: bytes) -> None:
    assert content[Message(content).body_start :] == body


def test_values_in_their_order() -> None:
    message = Message(b"Received: 1\r\nreceived: 2\r\nX: 3\r\n\r\n")
    assert message.values(b"received") == (b"1", b"2")
    assert message.first(b"received") == b"1"
    assert message.first(b"absent") == b""


def test_too_many_fields_are_cut_and_it_is_known() -> None:
    message = Message(b"A: b\r\n" * (FIELDS_COUNT_MAX + 1) + b"\r\n")
    assert len(message.fields) == FIELDS_COUNT_MAX
    assert message.is_header_cut


def test_too_long_a_header_is_cut_and_it_is_known() -> None:
    message = Message(b"A: " + b"b" * HEADER_OCTETS_MAX + b"\r\nB: c\r\n\r\n")
    assert [len(f.value) for f in message.fields] == [VALUE_OCTETS_MAX - 1]
    assert message.is_header_cut


WORDS = [
    (b"plain", "plain"),
    (b"=?utf-8?q?caf=C3=A9?=", "café"),
    (b"=?UTF-8?B?Y2Fmw6k=?=", "café"),
    (b"=?utf-8?b?Y2Fmw6k?=", "café"),  # Without its padding.
    (b"=?iso-8859-1?q?a_b?= =?iso-8859-1?q?c?=", "a bc"),  # RFC 2047 section 6.2.
    (b"=?utf-8?q?a?= plain", "a plain"),
    (b"caf\xc3\xa9", "café"),  # RFC 6532.
    (b"\xff", "\N{REPLACEMENT CHARACTER}"),
    (b"=?punycode?q?abc?=", "=?punycode?q?abc?="),  # Costs without bound.
    (b"=?utf-8?b?!!!?=", ""),  # Nothing in it is base64.
    (b"=?utf-8?b?\xc3\xa9?=", "=?utf-8?b?é?="),
    (b"=?utf-8?q?a=0D=0ABcc:?=", "a" + "\N{REPLACEMENT CHARACTER}" * 2 + "Bcc:"),
    (b"=?utf-8?q?=E2=80=AEabc?=", "\N{REPLACEMENT CHARACTER}abc"),  # Right to left.
]


@pytest.mark.parametrize(("value", "text"), WORDS)
def test_words_for_people(value: bytes, text: str) -> None:
    assert decode_words(value) == text


def test_subject_and_id_are_cut_and_printable() -> None:
    message = Message(b"Subject: " + b"s" * 999 + b"\r\nMessage-ID: <\x01@b>\r\n\r\n")
    assert message.subject == "s" * SUBJECT_LENGTH_MAX
    assert message.header_id == "\N{REPLACEMENT CHARACTER}@b"


def test_printable_keeps_what_is() -> None:
    assert printable("a é 中") == "a é 中"
    assert printable("a\r\nb") == "a" + "\N{REPLACEMENT CHARACTER}" * 2 + "b"


BOMBS = [
    b"Subject: " + b"=?utf-8?q?=41?= " * 26_000 + b"\r\n\r\n",  # 410 KB: 30 s in the stdlib.
    b"Subject: " + b"=?utf-8?b?" * 40_000 + b"\r\n\r\n",
    b"Subject: =?utf-8?q?" + b"=" * 400_000 + b"?=\r\n\r\n",
    b"Subject: ?=" + b" \t" * 200_000 + b"\r\n\r\n",
    b"a\r\n" * 150_000,
    b" \r\n" * 150_000,
    b":\r\n" * 150_000,
]


@pytest.mark.parametrize("content", BOMBS)
def test_bombs_cost_little(content: bytes) -> None:
    began = time.process_time()
    message = Message(content)
    assert len(message.subject) <= SUBJECT_LENGTH_MAX
    assert len(message.fields) <= FIELDS_COUNT_MAX
    assert time.process_time() - began < 0.2  # An order above what it takes.
