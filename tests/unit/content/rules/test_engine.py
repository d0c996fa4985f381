"""Rules at work: places, counts, exceptions, conditions, groups; bounded on any text."""

import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from katharion.content.rules.engine import (
    PLACE_LENGTH_MAX,
    Hit,
    RuleSet,
    as_octets,
    bounded,
    compile_place,
    expressions,
    findings_of,
    key_of,
)
from katharion.content.rules.rule import Place, Rule, Rules, RulesError

CPU_SECONDS_MAX = 0.02


def rule(name: str, pattern: str = "", **other: object) -> Rule:
    given: dict[str, object] = {"weight": 1.0, "group": "g", "sentence": "Said."}
    if pattern:
        given |= {"place": "text", "pattern": pattern}
    return Rule(name, **(given | other))  # type: ignore[arg-type] # Values of any kind.


def ready(*rules: Rule) -> RuleSet:
    chosen = Rules(rules, {})
    return RuleSet(chosen, {p: compile_place(e) for p, e in expressions(chosen).items()})


def hits(
    rules: RuleSet, text: str, fact: Callable[[str], bool] = lambda _: False
) -> dict[str, str]:
    def view(place: Place) -> str:
        return text if place == "text" else ""

    return {hit.rule.name: hit.evidence for hit in rules.judge(view, fact)}


@pytest.mark.parametrize(
    ("pattern", "text", "is_hit"),
    [
        ("gold.{0,5}silver", "GOLD and SILVER", True),
        ("gold.{0,5}silver", "gold is more than silver", False),
        (r"\bgold\b", "marigold", False),
        ("caf[eé]s?", "un café", True),
        ("[nñ][oó]", "SEÑOR", True),
        ("почт[аы]", "Ваша ПОЧТА", True),
        (r"^\x{1f4e6}", "\U0001f4e6 parcel", True),
        (r"\$ ?[0-9]{2}", "$ 50", True),
    ],
)
def test_patterns(pattern: str, text: str, *, is_hit: bool) -> None:
    assert bool(hits(ready(rule("ONE", pattern)), text)) is is_hit


def test_evidence_is_what_was_found() -> None:
    found = hits(ready(rule("ONE", "gold.{0,9}silver")), "x" * 500 + " gold and\nsilver, y")
    assert found["ONE"].endswith("gold and silver")
    assert len(found["ONE"]) < 121


def test_but_not_count_and_confirm() -> None:
    rules = ready(
        rule("NOT", "gold", but_not="silver"),
        rule("THREE", "lead", count_min=3),
        rule("SURE", "iron", confirm=r"(iron)\s\1"),
    )
    assert hits(rules, "gold lead lead iron") == {"NOT": "gold"}
    assert hits(rules, "gold silver lead lead lead iron iron") == {
        "THREE": "lead, lead, lead",
        "SURE": "iron iron",
    }


def test_conditions_over_rules_and_facts() -> None:
    rules = ready(
        rule("GOLD", "gold", weight=0.0),
        rule("ALL", all=("GOLD", "is_new")),
        rule("ANY", any=("GOLD", "is_new"), none=("is_list",)),
        rule("OVER", all=("ALL",)),
    )
    assert set(hits(rules, "gold")) == {"GOLD", "ANY"}
    assert set(hits(rules, "gold", lambda name: name == "is_new")) == {"GOLD", "ALL", "ANY", "OVER"}
    assert set(hits(rules, "gold", lambda name: name == "is_list")) == {"GOLD"}
    assert set(hits(rules, "tin", lambda name: name == "is_new")) == {"ANY"}


def test_a_group_counts_up_to_its_cap() -> None:
    found = [Hit(rule(f"R{n}", "x", weight=2.0), "") for n in range(3)]
    found += [Hit(rule("FOR", "x", weight=-1.0), ""), Hit(rule("PART", "x", weight=0.0), "")]
    findings = findings_of(found, {"g": 3.0})
    assert [finding.weight for finding in findings] == [1.0, 1.0, 1.0, -1.0]
    assert [finding.weight for finding in findings_of(found[:1], {})] == [2.0]


def test_words_count_less_where_it_is_said_so() -> None:
    rules = ready(
        rule("WORD", "gold", weight=2.0),
        rule("OVER", all=("WORD",), weight=1.0),
        rule("FACT", all=("is_new",)),
    )
    found = rules.judge(lambda place: "gold" if place == "text" else "", lambda _: True)
    weights = {f.name: f.weight for f in findings_of(found, {"g": 9.0}, 0.5)}
    assert weights == {"WORD": 1.0, "OVER": 0.5, "FACT": 1.0}


def test_a_pattern_that_is_none_is_told() -> None:
    with pytest.raises(RulesError, match="can't be compiled"):
        ready(rule("ONE", "gold("))


def test_a_database_is_known_by_its_patterns() -> None:
    one, two = expressions(Rules((rule("A", "x"),), {})), expressions(Rules((rule("A", "y"),), {}))
    assert key_of(one["text"]) == key_of(expressions(Rules((rule("B", "x"),), {}))["text"])
    assert key_of(one["text"]) != key_of(two["text"])


def test_classes_become_alternatives() -> None:
    assert as_octets("[eé]x[a-z]") == "(?:[e]|é)x[a-z]".encode()


def test_head_and_tail_are_looked_at() -> None:
    rules = ready(rule("HEAD", "^head"), rule("TAIL", "tail$"), rule("MIDDLE", "middle"))
    text = "head" + "x" * PLACE_LENGTH_MAX + "middle" + "x" * PLACE_LENGTH_MAX + "tail"
    assert set(hits(rules, text)) == {"HEAD", "TAIL"}
    assert len(bounded(text)) == PLACE_LENGTH_MAX + 1


@given(st.text(max_size=200))
def test_no_text_raises(text: str) -> None:
    hits(ALL, text)


ALL = ready(
    rule("ONE", "gold.{0,50}silver"), rule("TWO", "a", count_min=2), rule("C", "b", confirm="b+")
)


@pytest.mark.parametrize("piece", ["gold", "silver", "a", "b", "gold silver ", "\u00e9"])
def test_time_is_linear(piece: str) -> None:
    text = piece * (256 * 1024 // len(piece))
    started = time.process_time()
    hits(ALL, text)
    assert time.process_time() - started < CPU_SECONDS_MAX
