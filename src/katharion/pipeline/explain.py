"""A judgement in words and as data, for people who ask why."""

from collections.abc import Sequence
from typing import Any

import msgspec

from katharion.pipeline.run import Judgement
from katharion.pipeline.verdict import SINGLE_SHARE_MAX
from katharion.values.disposition import Defer, Deliver, Disposition, Hold, Plan, Reject
from katharion.values.policy import EffectivePolicy
from katharion.values.verdict import Verdict

ROUNDING = 0.01


def explain(judgement: Judgement, planned: Plan, policies: Sequence[EffectivePolicy]) -> list[str]:
    """Lines for people: the score, each finding with its sentence, and what would be done."""
    lines: list[str] = []
    if not judgement.is_complete:
        lines.append("The checks took too long: the message would be held and judged later.")
    for verdict, policy in zip(judgement.verdicts[:1], policies[:1], strict=True):
        lines += _explain_verdict(verdict, policy)
    return lines + [_explain_disposition(disposition) for disposition in planned.dispositions]


def as_data(judgement: Judgement, planned: Plan) -> dict[str, Any]:
    """The same as plain data, for JSON."""
    return {
        "complete": judgement.is_complete,
        "verdicts": [msgspec.to_builtins(verdict) for verdict in judgement.verdicts],
        "dispositions": [_disposition_data(disposition) for disposition in planned.dispositions],
    }


def _disposition_data(disposition: Disposition) -> dict[str, Any]:
    """One disposition with its recipients as people write them."""
    data: dict[str, Any] = msgspec.to_builtins(disposition)
    return data | {"recipients": [str(recipient) for recipient in disposition.recipients]}


def _explain_verdict(verdict: Verdict, policy: EffectivePolicy) -> list[str]:
    decided = f", decided by {verdict.force.value}" if verdict.force else ""
    bounds = f"probable from {policy.probable_score:g}, definite from {policy.definite_score:g}"
    lines = [f"{verdict.band.value}: {verdict.score:.1f} points{decided} ({bounds})"]
    for finding in verdict.findings:
        weight = "decides" if finding.force else f"{finding.weight:+.1f}"
        evidence = f" [{finding.evidence}]" if finding.evidence else ""
        lines.append(f"  {weight:>7}  {finding.name}: {finding.sentence}{evidence}")
    if abs(sum(finding.weight for finding in verdict.findings) - verdict.score) > ROUNDING:
        most = SINGLE_SHARE_MAX * policy.probable_score
        lines.append(f"  (What one check says counts {most:g} at most.)")
    return lines


def _explain_disposition(disposition: Deliver | Hold | Reject | Defer) -> str:
    to = ", ".join(map(str, disposition.recipients))
    if isinstance(disposition, Deliver):
        tag = f" with {disposition.subject_tag!r} in the subject" if disposition.subject_tag else ""
        return f"deliver{tag} to {to}"
    if isinstance(disposition, Hold):
        elsewhere = f", for {disposition.redirect_to}" if disposition.redirect_to else ""
        return f"hold as {disposition.state.value} ({disposition.reason}){elsewhere}: {to}"
    verb = "refuse" if isinstance(disposition, Reject) else "refuse for now"
    return f"{verb}: {to}: {disposition.reply.code} {' '.join(disposition.reply.lines)}"
