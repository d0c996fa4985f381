"""What was learned of spam and wanted mail, said of this message's text and of its form.

Two checks, so that clear spam is held although no single check decides: each alone counts
less than what holds a message. Weights are not cut here but at the bottom: ranks stay. A third
says what the tenant's own people have said of mail like this.
"""

import math
from collections.abc import Callable

from katharion.content.classifier.explain import loudest
from katharion.content.classifier.features import Features, features_of
from katharion.content.classifier.lessons import NO_DELTA, Delta, rare_slots
from katharion.content.classifier.lessons import points as points_by_people
from katharion.content.classifier.model import Model
from katharion.mail.message import printable
from katharion.pipeline.transaction import Transaction
from katharion.values.reading import NOTHING_READ
from katharion.values.verdict import Finding

TEXT, FORM, REPORTED = "text", "form", "reported"  # Names of the checks.
GRAMS_COUNT_SURE = 100  # Of a shorter text, what speaks against it counts less: "Hello."
REPORTED_POINTS_MIN = 0.3  # Less is likeness by chance.
HALF_POINTS = 2.5  # Each of the two at even odds; together what holds a message.
FAVOUR_POINTS_MAX = 3.0
SHOWN_POINTS_MIN = 1.0  # From here on it is said what spoke loudest.
EVIDENCE_LENGTH_MAX = 200


class Classifier:
    """The checks, over one model, which may be exchanged between two messages."""

    def __init__(
        self, model: Callable[[], Model], delta: Callable[[str], Delta] = lambda _: NO_DELTA
    ) -> None:
        """`delta`: what a tenant's people have taught."""
        self._model = model
        self._delta = delta
        self._last: tuple[object, Features] | None = None

    def judge_text(self, transaction: Transaction) -> tuple[Finding, ...]:
        """What the words say."""
        if transaction.reading is NOTHING_READ:
            return ()
        model, features = self._model(), self._features(transaction)
        head = model.head
        score = model.score(features)
        weight = points(score.text - head.text_even, head.points_per_nat)
        if weight > 0:
            weight = round(weight * min(1.0, len(features.text) / GRAMS_COUNT_SURE), 4)
        shown = f"probability of spam {model.probability(score):.3f}"
        if weight >= SHOWN_POINTS_MIN:
            words = loudest(model, transaction.reading)
            shown += f"; loudest: {', '.join(words)}" if words else ""
        sentence = (
            "The text is like that of spam."
            if weight > 0
            else "The text is like that of wanted mail."
        )
        evidence = printable(shown)[:EVIDENCE_LENGTH_MAX]
        return (Finding("CLASSIFIER_TEXT", weight, sentence, evidence),)

    def judge_form(self, transaction: Transaction) -> tuple[Finding, ...]:
        """What header, links and make say."""
        if transaction.reading is NOTHING_READ:
            return ()
        model, features = self._model(), self._features(transaction)
        head = model.head
        weight = points(model.score(features).form - head.form_even, head.points_per_nat)
        sentence = (
            "The header, the links and the make of the message are like those of spam."
            if weight > 0
            else "The header, the links and the make of the message are like those of wanted mail."
        )
        return (Finding("CLASSIFIER_FORM", weight, sentence),)

    def judge_reported(self, transaction: Transaction) -> tuple[Finding, ...]:
        """What the tenant's people have said of mail that is like this."""
        delta = self._delta(transaction.tenant)
        if not len(delta.slots) or transaction.reading is NOTHING_READ:
            return ()
        slots = rare_slots(self._features(transaction), self._model().common)
        weight = round(points_by_people(delta, slots), 2)
        if abs(weight) < REPORTED_POINTS_MIN:
            return ()
        sentence = (
            "People here have reported mail like this as spam."
            if weight > 0
            else "People here have said of mail like this that it is wanted."
        )
        return (Finding("CLASSIFIER_REPORTED", weight, sentence),)

    def _features(self, transaction: Transaction) -> Features:
        """Made once a message: the second check comes right behind the first."""
        if self._last is None or self._last[0] is not transaction.reading:
            features = features_of(transaction.reading, transaction.message)
            self._last = (transaction.reading, features)
        return self._last[1]


def points(nats: float, points_per_nat: float) -> float:
    """Points for that many nats over even odds; what speaks for a message is bounded softly."""
    weight = HALF_POINTS + points_per_nat * nats
    if weight < 0:
        weight = FAVOUR_POINTS_MAX * math.tanh(weight / FAVOUR_POINTS_MAX)
    return round(weight, 4)
