"""Our own mail: a notification made ready to be held, as mail that anybody sent.

Sources: RFC 3464 (what it says), RFC 5321 section 4.5.5 (its reverse-path is null).
"""

import hashlib
from collections.abc import Callable, Sequence
from typing import NamedTuple

from katharion.mail.address import Address
from katharion.mail.envelope import Envelope
from katharion.mail.message import Message
from katharion.mail.message_id import TOKEN_OCTETS, make_id
from katharion.mail.report import Action, Missed, Report, compose
from katharion.values.facts import ClientFacts
from katharion.values.fate import State
from katharion.values.held import HeldMessage, HeldRecipient
from katharion.values.snapshot import OWN_ROUTE

REASON = "notice"


class OwnMail(NamedTuple):
    """Who we are when we write: our name, our From, and our signature for a content (or b"")."""

    hostname: str
    sender: Address
    sign: Callable[[bytes, float], bytes]


class Notice(NamedTuple):
    """What is to be held."""

    message: HeldMessage
    row: HeldRecipient


class When(NamedTuple):
    """Seconds since the epoch. `retry_until`: for a delay, when we give up."""

    now: float
    retry_until: float = 0.0


def notice_of(
    message: HeldMessage, missed: Sequence[Missed], action: Action, own: OwnMail, when: When
) -> Notice:
    """The notification about `missed` to the sender of `message`.

    Its id comes from what it says and to whom: said again it is the same, and is held once.
    """
    to = message.envelope.sender
    assert to is not None, "a null sender is told nothing"
    about = [message.id, action.value, *sorted(str(each.recipient) for each in missed)]
    token = hashlib.sha256("\n".join(about).encode()).digest()[:TOKEN_OCTETS]
    held = Message(message.content)
    report = Report(
        id=make_id(message.received_at, token),
        at=when.now,
        hostname=own.hostname,
        sender=own.sender,
        to=to,
        action=action,
        missed=tuple(missed),
        arrived_at=message.received_at,
        header=held.content[: held.header_end],
        retry_until=when.retry_until,
    )
    content = compose(report)
    content = own.sign(content, report.at) + content
    envelope = Envelope(None, (to,), not content.isascii(), report.is_utf8)
    ours = HeldMessage(
        id=report.id,
        received_at=report.at,
        tenant=message.tenant,
        envelope=envelope,
        facts=ClientFacts("", 0, "own", received_at=report.at),
        trace=b"",
        content=content,
        sha256=hashlib.sha256(content).digest(),
        subject=Message(content).subject,
    )
    return Notice(ours, HeldRecipient(to, State.QUEUED, OWN_ROUTE, REASON, due_at=report.at))
