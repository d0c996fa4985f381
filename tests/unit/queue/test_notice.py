"""Our own mail, as it goes into the spool."""

import msgspec

from fixtures.fix_held import ANN, BOB, RECEIVED_AT, held_message
from katharion.mail.address import Address
from katharion.mail.answer import Words
from katharion.mail.report import Action, Missed
from katharion.queue.notice import Notice, OwnMail, When, notice_of
from katharion.values.fate import State
from katharion.values.snapshot import OWN_ROUTE

OWN = OwnMail(
    "mx.example", Address("postmaster", "own.example"), lambda _, at: b"DKIM-Signature: %d\r\n" % at
)
EVE = Address("eve", "sender.example")


def notice(*recipients: Address, action: Action = Action.FAILED) -> Notice:
    missed = [Missed(each, Words(550, "5.1.1", ("no",)), "sink:25") for each in recipients]
    return notice_of(held_message(), missed, action, OWN, When(RECEIVED_AT + 60.0, RECEIVED_AT))


def test_it_is_signed_goes_to_the_sender_and_comes_from_nobody() -> None:
    message, row = notice(ANN)
    assert message.envelope.sender is None
    assert message.envelope.recipients == (EVE,)
    assert message.content.startswith(b"DKIM-Signature: 1000060\r\nDate: ")
    assert b"Subject: x\r\n" in message.content, "the header of what was not delivered"
    assert b"body" not in message.content
    assert (row.address, row.state, row.route) == (EVE, State.QUEUED, OWN_ROUTE)
    assert row.due_at == message.received_at == RECEIVED_AT + 60.0


def test_said_again_it_is_the_same_and_about_others_another() -> None:
    ids = {notice(ANN, BOB).message.id, notice(BOB, ANN).message.id}
    assert len(ids) == 1
    ids |= {notice(ANN).message.id, notice(ANN, action=Action.DELAYED).message.id}
    assert len(ids) == 3


def test_addresses_beyond_ascii_need_a_server_that_knows_them() -> None:
    message, _ = notice(Address("änne", "customer.example"))
    assert message.envelope.is_smtputf8
    assert message.envelope.is_8bit
    assert not notice(ANN).message.envelope.is_8bit
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(message), type=type(message)) == message
