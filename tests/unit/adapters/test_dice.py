"""The machine's chance."""

from katharion.adapters.dice import SystemDice


def test_tokens_differ_and_numbers_stay_between() -> None:
    dice = SystemDice()
    assert len(dice.token(16)) == 16
    assert dice.token(16) != dice.token(16)
    assert all(1.0 <= dice.uniform(1.0, 2.0) <= 2.0 for _ in range(100))
