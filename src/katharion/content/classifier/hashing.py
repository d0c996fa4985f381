"""Features as numbers: hashed n-grams of characters, and hashed tokens.

Sorting and masking is eight times faster than `numpy.unique`; presence ranks better than
counts do (docs/decisions/0020-classifier.md).
"""

import zlib
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

Indices = NDArray[np.uint32]

GRAM_OCTETS = 4
_GOLDEN = np.uint32(0x9E3779B1)  # 2^32 over the golden ratio: neighbours fall far apart.


def gram_of_each_octet(text: bytes, bits: int) -> Indices:
    """The hashed 4-gram that begins at each octet, in the text's order."""
    padded = text.ljust(2 * GRAM_OCTETS)
    grams = np.ndarray((len(padded) - GRAM_OCTETS + 1,), np.uint32, padded, 0, (1,)) * _GOLDEN
    grams >>= np.uint32(32 - bits)
    return grams


def distinct(hashed: Indices) -> Indices:
    """Each number once, in order; sorts in place."""
    hashed.sort()
    is_first = np.empty(len(hashed), bool)
    is_first[:1] = True
    np.not_equal(hashed[1:], hashed[:-1], out=is_first[1:])
    return hashed[is_first]


def hashed_tokens(tokens: Iterable[str], bits: int) -> Indices:
    """The tokens' hashes, each once."""
    crc32 = zlib.crc32
    sums = [crc32(token.encode("utf-8", "replace")) for token in tokens]
    hashed = np.array(sums, np.uint32) * _GOLDEN
    hashed >>= np.uint32(32 - bits)
    return distinct(hashed)
