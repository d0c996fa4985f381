"""The journal's files: whole lines, full, torn, and names that never come again."""

from pathlib import Path

import pytest

from katharion.adapters.journal import FileJournal, TrackingOptions
from katharion.ports import JournalFullError
from katharion.values.track import TrackRecord

SMALL = TrackingOptions(journal_bytes_max=1_000_000, journal_file_bytes_max=100_000)


def record(event: str = "delivered", subject: str = "x") -> TrackRecord:
    return TrackRecord(1.0, event, message_id="id", subject=subject)


def test_records_are_lines(tmp_path: Path) -> None:
    journal = FileJournal(tmp_path / "journal", "filter-00", TrackingOptions())
    journal.append([record(subject="a\nb\x85"), record()])
    journal.append([])
    journal.close()
    (path,) = (tmp_path / "journal").iterdir()
    assert path.read_bytes().count(b"\n") == 2
    assert path.stat().st_mode & 0o777 == 0o600


def test_files_are_cut_at_their_size(tmp_path: Path) -> None:
    journal = FileJournal(tmp_path, "filter-00", SMALL)
    for _i in range(5):
        journal.append([record(subject="x" * 60_000)])
    assert len(list(tmp_path.iterdir())) == 3


def test_full_means_no_and_room_comes_back(tmp_path: Path) -> None:
    journal = FileJournal(tmp_path, "filter-00", SMALL)
    assert journal.has_room()
    while journal.has_room():
        journal.append([record(subject="x" * 60_000)])
    for _i in range(2):  # What had begun while there was room may still be recorded.
        journal.append([record(subject="x" * 60_000)])
    with pytest.raises(JournalFullError):
        journal.append([record(subject="x" * 60_000)])
    assert not journal.has_room()
    for path in tmp_path.iterdir():
        path.unlink()
    assert journal.has_room()
    journal.append([record()])


def test_small_refusals_are_counted_from_half_of_it_on(tmp_path: Path) -> None:
    journal = FileJournal(tmp_path, "filter-00", SMALL)
    for _i in range(9):
        journal.append([record(subject="x" * 60_000)])
    journal.append([record("rcpt-refused", "small"), record(subject="large")])
    assert journal.collapsed_count == 1
    octets = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert (octets.count(b'"small"'), octets.count(b'"large"')) == (0, 1)


def test_names_never_come_again(tmp_path: Path) -> None:
    """The store remembers by name how far it has read: also across a start of the machine."""
    names = set()
    for _i in range(3):
        FileJournal(tmp_path, "filter-00", SMALL).close()
        (path,) = tmp_path.iterdir()
        names.add(path.name)
        path.unlink()
    assert len(names) == 3
