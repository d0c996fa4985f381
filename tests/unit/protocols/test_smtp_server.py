"""The server core beyond what the dialogs say: PRDR, memory, limits, any octets."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from katharion.mail import reply as replies
from katharion.protocols.smtp_events import (
    ContentBegin,
    ContentEnd,
    ContentPart,
    Event,
    Extensions,
    MailFrom,
    QuitSaid,
    RcptTo,
    Refused,
    ServerLimits,
    StartTls,
)
from katharion.protocols.smtp_server import SmtpServer
from katharion.protocols.smtp_states import State

ENVELOPE = b"MAIL FROM:<a@a.example>\r\nRCPT TO:<b@b.example>\r\n"


class Listener:
    """A core whose every question is answered: all is taken, but for nobody@."""

    def __init__(self) -> None:
        self.core = SmtpServer("mx.example.org", ServerLimits(), Extensions(has_starttls=True))
        self.core.greet()
        self.greeting = self.core.take_output()

    def exchange(self, octets: bytes) -> bytes:
        self.core.receive(octets)
        while (event := self.core.next_event()) is not None:
            self.answer(event)
        return self.core.take_output()

    def answer(self, event: Event) -> None:
        match event:
            case MailFrom():
                self.core.answer(replies.SENDER_OK)
            case RcptTo(recipient=recipient):
                is_known = recipient.local != "nobody"
                self.core.answer(replies.RECIPIENT_OK if is_known else replies.NO_SUCH_USER)
            case ContentBegin():
                self.core.answer(replies.GO_AHEAD)
            case ContentEnd(refusal=None):
                self.core.answer(replies.ACCEPTED)
            case StartTls():
                self.core.tls_started()
            case _:
                pass  # The core has answered it.


def in_content(command: bytes = b"DATA\r\n") -> SmtpServer:
    """A core that waits for the answer to the beginning of content."""
    core = SmtpServer("mx.example.org", ServerLimits(), Extensions())
    core.receive(b"EHLO a.example\r\n" + ENVELOPE + command)
    while not isinstance(event := core.next_event(), ContentBegin):
        if isinstance(event, MailFrom | RcptTo):
            core.answer(replies.OK)
    core.take_output()
    return core


def test_prdr_says_each_and_then_the_final() -> None:
    core = in_content()
    core.answer(replies.GO_AHEAD)
    core.receive(b"x\r\n.\r\n")
    assert isinstance(core.next_event(), ContentEnd)
    core.take_output()
    core.answer_prdr([replies.OK, replies.NO_SUCH_USER], replies.ACCEPTED)
    codes = [line[:3] for line in core.take_output().splitlines()]
    assert codes == [b"353", b"250", b"550", b"250"]


def test_content_without_memory_is_read_and_refused_at_its_end() -> None:
    core = in_content()
    core.answer(replies.GO_AHEAD)
    core.receive(b"x" * 1000)
    assert isinstance(core.next_event(), ContentPart)
    core.refuse_content(replies.MEMORY_SHORT)
    core.receive(b"y" * 1000 + b"\r\n.\r\n")
    end = core.next_event()
    assert isinstance(end, ContentEnd)
    assert (end.data, end.refusal) == (b"", replies.MEMORY_SHORT)
    assert core.take_output().endswith(replies.MEMORY_SHORT.octets)
    assert core.state is State.READY


def test_a_chunk_without_memory_is_refused_at_once() -> None:
    core = in_content(b"BDAT 10\r\n")
    core.answer(replies.GO_AHEAD)
    core.refuse_content(replies.MEMORY_SHORT)
    core.receive(b"0123456789")
    assert core.next_event() is None
    assert core.take_output() == replies.MEMORY_SHORT.octets


def test_refused_content_leaves_the_envelope() -> None:
    core = in_content()
    core.answer(replies.MEMORY_SHORT)
    assert core.take_output() == replies.MEMORY_SHORT.octets
    core.receive(b"DATA\r\n")
    assert isinstance(core.next_event(), ContentBegin)


def test_refused_chunk_is_dropped() -> None:
    core = in_content(b"BDAT 6\r\n")
    core.answer(replies.MEMORY_SHORT)
    core.receive(b"QUIT\r\nNOOP\r\n")
    assert core.next_event() is None
    assert core.take_output() == replies.MEMORY_SHORT.octets + replies.OK.octets


def test_closing_says_its_reply_and_hears_no_more() -> None:
    core = in_content()
    core.close_with(replies.TIMED_OUT)
    assert core.is_closing
    assert core.take_output() == replies.TIMED_OUT.octets
    core.receive(b"NOOP\r\n")
    core.close_with(replies.SHUTTING_DOWN)
    assert core.next_event() is None
    assert core.take_output() == b""


def test_what_it_says_of_itself() -> None:
    core = SmtpServer("mx.example.org", ServerLimits(), Extensions())
    assert not core.is_in_transaction
    core = in_content()
    assert core.is_in_transaction
    core.answer(replies.GO_AHEAD)
    assert core.is_in_content


def test_too_many_commands_and_recipients() -> None:
    core = SmtpServer("h.example", ServerLimits(commands_count_max=10), Extensions())
    core.receive(b"NOOP\r\n" * 11)
    event = core.next_event()
    assert isinstance(event, Refused)
    assert event.reply == replies.TOO_MANY_COMMANDS
    core = SmtpServer("h.example", ServerLimits(recipients_count_max=100), Extensions())
    core.receive(b"EHLO a\r\nMAIL FROM:<>\r\n" + b"RCPT TO:<a@b.example>\r\n" * 101)
    while (event := core.next_event()) is not None:
        if isinstance(event, MailFrom | RcptTo):
            core.answer(replies.OK)
        last = event
    assert isinstance(last, Refused)
    assert last.reply == replies.TOO_MANY_RECIPIENTS


def test_good_mail_forgives_refused_commands() -> None:
    core = in_content()
    core.answer(replies.GO_AHEAD)
    for _ in range(30):
        core.receive(b".\r\n")
        assert isinstance(core.next_event(), ContentEnd)
        core.answer(replies.ACCEPTED)
        core.receive(b"FOO\r\nFOO\r\nMAIL FROM:<>\r\nRCPT TO:<a@b.example>\r\nDATA\r\n")
        while not isinstance(event := core.next_event(), ContentBegin):
            if isinstance(event, MailFrom | RcptTo):
                core.answer(replies.OK)
        core.answer(replies.GO_AHEAD)
    assert not core.is_closing


def test_a_line_without_end_takes_no_memory() -> None:
    core = SmtpServer("h.example", ServerLimits(), Extensions())
    for _ in range(1000):
        core.receive(b"x" * 1000)
        assert core.next_event() is None
    assert len(core._buffer) <= ServerLimits().command_octets_max + 1000
    core.receive(b"\r\n")
    assert isinstance(core.next_event(), Refused)
    assert core.take_output() == replies.LINE_TOO_LONG.octets


def test_quit_is_told() -> None:
    core = SmtpServer("h.example", ServerLimits(), Extensions())
    core.receive(b"QUIT\r\nNOOP\r\n")
    assert core.next_event() == QuitSaid()
    assert core.next_event() is None
    assert core.take_output() == replies.GOODBYE.octets


COMMANDS = [
    b"EHLO a.example\r\n",
    b"HELO a.example\r\n",
    b"MAIL FROM:<a@a.example>\r\n",
    b"MAIL FROM:<> SIZE=5\r\n",
    b"RCPT TO:<b@b.example>\r\n",
    b"RCPT TO:<nobody@b.example>\r\n",
    b"DATA\r\n",
    b"x\r\n.\r\n",
    b"BDAT 3\r\nabc",
    b"BDAT 0 LAST\r\n",
    b"RSET\r\n",
    b"NOOP\r\n",
    b"FOO\r\n",
    b"\r\n",
    b"QUIT\r\n",
    b"STARTTLS\r\n",
]
_FINAL = re.compile(rb"^\d{3} ", re.MULTILINE)


@settings(max_examples=300)
@given(st.lists(st.one_of(st.sampled_from(COMMANDS), st.binary(max_size=30)), max_size=30))
def test_any_octets_get_replies_and_never_raise(pieces: list[bytes]) -> None:
    listener = Listener()
    for piece in pieces:
        listener.exchange(piece)
    assert listener.core.take_output() == b""


def played(pieces: list[bytes]) -> bytes:
    listener = Listener()
    return b"".join(listener.exchange(piece) for piece in pieces)


# What must not stand in one read with what follows it (RFC 2920 section 3.1).
ALONE = (b"DATA\r\n", b"STARTTLS\r\n")


@settings(max_examples=200)
@given(st.lists(st.sampled_from([c for c in COMMANDS if c not in ALONE]), max_size=25))
def test_pipelined_or_not_the_replies_are_the_same(commands: list[bytes]) -> None:
    one_by_one = played(commands)
    assert played([b"".join(commands)]) == one_by_one
    assert played([bytes([octet]) for octet in b"".join(commands)]) == one_by_one


@given(
    st.lists(st.sampled_from([b"NOOP\r\n", b"RSET\r\n", b"FOO\r\n", b"VRFY a\r\n"]), max_size=40)
)
def test_one_reply_a_command(commands: list[bytes]) -> None:
    replies_count = len(_FINAL.findall(played(commands)))
    assert replies_count == len(commands)


@pytest.mark.parametrize("line", [b"NOOP\r\n", b"EHLO a.example\r\n"])
def test_ten_thousand_pipelined_commands_are_read_in_linear_time(line: bytes) -> None:
    listener = Listener()
    assert len(_FINAL.findall(listener.exchange(line * 10_000))) == 10_000
