"""Each rule that ships finds what its own lines say, and nothing that they say it lets pass."""

from katharion.adapters.rules_folder import compiled, load_rules
from katharion.content.rules.examples import faults_of
from katharion.content.rules.options import RulesOptions
from katharion.content.rules.rule import Rule, Rules

RULES_COUNT_MIN = 150


def test_all_that_ship_are_as_they_say() -> None:
    rules = load_rules(RulesOptions())
    assert len(rules.rules) >= RULES_COUNT_MIN
    assert faults_of(compiled(rules)) == []


def test_what_is_not_so_is_told() -> None:
    wrong = Rule("ONE", 1.0, "g", "Said.", place="text", pattern="gold", hits=("tin",))
    also = Rule("TWO", 1.0, "g", "Said.", place="text", pattern="x", passes=("x",))
    assert faults_of(compiled(Rules((wrong, also), {}))) == [
        "ONE: it does not find 'tin'.",
        "TWO: it has no line that it hits (`hits`).",
        "TWO: it finds 'x', which it should let pass.",
    ]
