"""Figures of judged mail, in percent, with intervals of 95 %."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

DRAWS_COUNT = 200
_Z = 1.96


class Judged(NamedTuple):
    """One judged message. `raw`: all points, none cut; `would_hold`: without the cap."""

    set: str
    label: str
    raw: float
    is_held: bool
    would_hold: bool


class Figure(msgspec.Struct, frozen=True):
    """A percentage and where it lies in 95 of 100 such samples. None: nothing to count."""

    percent: float | None
    low: float | None = None
    high: float | None = None


class Measured(msgspec.Struct, frozen=True):
    """The figures of one set. `cap_cost`: spam that only the rule of no single decider lets in."""

    ham: int
    spam: int
    backscatter: int
    auc: Figure
    missed_area: Figure
    caught_at_fp_0_1: Figure
    caught_at_fp_1: Figure
    ham_held: Figure
    spam_caught: Figure
    cap_cost: Figure


def measure(judged: Sequence[Judged]) -> Measured:
    """All figures of `judged`; backscatter is counted, and is neither ham nor spam."""
    ham = [one for one in judged if one.label == "ham"]
    spam = [one for one in judged if one.label == "spam"]
    low, high = np.array([h.raw for h in ham]), np.array([s.raw for s in spam])
    ranked = _drawn(low, high)
    held = sum(one.is_held for one in spam)
    missed = ranked[0]
    return Measured(
        ham=len(ham),
        spam=len(spam),
        backscatter=len(judged) - len(ham) - len(spam),
        auc=missed,
        missed_area=Figure(*(None if p is None else 100 - p for p in _reversed(missed))),
        caught_at_fp_0_1=ranked[1],
        caught_at_fp_1=ranked[2],
        ham_held=share(sum(one.is_held for one in ham), len(ham)),
        spam_caught=share(held, len(spam)),
        cap_cost=share(sum(s.would_hold and not s.is_held for s in spam), len(spam)),
    )


def _reversed(figure: Figure) -> tuple[float | None, float | None, float | None]:
    return figure.percent, figure.high, figure.low


def share(count: int, of: int) -> Figure:
    """A share with Wilson's interval."""
    if not of:
        return Figure(None)
    p, square = count / of, _Z * _Z / of
    middle = (p + square / 2) / (1 + square)
    half = _Z * math.sqrt(p * (1 - p) / of + square / (4 * of)) / (1 + square)
    return Figure(100 * p, 100 * (middle - half), 100 * (middle + half))


def _drawn(low: NDArray[np.float64], high: NDArray[np.float64]) -> tuple[Figure, Figure, Figure]:
    """AUC and what is caught at 0.1 and 1 % of false positives, intervals by drawing anew."""
    if not len(low) or not len(high):
        return Figure(None), Figure(None), Figure(None)
    dice = np.random.default_rng(0)
    draws = [
        _ranks(dice.choice(low, len(low)), dice.choice(high, len(high))) for _ in range(DRAWS_COUNT)
    ]
    bounds = np.percentile(np.array(draws), [2.5, 97.5], axis=0)
    found = _ranks(low, high)
    auc, strict, loose = (
        Figure(100 * f, 100 * float(b[0]), 100 * float(b[1]))
        for f, b in zip(found, bounds.T, strict=True)
    )
    return auc, strict, loose


def _ranks(low: NDArray[np.float64], high: NDArray[np.float64]) -> tuple[float, float, float]:
    ordered = np.sort(low)
    below = np.searchsorted(ordered, high, "left")
    ties = np.searchsorted(ordered, high, "right") - below
    auc = float((below + ties / 2).sum()) / (len(low) * len(high))
    return auc, _caught(ordered, high, 0.001), _caught(ordered, high, 0.01)


def _caught(ordered: NDArray[np.float64], high: NDArray[np.float64], rate: float) -> float:
    """The share of spam above the ham of which so much may be held."""
    limit = ordered[len(ordered) - 1 - int(rate * len(ordered))]
    return float((high > limit).mean())


def as_line(name: str, found: Measured) -> str:
    """For people."""
    shown = [
        f"{title} {_shown(figure)}"
        for title, figure in (
            ("auc", found.auc),
            ("1-auc", found.missed_area),
            ("caught at 0.1 %", found.caught_at_fp_0_1),
            ("at 1 %", found.caught_at_fp_1),
            ("ham held", found.ham_held),
            ("spam caught", found.spam_caught),
            ("lost to the cap", found.cap_cost),
        )
    ]
    return f"{name}: {found.ham} ham, {found.spam} spam; " + "; ".join(shown)


def _shown(figure: Figure) -> str:
    if figure.percent is None or figure.low is None or figure.high is None:
        return "-"
    return f"{figure.percent:.4g} ({figure.low:.4g} to {figure.high:.4g})"
