"""A model: a table of weights, and what its sums mean. Read from octets, checked, shared.

The file: magic, CRC-32 of all behind it, a JSON head with its length, then the weights as
16-bit floats and the common slots as 32-bit numbers, little-endian. A torn or foreign file is
refused, never half read.
"""

import math
import zlib
from collections.abc import Iterable
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from katharion.content.classifier.features import TABLE_LENGTH, Features
from katharion.content.classifier.hashing import Indices

MAGIC = b"KATHARION MODEL 2\n"
HEAD_OCTETS_MAX = 4096
LOG_ODDS_MAX = 50.0  # Where a probability is 1 in every number that we print.

Weights = NDArray[np.float16] | NDArray[np.float32]


_NONE: Indices = np.zeros(0, np.uint32)


class ModelError(ValueError):
    """The octets are no model of ours. Says why, for people."""


class Head(msgspec.Struct, frozen=True):
    """What is known of a model beside its weights.

    `bias` is added to the form's sum. A message of `text_even` and `form_even` is as likely
    spam as not to be held at the default threshold (calibrated on sources left out); one nat
    more of log-odds is `points_per_nat` points.
    """

    revision: str = ""
    bias: float = 0.0
    text_even: float = 0.0
    form_even: float = 0.0
    points_per_nat: float = 1.0
    slope: float = 1.0  # Calibrated log-odds of one nat of the sums.
    length: int = TABLE_LENGTH
    common_count: int = 0


class Score(NamedTuple):
    """The log-odds that text and form add up to."""

    text: float
    form: float

    @property
    def both(self) -> float:
        """Of the whole message."""
        return self.text + self.form


class Model(NamedTuple):
    """Weights (perhaps those of a file in memory, shared by all processes) and their meaning.

    `common`: slots that much mail has, in order, which say nothing of one message.
    """

    head: Head
    weights: Weights
    common: Indices = _NONE

    def score(self, features: Features) -> Score:
        """The log-odds of a message."""
        form = sum((self._sum(region) for region in features.form), self.head.bias)
        return Score(self._sum(features.text), form)

    def _sum(self, slots: Indices) -> float:
        if not len(slots):
            return 0.0
        total = self.weights[slots].sum(dtype=np.float32)
        return float(total) / math.sqrt(len(slots))

    def probability(self, score: Score) -> float:
        """That it is spam, where as much of it is as of other mail."""
        head = self.head
        log_odds = head.slope * (score.both - head.text_even - head.form_even)
        return 1.0 / (1.0 + math.exp(-max(-LOG_ODDS_MAX, min(LOG_ODDS_MAX, log_odds))))


def dump(model: Model) -> bytes:
    """The model as a file has it."""
    head = msgspec.json.encode(msgspec.structs.replace(model.head, common_count=len(model.common)))
    tables = model.weights.astype("<f2").tobytes() + model.common.astype("<u4").tobytes()
    rest = len(head).to_bytes(4, "little") + head + tables
    return MAGIC + zlib.crc32(rest).to_bytes(4, "little") + rest


def load(octets: bytes | memoryview) -> Model:
    """The model in `octets`, whose weights it goes on using; ModelError where it is none."""
    view = memoryview(octets)
    at = len(MAGIC) + 8
    if bytes(view[: len(MAGIC)]) != MAGIC:
        raise ModelError("this is no model of katharion")
    expected = int.from_bytes(view[len(MAGIC) : len(MAGIC) + 4], "little")
    if zlib.crc32(view[len(MAGIC) + 4 :]) != expected:
        raise ModelError("the model is damaged: its checksum is another")
    length = int.from_bytes(view[at - 4 : at], "little")
    if length > HEAD_OCTETS_MAX:
        raise ModelError("the model's head is too long")
    try:
        head = msgspec.json.decode(view[at : at + length], type=Head)
    except msgspec.MsgspecError as error:
        raise ModelError(f"the model's head can't be read: {error}") from None
    octets_count = 2 * head.length + 4 * head.common_count
    if head.length != TABLE_LENGTH or len(view) - at - length != octets_count:
        raise ModelError("the model is for another table of features")
    weights = np.frombuffer(view, "<f2", head.length, at + length)
    # Copied, for where it stands is no place for numbers of four octets.
    common = np.frombuffer(bytes(view[len(view) - 4 * head.common_count :]), "<u4")
    _check(head, weights)
    return Model(head, weights, common)


def _check(head: Head, weights: NDArray[np.float16]) -> None:
    numbers: Iterable[float] = (head.bias, head.text_even, head.form_even, head.slope)
    if not all(map(math.isfinite, numbers)) or not bool(np.isfinite(weights).all()):
        raise ModelError("the model holds numbers that are none")
