"""Learning: logistic regression, one message at a time, in whatever order it is given.

Each room of features has length one, so that a long mail does not learn faster than a short.
"""

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from katharion.content.classifier.features import TABLE_LENGTH, Features
from katharion.content.classifier.hashing import Indices
from katharion.content.classifier.model import Head, Model, Score

BIAS_SHARE = 0.1  # The bias learns more slowly, or the newest mail's share decides.
COMMON_SHARE = 0.02  # Of all messages: features that more have say nothing of one of them.
SURE = 0.02  # Nearer to the truth than this nothing is learned.
_EXPONENT_MAX = 30.0


class Example(NamedTuple):
    """One message to learn from. `weight`: what it counts beside others."""

    features: Features
    is_spam: bool
    weight: float = 1.0


class Learner:
    """Weights that learn."""

    def __init__(self, rate: float = 2.0, sure: float = 0.0) -> None:
        self.rate = rate
        self._sure = sure
        self._weights: NDArray[np.float32] = np.zeros(TABLE_LENGTH, np.float32)
        self._bias = 0.0

    def score(self, features: Features) -> Score:
        """What it would say now."""
        return self.model().score(features)

    def learn(self, example: Example) -> None:
        """One step towards the truth about one message."""
        features = example.features
        log_odds = self.score(features).both
        error = example.is_spam - 1 / (1 + math.exp(-_bounded(log_odds)))
        if abs(error) < self._sure:
            return
        step = self.rate * example.weight * error
        for slots in (features.text, *features.form):
            self._add(slots, step)
        self._bias += BIAS_SHARE * step

    def model(self, head: Head | None = None) -> Model:
        """The model as it stands; it goes on learning with the learner."""
        return Model(msgspec.structs.replace(head or Head(), bias=self._bias), self._weights)

    def _add(self, slots: Indices, step: float) -> None:
        if len(slots):
            self._weights[slots] += np.float32(step / math.sqrt(len(slots)))


def _bounded(log_odds: float) -> float:
    return max(-_EXPONENT_MAX, min(_EXPONENT_MAX, log_odds))


class Plan(NamedTuple):
    """How often, how fast."""

    epochs_count: int = 6
    rate: float = 2.0
    slowing: float = 0.3  # The rate of epoch n is rate / (1 + n · slowing).


def train(examples: Sequence[Example], plan: Plan = Plan()) -> Model:  # noqa: B008 # A value.
    """A model of `examples`, shuffled anew in each epoch, always in the same way."""
    learner = Learner()
    for epoch in range(plan.epochs_count):
        learner.rate = plan.rate / (1 + plan.slowing * epoch)
        for index in np.random.default_rng(epoch).permutation(len(examples)):
            learner.learn(examples[index])
    return learner.model()._replace(common=_common(examples))


def _common(examples: Sequence[Example]) -> Indices:
    """Slots that more than COMMON_SHARE of all messages have, in order."""
    counts = np.zeros(TABLE_LENGTH, np.uint32)
    for example in examples:
        for slots in (example.features.text, *example.features.form):
            counts[slots] += np.uint32(1)
    return np.flatnonzero(counts > COMMON_SHARE * len(examples)).astype(np.uint32)


class Replayer:
    """Learns as mail comes in, and looks again at some of what it has seen each time."""

    REPLAYED_COUNT = 3

    def __init__(self, rate: float = 5.0) -> None:
        self._learner = Learner(rate, SURE)
        self._seen: list[Example] = []
        self._dice = _indices()

    def score(self, features: Features) -> Score:
        """What it would say now."""
        return self._learner.score(features)

    def model(self, head: Head) -> Model:
        """The model as it stands, with the meaning that `head` gives it."""
        return self._learner.model(head)

    def learn(self, example: Example) -> None:
        """Learn it, and a few of all before it once more."""
        self._seen.append(example)
        self._learner.learn(example)
        for _ in range(self.REPLAYED_COUNT):
            self._learner.learn(self._seen[next(self._dice) % len(self._seen)])


def _indices() -> Iterator[int]:
    """Numbers that look like chance and are always the same."""
    dice = np.random.default_rng(0)
    while True:
        yield from dice.integers(0, 2**31, 1024).tolist()


def balanced(sources: Sequence[tuple[str, bool]]) -> list[float]:
    """Weights so that spam counts as much as ham, and a source by the root of its size."""
    sizes: dict[tuple[str, bool], int] = {}
    for cell in sources:
        sizes[cell] = sizes.get(cell, 0) + 1
    roots = dict.fromkeys((False, True), 0.0)
    for (_, is_spam), size in sizes.items():
        roots[is_spam] += math.sqrt(size)
    half = len(sources) / 2
    return [half / (roots[cell[1]] * math.sqrt(sizes[cell])) for cell in sources]
