"""Figures of scored mail, each with an interval of 95 %. Ties are shared, never won.

AUC and what is caught at a rate of false positives come from the ROC curve, interpolated in
straight lines, with intervals by drawing anew (bootstrap); shares have Wilson's interval.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

DRAWS_COUNT = 400
SURE_PERCENT = (2.5, 97.5)
_Z = 1.96  # Standard deviations of 95 %.

Scores = NDArray[np.float64]


class Figure(NamedTuple):
    """A value from 0 to 1 and where it lies in 95 of 100 such samples; None: nothing to count."""

    value: float | None
    low: float | None = None
    high: float | None = None


class Curve(NamedTuple):
    """The ROC curve: at each threshold the share of ham held and of spam caught, rising."""

    held: Scores
    caught: Scores


def curve(ham: Scores, spam: Scores) -> Curve:
    """From nothing held to all held; equal scores are one step, aslant."""
    thresholds = np.unique(np.concatenate([ham, spam]))
    # Whole numbers first: 1 of 100 must be 0.01, not a little more.
    held = (len(ham) - np.searchsorted(np.sort(ham), thresholds, "left")) / len(ham)
    caught = (len(spam) - np.searchsorted(np.sort(spam), thresholds, "left")) / len(spam)
    return Curve(np.append(held, 0.0)[::-1], np.append(caught, 0.0)[::-1])


def area(roc: Curve) -> float:
    """AUC: how often a spam stands above a ham, ties half."""
    widths = np.diff(roc.held)
    return float((widths * (roc.caught[1:] + roc.caught[:-1]) / 2).sum())


def caught_at(roc: Curve, held: float) -> float:
    """The share of spam caught where the share `held` of ham is held."""
    after = int(np.searchsorted(roc.held, held, "right"))
    if after == len(roc.held):
        return float(roc.caught[-1])
    x0, x1 = roc.held[after - 1], roc.held[after]
    y0, y1 = roc.caught[after - 1], roc.caught[after]
    return float(y0 + (y1 - y0) * (held - x0) / (x1 - x0))


def ranked(ham: Scores, spam: Scores) -> tuple[Figure, Figure, Figure]:
    """AUC, and what is caught at 0.1 and at 1 % of false positives."""
    if not len(ham) or not len(spam):
        return Figure(None), Figure(None), Figure(None)
    figures: Callable[[Curve], tuple[float, float, float]] = lambda roc: (  # noqa: E731 # Short.
        area(roc),
        caught_at(roc, 0.001),
        caught_at(roc, 0.01),
    )
    dice = np.random.default_rng(0)
    draws = [
        figures(curve(dice.choice(ham, len(ham)), dice.choice(spam, len(spam))))
        for _ in range(DRAWS_COUNT)
    ]
    low, high = np.percentile(np.array(draws), SURE_PERCENT, axis=0)
    found = figures(curve(ham, spam))
    auc, strict, loose = (
        Figure(value, float(under), float(over))
        for value, under, over in zip(found, low, high, strict=True)
    )
    return auc, strict, loose


def share(count: int, of: int) -> Figure:
    """A share with Wilson's interval."""
    if not of:
        return Figure(None)
    p, square = count / of, _Z * _Z / of
    middle = (p + square / 2) / (1 + square)
    half = _Z * math.sqrt(p * (1 - p) / of + square / (4 * of)) / (1 + square)
    return Figure(p, max(0.0, middle - half), min(1.0, middle + half))
