"""The memory budget: never over its bound, and all of it comes back."""

from hypothesis import given
from hypothesis import strategies as st

from katharion.edge.memory import FIRST_SHARE_BYTES, ContentBudget, ContentShare

BYTES_MAX = 10 * FIRST_SHARE_BYTES


def test_first_share_is_as_declared_or_one_step() -> None:
    for declared, reserved in [(None, FIRST_SHARE_BYTES), (0, FIRST_SHARE_BYTES), (100, 100)]:
        budget = ContentBudget(BYTES_MAX)
        assert ContentShare(budget).begin(declared)
        assert budget.bytes_used == reserved


def test_large_declaration_alone_does_not_starve_others() -> None:
    budget = ContentBudget(100 * FIRST_SHARE_BYTES)
    assert ContentShare(budget).begin(1 << 40)
    assert budget.bytes_used <= 16 * FIRST_SHARE_BYTES


def test_last_bytes_are_given_though_no_whole_step_is_left() -> None:
    budget = ContentBudget(FIRST_SHARE_BYTES + 10)
    share = ContentShare(budget)
    assert share.begin(None)
    assert share.grow(FIRST_SHARE_BYTES + 10)
    assert not share.grow(1)
    share.end()
    assert budget.bytes_used == 0


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3 * FIRST_SHARE_BYTES)), max_size=50))
def test_budget_holds_and_comes_back(steps: list[tuple[int, int]]) -> None:
    budget = ContentBudget(BYTES_MAX)
    shares = [ContentShare(budget) for _ in range(4)]
    grown = [0] * 4
    for number, octets in steps:
        if shares[number].grow(octets):
            grown[number] += octets
        else:
            shares[number].end()
            grown[number] = 0
        assert sum(grown) <= budget.bytes_used <= BYTES_MAX
    for share in shares:
        share.end()
        share.end()
    assert budget.bytes_used == 0
