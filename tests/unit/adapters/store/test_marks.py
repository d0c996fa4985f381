"""Each record is read once, wherever it lies: in the store, in the journal, or on its way."""

from pathlib import Path

import pytest

from katharion.adapters.journal import FileJournal, TrackingOptions
from katharion.adapters.store.marks import TrackMarks
from katharion.adapters.store.migrate import StoreError, migrate
from katharion.adapters.store.tracking import JournalDrain, TrackingStore
from katharion.values.track import TrackMark, TrackRecord


def record(number: int, message_id: str = "") -> TrackRecord:
    message_id = message_id or f"{number:026}"
    return TrackRecord(float(number), "held", message_id=message_id, recipient="Ann@x.example")


class House:
    """A store, a journal with its drain, and the marks of both."""

    def __init__(self, folder: Path) -> None:
        migrate(folder / "store", 1)
        self.journal = FileJournal(folder / "journal", "filter-00", TrackingOptions())
        self.drain = JournalDrain(folder / "journal", folder / "store")
        self.store = TrackingStore(folder / "store")
        self.marks = TrackMarks(folder / "journal", folder / "store")


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def numbers(marks: object) -> list[int]:
    assert not isinstance(marks, list)
    return [int(mark.at) for mark in marks]  # type: ignore[attr-defined] # An iterator of marks.


def test_store_and_journal_together(house: House) -> None:
    house.journal.append([record(1), record(2)])
    house.drain.run_once()
    house.journal.append([record(3), TrackRecord(4.0, "connect-refused")])
    assert sorted(numbers(house.marks.since(2.0))) == [2, 3]
    assert sorted(numbers(house.marks.of({f"{n:026}" for n in (1, 3, 9)}))) == [1, 3]
    assert sorted(numbers(house.marks.of(set()))) == []


def test_what_is_moved_while_we_look_is_told_once(house: House) -> None:
    house.journal.append([record(1), record(2)])
    reading = house.marks.since(0.0)  # The journal is read now, the store later.
    house.journal.append([record(3)])
    house.drain.run_once()
    assert sorted(numbers(reading)) == [1, 2, 3]


def test_only_whole_lines_are_read(house: House, tmp_path: Path) -> None:
    house.journal.append([record(1)])
    (path,) = (tmp_path / "journal").iterdir()
    with path.open("ab") as file:
        file.write(b'torn\n{"at":2,"event":"held","message_id":"x"')
    assert numbers(house.marks.since(0.0)) == [1]


def test_the_mark_has_what_the_record_says(house: House) -> None:
    house.journal.append([record(1)])
    expected = TrackMark(1.0, "held", message_id=f"{1:026}", recipient="Ann@x.example")
    assert list(house.marks.since(0.0)) == [expected]
    house.drain.run_once()
    assert list(house.marks.since(0.0)) == [expected], "the address as it was written"


def test_from_number_to_number(house: House) -> None:
    assert house.marks.last_number() == 0
    house.store.add([record(1), record(2)])
    first = house.marks.last_number()
    house.store.add([record(3)])
    assert numbers(house.marks.stored(first, house.marks.last_number(), 0.0)) == [3]
    assert numbers(house.marks.stored(0, first, 2.0)) == [2]


def test_many_ids_in_one_go(house: House) -> None:
    house.store.add([record(n) for n in range(1200)])
    assert len(list(house.marks.of({f"{n:026}" for n in range(1100)}))) == 1100


def test_without_a_store_it_is_said(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="katharion up"):
        TrackMarks(tmp_path, tmp_path)
