"""What each check added, and the smallest change: held against trying everything."""

from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from katharion.pipeline.contributions import contributions, missing, smallest_removal
from katharion.pipeline.verdict import NamedAnswers, decide
from katharion.values.policy import EffectivePolicy
from katharion.values.verdict import Band, Finding, Force, Verdict

POLICY = EffectivePolicy(probable_score=5.0, definite_score=10.0)
RANK = {Band.CLEAN: 0, Band.PROBABLE: 1, Band.DEFINITE: 2}


def named(**answers: str) -> NamedAnswers:
    """Answers by check: "A+2.5 B-1 C!virus"."""
    return tuple((check, tuple(map(_finding, said.split()))) for check, said in answers.items())


def _finding(word: str) -> Finding:
    if "!" in word:
        name, _, force = word.partition("!")
        return Finding(name, 0.0, "", force=Force(force.replace("_", " ")))
    return Finding(word[0], float(word[1:]), "")


def verdict_of(answers: NamedAnswers) -> Verdict:
    return decide([answer for _, answer in answers], POLICY)


def test_each_check_and_what_the_cap_took() -> None:
    answers = named(quiet="", helo="A+1", headers="B+4 C+3 D-0.5", lists="E-3")
    assert [(c.check, c.points, c.uncapped, c.favour) for c in contributions(answers, POLICY)] == [
        ("headers", 4.75, 7.0, -0.5),
        ("helo", 1.0, 1.0, 0.0),
        ("lists", 0.0, 0.0, -3.0),
    ]


# Why, answers, which have to go, and the band then.
REMOVALS = [
    ("nothing was found", {}, None),
    ("a clean message, and nothing keeps it so", {"a": "A+4"}, None),
    ("one of two suffices", {"a": "A+4", "b": "B+2"}, (("A",), Band.CLEAN)),
    ("the cap hides the heavier", {"a": "A+9 B+9", "b": "C+0.5"}, (("C",), Band.CLEAN)),
    ("two at once under a cap", {"a": "A+9 B+9", "b": "C+2 D+2 E+2"}, (("A", "B"), Band.CLEAN)),
    ("only one band down", {"a": "A+4", "b": "B+4", "c": "C+4"}, (("A",), Band.PROBABLE)),
    ("a favour that keeps it clean", {"a": "A+4", "b": "B+2 C-2"}, (("C",), Band.PROBABLE)),
    ("the heaviest favours first", {"a": "A+4 C-1", "b": "B+3 D-2"}, (("D",), Band.PROBABLE)),
    ("a force that decides", {"a": "A!gtube", "b": "B+2"}, (("A",), Band.CLEAN)),
    (
        "a force, and points enough without",
        {"a": "A!gtube", "b": "B+4.7", "c": "C+4.7", "d": "D+1"},
        (("A", "B"), Band.PROBABLE),
    ),
    ("all forces", {"a": "A!gtube", "b": "B!virus"}, (("A", "B"), Band.CLEAN)),
    ("what is allowed", {"a": "A!allowed", "b": "B+4", "c": "C+2"}, (("A",), Band.PROBABLE)),
    ("allowed, and harmless anyway", {"a": "A!allowed", "b": "B+4"}, None),
    (
        "allowed but for a virus: the last force never decided",
        {"a": "A!virus", "b": "B!allowed", "c": "C!dmarc_reject"},
        (("A",), Band.CLEAN),
    ),
    (
        "allowed: what its domain asks for would decide",
        {"b": "B!allowed", "c": "C!dmarc_reject"},
        (("B",), Band.DEFINITE),
    ),
]


@pytest.mark.parametrize(("why", "answers", "expected"), REMOVALS)
def test_smallest_removal(
    why: str, answers: dict[str, str], expected: tuple[tuple[str, ...], Band] | None
) -> None:
    found = smallest_removal(named(**answers), POLICY)
    assert ((found.without, found.band) if found else None) == expected, why


MISSING = [
    ({"a": "A+4"}, (1.0, Band.PROBABLE, ())),
    ({"a": "A+9"}, (0.25, Band.PROBABLE, ("a",))),
    ({"a": "A+9", "b": "B+3"}, (2.25, Band.DEFINITE, ("a",))),
    ({"a": "A+9", "b": "B+9", "c": "C+1"}, None),
    ({"a": "A!allowed"}, None),
    ({"a": "A!greylisted"}, (5.0, Band.PROBABLE, ())),
]


@pytest.mark.parametrize(("answers", "expected"), MISSING)
def test_missing(answers: dict[str, str], expected: tuple[float, Band, object] | None) -> None:
    given_answers = named(**answers)
    found = missing(given_answers, verdict_of(given_answers), POLICY)
    assert ((found.points, found.band, found.exhausted) if found else None) == expected


def test_where_both_bands_begin_at_once() -> None:
    policy = EffectivePolicy(probable_score=5.0, definite_score=5.0)
    answers = named(a="A+4", b="B+2")
    found = missing(named(a="A+4"), decide([answers[0][1]], policy), policy)
    assert found is not None
    assert found.band is Band.DEFINITE
    removal = smallest_removal(answers, policy)
    assert removal is not None
    assert (removal.without, removal.band) == (("A",), Band.CLEAN)


@st.composite
def _answers(draw: st.DrawFn) -> NamedAnswers:
    """At most nine findings in all, so that everything can be tried; names are unique."""
    count = draw(st.integers(1, 4))
    answers: list[list[Finding]] = [[] for _ in range(count)]
    forces = st.one_of(*[st.none()] * 6, st.sampled_from(Force))
    for number in range(draw(st.integers(0, 9))):
        weight = draw(st.integers(-12, 24)) / 4
        finding = Finding(f"F{number}", weight, "", force=draw(forces))
        answers[draw(st.integers(0, count - 1))].append(finding)
    return tuple((f"check{n}", tuple(answer)) for n, answer in enumerate(answers))


def _band_without(answers: NamedAnswers, names: tuple[str, ...]) -> Band:
    left = [tuple(f for f in answer if f.name not in names) for _, answer in answers]
    return decide(left, POLICY).band


@settings(max_examples=300)
@given(_answers())
def test_it_changes_the_band_and_no_smaller_set_does(answers: NamedAnswers) -> None:
    now = verdict_of(answers).band
    found = smallest_removal(answers, POLICY)
    every = [finding.name for _, answer in answers for finding in answer]

    def is_change(band: Band) -> bool:
        difference = RANK[band] - RANK[now]
        return difference > 0 if now is Band.CLEAN else difference < 0

    if found is not None:
        assert is_change(found.band)
        assert _band_without(answers, found.without) is found.band
    smaller = len(found.without) if found else len(every) + 1
    for size in range(smaller):
        for names in combinations(every, size):
            assert not is_change(_band_without(answers, names)), names


@given(_answers())
def test_so_many_points_change_the_band(answers: NamedAnswers) -> None:
    verdict = verdict_of(answers)
    lack = missing(answers, verdict, POLICY)
    if lack is None:
        return
    assert lack.points > 0
    parts = [
        lack.points / 4
    ] * 4  # Of several other checks, for one may have to stay below the cap.
    more = [answer for _, answer in answers] + [(Finding("M", part, ""),) for part in parts]
    assert decide(more, POLICY).band is lack.band


@given(_answers())
def test_contributions_add_up(answers: NamedAnswers) -> None:
    found = contributions(answers, POLICY)
    total = sum(c.points for c in found) + max(sum(c.favour for c in found), -4.75)
    assert round(total, 3) == verdict_of(answers).score
