"""A message as features: regions of one table of weights, each of length one in its room.

Text: 4-grams of characters of the subject and the head of what people read, in lower case.
Form: how it is written and addressed; of signed HTML mail apart, for shops are not people.
"""

from enum import IntEnum
from typing import NamedTuple

import numpy as np

from katharion.content.classifier.dress import dress_tokens, is_dressed, markup_tokens
from katharion.content.classifier.form import form_tokens
from katharion.content.classifier.hashing import (
    Indices,
    distinct,
    gram_of_each_octet,
    hashed_tokens,
)
from katharion.mail.message import Message
from katharion.values.reading import Reading

TEXT_OCTETS_MAX = 3500
TEXT_BITS, FORM_BITS = 20, 17


class Region(IntEnum):
    """A region of the table."""

    TEXT = 0
    FORM = 1  # Of all other mail.
    DRESSED_FORM = 2  # Of signed HTML.
    DRESS = 3
    MARKUP = 4


STARTS = {
    Region.TEXT: 0,
    Region.FORM: 1 << TEXT_BITS,
    Region.DRESSED_FORM: (1 << TEXT_BITS) + (1 << FORM_BITS),
    Region.DRESS: (1 << TEXT_BITS) + (2 << FORM_BITS),
    Region.MARKUP: (1 << TEXT_BITS) + (3 << FORM_BITS),
}
TABLE_LENGTH = (1 << TEXT_BITS) + (4 << FORM_BITS)


class Features(NamedTuple):
    """Slots of the table, each once: of the text; and of the form, region by region."""

    text: Indices
    form: tuple[Indices, ...]


def text_octets(reading: Reading) -> bytes:
    """The subject and the head of the text, in lower case, with single spaces."""
    head = f"{reading.subject[:400]} \n {reading.text[: 2 * TEXT_OCTETS_MAX]}".lower()
    return " ".join(head.split()).encode("utf-8", "replace")[:TEXT_OCTETS_MAX]


def features_of(reading: Reading, message: Message) -> Features:
    """All features of a message. No reading raises."""
    text = distinct(gram_of_each_octet(text_octets(reading), TEXT_BITS))
    tokens = form_tokens(reading, message)
    if not is_dressed(reading, message):
        return Features(text, (_region(tokens, Region.FORM),))
    form = (
        _region(tokens, Region.DRESSED_FORM),
        _region(dress_tokens(reading, message), Region.DRESS),
        _region(markup_tokens(reading), Region.MARKUP),
    )
    return Features(text, tuple(region for region in form if len(region)))


def _region(tokens: list[str], region: Region) -> Indices:
    return hashed_tokens(tokens, FORM_BITS) + np.uint32(STARTS[region])
