"""The drain moves each record once, and the store finds it by what people know."""

import os
import sqlite3
from pathlib import Path

import pytest

from katharion.adapters.journal import FileJournal, TrackingOptions
from katharion.adapters.store.migrate import migrate, tracking_path
from katharion.adapters.store.tracking import JournalDrain, TrackingStore
from katharion.values.track import TrackRecord

DEAD = 4_194_305  # Over any process id that Linux gives.


def record(number: int, **more: str) -> TrackRecord:
    facts = {
        "message_id": f"{number:026}",
        "sender": "Eve@sender.example",
        "recipient": f"ann{number}@customer.example",
        "message_header_id": f"<{number}@sender.example>",
        "subject": f"Invoice {number}",
        "client_address": "192.0.2.1",
    }
    return TrackRecord(float(number), "delivered", **{**facts, **more})


@pytest.fixture
def store(tmp_path: Path) -> Path:
    migrate(tmp_path / "store", 1)
    return tmp_path / "store"


def test_open_files_are_drained_as_far_as_they_are_whole(store: Path, tmp_path: Path) -> None:
    folder = tmp_path / "journal"
    journal = FileJournal(folder, "filter-00", TrackingOptions())
    drain = JournalDrain(folder, store)
    journal.append([record(1), record(2)])
    assert drain.run_once() == 2
    assert drain.run_once() == 0
    journal.append([record(3)])
    (path,) = folder.iterdir()
    with path.open("ab") as file:
        file.write(b'{"at":4,"eve')
    assert drain.run_once() == 1
    with path.open("ab") as file:
        file.write(b'nt":"delivered"}\n')
    assert drain.run_once() == 1
    assert path.exists(), "its process lives"
    assert len(TrackingStore(store).between(0, 99, 99)) == 4


def test_the_file_of_a_dead_process_goes_with_its_torn_end(store: Path, tmp_path: Path) -> None:
    folder = tmp_path / "journal"
    journal = FileJournal(folder, "filter-00", TrackingOptions())
    journal.append([record(1)])
    (path,) = folder.iterdir()
    dead = path.rename(folder / path.name.replace(f"-{os.getpid()}-", f"-{DEAD}-"))
    with dead.open("ab") as file:
        file.write(b'not json\n{"at":4,"eve')
    assert JournalDrain(folder, store).run_once() == 1
    assert list(folder.iterdir()) == []
    with sqlite3.connect(tracking_path(store)) as db:
        assert db.execute("SELECT count(*) FROM journal_file").fetchone() == (0,)


def test_whole_files_go_and_the_last_stays(store: Path, tmp_path: Path) -> None:
    folder = tmp_path / "journal"
    options = TrackingOptions(journal_file_bytes_max=100_000)
    journal = FileJournal(folder, "filter-00", options)
    for number in range(5):
        journal.append([record(number, subject="x" * 60_000)])
    assert JournalDrain(folder, store).run_once() == 5
    assert len(list(folder.iterdir())) == 1


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (f"{7:026}", [7]),
        ("ann7@customer.example", [7]),
        ("ANN7@Customer.Example", [7]),
        ("<7@sender.example>", [7]),
        ("7@sender.example", [7]),
        ("voice 7", [7]),
        ("192.0.2.1", [5, 6, 7]),
        ("eve@sender.example", [5, 6, 7]),
        ("nothing", []),
        ("%", []),
    ],
)
def test_found_by_what_people_know(
    store: Path, tmp_path: Path, query: str, found: list[int]
) -> None:
    journal = FileJournal(tmp_path / "journal", "filter-00", TrackingOptions())
    journal.append([record(number) for number in (5, 6, 7)])
    JournalDrain(tmp_path / "journal", store).run_once()
    records = TrackingStore(store).find(query, 10)
    assert [int(each.at) for each in records] == found


def test_old_records_go(store: Path, tmp_path: Path) -> None:
    journal = FileJournal(tmp_path / "journal", "filter-00", TrackingOptions())
    journal.append([record(number) for number in (5, 6, 7)])
    JournalDrain(tmp_path / "journal", store).run_once()
    tracking = TrackingStore(store)
    assert tracking.purge_before(7.0) == 2
    assert [int(each.at) for each in tracking.between(0, 99, 99)] == [7]
