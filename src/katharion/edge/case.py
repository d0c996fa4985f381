"""One message with all that is to be said of it when its fate is carried out."""

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from katharion.authentication import results
from katharion.authentication.results import strip_forged
from katharion.mail.address import Address
from katharion.mail.envelope import Envelope
from katharion.mail.message import Message
from katharion.mail.trace import Hop, received, strip_own, tag_subject
from katharion.ports import Delivery
from katharion.protocols.smtp_events import MailFrom
from katharion.values.authenticity import NOTHING_KNOWN, Authenticity
from katharion.values.disposition import Hold
from katharion.values.facts import ClientFacts
from katharion.values.held import HeldMessage, HeldRecipient
from katharion.values.snapshot import ServedDomain
from katharion.values.verdict import Verdict


class Case(NamedTuple):
    """One message at its end of data. `message` is without headers that pretend to be ours.

    `ended_at`: when the client said its final dot, in the clock's monotonic seconds. `prints`:
    its fingerprints.
    """

    id: str
    hostname: str
    facts: ClientFacts
    envelope: Envelope
    message: Message
    domain: ServedDomain
    ended_at: float
    prints: tuple[str, ...] = ()

    def known_as(self, authenticity: Authenticity, prints: tuple[str, ...] = ()) -> "Case":
        """The case, with what was found of its sender, and its fingerprints."""
        facts = msgspec.structs.replace(self.facts, authenticity=authenticity)
        return self._replace(facts=facts, prints=prints)

    def trace(self) -> bytes:
        """Our fields, the newest on top: what was found of the sender, then Received."""
        found = self.facts.authenticity
        if found is None or found == NOTHING_KNOWN:
            return self.received_line()
        return results.field(self.hostname, found, found.client_address) + self.received_line()

    def received_line(self) -> bytes:
        """Our Received field."""
        facts, recipients = self.facts, self.envelope.recipients
        only = str(recipients[0]) if len(recipients) == 1 else ""
        found = facts.authenticity or NOTHING_KNOWN
        ptr = found.name_of_client if found.client_address == facts.client_address else ""
        return received(
            Hop(
                helo=facts.helo,
                client_address=facts.client_address,
                ptr=ptr,
                hostname=self.hostname,
                message_id=self.id,
                is_esmtp=facts.is_esmtp,
                is_tls=facts.tls is not None,
                is_smtputf8=self.envelope.is_smtputf8,
                recipient=only,
                received_at=facts.received_at,
                tls=f"{facts.tls.version} {facts.tls.cipher}" if facts.tls else "",
            )
        )

    def delivery(
        self, recipients: tuple[Address, ...], verdict: Verdict | None, subject_tag: str
    ) -> Delivery:
        """What goes to the next hop for some of the recipients."""
        content = self.message.content
        if subject_tag:
            content = tag_subject(content, subject_tag)
        return Delivery(
            self.envelope.sender,
            recipients,
            self.trace() + (verdict.trace_line(self.id) if verdict else b""),
            content,
            self.envelope.is_8bit,
            self.envelope.needs_smtputf8(self.message.content),
            self.facts.authenticity,
        )

    def held_message(self) -> HeldMessage:
        """What goes into the spool."""
        content = self.message.content
        return HeldMessage(
            id=self.id,
            received_at=self.facts.received_at,
            tenant=self.domain.tenant,
            envelope=self.envelope,
            facts=self.facts,
            trace=self.trace(),
            content=content,
            sha256=hashlib.sha256(content).digest(),
            subject=self.message.subject,
        )

    def held_rows(self, hold: Hold, due_at: float) -> tuple[HeldRecipient, ...]:
        """The rows of one hold, due for the queue runner at `due_at`."""
        return tuple(
            HeldRecipient(
                address=hold.redirect_to or recipient,
                state=hold.state,
                route=hold.redirect_route or self.domain.route.name,
                reason=hold.reason,
                verdict=hold.verdict,
                due_at=due_at,
                is_sender_told=hold.is_sender_told,
                subject_tag=hold.subject_tag,
            )
            for recipient in hold.recipients
        )


def envelope_of(mail: MailFrom, recipients: Sequence[Address]) -> Envelope:
    """The envelope, as the client gave it."""
    return Envelope(
        mail.sender,
        tuple(recipients),
        mail.is_8bit,
        mail.is_smtputf8,
        mail.is_prdr,
        mail.size_bytes_declared,
    )


def clean_message(content: bytes, hostname: str) -> Message:
    """The message as it is judged and passed on: forged headers of ours are gone."""
    return Message(strip_forged(strip_own(content), hostname))
