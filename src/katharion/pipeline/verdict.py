"""Findings and a policy to a verdict: no single check decides, but for the named forces.

Source: DESIGN section 2 (verdict).
"""

from collections.abc import Iterable, Sequence

from katharion.values.policy import EffectivePolicy
from katharion.values.verdict import Band, Finding, Force, Verdict

NamedAnswers = tuple[tuple[str, tuple[Finding, ...]], ...]  # By the check's name.

SINGLE_SHARE_MAX = 0.95  # Of the probable threshold: any second check's finding suffices.
FAVOUR_SHARE_MAX = 0.95  # What speaks for a message can't outweigh more than this, in all.
SCORE_DIGITS = 3

# Of several forces the first here decides.
PRECEDENCE = (
    *(Force.LOOP, Force.UNSCANNABLE, Force.VIRUS, Force.GTUBE, Force.BLOCKED, Force.ALLOWED),
    *(Force.DMARC_REJECT, Force.DMARC_QUARANTINE, Force.GREYLISTED),
)
FORCED_BANDS = {
    Force.LOOP: Band.DEFINITE,
    Force.UNSCANNABLE: Band.DEFINITE,
    Force.VIRUS: Band.DEFINITE,
    Force.GTUBE: Band.DEFINITE,
    Force.BLOCKED: Band.DEFINITE,
    Force.ALLOWED: Band.CLEAN,
    Force.DMARC_REJECT: Band.DEFINITE,
    Force.DMARC_QUARANTINE: Band.DEFINITE,
}


def decide(answers: Iterable[Sequence[Finding]], policy: EffectivePolicy) -> Verdict:
    """The verdict under one policy, from one answer a check; findings the heaviest first."""
    answers = tuple(answer for answer in answers if answer)
    if not answers:
        return _CLEAN
    single_max = SINGLE_SHARE_MAX * policy.probable_score
    against = sum((min(sum(f.weight for f in a if f.weight > 0), single_max) for a in answers), 0.0)
    findings = tuple(finding for answer in answers for finding in answer)
    favour = sum(f.weight for f in findings if f.weight < 0)
    score = round(against + max(favour, -FAVOUR_SHARE_MAX * policy.probable_score), SCORE_DIGITS)
    present = {finding.force for finding in findings}
    force = next((force for force in PRECEDENCE if force in present), None)
    band = _band(score, policy)
    if force is Force.GREYLISTED and band is not Band.CLEAN:
        force = None  # What is done with spam is better than that it comes again.
    if force in FORCED_BANDS:
        band = FORCED_BANDS[force]
    ordered = tuple(sorted(findings, key=lambda f: (f.force is None, -abs(f.weight), f.name)))
    return Verdict(score, band, force, ordered)


def _band(score: float, policy: EffectivePolicy) -> Band:
    if score >= policy.definite_score:
        return Band.DEFINITE
    return Band.PROBABLE if score >= policy.probable_score else Band.CLEAN


_CLEAN = Verdict(0.0, Band.CLEAN, None, ())
