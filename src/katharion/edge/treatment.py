"""What is done with one message: it is judged, a plan is made, and the plan is carried out.

Source: DESIGN section 2 (life of one message).
"""

from typing import TYPE_CHECKING, NamedTuple

from katharion.edge.carry_out import Ending
from katharion.edge.case import Case
from katharion.mail.reply import Reply
from katharion.pipeline.disposition import Judged, final_reply, plan
from katharion.pipeline.transaction import Transaction
from katharion.values.verdict import Verdict

if TYPE_CHECKING:
    from katharion.edge.front import FrontDoor


class Treatment(NamedTuple):
    """One ending and one judgement a recipient, in the envelope's order, and seconds by stage.

    `case`: with what was found of the sender.
    """

    case: Case
    endings: tuple[Ending, ...]
    judged: tuple[Judged, ...]
    stages: dict[str, float]

    def replies(self, message_id: str) -> tuple[list[Reply], Reply]:
        """What is to be said of each recipient, and of all."""
        each = [final_reply([ending.left]) for ending in self.endings]
        final = final_reply([ending.left for ending in self.endings])
        return each, final if final.is_positive else final.with_reference(message_id)

    def told(self, heard: list[Reply]) -> list[tuple[Ending, Verdict, Reply]]:
        """For the record: each recipient's ending, verdict, and what its sender `heard`."""
        return [
            (ending, one.verdict, reply)
            for ending, one, reply in zip(self.endings, self.judged, heard, strict=True)
        ]


async def treat(front: "FrontDoor", case: Case, session_findings: tuple[str, ...]) -> Treatment:
    """Do all that is to be done before the reply."""
    recipients = case.envelope.recipients
    policies = tuple(front.policy(recipient, case.domain) for recipient in recipients)
    transaction = Transaction(
        case.id,
        front.hostname,
        case.facts,
        case.envelope,
        case.message,
        policies,
        session_findings,
        case.facts.received_at,
        tenant=case.domain.tenant,
    )
    judgement = await front.pipeline.judge(transaction)
    case = case.known_as(judgement.authenticity, judgement.prints)
    judged_at = front.clock.monotonic()
    judged = tuple(
        Judged(*each) for each in zip(recipients, policies, judgement.verdicts, strict=True)
    )
    is_prdr = case.envelope.is_prdr
    planned = plan(judged, is_complete=judgement.is_complete, is_prdr=is_prdr)
    endings = await front.effects.carry_out(case, planned, is_prdr=is_prdr)
    by_recipient = {ending.recipient: ending for ending in endings}
    assert len(by_recipient) == len(endings) == len(recipients), "each recipient has one ending"
    stages = {
        "judge": judged_at - case.ended_at,
        "carry_out": front.clock.monotonic() - judged_at,
    }
    return Treatment(case, tuple(by_recipient[r] for r in recipients), judged, stages)
