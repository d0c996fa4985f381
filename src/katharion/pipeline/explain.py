"""A judgement in words and as data, for people who ask why."""

from collections.abc import Sequence
from typing import Any

import msgspec

from katharion.pipeline.advice import advice
from katharion.pipeline.run import Judgement
from katharion.pipeline.verdict import SINGLE_SHARE_MAX
from katharion.values.disposition import Defer, Deliver, Disposition, Hold, Plan, Reject
from katharion.values.policy import EffectivePolicy
from katharion.values.verdict import Verdict

ROUNDING = 0.01
NOT_ASKED = "Not checked."
# What results mean that need no reason of their own.
_REASONS = {
    "spf": {
        "pass": "The sender's domain says that this server may send for it.",
        "fail": "The sender's domain says that this server may not send for it.",
        "softfail": "The sender's domain says that this server should not send for it.",
        "neutral": "The sender's domain does not say whether this server may send for it.",
        "none": "The sender's domain does not say which servers may send for it.",
        "permerror": "What the sender's domain says of its servers can't be understood.",
        "temperror": "DNS did not say which servers may send for the sender's domain.",
    },
    "dkim": {"pass": "The message is as its signer signed it."},
    "dmarc": {"pass": "The author's domain is proven to have sent this message."},
    "arc": {
        "none": "Nobody sealed what was found when the message was passed on.",
        "pass": "The chain of seals is whole.",
    },
    "iprev": {
        "pass": "The name of the sender's server leads back to its address.",
        "fail": "The name of the sender's server does not lead back to its address.",
        "permerror": "The sender's server has an address without a name.",
        "temperror": "The name of the sender's server could not be asked.",
    },
}


def explain(judgement: Judgement, planned: Plan, policies: Sequence[EffectivePolicy]) -> list[str]:
    """Lines for people: the score, each finding with its sentence, and what would be done."""
    lines: list[str] = []
    if not judgement.is_complete:
        lines.append("The checks took too long: the message would be held and judged later.")
    for verdict, policy in zip(judgement.verdicts[:1], policies[:1], strict=True):
        lines += _explain_verdict(verdict, policy)
    return lines + [_explain_disposition(disposition) for disposition in planned.dispositions]


def as_data(judgement: Judgement, planned: Plan) -> dict[str, Any]:
    """The same as plain data, for JSON, with what was found of the sender."""
    found = judgement.authenticity
    return {
        "complete": judgement.is_complete,
        "verdicts": [_verdict_data(verdict) for verdict in judgement.verdicts],
        "dispositions": [_disposition_data(disposition) for disposition in planned.dispositions],
        "spf": _method("spf", found.spf),
        "helo": _method("spf", found.helo),
        "dkim": [_method("dkim", signature) for signature in found.dkim],
        "dmarc": _method("dmarc", found.dmarc),
        "arc": _method("arc", found.arc),
        "iprev": _method("iprev", found.iprev),
    }


def _method(name: str, found: msgspec.Struct | None) -> dict[str, Any]:
    """What a method found, always with a result and a reason."""
    data: dict[str, Any] = {"result": "none", "reason": ""}
    if found is not None:
        data |= msgspec.to_builtins(found)
    reason = _REASONS[name].get(data["result"], "") if found is not None else NOT_ASKED
    return data | {"reason": data["reason"] or reason}


def _verdict_data(verdict: Verdict) -> dict[str, Any]:
    """A verdict; each finding with what the sender can do about it."""
    data: dict[str, Any] = msgspec.to_builtins(verdict)
    for finding, shown in zip(verdict.findings, data["findings"], strict=True):
        shown["advice"] = advice(finding)
    return data


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
