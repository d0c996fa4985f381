"""Learning separates, and is always the same."""

from katharion.content.classifier.features import features_of
from katharion.content.classifier.learn import Example, Replayer, balanced, train
from katharion.content.classifier.model import Head
from katharion.mail.message import Message
from katharion.values.reading import Reading

NOUNS = ("report", "meeting", "garden", "holiday", "printer", "school", "dinner", "train")
LURES = ("casino", "pills", "lottery", "viagra", "bitcoin", "replica", "refinance", "diploma")


def example(word: str, other: str, *, is_spam: bool) -> Example:
    reading = Reading(subject=f"about {word}", text=f"dear friend, the {word} and the {other}")
    return Example(features_of(reading, Message(b"")), is_spam)


def mails(*, is_spam: bool, parity: int) -> list[Example]:
    words = LURES if is_spam else NOUNS
    pairs = [
        (a, b) for i, a in enumerate(words) for j, b in enumerate(words) if (i + j) % 2 == parity
    ]
    return [example(a, b, is_spam=is_spam) for a, b in pairs]


def test_what_was_learned_separates_mail_that_was_not_seen() -> None:
    model = train([*mails(is_spam=True, parity=0), *mails(is_spam=False, parity=0)])
    spam = [model.score(one.features).both for one in mails(is_spam=True, parity=1)]
    ham = [model.score(one.features).both for one in mails(is_spam=False, parity=1)]
    assert min(spam) > max(ham)


def test_training_is_always_the_same() -> None:
    examples = [*mails(is_spam=True, parity=0), *mails(is_spam=False, parity=0)]
    assert (train(examples).weights == train(examples).weights).all()


def test_learning_as_mail_comes_in() -> None:
    learner = Replayer()
    for spam, ham in zip(
        mails(is_spam=True, parity=0), mails(is_spam=False, parity=0), strict=True
    ):
        learner.learn(spam)
        learner.learn(ham)
    assert learner.score(mails(is_spam=True, parity=1)[0].features).both > 0
    assert learner.score(mails(is_spam=False, parity=1)[0].features).both < 0
    assert learner.model(Head("x")).head.revision == "x"


def test_spam_counts_as_much_as_ham_and_large_sources_less_than_their_size() -> None:
    sources = [("a", True)] * 100 + [("b", True)] * 4 + [("a", False)] * 16
    weights = balanced(sources)
    assert abs(sum(weights[:104]) - sum(weights[104:])) < 1e-9
    assert weights[100] > weights[0]
