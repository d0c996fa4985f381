"""Replies of a server, whole, in pieces and broken."""

import pytest

from katharion.mail.answer import Words
from katharion.protocols.smtp_reply import (
    REPLY_LINE_OCTETS_MAX,
    REPLY_LINES_COUNT_MAX,
    ReplyReader,
)

REPLIES = [
    (b"250 ok\r\n", Words(250, "", ("ok",))),
    (b"250\r\n", Words(250, "", ("",))),
    (b"250 ok\n", Words(250, "", ("ok",))),
    (b"550 5.1.1 no such\r\n", Words(550, "5.1.1", ("no such",))),
    (b"550 4.1.1 no such\r\n", Words(550, "", ("4.1.1 no such",))),
    (b"550-5.7.1 a\r\n550 5.7.1 b\r\n", Words(550, "5.7.1", ("a", "b"))),
    (b"550 caf\xc3\xa9\x00\xff\r\n", Words(550, "", ("café?\ufffd",))),
]


@pytest.mark.parametrize(("octets", "words"), REPLIES)
def test_whole_and_octet_by_octet(octets: bytes, words: Words) -> None:
    reader = ReplyReader()
    reader.receive(octets)
    assert reader.next_reply() == words
    assert reader.next_reply() is None
    for octet in octets[:-1]:
        reader.receive(bytes([octet]))
        assert reader.next_reply() is None
        assert reader.has_more
    reader.receive(octets[-1:])
    assert reader.next_reply() == words
    assert not reader.has_more


@pytest.mark.parametrize(
    "octets",
    [
        b"hello\r\n",
        b"25 ok\r\n",
        b"150 ok\r\n",
        b"250\tok\r\n",
        b"2" * (REPLY_LINE_OCTETS_MAX + 1),
        b"250 " + b"x" * REPLY_LINE_OCTETS_MAX + b"\r\n",
        b"250-x\r\n" * REPLY_LINES_COUNT_MAX,
    ],
)
def test_nonsense_is_trouble_and_no_more_is_read(octets: bytes) -> None:
    reader = ReplyReader()
    reader.receive(octets)
    assert reader.next_reply() is None
    assert reader.trouble
    reader.receive(b"\r\n250 ok\r\n")
    assert reader.next_reply() is None
