"""Any octets: no view of a message raises, and what is not forged is not touched."""

from hypothesis import given
from hypothesis import strategies as st

from katharion.mail.message import Message
from katharion.mail.trace import Hop, received, strip_own, tag_subject, verdict_header

LINES = st.sampled_from(
    [
        *(b"\r\n", b" folded\r\n", b"\tx: y\r\n", b"A: b\r\n", b"Subject: =?utf-8?q?a?=\r\n"),
        *(b"X-Katharion-Verdict: x\r\n", b"x-katharion-\r\n", b"no field\r\n", b":\r\n", b"\xff:"),
    ]
)
CONTENT = st.one_of(st.binary(max_size=300), st.lists(LINES, max_size=12).map(b"".join))
TEXT = st.text(max_size=300)


@given(CONTENT)
def test_no_octets_raise(content: bytes) -> None:
    message = Message(content)
    assert message.subject.isprintable()
    assert message.header_id.isprintable()
    for field in message.fields:
        assert 0 <= field.start < field.end <= message.header_end <= len(content)
        assert b"\r\n" not in field.value


@given(CONTENT)
def test_nothing_forged_is_left_and_nothing_else_is_taken(content: bytes) -> None:
    left = strip_own(content)
    assert strip_own(left) == left
    assert not [f for f in Message(left).fields if f.name.startswith(b"x-katharion-")]
    message = Message(content)
    if content[:1] in (b" ", b"\t") and content:
        assert left == b"\r\n" + content
        return
    forged = [f for f in message.fields if f.name.startswith(b"x-katharion-")]
    for field in reversed(forged):
        content = content[: field.start] + content[field.end :]
    assert left == content


@given(CONTENT, st.text(st.characters(codec="ascii"), max_size=40))
def test_a_tag_adds_octets_and_takes_none_but_space(content: bytes, tag: str) -> None:
    tagged = tag_subject(content, tag)
    squeezed = tagged.replace(b" ", b"").replace(b"\t", b"")
    for line in content.split(b"\r\n"):
        if not line.lower().startswith(b"subject"):
            assert line.replace(b" ", b"").replace(b"\t", b"") in squeezed


@given(TEXT, TEXT, TEXT)
def test_trace_is_whole_lines_whatever_the_peer_says(helo: str, ptr: str, tls: str) -> None:
    hop = Hop(
        helo=helo,
        client_address="192.0.2.7",
        ptr=ptr,
        hostname="mx.example",
        message_id="ID",
        is_esmtp=True,
        is_tls=True,
        is_smtputf8=True,
        recipient="",
        received_at=1.0,
        tls=tls,
    )
    for line in (received(hop), verdict_header("clean", 0.0, (helo, ptr, tls), "ID")):
        assert line.endswith(b"\r\n")
        assert line.count(b"\r") == line.count(b"\n") == line.count(b"\r\n")
        assert len(Message(line).fields) == 1
