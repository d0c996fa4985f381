"""The client core: what is said and heard, step by step."""

import pytest

from katharion.mail.address import Address
from katharion.mail.answer import Outcome, Words
from katharion.protocols.smtp_client import (
    Broken,
    ClientEvent,
    Finished,
    Letter,
    Ready,
    SmtpClient,
    Stage,
    TlsWish,
    UpgradeToTls,
)

ANN = Address("ann", "customer.example")
BOB = Address("bob", "customer.example")
ALL_OFFERED = (
    b"250-mail\r\n250-PIPELINING\r\n250-SIZE 1000\r\n"
    b"250-8BITMIME\r\n250-STARTTLS\r\n250 SMTPUTF8\r\n"
)
CONTENT = b"Subject: x\r\n\r\nx\r\n"


def letter(*recipients: Address, **flags: bool) -> Letter:
    return Letter(
        Address("eve", "sender.example"), recipients or (ANN,), (CONTENT,), len(CONTENT), **flags
    )


def ready(hello: bytes = ALL_OFFERED, **options: bool) -> SmtpClient:
    client = SmtpClient("node.example", **options)
    client.receive(b"220 hi\r\n")
    client.take_output()
    assert client.receive(hello) == [Ready()]
    return client


def output(client: SmtpClient) -> bytes:
    return b"".join(client.take_output())


def say(client: SmtpClient, *replies: bytes) -> list[ClientEvent]:
    """Each reply after its command went out; the dot is written when content is asked for."""
    events: list[ClientEvent] = []
    for reply in replies:
        client.take_output()
        events += client.receive(reply)
        if client.stage is Stage.CONTENT:
            client.finish_content()
    return events


def outcomes(events: list[ClientEvent]) -> list[tuple[str, int, str]]:
    (finished,) = [event for event in events if isinstance(event, Finished)]
    return [(r.outcome.value, r.words.code, r.stage) for r in finished.results]


def test_pipelined_letter_goes_out_in_two_writes() -> None:
    client = ready()
    assert client.deliver(letter(ANN, BOB)) == []
    assert output(client) == (
        b"MAIL FROM:<eve@sender.example> SIZE=17\r\nRCPT TO:<ann@customer.example>\r\n"
        b"RCPT TO:<bob@customer.example>\r\nDATA\r\n"
    )
    client.receive(b"250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n")
    assert client.stage is Stage.CONTENT
    client.finish_content()
    assert client.is_dot_sent
    assert output(client) == CONTENT + b".\r\n"
    events = client.receive(b"250 2.0.0 kept as 7\r\n")
    assert outcomes(events) == [("accepted", 250, "dot")] * 2
    assert isinstance(events[0], Finished)
    assert str(events[0].results[0].words) == "250 2.0.0 kept as 7"
    assert client.stage is Stage.IDLE


def test_without_pipelining_each_command_waits() -> None:
    client = ready(b"250 mail\r\n")
    client.deliver(letter(ANN, BOB, is_8bit=True))
    assert output(client) == b"MAIL FROM:<eve@sender.example>\r\n"
    client.receive(b"250 ok\r\n")
    assert output(client) == b"RCPT TO:<ann@customer.example>\r\n"
    client.receive(b"550 5.1.1 who?\r\n")
    assert output(client) == b"RCPT TO:<bob@customer.example>\r\n"
    client.receive(b"250 ok\r\n")
    assert output(client) == b"DATA\r\n"
    events = say(client, b"354 go\r\n", b"250 ok\r\n")
    assert outcomes(events) == [("refused", 550, "rcpt"), ("accepted", 250, "dot")]


@pytest.mark.parametrize("hello", [ALL_OFFERED, b"250 mail\r\n"], ids=["pipelined", "lockstep"])
@pytest.mark.parametrize("code", [421, 450, 451, 452, 550, 552, 554])
@pytest.mark.parametrize("stage", ["mail", "rcpt", "data", "dot"])
def test_each_refusal_at_each_stage(hello: bytes, code: int, stage: str) -> None:
    client = ready(hello)
    client.deliver(letter())
    before = {"mail": 0, "rcpt": 1, "data": 2, "dot": 3}[stage]
    replies = [*[b"250 ok\r\n", b"250 ok\r\n", b"354 go\r\n"][:before], b"%d no\r\n" % code]
    if hello is ALL_OFFERED and stage != "dot":
        replies += [b"503 no\r\n"] * (2 - before)
    events = say(client, *replies)
    assert outcomes(events) == [("refused" if code >= 500 else "deferred", code, stage)]
    assert (client.stage is Stage.CLOSED) == (code == 421)
    if client.stage is Stage.RESET:
        assert output(client) == b"RSET\r\n"
        assert client.receive(b"250 ok\r\n") == [Ready()]


def test_all_refused_behind_data_is_a_lone_dot_whose_answer_accepts_nobody() -> None:
    client = ready()
    client.deliver(letter())
    events = say(client, b"250 ok\r\n550 5.1.1 no\r\n354 go\r\n")
    assert outcomes(events) == [("refused", 550, "rcpt")]
    assert output(client) == b".\r\n"
    assert client.receive(b"250 delivered nothing\r\n") == [Ready()]


@pytest.mark.parametrize("reply", [b"250 ok\r\n", b"334 what\r\n"])
def test_nonsense_at_data_ends_the_session(reply: bytes) -> None:
    """A stray reply has shifted all others: a 354 may be due, and RSET would be content."""
    client = ready()
    client.deliver(letter())
    events = say(client, b"250 ok\r\n250 ok\r\n", reply)
    assert outcomes(events)[0][0] == "deferred"
    assert client.stage is Stage.CLOSED


def test_354_to_reset_ends_the_session() -> None:
    client = ready()
    client.deliver(letter())
    events = say(client, b"250 ok\r\n550 no\r\n554 no\r\n", b"354 go\r\n")
    assert isinstance(events[-1], Broken)


def test_354_to_the_dot_ends_the_session() -> None:
    client = ready()
    client.deliver(letter())
    events = say(client, b"250 ok\r\n250 ok\r\n354 go\r\n", b"354 go\r\n")
    assert outcomes(events) == [("deferred", 354, "dot")]
    assert client.stage is Stage.CLOSED


@pytest.mark.parametrize("stray", [b"250 ok\r\n", b"421 bye\r\n"])
def test_reply_before_its_command_ends_the_session(stray: bytes) -> None:
    client = ready()
    client.deliver(letter())
    client.take_output()
    events = client.receive(b"550 no\r\n503 no\r\n503 no\r\n" + stray)
    assert [type(event) for event in events] == [Finished, Broken]
    assert outcomes(events) == [("refused", 550, "mail")]
    greeting = SmtpClient("node.example")
    assert isinstance(greeting.receive(b"220 hi\r\n250 mail\r\n")[0], Broken)


def test_reply_to_the_content_before_the_dot_accepts_nobody() -> None:
    client = ready()
    client.deliver(letter())
    client.take_output()
    events = client.receive(b"250 ok\r\n250 ok\r\n354 go\r\n250 ok\r\n")
    assert outcomes(events) == [("deferred", 0, "content")]


def test_recipient_named_twice_is_said_once() -> None:
    client = ready()
    client.deliver(letter(ANN, ANN))
    assert output(client).count(b"RCPT") == 1
    events = say(client, b"250 ok\r\n250 ok\r\n354 go\r\n", b"250 ok\r\n")
    assert outcomes(events) == [("accepted", 250, "dot")] * 2


def test_lmtp_answers_for_each_recipient() -> None:
    client = SmtpClient("node.example", is_lmtp=True)
    client.receive(b"220 hi\r\n")
    assert output(client) == b"LHLO node.example\r\n"
    client.receive(b"250-mail\r\n250 PIPELINING\r\n")
    client.deliver(letter(ANN, BOB))
    events = say(
        client, b"250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n", b"250 ok\r\n", b"452 full\r\n"
    )
    assert outcomes(events) == [("accepted", 250, "dot"), ("deferred", 452, "dot")]


def test_lmtp_loss_between_answers_leaves_the_others_uncertain() -> None:
    client = ready(is_lmtp=True)
    client.deliver(letter(ANN, BOB))
    say(client, b"250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n", b"250 ok\r\n")
    assert outcomes(client.lost("reset")) == [("accepted", 250, "dot"), ("uncertain", 0, "dot")]


@pytest.mark.parametrize("junk", [b"hello\r\n", b"x" * 5000, b"250-a\r\n" * 300, b"999 no\r\n"])
def test_nonsense_is_deferred_before_the_dot_and_uncertain_after(junk: bytes) -> None:
    client = ready()
    client.deliver(letter())
    assert outcomes(say(client, junk)) == [("deferred", 0, "mail")]
    client = ready()
    client.deliver(letter())
    events = say(client, b"250 ok\r\n250 ok\r\n354 go\r\n", junk)
    assert outcomes(events) == [("uncertain", 0, "dot")]


def test_loss_is_told_once() -> None:
    client = ready()
    assert client.lost("gone") == [Broken(Words(0, "", ("gone",)), Stage.IDLE)]
    assert client.lost("again") == []
    assert client.receive(b"250 late\r\n") == []


@pytest.mark.parametrize(
    ("hello", "flags", "code"),
    [
        (b"250 mail\r\n", {"is_smtputf8": True}, 553),
        (b"250 mail\r\n", {"is_8bit": True, "is_8bit_refused": True}, 550),
        (b"250-mail\r\n250 SIZE 16\r\n", {}, 552),
    ],
)
def test_what_the_server_cannot_take_is_refused_unsent(
    hello: bytes, flags: dict[str, bool], code: int
) -> None:
    client = ready(hello)
    assert outcomes(client.deliver(letter(**flags))) == [("refused", code, "mail")]
    assert output(client) == b""


@pytest.mark.parametrize("size", ["0", "17", "", "many", "²", "9" * 21])
def test_size_that_does_not_forbid(size: str) -> None:
    client = ready(f"250-mail\r\n250 SIZE {size}\r\n".encode())
    assert client.deliver(letter()) == []


def test_parameters_are_said_where_offered_and_needed() -> None:
    client = ready()
    client.deliver(letter(is_8bit=True, is_smtputf8=True))
    assert b"SIZE=17 BODY=8BITMIME SMTPUTF8\r\n" in output(client)
    client = ready(b"250 mail\r\n")
    client.deliver(Letter(None, (ANN,), (CONTENT,), len(CONTENT)))
    assert output(client) == b"MAIL FROM:<>\r\n"


def test_helo_where_ehlo_is_unknown() -> None:
    client = SmtpClient("node.example")
    client.receive(b"220 hi\r\n")
    assert output(client) == b"EHLO node.example\r\n"
    client.receive(b"502 what?\r\n")
    assert output(client) == b"HELO node.example\r\n"
    assert client.receive(b"250-mail\r\n250 PIPELINING\r\n") == [Ready()]
    client.deliver(letter())
    assert b"DATA" not in output(client)  # What answers HELO offers nothing.


@pytest.mark.parametrize(
    ("replies", "stage"),
    [
        ([b"554 go away\r\n"], Stage.GREETING),
        ([b"421 busy\r\n"], Stage.GREETING),
        ([b"220 hi\r\n", b"421 busy\r\n"], Stage.HELLO),
        ([b"220 hi\r\n", b"450 later\r\n"], Stage.HELLO),
        ([b"220 hi\r\n", b"550 no\r\n", b"550 no\r\n"], Stage.HELLO),
    ],
)
def test_refused_before_any_letter(replies: list[bytes], stage: Stage) -> None:
    client = SmtpClient("node.example")
    (event,) = say(client, *replies)
    assert isinstance(event, Broken)
    assert event.stage is stage
    assert client.stage is Stage.CLOSED


def starttls(wish: TlsWish = TlsWish.ALWAYS) -> SmtpClient:
    client = SmtpClient("node.example", tls=wish)
    say(client, b"220 hi\r\n", ALL_OFFERED)
    assert output(client) == b"STARTTLS\r\n"
    return client


def test_starttls_begins_anew() -> None:
    client = starttls()
    assert client.receive(b"220 go\r\n") == [UpgradeToTls()]
    client.tls_started()
    assert output(client) == b"EHLO node.example\r\n"
    assert client.receive(b"250 mail\r\n") == [Ready()]
    client.deliver(letter())
    assert b"DATA" not in output(client)  # What was offered in clear is forgotten.


@pytest.mark.parametrize("parts", [[b"220 go\r\n250 x\r\n"], [b"220 go\r\n", b"250 x\r\n"]])
def test_words_injected_before_the_handshake_end_the_session(parts: list[bytes]) -> None:
    client = starttls()
    events = [event for part in parts for event in client.receive(part)]
    assert isinstance(events[-1], Broken)
    client.tls_started()  # The handshake was on its way, and must not bring it back.
    assert client.stage is Stage.CLOSED


def test_refused_starttls() -> None:
    assert isinstance(starttls().receive(b"454 no\r\n")[0], Broken)
    assert starttls(TlsWish.IF_OFFERED).receive(b"454 no\r\n") == [Ready()]
    client = SmtpClient("node.example", tls=TlsWish.ALWAYS)
    assert isinstance(say(client, b"220 hi\r\n", b"250 mail\r\n")[-1], Broken)


def test_quit_is_said_only_between_letters() -> None:
    client = ready()
    client.quit()
    assert output(client) == b"QUIT\r\n"
    client.quit()
    assert output(client) == b""


def test_unknown_means_temporary() -> None:
    client = ready()
    client.deliver(letter())
    events = say(client, b"250 ok\r\n354 what\r\n554 no\r\n")
    assert outcomes(events) == [(Outcome.DEFERRED.value, 354, "rcpt")]
