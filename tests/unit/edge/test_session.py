"""A session over a transport in memory: what it answers, what it keeps, how it ends."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fixtures.fix_edge import ANN, BOB, CLEAN, House, codes, play
from katharion.edge.memory import FIRST_SHARE_BYTES
from katharion.edge.options import EdgeOptions
from katharion.edge.session import LINGER_SECONDS_MAX, READ_AHEAD_OCTETS_MAX
from katharion.mail.address import Address
from katharion.ports import RecipientStatus
from katharion.values.attempt import Outcome
from katharion.values.fate import State


def nothing_is_left(house: House) -> None:
    """No session, no place taken, no byte reserved."""
    assert not house.front.sessions
    assert house.front.admission.count == 0
    assert house.front.budget.bytes_used == 0


def test_clean_mail_is_delivered_and_touches_no_store() -> None:
    async def scene(house: House) -> None:
        client = house.client()
        assert (await client.mail(ANN, BOB)).startswith("250 2.0.0 Accepted")
        (delivery,) = house.relay.delivered
        assert delivery.recipients == (ANN, BOB)
        assert delivery.content == CLEAN
        assert delivery.trace.startswith(b"Received: from c.example ([192.0.2.7])")
        assert not house.spool.messages
        assert [e for e, _ in house.journal.told()] == ["delivered", "delivered"]
        assert await client.say(b"QUIT") == ["221"]
        assert client.transport.is_closed
        client.leave()
        nothing_is_left(house)

    play(scene)


# Commands, and what follows.

RECIPIENTS = [
    ("ann@customer.example", "250", ""),
    ("postmaster@customer.example", "250", ""),
    ("nobody@customer.example", "550 5.1.1", "rcpt-refused"),
    ("ann@elsewhere.example", "550 5.7.1", "rcpt-refused"),
    ("ann@stranger.example", "452 4.5.3", "rcpt-refused"),  # FAULTS A 18: another tenant.
    ("ann@deferring.example", "452 4.5.3", "rcpt-refused"),  # Another route.
    ("ann@tag.example", "250", ""),
]


@pytest.mark.parametrize(("recipient", "reply", "event"), RECIPIENTS)
def test_second_recipient(recipient: str, reply: str, event: str) -> None:
    async def scene(house: House) -> None:
        client = house.client()
        await client.begin(BOB)
        await client.send(b"x\r\n.\r\n")
        house.journal.records.clear()
        await client.say(b"MAIL FROM:<>", b"RCPT TO:<bob@customer.example>")
        answer = await client.send(b"RCPT TO:<%b>\r\n" % recipient.encode())
        assert answer.decode().startswith(reply)
        assert [e for e, _ in house.journal.told()] == ([event] if event else [])

    play(scene)


def test_recipient_named_twice_gets_one_copy() -> None:
    async def scene(house: House) -> None:
        assert (await house.client().mail(ANN, BOB, ANN)).startswith("250")
        assert house.relay.delivered[0].recipients == (ANN, BOB)

    play(scene)


def test_directory_that_is_away_or_slow() -> None:
    async def scene(house: House) -> None:
        house.directory.is_away = True
        client = house.client()
        assert (await client.begin(ANN))[-2:] == ["451", "503"]
        house.directory.is_away = False
        house.directory.slow[BOB] = asyncio.get_running_loop().create_future()
        assert await client.say(b"RCPT TO:<%b>" % str(BOB).encode(), b"DATA") == []
        house.directory.slow[BOB].set_result(RecipientStatus.KNOWN)
        await house.tasks.settle()
        assert codes(client.transport.take()) == ["250", "354"]  # What was pipelined goes on.

    play(scene)


def test_no_transaction_begins_without_room_in_the_journal() -> None:
    async def scene(house: House) -> None:
        house.journal.is_tight = True
        assert (await house.client().begin(ANN))[1] == "451"

    play(scene)


def test_journal_full_at_the_end_is_counted_and_the_fact_is_told() -> None:
    async def scene(house: House) -> None:
        client = house.client()
        await client.begin(ANN)
        house.journal.is_full = True
        assert codes(await client.send(b"x\r\n.\r\n")) == ["250"]
        assert house.front.lost_records_count == 1

    play(scene)


# The client goes away: FAULTS A 1 to 3.


@pytest.mark.parametrize("cut", [0, 1, 20, len(CLEAN)])
def test_a1_client_gone_before_the_dot_leaves_nothing(cut: int) -> None:
    async def scene(house: House) -> None:
        client = house.client()
        await client.begin(ANN)
        if cut:
            await client.send(CLEAN[:cut])
        client.leave()
        await house.tasks.settle()
        assert not house.relay.delivered
        assert not house.spool.messages
        nothing_is_left(house)

    play(scene)


def test_a2_client_gone_after_the_dot_gets_its_mail_through_once() -> None:
    async def scene(house: House) -> None:
        house.relay.gate = asyncio.Event()
        client = house.client()
        assert await client.mail(ANN) == ""
        client.leave()
        house.relay.gate.set()
        await house.tasks.settle()
        assert len(house.relay.delivered) == 1
        assert house.replies_to_recipients() == {str(ANN): "(the client had gone)"}
        assert client.transport.sent == b""
        nothing_is_left(house)

    play(scene)


def test_a3_client_that_half_closes_is_answered_and_then_closed() -> None:
    async def scene(house: House) -> None:
        house.relay.gate = asyncio.Event()
        client = house.client()
        await client.mail(ANN)
        assert client.session.eof_received() is True
        house.relay.gate.set()
        await house.tasks.settle()
        assert codes(client.transport.take()) == ["250"]
        assert client.transport.is_ended
        house.clock.advance(1)
        house.front.sweep()
        assert client.transport.is_closed
        assert client.session.eof_received() is False

    play(scene)


# Bounds.


def test_reading_stops_when_a_client_sends_far_ahead() -> None:
    async def scene(house: House) -> None:
        house.relay.gate = asyncio.Event()
        client = house.client()
        await client.mail(ANN)
        await client.send(b"NOOP\r\n")
        assert client.transport.is_reading
        await client.send(b"NOOP " + b"x" * READ_AHEAD_OCTETS_MAX)
        assert not client.transport.is_reading
        house.relay.gate.set()
        await house.tasks.settle()
        assert client.transport.is_reading
        assert codes(client.transport.take()) == ["250", "250"]

    play(scene)


def test_commands_wait_while_replies_are_not_read() -> None:
    async def scene(house: House) -> None:
        client = house.client()
        client.session.pause_writing()
        assert not client.transport.is_reading
        client.session.resume_writing()
        assert client.transport.is_reading

    play(scene)


def test_memory_is_short_at_data_and_in_the_content() -> None:
    options = EdgeOptions(content_bytes_max=1_000_000)

    async def scene(house: House) -> None:
        budget = house.front.budget
        assert budget.take(1_000_000 - FIRST_SHARE_BYTES + 1)
        assert (await house.client().begin(ANN))[-1] == "452"
        budget.give_back(2)
        client = house.client()
        assert (await client.begin(ANN))[-1] == "354"
        assert await client.send(b"x" * FIRST_SHARE_BYTES + b"\r\n") == b""
        assert budget.bytes_used == 1_000_000 - FIRST_SHARE_BYTES - 1  # All of its own is free.
        assert codes(await client.send(b"more\r\n.\r\nRSET\r\n")) == ["452", "250"]
        told = [("content-refused", str(ANN))]
        assert house.journal.told() == told * 2
        assert not house.relay.delivered

    play(scene, options=options)


def test_memory_is_short_for_the_last_part() -> None:
    async def scene(house: House) -> None:
        assert house.front.budget.take(1_000_000 - FIRST_SHARE_BYTES)
        client = house.client()
        await client.begin(ANN)
        assert codes(await client.send(b"x" * FIRST_SHARE_BYTES + b"\r\n.\r\n")) == ["452"]
        assert house.journal.told() == [("content-refused", str(ANN))]

    play(scene, options=EdgeOptions(content_bytes_max=1_000_000))


def test_tiny_parts_are_not_free() -> None:
    async def scene(house: House) -> None:
        client = house.client()
        await client.begin(ANN)
        for _ in range(2000):
            await client.send(b"xy")
        assert house.front.budget.bytes_used > 2000 * 60

    play(scene)


def test_connections_of_one_network_are_counted() -> None:
    async def scene(house: House) -> None:
        first = house.client("2001:db8::1")
        second = house.client("2001:db8::2")
        assert codes(second.transport.take()) == ["421"]
        assert second.transport.is_closed
        assert codes(house.client("2001:db8:0:1::1").transport.take()) == ["220"]
        assert ("connect-refused", "") in house.journal.told()
        second.leave()
        first.leave()
        assert codes(house.client("2001:db8::2").transport.take()) == ["220"]

    play(scene, options=EdgeOptions(connections_per_network_max=1))


@pytest.mark.parametrize(
    ("stage", "seconds"), [("greeting", 299), ("command", 299), ("content", 899)]
)
def test_slow_clients_are_told_then_cut_off(stage: str, seconds: float) -> None:
    async def scene(house: House) -> None:
        client = house.client()
        if stage == "command":
            await client.say(b"EHLO c", b"MAIL FROM:<>")
        if stage == "content":
            await client.begin(ANN)
            house.clock.advance(seconds - 1)
            await client.send(b"slow")  # Octets do not make the time longer.
        client.transport.take()
        house.clock.advance(1 if stage == "content" else seconds)
        house.front.sweep()
        assert not client.transport.is_closed
        house.clock.advance(2)
        house.front.sweep()
        assert codes(client.transport.take()) == ["421"]
        assert client.transport.is_closed
        # The transport waits for a client that does not read: not for ever.
        house.front.sweep()
        assert not client.transport.is_aborted
        house.clock.advance(LINGER_SECONDS_MAX)
        house.front.sweep()
        assert client.transport.is_aborted
        client.leave()
        nothing_is_left(house)

    play(scene)


def test_noop_does_not_keep_a_connection_for_ever() -> None:
    async def scene(house: House) -> None:
        client = house.client()
        for _ in range(4):
            house.clock.advance(100)
            house.front.sweep()
            if client.transport.is_closed:
                break
            await client.say(b"NOOP")
        assert client.transport.is_closed

    play(scene)


def test_message_at_work_knows_no_time_out() -> None:
    async def scene(house: House) -> None:
        house.relay.gate = asyncio.Event()
        client = house.client()
        await client.mail(ANN)
        house.clock.advance(10_000)
        house.front.sweep()
        assert not client.transport.is_closed
        house.relay.gate.set()
        await house.tasks.settle()
        assert codes(client.transport.take()) == ["250"]

    play(scene)


# Draining: FAULTS A 32.


def test_draining_lets_content_finish_and_nobody_else() -> None:
    async def scene(house: House) -> None:
        idle, in_content, at_work = house.client(), house.client(), house.client()
        await in_content.begin(ANN)
        house.relay.gate = asyncio.Event()
        await at_work.mail(BOB)
        idle.transport.take()
        house.front.drain()
        assert codes(idle.transport.take()) == ["421"]
        assert codes(house.client().transport.take()) == ["421"]
        assert not in_content.transport.is_closed
        house.relay.gate.set()
        await house.tasks.settle()
        assert codes(at_work.transport.take()) == ["250", "421"]
        assert codes(await in_content.send(b"x\r\n.\r\n")) == ["250", "421"]
        assert at_work.transport.is_closed
        assert in_content.transport.is_closed

    play(scene)


def test_draining_ends_a_session_whose_content_was_refused() -> None:
    async def scene(house: House) -> None:
        client = house.client(refuse_bare_lf=True)
        await client.begin(ANN)
        house.front.drain()
        text = await client.send(b"bare\n\r\n.\r\nMAIL FROM:<>\r\n")
        assert codes(text)[0] == "550"
        assert client.transport.is_closed

    play(scene)


# PROXY.

BALANCER = {"proxy_from": ("192.0.2.0/24",)}
PROXY = b"PROXY TCP4 198.51.100.9 192.0.2.1 4321 25\r\n"


def test_proxy_header_names_the_client() -> None:
    async def scene(house: House) -> None:
        client = house.client(**BALANCER)
        assert client.transport.take() == b""  # Silent until the header is whole.
        for octet in PROXY:
            await client.send(bytes([octet]))
        assert (await client.mail(ANN)).startswith("250")
        assert b"[198.51.100.9]" in house.relay.delivered[0].trace
        client.leave()
        nothing_is_left(house)

    play(scene)


def test_proxy_header_is_believed_from_balancers_only() -> None:
    async def scene(house: House) -> None:
        stranger = house.client("203.0.113.1", **BALANCER)
        assert stranger.transport.is_aborted
        nonsense = house.client(**BALANCER)
        assert await nonsense.send(b"EHLO c\r\n") == b""
        assert nonsense.transport.is_aborted
        own_check = house.client(**BALANCER)
        assert codes(await own_check.send(b"PROXY UNKNOWN\r\nQUIT\r\n")) == ["220", "221"]
        plain = house.client()
        assert "500" in await plain.say(PROXY[:-2])

    play(scene)


# STARTTLS.


def test_starttls_begins_anew() -> None:
    async def scene(house: House) -> None:
        client = house.client()
        house.handshake = asyncio.get_running_loop().create_future()
        assert (await client.say(b"EHLO c", b"STARTTLS", b"MAIL FROM:<x@y>"))[-1] == "220"
        house.handshake.set_result(True)
        await house.tasks.settle()
        assert client.transport.take() == b""  # What was injected is forgotten.
        assert await client.say(b"MAIL FROM:<>") == ["503"]
        assert (await client.mail(ANN)).startswith("250")
        assert b"with ESMTPS" in house.relay.delivered[0].trace

    play(scene)


@pytest.mark.parametrize("is_told", [True, False])
def test_client_gone_in_the_handshake_leaves_nothing(*, is_told: bool) -> None:
    async def scene(house: House) -> None:
        client = house.client()
        house.handshake = asyncio.get_running_loop().create_future()
        await client.say(b"EHLO c", b"STARTTLS")
        if is_told:
            client.leave()
        house.handshake.set_result(False)
        await house.tasks.settle()
        nothing_is_left(house)

    play(scene)


# Our own mistakes.


def test_mistake_of_ours_is_answered_and_leaves_nothing() -> None:
    async def run() -> None:
        house = House()
        client = house.client()
        slow = Address("cat", "customer.example")
        house.directory.slow[slow] = asyncio.get_running_loop().create_future()
        house.directory.slow[slow].set_exception(RuntimeError("a bug"))
        assert (await client.begin(slow))[-1] == "421"
        house.relay.began = lambda: 1 / 0  # type: ignore[assignment,return-value] # Breaks.
        other = house.client()
        assert (await other.mail(ANN)).startswith("421 4.3.0")
        assert [name for name, _ in house.tasks.failed] == ["directory", "message"]
        for each in (client, other):
            assert each.transport.is_closed
            each.leave()
        nothing_is_left(house)

    asyncio.run(run())


# Whatever comes.

_SPEECH = st.lists(
    st.one_of(
        st.binary(max_size=60),
        st.sampled_from(
            [
                b"EHLO c\r\n",
                b"MAIL FROM:<a@b.example>\r\n",
                b"MAIL FROM:<a@b.example> PRDR SIZE=70000\r\n",
                b"RCPT TO:<ann@customer.example>\r\n",
                b"RCPT TO:<ann@reject.example>\r\n",
                b"DATA\r\n",
                b"BDAT 5 LAST\r\n",
                b"BDAT 3\r\n",
                b"BDAT 0 LAST\r\n",
                b"abc\r\n",
                b"\r\n.\r\n",
                b"RSET\r\n",
                b"STARTTLS\r\n",
                b"QUIT\r\n",
            ]
        ),
    ),
    max_size=25,
)


@settings(max_examples=120, deadline=None)
@given(_SPEECH, st.sampled_from([3, 1000]), st.sampled_from(list(Outcome)))
def test_any_octets_never_raise_and_leave_nothing(
    speech: list[bytes], step: int, outcome: Outcome
) -> None:
    async def scene(house: House) -> None:
        house.relay.usual = outcome
        house.handshake = asyncio.get_running_loop().create_future()
        house.handshake.set_result(True)
        client = house.client()
        said = b"".join(speech)
        for at in range(0, len(said), step):
            if client.transport.is_closed:
                break
            await client.send(said[at : at + step])
        client.leave()
        await house.tasks.settle()
        nothing_is_left(house)
        for state in house.spool.states().values():
            assert state is not State.DELETED

    play(scene)
