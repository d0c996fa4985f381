"""The words that spoke loudest."""

from katharion.content.classifier.explain import loudest
from katharion.content.classifier.features import features_of
from katharion.content.classifier.learn import Example, train
from katharion.mail.message import Message
from katharion.values.reading import Reading


def test_the_loudest_words_are_those_of_the_spam() -> None:
    def of(text: str, *, is_spam: bool) -> Example:
        return Example(features_of(Reading(text=text), Message(b"")), is_spam)

    model = train([of("cheap casino for us", is_spam=True), of("the garden for us", is_spam=False)])
    words = loudest(model, Reading(subject="hello", text="we have a casino in the garden"))
    assert words[0] == "casino"
    assert "garden" not in words
    assert loudest(model, Reading()) == ()
