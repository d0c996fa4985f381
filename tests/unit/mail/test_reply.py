"""Replies: what goes on the wire, and that each of ours keeps the standards' rules."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from katharion.mail import reply as replies
from katharion.mail.reply import Reply, passed_on

OURS = {name: r for name, r in vars(replies).items() if isinstance(r, Reply)}
BARE = {"GO_AHEAD", "PRDR_BEGINS"}  # RFC 2034 section 4: 2xx, 4xx and 5xx have a code.
LINE_OCTETS_MAX = 512  # RFC 5321 section 4.5.3.1.5.


@pytest.mark.parametrize("name", OURS)
def test_each_reply_keeps_the_rules(name: str) -> None:
    reply = OURS[name]
    kind = reply.code // 100
    assert kind in (2, 3, 4, 5)
    if name in BARE:
        assert reply.enhanced == ""
    else:
        assert reply.enhanced.split(".")[0] == str(kind)
    assert not reply.closes or reply.code in (221, 421) or reply.is_permanent
    assert reply.code != 421 or reply.closes  # RFC 5321 section 3.8.
    for line in reply.octets.split(b"\r\n")[:-1]:
        assert len(line) + 2 <= LINE_OCTETS_MAX
        assert line.isascii()


def test_lines_on_the_wire() -> None:
    assert Reply(250, "2.1.0", ("Ok",)).octets == b"250 2.1.0 Ok\r\n"
    assert Reply(550, "5.7.1", ("one", "two")).octets == b"550-5.7.1 one\r\n550 5.7.1 two\r\n"
    assert replies.hello("mx.example").octets == b"250 mx.example\r\n"
    hello = replies.hello("mx.example", ("PIPELINING", "SIZE 9"))
    assert hello.octets == b"250-mx.example\r\n250-PIPELINING\r\n250 SIZE 9\r\n"
    assert replies.listed("bl.example").octets == (
        b"550 5.7.1 Your server is listed by bl.example: ask there why\r\n"
    )
    assert replies.greeting("mx.example").octets == b"220 mx.example ESMTP\r\n"


def test_kinds() -> None:
    assert replies.GO_AHEAD.is_positive
    assert not replies.STORE_AWAY.is_positive
    assert not replies.STORE_AWAY.is_permanent
    assert replies.NO_SUCH_USER.is_permanent


def test_a_reference_stands_on_the_last_line() -> None:
    reply = Reply(550, "5.7.1", ("one", "two"), closes=True).with_reference("01ABC")
    assert reply.lines == ("one", "two (reference 01ABC)")
    assert (reply.code, reply.enhanced, reply.closes) == (550, "5.7.1", True)


@pytest.mark.parametrize(
    ("code", "enhanced", "expected"),
    [(550, "5.1.1", "5.1.1"), (451, "", "4.0.0"), (550, "4.2.2", "5.0.0")],
)
def test_class_of_the_enhanced_code_is_the_reply_s(code: int, enhanced: str, expected: str) -> None:
    assert passed_on(code, enhanced, ("x",)).enhanced == expected


@given(
    st.integers(200, 599),
    st.lists(st.text(max_size=600), max_size=30).map(tuple),
)
def test_no_words_of_the_next_hop_break_our_line(code: int, lines: tuple[str, ...]) -> None:
    wire = passed_on(code, "", lines).octets
    assert wire.count(b"\r\n") == wire.count(b"\n") == wire.count(b"\r") == 1
    assert len(wire) <= LINE_OCTETS_MAX
    assert wire.isascii()
    assert wire[:4] == b"%d " % code
