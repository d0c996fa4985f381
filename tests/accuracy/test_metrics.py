"""Figures of scored mail: known small cases, ties, empty classes."""

import numpy as np
import pytest

from accuracy.metrics import Figure, area, caught_at, curve, ranked, share


def scores(*values: float) -> np.ndarray:
    return np.array(values, float)


@pytest.mark.parametrize(
    ("ham", "spam", "expected"),
    [
        (scores(0, 1), scores(2, 3), 1.0),
        (scores(2, 3), scores(0, 1), 0.0),
        (scores(0, 2), scores(1, 3), 0.75),
        (scores(1, 1), scores(1, 1), 0.5),
        (scores(0, 1), scores(1, 2), 0.875),
    ],
)
def test_area_is_how_often_spam_stands_above_ham(
    ham: np.ndarray, spam: np.ndarray, expected: float
) -> None:
    assert area(curve(ham, spam)) == pytest.approx(expected)


def test_caught_is_what_stands_above_all_ham_and_then_a_line() -> None:
    roc = curve(scores(*range(100)), scores(50.5, 98.5, 200, 300))
    assert caught_at(roc, 0.0) == pytest.approx(0.5)
    assert caught_at(roc, 0.01) == pytest.approx(0.75), "one ham held: what stands above the next"
    assert caught_at(roc, 0.5) == pytest.approx(1.0)
    assert caught_at(roc, 1.0) == pytest.approx(1.0)


def test_ties_are_shared() -> None:
    # Half of the ham and all of the spam have one score: nobody can hold some of them only.
    roc = curve(scores(0, 5), scores(5, 5))
    assert caught_at(roc, 0.0) == 0.0
    assert caught_at(roc, 0.25) == pytest.approx(0.5)
    assert caught_at(roc, 0.5) == pytest.approx(1.0)


def test_empty_classes_have_no_figures() -> None:
    assert ranked(scores(), scores(1.0)) == (Figure(None),) * 3
    assert ranked(scores(1.0), scores()) == (Figure(None),) * 3
    assert share(0, 0) == Figure(None)


def test_intervals_hold_their_values_and_are_the_same_each_time() -> None:
    ham, spam = scores(*range(200)), scores(*range(150, 350))
    found = ranked(ham, spam)
    assert found == ranked(ham, spam)
    for value, low, high in found:
        assert value is not None
        assert low is not None
        assert high is not None
        assert 0 <= low <= value <= high <= 1


def test_wilson() -> None:
    # Newcombe 1998, table I: 81 of 263 and 0 of 20.
    value, low, high = share(81, 263)
    assert (value, low, high) == (
        pytest.approx(0.3080, abs=1e-4),
        pytest.approx(0.2553, abs=1e-4),
        pytest.approx(0.3662, abs=1e-4),
    )
    assert share(0, 20) == (0.0, pytest.approx(0.0), pytest.approx(0.1611, abs=1e-4))
    assert share(20, 20).high == pytest.approx(1.0)
