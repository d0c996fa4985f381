"""Rules as they are written: what is wrong is told, with the file, the rule and what to do."""

import pytest

from katharion.content.rules.rule import RulesError, read

FACTS = ("is_list",)
RIGHT = """
[groups]
money = 2.0
[[rule]]
name = "BOTH"
weight = 1.0
group = "money"
sentence = "Both."
all = ["ONE", "PART"]
none = ["is_list"]
[[rule]]
name = "PART"
weight = 0
group = "money"
any = ["ONE"]
[[rule]]
name = "ONE"
in = "text"
pattern = '''gold.{0,20}silver'''
weight = 0.5
group = "money"
sentence = "One."
hits = ["gold and silver"]
"""


def told(text: str) -> str:
    with pytest.raises(RulesError) as error:
        read({"own.toml": text}, FACTS)
    return str(error.value)


def test_conditions_come_behind_what_they_name() -> None:
    rules = read({"own.toml": RIGHT}, FACTS)
    assert [rule.name for rule in rules.rules] == ["ONE", "PART", "BOTH"]
    assert rules.caps == {"money": 2.0}


@pytest.mark.parametrize(
    ("was", "becomes", "says"),
    [
        ('name = "ONE"', 'name = "one"', "own.toml: one: a name is of capitals"),
        ("'''gold.{0,20}silver'''", "'''gold.*silver'''", "ONE: a repetition without an end"),
        ("'''gold.{0,20}silver'''", "'''a{0,900}'''", "ONE: a repetition of more than 400"),
        ('in = "text"', "", "ONE: a pattern needs a place"),
        ('in = "text"', 'in = "feet"', "own.toml: Invalid enum value 'feet'"),
        ('sentence = "One."', "", "ONE: a rule that weighs has a sentence"),
        ('none = ["is_list"]', 'none = ["is_lost"]', "BOTH: there is no fact 'is_lost'"),
        ('all = ["ONE", "PART"]', 'all = ["TWO"]', "BOTH: there is no rule 'TWO'"),
        ('any = ["ONE"]', 'any = ["BOTH"]', "these conditions name each other in a ring"),
        ('any = ["ONE"]', "", "PART: it needs a pattern, or `all` or `any`"),
        ('name = "PART"', 'name = "ONE"', "ONE: there is another rule of that name"),
        ("weight = 0.5", "weight = 50", "own.toml: Expected `float` <= 4.0"),
        ("weight = 0.5", "wait = 0.5", "own.toml: Object contains unknown field `wait`"),
        ("[groups]", "[groups", "own.toml: "),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told(was: str, becomes: str, says: str) -> None:
    assert says in told(RIGHT.replace(was, becomes, 1))
