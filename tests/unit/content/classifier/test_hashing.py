"""Hashing: n-grams and tokens as numbers."""

from katharion.content.classifier.hashing import distinct, gram_of_each_octet, hashed_tokens


def test_one_gram_an_octet() -> None:
    assert len(gram_of_each_octet(b"cheap pills", 20)) == len(b"cheap pills") - 3


def test_the_same_gram_is_the_same_number_wherever_it_stands() -> None:
    grams = gram_of_each_octet(b"cash and cash", 20)
    assert grams[0] == grams[9]
    assert len(distinct(grams)) < len(b"cash and cash") - 3


def test_short_and_empty_texts_are_padded() -> None:
    assert len(gram_of_each_octet(b"", 20)) > 0


def test_tokens_come_once_and_within_their_bits() -> None:
    hashed = hashed_tokens(["a", "b", "a", "\udc80"], 10)
    assert len(hashed) == 3
    assert hashed.max() < 1 << 10
    assert len(hashed_tokens([], 10)) == 0
