"""A judgement in words and as data, for people who ask why."""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from katharion.pipeline.advice import advice
from katharion.pipeline.contributions import contributions, missing, smallest_removal
from katharion.pipeline.run import Judgement
from katharion.pipeline.verdict import FAVOUR_SHARE_MAX, SINGLE_SHARE_MAX, NamedAnswers
from katharion.values.disposition import Defer, Deliver, Disposition, Hold, Plan, Reject
from katharion.values.policy import EffectivePolicy
from katharion.values.verdict import Verdict

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
    """Lines for people: the score, each finding with its sentence, and what would be done.

    Of several recipients the first speaks for all.
    """
    lines: list[str] = []
    if not judgement.is_complete:
        lines.append("The checks took too long: the message would be held and judged later.")
    for verdict, policy in zip(judgement.verdicts[:1], policies[:1], strict=True):
        lines += _explain_verdict(verdict, policy)
        for named in judgement.answers[:1]:
            lines += _explain_numbers(named, verdict, policy)
    return lines + [_explain_disposition(disposition) for disposition in planned.dispositions]


def as_data(
    judgement: Judgement, planned: Plan, policies: Sequence[EffectivePolicy] = ()
) -> dict[str, Any]:
    """The same as plain data, for JSON, with what was found of the sender.

    With the recipients' policies also the numbers that they make of it.
    """
    found = judgement.authenticity
    verdicts = [_verdict_data(verdict) for verdict in judgement.verdicts]
    for shown, verdict, named, policy in zip(
        verdicts, judgement.verdicts, judgement.answers, policies, strict=False
    ):
        shown.update(_numbers(named, verdict, policy))
    return {
        "complete": judgement.is_complete,
        "verdicts": verdicts,
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
    data["class"] = verdict.mail_class
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
    kind = ", ".join(filter(None, (verdict.band.value, verdict.mail_class)))
    lines = [f"{kind}: {verdict.score:.1f} points{decided} ({bounds})"]
    for finding in verdict.findings:
        weight = "decides" if finding.force else f"{finding.weight:+.1f}"
        evidence = f" [{finding.evidence}]" if finding.evidence else ""
        lines.append(f"  {weight:>7}  {finding.name}: {finding.sentence}{evidence}")
    return lines


def _explain_numbers(
    named: NamedAnswers, verdict: Verdict, policy: EffectivePolicy
) -> Iterator[str]:
    """Points by check, what the cap took, and what would have changed the band."""
    found = contributions(named, policy)
    against = [
        f"{c.check} {c.points:g}" + (f" (of {c.uncapped:g})" if c.uncapped > c.points else "")
        for c in found
        if c.points
    ]
    favour = [f"{c.check} {c.favour:g}" for c in found if c.favour]
    if against or favour:
        yield f"  By check: {', '.join(against + favour)}."
    most = SINGLE_SHARE_MAX * policy.probable_score
    if any(c.uncapped > c.points for c in found):
        yield f"  No check decides alone: each counts {most:g} at most."
    total, favour_min = sum(c.favour for c in found), -FAVOUR_SHARE_MAX * policy.probable_score
    if total < favour_min:
        yield f"  What speaks for it, {total:g}, counts {favour_min:g} at most."
    removal = smallest_removal(named, policy)
    if removal is not None:
        yield f"  Without {_joined(removal.without)} it would be {removal.band.value}."
    lack = missing(named, verdict, policy)
    if lack is not None:
        others = f" of another check than {_joined(lack.exhausted)}" if lack.exhausted else ""
        yield f"  {lack.points:g} points more{others}, and it would be {lack.band.value}."


def _numbers(named: NamedAnswers, verdict: Verdict, policy: EffectivePolicy) -> dict[str, Any]:
    """The same as data."""
    return {
        "contributions": msgspec.to_builtins(contributions(named, policy)),
        "check_points_max": SINGLE_SHARE_MAX * policy.probable_score,
        "smallest_removal": msgspec.to_builtins(smallest_removal(named, policy)),
        "missing": msgspec.to_builtins(missing(named, verdict, policy)),
    }


def _joined(names: Sequence[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last


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
