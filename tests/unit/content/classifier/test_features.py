"""A message as features: nothing raises, all is within the table."""

from hypothesis import given, settings
from hypothesis import strategies as st

from katharion.content.classifier.features import (
    TABLE_LENGTH,
    TEXT_OCTETS_MAX,
    features_of,
    text_octets,
)
from katharion.content.classifier.learn import Learner
from katharion.content.classifier.model import Head, Model
from katharion.mail.message import Message
from katharion.values.reading import Link, LinkKind, Person, Reading, TextPart

texts = st.text(max_size=80)
links = st.builds(Link, texts, st.sampled_from(LinkKind), texts, texts, texts)
parts = st.builds(TextPart, texts, st.booleans(), texts, texts, texts)
people = st.builds(Person, texts, texts)
readings = st.builds(
    Reading,
    subject=texts,
    author=people,
    reply_to=people,
    texts=st.lists(parts, max_size=3).map(tuple),
    text=texts,
    links=st.lists(links, max_size=4).map(tuple),
    structure=st.lists(texts, max_size=3).map(tuple),
)


@given(readings, st.binary(max_size=300), st.sampled_from([b"", b"DKIM-Signature: d=a; h=b\r\n"]))
@settings(max_examples=150, deadline=None)
def test_no_reading_raises_and_every_slot_is_in_the_table(
    reading: Reading, header: bytes, signature: bytes
) -> None:
    features = features_of(reading, Message(signature + header))
    for slots in (features.text, *features.form):
        assert len(slots) == 0 or slots.max() < TABLE_LENGTH
    score = Learner().score(features)
    model = Model(Head(), Learner().model().weights)
    assert 0 <= model.probability(score) <= 1


def test_regions_do_not_overlap() -> None:
    reading = Reading(text="hello", author=Person("a", "a@b.example"))
    features = features_of(reading, Message(b""))
    assert features.text.max() < features.form[0].min()


def test_the_text_is_cut_and_lowered() -> None:
    octets = text_octets(Reading(subject="HELLO  You", text="x" * 10_000))
    assert octets.startswith(b"hello you x")
    assert len(octets) == TEXT_OCTETS_MAX
