"""What is written into the tracking journal of a session and its messages."""

from collections.abc import Sequence

from katharion.edge.carry_out import Ending
from katharion.edge.case import Case
from katharion.mail.reply import Reply
from katharion.values.disposition import Defer, Hold, Reject
from katharion.values.facts import ClientFacts
from katharion.values.held import Settlement
from katharion.values.track import TrackRecord
from katharion.values.verdict import Verdict


class Account:
    """Makes records for one process of one node."""

    def __init__(self, node: str, process: str) -> None:
        self._node = node
        self._process = process

    def refusal(
        self, event: str, at: float, facts: ClientFacts, reply: Reply, who: tuple[str, str]
    ) -> TrackRecord:
        """A refusal before there was a message. `who`: sender and recipient, "" if none."""
        return TrackRecord(
            at=at,
            event=event,
            node=self._node,
            process=self._process,
            client_address=facts.client_address,
            helo=facts.helo,
            sender=who[0],
            recipient=who[1],
            reply=_text(reply),
        )

    def late(self, at: float, settlements: Sequence[Settlement]) -> list[TrackRecord]:
        """What the next hop said when we had answered already."""
        return [
            TrackRecord(
                at=at,
                event="settled",
                node=self._node,
                process=self._process,
                message_id=settlement.lease.message_id,
                recipient=str(settlement.lease.recipient),
                state=settlement.state.value,
                next_hop=settlement.next_hop,
                words=str(settlement.words or ""),
            )
            for settlement in settlements
        ]

    def repeat(self, at: float, case: Case, message_id: str, reply: Reply) -> list[TrackRecord]:
        """One record a recipient of a repeat: it belongs to the story of the first."""
        return [
            TrackRecord(
                at=at,
                event="repeated",
                node=self._node,
                process=self._process,
                message_id=message_id,
                client_address=case.facts.client_address,
                helo=case.facts.helo,
                sender=str(case.envelope.sender or ""),
                recipient=str(recipient),
                tenant=case.domain.tenant,
                reason="the first reply was lost",
                reply=_text(reply),
            )
            for recipient in case.envelope.recipients
        ]

    def message(
        self,
        at: float,
        case: Case,
        endings: Sequence[tuple[Ending, Verdict | None, Reply]],
        stages: dict[str, float],
    ) -> list[TrackRecord]:
        """One record a recipient: the ending, the verdict, and the reply that it heard.

        What was found of the sender stands in the first of them.
        """
        facts, message = case.facts, case.message
        subject, header_id = message.subject, message.header_id
        sender = str(case.envelope.sender or "")
        tls = f"{facts.tls.version} {facts.tls.cipher}" if facts.tls else ""
        return [
            TrackRecord(
                at=at,
                event=_event(ending),
                node=self._node,
                process=self._process,
                message_id=case.id,
                client_address=facts.client_address,
                helo=facts.helo,
                sender=sender,
                recipient=str(ending.recipient),
                tenant=case.domain.tenant,
                message_header_id=header_id,
                subject=subject,
                size_bytes=len(message.content),
                state=ending.left.state.value if isinstance(ending.left, Hold) else "",
                reason=ending.left.reason if isinstance(ending.left, Hold) else "",
                band=verdict.band.value if verdict else "",
                score=verdict.score if verdict else 0.0,
                findings=verdict.findings if verdict else (),
                reply=_text(reply),
                next_hop=ending.next_hop,
                words=str(ending.words),
                tls=tls,
                stages=stages,
                redirected_to=_redirected_to(ending),
                authenticity=None if place else facts.authenticity,
                prints=() if place else case.prints,
            )
            for place, (ending, verdict, reply) in enumerate(endings)
        ]


def _event(ending: Ending) -> str:
    if ending.left is None:
        return "delivered"
    if isinstance(ending.left, Reject):
        return "rejected"
    return "deferred" if isinstance(ending.left, Defer) else "held"


def _redirected_to(ending: Ending) -> str:
    """Whose row stands for this recipient, where it is not its own."""
    hold = ending.left
    return str(hold.redirect_to) if isinstance(hold, Hold) and hold.redirect_to else ""


def _text(reply: Reply) -> str:
    return f"{reply.code} {reply.enhanced} {' / '.join(reply.lines)}"
