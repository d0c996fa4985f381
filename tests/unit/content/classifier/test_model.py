"""The model: sums, its file, and what is refused."""

import numpy as np
import pytest

from katharion.content.classifier.features import TABLE_LENGTH, Features
from katharion.content.classifier.model import MAGIC, Head, Model, ModelError, Score, dump, load

WEIGHTS = np.zeros(TABLE_LENGTH, np.float32)
WEIGHTS[:4] = 0.5, -1.0, 2.0, 0.25
MODEL = Model(Head("one", bias=-0.5, text_even=1.0, points_per_nat=0.5), WEIGHTS)
FEATURES = Features(np.array([0, 1, 2, 3], np.uint32), (np.array([2], np.uint32),))


def test_each_room_of_features_has_length_one() -> None:
    assert MODEL.score(FEATURES) == Score(text=1.75 / 2, form=2.0 - 0.5)


def test_a_model_comes_back_from_its_file() -> None:
    back = load(dump(MODEL))
    assert back.head == MODEL.head
    assert back.score(FEATURES) == MODEL.score(FEATURES)


def test_torn_foreign_and_damaged_files_are_refused() -> None:
    octets = dump(MODEL)
    for bad in (b"", b"PK\3\4", octets[:100], octets[:-1], octets + b"x", MAGIC):
        with pytest.raises(ModelError):
            load(bad)
    flipped = bytearray(octets)
    flipped[-1] ^= 1
    with pytest.raises(ModelError, match="damaged"):
        load(bytes(flipped))


def test_numbers_that_are_none_are_refused() -> None:
    weights = WEIGHTS.copy()
    weights[7] = np.nan
    with pytest.raises(ModelError, match="none"):
        load(dump(Model(Head(), weights)))


def test_even_odds_are_half_and_the_ends_stay_in_bounds() -> None:
    assert MODEL.probability(Score(1.0, 0.0)) == 0.5
    assert 0 < MODEL.probability(Score(-1e9, 0)) < MODEL.probability(Score(1e9, 0)) <= 1
