"""Which messages are repeats of one whose reply was lost: few."""

import asyncio

import pytest

from fixtures.fix_edge import ANN, BOB, CLEAN, SPAM, House, codes, play
from katharion.edge.repeat import REPEAT_SECONDS_MAX
from katharion.mail.address import Address
from katharion.values.attempt import Outcome

QUARANTINE = Address("ann", "quarantine.example")


async def _lose_reply(
    house: House, *to: Address, content: bytes = CLEAN, mail: bytes = b""
) -> None:
    """A client is cut off while we work on its message."""
    house.relay.gate = asyncio.Event()
    client = house.client("192.0.2.7")
    await client.mail(*to, content=content, mail=mail)
    client.session.connection_lost(None)
    house.relay.gate.set()
    await house.tasks.settle()
    house.relay.gate = None


def _deliveries(house: House) -> int:
    return len(house.relay.delivered)


# From where, to whom, with what, how much later; and whether that is a repeat.
CASES = [
    ("the same", "192.0.2.7", (ANN, BOB), CLEAN, 1.0, True),
    ("another server of the sender", "192.0.2.99", (ANN, BOB), CLEAN, 1.0, True),
    ("recipients in another order", "192.0.2.7", (BOB, ANN), CLEAN, 1.0, True),
    ("another network", "192.0.3.7", (ANN, BOB), CLEAN, 1.0, False),
    ("one recipient only", "192.0.2.7", (ANN,), CLEAN, 1.0, False),
    ("another content", "192.0.2.7", (ANN, BOB), CLEAN + b"x\r\n", 1.0, False),
    ("a day later", "192.0.2.7", (ANN, BOB), CLEAN, REPEAT_SECONDS_MAX + 1, False),
]


@pytest.mark.parametrize(("why", "address", "to", "content", "later", "is_repeat"), CASES)
def test_what_is_a_repeat(
    why: str,
    address: str,
    to: tuple[Address, ...],
    content: bytes,
    later: float,
    *,
    is_repeat: bool,
) -> None:
    async def scene(house: House) -> None:
        await _lose_reply(house, ANN, BOB)
        house.clock.advance(later)
        assert (await house.client(address).mail(*to, content=content)).startswith("250"), why
        assert _deliveries(house) == (1 if is_repeat else 2), why
        assert house.front.repeats_count == is_repeat
        if is_repeat:
            assert {event for event, _ in house.journal.told()[-2:]} == {"repeated"}
            assert house.journal.records[-1].message_id == house.journal.records[0].message_id

    play(scene)


def test_a_repeat_is_known_once() -> None:
    async def scene(house: House) -> None:
        await _lose_reply(house, ANN)
        for copies in (1, 2, 3):
            assert (await house.client("192.0.2.7").mail(ANN)).startswith("250")
            assert _deliveries(house) == copies

    play(scene)


def test_two_equal_messages_that_were_both_answered_are_two() -> None:
    async def scene(house: House) -> None:
        for copies in (1, 2):
            client = house.client("192.0.2.7")
            assert (await client.mail(ANN)).startswith("250")
            client.session.connection_lost(ConnectionResetError())  # And yet it was heard.
            assert _deliveries(house) == copies

    play(scene)


def test_a_reply_that_the_clients_host_did_not_acknowledge_is_lost() -> None:
    async def scene(house: House) -> None:
        client = house.client("192.0.2.7")
        assert (await client.mail(ANN)).startswith("250")
        house.is_unheard = True
        client.session.eof_received()  # It closed before our words came.
        client.session.connection_lost(ConnectionResetError())
        assert (await house.client("192.0.2.7").mail(ANN)).startswith("250")
        assert _deliveries(house) == 1

    play(scene)


@pytest.mark.parametrize(
    ("error", "is_lost"), [(ConnectionResetError(), False), (TimeoutError(), True), (None, False)]
)
def test_a_reset_alone_proves_nothing(error: Exception | None, *, is_lost: bool) -> None:
    """So ends a client, too, that has heard our 250 and hangs up without a word."""

    async def scene(house: House) -> None:
        client = house.client("192.0.2.7")
        assert (await client.mail(ANN)).startswith("250")
        house.is_unheard = True  # Its acknowledgement went with the reset.
        client.session.connection_lost(error)
        assert bool(house.unheard.known) == is_lost

    play(scene)


def test_a_client_that_sends_no_more_is_given_time_to_hear() -> None:
    """A slow way is no loss: the connection is kept until its host has heard, or resets us."""

    async def scene(house: House) -> None:
        client = house.client("192.0.2.7")
        assert (await client.mail(ANN)).startswith("250")
        house.is_unheard = True
        client.session.eof_received()
        for _ in range(30):
            house.clock.advance(1)
            house.front.sweep()
            assert not client.transport.is_closed
        house.is_unheard = False
        house.clock.advance(1)
        house.front.sweep()
        assert client.transport.is_closed
        assert not house.unheard.known

    play(scene)


def test_words_of_ours_behind_the_250_may_be_what_is_missing() -> None:
    """It once took a 421 that nobody heard, said behind the 250 while draining, for the 250."""

    async def scene(house: House) -> None:
        house.relay.gate = asyncio.Event()
        client = house.client("192.0.2.7")
        await client.mail(ANN)
        client.session.eof_received()
        house.front.drain()
        house.relay.gate.set()
        await house.tasks.settle()
        assert codes(client.transport.take()) == ["250", "421"]
        house.is_unheard = True
        client.session.connection_lost(ConnectionResetError())
        assert not house.unheard.known

    play(scene)


def test_who_says_more_has_heard() -> None:
    async def scene(house: House) -> None:
        client = house.client("192.0.2.7")
        assert (await client.mail(ANN)).startswith("250")
        assert await client.say(b"NOOP") == ["250"]
        house.is_unheard = True  # Of the 250 to NOOP.
        client.session.connection_lost(ConnectionResetError())
        assert not house.unheard.known

    play(scene)


def test_a_repeat_whose_reply_is_lost_again_is_known_again() -> None:
    async def scene(house: House) -> None:
        await _lose_reply(house, ANN)
        again = house.client("192.0.2.7")
        assert (await again.mail(ANN)).startswith("250")
        house.is_unheard = True
        again.session.eof_received()
        again.session.connection_lost(ConnectionResetError())
        assert (await house.client("192.0.2.7").mail(ANN)).startswith("250")
        assert _deliveries(house) == 1

    play(scene)


def test_what_is_held_is_held_once() -> None:
    async def scene(house: House) -> None:
        client = house.client("192.0.2.7")
        assert (await client.mail(QUARANTINE, content=SPAM)).startswith("250")
        house.is_unheard = True
        client.session.eof_received()
        client.session.connection_lost(ConnectionResetError())
        assert (await house.client("192.0.2.7").mail(QUARANTINE, content=SPAM)).startswith("250")
        assert len(house.spool.messages) == 1

    play(scene)


@pytest.mark.parametrize("outcome", [Outcome.REFUSED, Outcome.DEFERRED])
def test_what_was_not_accepted_is_done_anew(outcome: Outcome) -> None:
    async def scene(house: House) -> None:
        deferring = Address("ann", "deferring.example")
        house.relay.usual = outcome
        await _lose_reply(house, deferring)
        assert not house.unheard.known
        house.relay.usual = Outcome.ACCEPTED
        assert (await house.client("192.0.2.7").mail(deferring)).startswith("250")
        assert _deliveries(house) == 1

    play(scene)


def test_prdr_answers_each_recipient_of_a_repeat() -> None:
    async def scene(house: House) -> None:
        await _lose_reply(house, ANN, BOB, mail=b" PRDR")
        heard = await house.client("192.0.2.7").mail(ANN, BOB, mail=b" PRDR")
        assert codes(heard.encode()) == ["353", "250", "250", "250"]
        assert _deliveries(house) == 1

    play(scene)


def test_an_ipv6_network_is_a_customers() -> None:
    async def scene(house: House) -> None:
        house.relay.gate = asyncio.Event()
        client = house.client("2001:db8::1")
        await client.mail(ANN)
        client.session.connection_lost(None)
        house.relay.gate.set()
        await house.tasks.settle()
        house.relay.gate = None
        assert (await house.client("2001:db8::2:3").mail(ANN)).startswith("250")
        assert _deliveries(house) == 1

    play(scene)
