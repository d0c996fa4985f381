"""The checks of the classifier: weights, sentences, evidence."""

import numpy as np

from katharion.content.classifier.features import TABLE_LENGTH, features_of
from katharion.content.classifier.lessons import NO_DELTA, delta_of, rare_slots
from katharion.content.classifier.model import Head, Model
from katharion.mail.envelope import Envelope
from katharion.mail.message import Message
from katharion.pipeline.checks.classifier import FAVOUR_POINTS_MAX, Classifier, points
from katharion.pipeline.transaction import Transaction
from katharion.values.facts import ClientFacts
from katharion.values.lesson import Lesson
from katharion.values.reading import NOTHING_READ, Reading

SPAM = (
    "cheap pills for everybody who wants to buy medicine without any doctor: order them now, pay"
    " later, and have your money back whenever you are not content with what we sent"
)
FACTS = ClientFacts("192.0.2.1", 1, "l", "helo.example", is_esmtp=True)


def transaction(reading: Reading) -> Transaction:
    message = Message(b"Subject: x\r\n\r\n")
    return Transaction(
        "0" * 26, "mx", FACTS, Envelope(None, ()), message, (), (), 0.0, reading=reading
    )


def classifier(weight: float) -> Classifier:
    model = Model(Head(points_per_nat=0.5), np.full(TABLE_LENGTH, weight, np.float32))
    return Classifier(lambda: model)


def test_spam_is_named_with_its_probability_and_its_words() -> None:
    asked = transaction(Reading(text=SPAM))
    text, form = classifier(1.0).judge_text(asked), classifier(1.0).judge_form(asked)
    assert (text[0].name, form[0].name) == ("CLASSIFIER_TEXT", "CLASSIFIER_FORM")
    assert text[0].weight > 2.5 < form[0].weight
    assert "probability of spam 1.000" in text[0].evidence
    assert "medicine" in text[0].evidence


def test_wanted_mail_has_a_bounded_bonus() -> None:
    asked = transaction(Reading(text="see you at dinner, and bring the children with you"))
    (found,) = classifier(-9.0).judge_text(asked)
    assert -FAVOUR_POINTS_MAX <= found.weight < 0
    assert found.sentence == "The text is like that of wanted mail."


def test_a_short_text_says_little() -> None:
    (found,) = classifier(1.0).judge_text(transaction(Reading(text="Hello.")))
    assert 0 < found.weight < 1


def test_what_people_taught_is_told_of_their_tenant_alone() -> None:
    asked = transaction(Reading(text=SPAM))
    other = transaction(Reading(text="see you at dinner, and bring the children with you"))
    common = rare_slots(features_of(other.reading, other.message), np.zeros(0, np.uint32))
    slots = rare_slots(features_of(asked.reading, asked.message), common)
    lesson = Lesson("acme", "ann", 0.0, is_spam=True, slots=slots.astype("<u4").tobytes())
    deltas = {"acme": delta_of([lesson])}
    model = Model(Head(), np.zeros(TABLE_LENGTH, np.float32), common)
    taught = Classifier(lambda: model, lambda tenant: deltas.get(tenant, NO_DELTA))
    assert taught.judge_reported(asked) == ()
    (found,) = taught.judge_reported(asked._replace(tenant="acme"))
    assert (found.name, found.weight) == ("CLASSIFIER_REPORTED", 3.0)
    assert taught.judge_reported(other._replace(tenant="acme")) == ()


def test_nothing_is_said_of_what_was_not_read() -> None:
    assert classifier(1.0).judge_text(transaction(NOTHING_READ)) == ()
    assert classifier(1.0).judge_form(transaction(NOTHING_READ)) == ()


def test_more_log_odds_are_never_fewer_points() -> None:
    found = [points(nats / 4, 0.35) for nats in range(-80, 80)]
    assert found == sorted(found)
