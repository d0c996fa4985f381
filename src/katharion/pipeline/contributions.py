"""A verdict in numbers: what each check added to it, and how little would have changed it.

For people who ask why; a message on its way does not pay for it.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import msgspec

from katharion.pipeline.verdict import (
    FORCED_BANDS,
    PRECEDENCE,
    SCORE_DIGITS,
    SINGLE_SHARE_MAX,
    NamedAnswers,
    decide,
)
from katharion.values.policy import EffectivePolicy
from katharion.values.verdict import Band, Finding, Force, Verdict

_Answer = Sequence[Finding]

_RANK = {Band.CLEAN: 0, Band.PROBABLE: 1, Band.DEFINITE: 2}


class Contribution(msgspec.Struct, frozen=True):
    """What one check says against a message: `points` of it count, all would be `uncapped`.

    `favour` is what it says for the message, below zero.
    """

    check: str
    points: float
    uncapped: float
    favour: float
    findings: tuple[str, ...]


class Removal(msgspec.Struct, frozen=True):
    """As few findings as can be, without which the band would have been another."""

    without: tuple[str, ...]
    band: Band


class Missing(msgspec.Struct, frozen=True):
    """Points up to the next band. Checks that have no more to give: `exhausted`."""

    points: float
    band: Band
    exhausted: tuple[str, ...]


class _Best(NamedTuple):
    """Of all ways to leave out so many findings, one that takes the most points off."""

    taken: float
    left_out: tuple[Finding, ...]


def contributions(named: NamedAnswers, policy: EffectivePolicy) -> tuple[Contribution, ...]:
    """What each check adds, those that say nothing left out; the heaviest first."""
    most = SINGLE_SHARE_MAX * policy.probable_score
    found = [_contribution(check, answer, most) for check, answer in named if answer]
    return tuple(sorted(found, key=lambda c: (-c.points, c.favour, c.check)))


def _contribution(check: str, answer: _Answer, most: float) -> Contribution:
    uncapped = sum(f.weight for f in answer if f.weight > 0)
    favour = sum(f.weight for f in answer if f.weight < 0)
    names = tuple(finding.name for finding in answer)
    points, uncapped, favour = (
        round(number, SCORE_DIGITS) for number in (min(uncapped, most), uncapped, favour)
    )
    return Contribution(check, points, uncapped, favour, names)


def missing(named: NamedAnswers, verdict: Verdict, policy: EffectivePolicy) -> Missing | None:
    """What lacks up to the next band; None where there is none, or a force decides."""
    if verdict.band is Band.DEFINITE or verdict.force in FORCED_BANDS:
        return None
    is_clean = verdict.band is Band.CLEAN
    bound = policy.probable_score if is_clean else policy.definite_score
    exhausted = tuple(c.check for c in contributions(named, policy) if c.uncapped > c.points)
    following = Band.PROBABLE if is_clean and bound < policy.definite_score else Band.DEFINITE
    return Missing(round(bound - verdict.score, SCORE_DIGITS), following, exhausted)


def smallest_removal(named: NamedAnswers, policy: EffectivePolicy) -> Removal | None:
    """The fewest findings without which a spam's band would be lower, or a clean mail's higher.

    None where nothing that was found keeps the message from being spam.
    """
    answers = [answer for _, answer in named if answer]
    now = decide(answers, policy)
    is_spam = now.band is not Band.CLEAN
    forced = _must_go(answers, is_spam=is_spam)
    rest = _without(answers, forced)
    for left_out in _against(rest, policy) if is_spam else _in_favour(rest):
        band = decide(_without(rest, left_out), policy).band
        change = _RANK[band] - _RANK[now.band]
        if change < 0 if is_spam else change > 0:
            return Removal(tuple(f.name for f in (*forced, *left_out)), band)
    return None


def _must_go(answers: Sequence[_Answer], *, is_spam: bool) -> tuple[Finding, ...]:
    """Findings of forces, of which none may stay if the band is to change."""
    findings = [finding for answer in answers for finding in answer if finding.force is not None]
    if not is_spam:
        return tuple(f for f in findings if f.force is Force.ALLOWED)
    deciding = [force for force in PRECEDENCE if force in FORCED_BANDS]
    if any(finding.force is Force.ALLOWED for finding in findings):
        # What is allowed is clean without those before it; what is after it never decided.
        deciding = deciding[: deciding.index(Force.ALLOWED)]
    return tuple(f for f in findings if f.force in deciding)


def _against(answers: Sequence[_Answer], policy: EffectivePolicy) -> Iterator[tuple[Finding, ...]]:
    """For each count the findings whose absence takes the most points off.

    Of one check that is the heaviest; how many of which check, is tried check by check, for
    the first that are left out may take nothing off, where the cap has taken it before.
    """
    most = SINGLE_SHARE_MAX * policy.probable_score
    best = [_Best(0.0, ())]
    for answer in answers:
        heaviest = sorted((f for f in answer if f.weight > 0), key=lambda f: -f.weight)
        ways = [_best_of(heaviest, count, most) for count in range(len(heaviest) + 1)]
        best = [
            max(_pairs(best, ways, count), key=lambda both: both.taken)
            for count in range(len(best) + len(ways) - 1)
        ]
    for one in best:
        yield one.left_out


def _best_of(heaviest: Sequence[Finding], count: int, most: float) -> _Best:
    """One check's: what its points lose with its `count` heaviest findings."""
    before, after = (sum(f.weight for f in some) for some in (heaviest, heaviest[count:]))
    return _Best(min(before, most) - min(after, most), tuple(heaviest[:count]))


def _pairs(best: Sequence[_Best], ways: Sequence[_Best], count: int) -> Iterator[_Best]:
    """All ways to leave out `count`, some of what came before and some of this check."""
    for own in range(max(0, count - len(best) + 1), min(count, len(ways) - 1) + 1):
        other = best[count - own]
        yield _Best(other.taken + ways[own].taken, other.left_out + ways[own].left_out)


def _in_favour(answers: Sequence[_Answer]) -> Iterator[tuple[Finding, ...]]:
    """For each count the findings that say the most for the message."""
    favour = sorted((f for a in answers for f in a if f.weight < 0), key=lambda f: f.weight)
    for count in range(len(favour) + 1):
        yield tuple(favour[:count])


def _without(answers: Iterable[_Answer], left_out: Sequence[Finding]) -> list[tuple[Finding, ...]]:
    """The answers without these very findings, not those that only look the same."""
    gone = {id(finding) for finding in left_out}
    return [tuple(f for f in answer if id(f) not in gone) for answer in answers]
