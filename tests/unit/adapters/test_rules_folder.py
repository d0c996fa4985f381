"""Rules from files: the operator's beside those that ship, other weights, compiled ones kept."""

from pathlib import Path

import pytest

from katharion.adapters.rules_folder import compiled, load_rules, ready_rules
from katharion.content.rules.options import RulesOptions
from katharion.content.rules.rule import Rule, Rules, RulesError

OWN = """
[[rule]]
name = "OWN_RULE"
in = "subject"
pattern = '''gold'''
weight = 1.0
group = "own"
sentence = "It speaks of gold."
hits = ["gold"]
"""


def test_own_rules_stand_beside_those_that_ship(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(OWN)
    (tmp_path / "notes.txt").write_text("no rules")
    shipped = {rule.name for rule in load_rules(RulesOptions()).rules}
    found = {rule.name for rule in load_rules(RulesOptions(folder=str(tmp_path))).rules}
    assert found - shipped == {"OWN_RULE"}


def test_weights_may_be_others() -> None:
    rules = load_rules(RulesOptions(weights={"REPLY_FAKE": 0.0}))
    assert [rule.weight for rule in rules.rules if rule.name == "REPLY_FAKE"] == [0.0]
    with pytest.raises(RulesError, match="there is no rule NOBODY"):
        load_rules(RulesOptions(weights={"NOBODY": 1.0}))


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(RulesError, match="is no folder"):
        load_rules(RulesOptions(folder=str(tmp_path / "none")))
    (tmp_path / "own.toml").write_bytes(b"\xff")
    with pytest.raises(RulesError, match=r"own|utf-8"):
        load_rules(RulesOptions(folder=str(tmp_path)))


def test_what_was_compiled_is_kept_and_damage_is_made_good(tmp_path: Path) -> None:
    rules = Rules((Rule("ONE", 1.0, "g", "Said.", place="text", pattern="gold"),), {})
    for _ in range(2):
        found = compiled(rules, tmp_path)
        assert found.judge(lambda _: "gold", lambda _: False)
    (kept,) = tmp_path.glob("*.hs")
    kept.write_bytes(b"nonsense")
    assert compiled(rules, tmp_path).judge(lambda _: "gold", lambda _: False)


def test_a_node_keeps_them_in_its_runtime_folder(tmp_path: Path) -> None:
    ready_rules(RulesOptions(), tmp_path)
    assert list((tmp_path / "rules").glob("text-*.hs"))
