"""Which words of a text spoke loudest for spam."""

import numpy as np

from katharion.content.classifier.features import TEXT_BITS, text_octets
from katharion.content.classifier.hashing import gram_of_each_octet
from katharion.content.classifier.model import Model
from katharion.values.reading import Reading

WORDS_COUNT_MAX = 5
WORD_LENGTH_MAX = 24
_SPACE = 0x20


def loudest(model: Model, reading: Reading) -> tuple[str, ...]:
    """The words whose 4-grams weigh most, each once, the loudest first."""
    text = text_octets(reading)
    if len(text) < 8:  # noqa: PLR2004 # Two 4-grams: nothing to choose from.
        return ()
    weights = model.weights[gram_of_each_octet(text, TEXT_BITS)].astype(np.float32)
    octets = np.frombuffer(text, np.uint8)
    starts = np.flatnonzero((octets[1:] != _SPACE) & (octets[:-1] == _SPACE)) + 1
    starts = np.concatenate((np.zeros(1, np.intp), starts))
    starts = starts[starts < len(weights)]
    sums = np.add.reduceat(weights, starts)
    found: list[str] = []
    for index in np.argsort(-sums)[: 4 * WORDS_COUNT_MAX].tolist():
        start = int(starts[index])
        word = text[start:].split(b" ", 1)[0][:WORD_LENGTH_MAX].decode("utf-8", "replace")
        if sums[index] > 0 and len(word) > 2 and word not in found:  # noqa: PLR2004 # No article.
            found.append(word)
    return tuple(found[:WORDS_COUNT_MAX])
