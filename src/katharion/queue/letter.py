"""What is sent of held mail: which rows go together, and what is put before the content.

Source: RFC 5321 section 4.4 (trace fields go on top).
"""

from typing import NamedTuple

from katharion.mail.trace import date, tag_subject
from katharion.ports import Delivery
from katharion.values.fate import State
from katharion.values.held import Claim, HeldMessage
from katharion.values.verdict import Verdict

RELEASED = "released"  # The reason of a row that a person let go.


class Alike(NamedTuple):
    """What rows must have in common to go in one delivery: all that is sent, and where to."""

    message_id: str
    route: str
    state: State
    subject_tag: str
    verdict: Verdict | None
    is_released: bool


def alike(claim: Claim) -> Alike:
    """What a row has in common with those that it may go with."""
    return Alike(
        claim.lease.message_id,
        claim.route,
        claim.state,
        claim.subject_tag,
        claim.verdict,
        claim.reason == RELEASED,
    )


def groups(claims: list[Claim]) -> list[list[Claim]]:
    """Rows that go together."""
    found: dict[Alike, list[Claim]] = {}
    for claim in claims:
        found.setdefault(alike(claim), []).append(claim)
    return list(found.values())


def delivery(message: HeldMessage, claims: list[Claim], now: float) -> Delivery:
    """One delivery for rows that are alike, at `now`."""
    first = claims[0]
    trace = message.trace
    if first.verdict is not None:
        trace += first.verdict.trace_line(message.id)
    if first.reason == RELEASED:
        trace = f"X-Katharion-Released: {date(now)}\r\n".encode() + trace
    content = message.content
    if first.subject_tag:
        content = tag_subject(content, first.subject_tag)
    return Delivery(
        message.envelope.sender,
        tuple(claim.lease.recipient for claim in claims),
        trace,
        content,
        message.envelope.is_8bit,
        message.envelope.needs_smtputf8(message.content),
        message.facts.authenticity,
    )
