"""Findings and a policy to a verdict: caps, bands, forces, order."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from katharion.pipeline.verdict import FAVOUR_SHARE_MAX, SINGLE_SHARE_MAX, decide
from katharion.values.policy import EffectivePolicy
from katharion.values.verdict import Band, Finding, Force

POLICY = EffectivePolicy(probable_score=5.0, definite_score=10.0)


def of(*weights: float) -> tuple[Finding, ...]:
    """One check's answer."""
    return tuple(Finding(f"F{number}", weight, "") for number, weight in enumerate(weights))


# Why, one answer a check, score, band.
SCORES = [
    ("nothing", [], 0.0, Band.CLEAN),
    ("checks without findings", [of(), of()], 0.0, Band.CLEAN),
    ("one check", [of(2.0)], 2.0, Band.CLEAN),
    ("one finding does not decide", [of(99.0)], 4.75, Band.CLEAN),
    ("one check does not decide", [of(3.0, 3.0, 99.0)], 4.75, Band.CLEAN),
    ("a second check decides", [of(99.0), of(0.25)], 5.0, Band.PROBABLE),
    ("just below", [of(99.0), of(0.24)], 4.99, Band.CLEAN),
    ("definite", [of(99.0), of(99.0), of(0.5)], 10.0, Band.DEFINITE),
    ("what speaks for it counts", [of(99.0), of(2.0), of(-3.0)], 3.75, Band.CLEAN),
    ("favour is bounded", [of(99.0), of(99.0), of(99.0), of(-99.0)], 9.5, Band.PROBABLE),
    ("favour within a check is not capped with it", [of(99.0, -1.0), of(1.0)], 4.75, Band.CLEAN),
    ("many small ones", [of(0.1)] * 50, 5.0, Band.PROBABLE),  # Not 4.999…: sums are rounded.
]


@pytest.mark.parametrize(("why", "answers", "score", "band"), SCORES)
def test_score(why: str, answers: list[tuple[Finding, ...]], score: float, band: Band) -> None:
    verdict = decide(answers, POLICY)
    assert (verdict.score, verdict.band, verdict.force) == (score, band, None), why


FORCES = [
    ({Force.GTUBE}, Force.GTUBE, Band.DEFINITE),
    ({Force.BLOCKED}, Force.BLOCKED, Band.DEFINITE),
    ({Force.VIRUS}, Force.VIRUS, Band.DEFINITE),
    ({Force.LOOP}, Force.LOOP, Band.DEFINITE),
    ({Force.ALLOWED}, Force.ALLOWED, Band.CLEAN),
    ({Force.ALLOWED, Force.VIRUS}, Force.VIRUS, Band.DEFINITE),  # Never excuses a virus.
    ({Force.ALLOWED, Force.GTUBE}, Force.GTUBE, Band.DEFINITE),
    ({Force.ALLOWED, Force.BLOCKED}, Force.BLOCKED, Band.DEFINITE),
    (set(Force), Force.LOOP, Band.DEFINITE),
]


@pytest.mark.parametrize(("present", "decides", "band"), FORCES)
def test_forces_decide_alone(present: set[Force], decides: Force, band: Band) -> None:
    forced = tuple(Finding(force.value, 0.0, "", force=force) for force in present)
    verdict = decide([of(4.0), forced, of(4.0)], POLICY)
    assert (verdict.force, verdict.band, verdict.score) == (decides, band, 8.0)
    assert verdict.findings[0].force is not None


def test_the_heaviest_stands_first() -> None:
    answers = [of(0.5, -3.0), (Finding("FORCED", 0.0, "", force=Force.GTUBE),), of(1.0)]
    weights = [finding.weight for finding in decide(answers, POLICY).findings]
    assert weights == [0.0, -3.0, 1.0, 0.5]


WEIGHTS = st.floats(-20, 20)
ANSWERS = st.lists(st.lists(WEIGHTS, max_size=4), max_size=6)
RANK = {Band.CLEAN: 0, Band.PROBABLE: 1, Band.DEFINITE: 2}


@given(ANSWERS, st.floats(0, 20), st.integers(0, 6))
def test_monotone_in_added_weight(answers: list[list[float]], added: float, at: int) -> None:
    before = decide([of(*weights) for weights in answers], POLICY)
    more = [list(weights) for weights in answers]
    if at < len(more):
        more[at].append(added)
    else:
        more.append([added])
    after = decide([of(*weights) for weights in more], POLICY)
    assert after.score >= before.score - 0.001  # Of rounding.
    assert RANK[after.band] >= RANK[before.band] or before.score - after.score <= 0.001


@given(ANSWERS)
def test_no_check_decides(answers: list[list[float]]) -> None:
    for weights in answers:
        assert decide([of(*weights)], POLICY).band is Band.CLEAN
    score = decide([of(*weights) for weights in answers], POLICY).score
    assert score >= -FAVOUR_SHARE_MAX * POLICY.probable_score
    assert score <= SINGLE_SHARE_MAX * POLICY.probable_score * len(answers) + 0.001
