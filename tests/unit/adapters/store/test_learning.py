"""Models and lessons in the store: taken once, taken back, the newest model holds."""

import sqlite3
from pathlib import Path

import pytest

from katharion.adapters.store.learning import MODELS_KEPT_COUNT, LearningStore
from katharion.adapters.store.migrate import StoreError, migrate
from katharion.content.classifier.lessons import KEEP_SECONDS
from katharion.values.lesson import Lesson

NOW = 1_000_000_000.0


@pytest.fixture
def store(tmp_path: Path) -> LearningStore:
    migrate(tmp_path, 1)
    return LearningStore(tmp_path)


def lesson(at: float = NOW, tenant: str = "acme", slots: bytes = b"\1\0\0\0") -> Lesson:
    return Lesson(tenant, "ann", at, is_spam=True, slots=slots, message_id="m1")


def test_a_store_is_needed(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="katharion up"):
        LearningStore(tmp_path)


def test_a_lesson_is_taken_once_and_taken_back(store: LearningStore) -> None:
    before = store.revision()
    number, refusal = store.add(lesson())
    assert (number, refusal) == (1, "")
    assert store.revision() > before
    assert store.add(lesson(NOW + 1)) == (0, "This was said of this message already.")
    (found,) = store.lessons("acme")
    assert (found.tenant, found.reporter, found.is_spam, found.message_id) == (
        *("acme", "ann"),
        *(True, "m1"),
    )
    assert store.lessons("other") == []
    assert store.take_back(1, NOW + 2)
    assert not store.take_back(1, NOW + 3)
    assert not store.take_back(9, NOW)
    assert store.lessons()[0].taken_back_at == NOW + 2
    assert store.add(lesson(NOW + 4))[0] == 2


def test_what_is_too_old_is_deleted(store: LearningStore) -> None:
    store.add(lesson(NOW - KEEP_SECONDS - 1))
    store.add(lesson(NOW))
    store.purge(NOW)
    assert [one.at for one in store.lessons()] == [NOW]


def test_the_newest_model_holds_until_it_is_withdrawn(store: LearningStore) -> None:
    assert (store.model(), store.models(), store.withdraw()) == (b"", [], None)
    for number in range(1, MODELS_KEPT_COUNT + 3):
        assert store.install(b"model %d" % number, f"r{number}", "root", NOW) == number
    assert len(store.models()) == MODELS_KEPT_COUNT
    assert store.model() == b"model %d" % (MODELS_KEPT_COUNT + 2)
    gone = store.withdraw()
    assert gone is not None
    assert gone.revision == f"r{MODELS_KEPT_COUNT + 2}"
    assert store.model() == b"model %d" % (MODELS_KEPT_COUNT + 1)


def test_a_lost_file_is_told(store: LearningStore, tmp_path: Path) -> None:
    (tmp_path / "learning.db").unlink()
    with pytest.raises(sqlite3.Error):
        store.revision()
