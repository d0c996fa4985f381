"""When something was first seen: the same for all filters of a node."""

from pathlib import Path

from katharion.adapters.first_seen import FirstSeenFolder


def test_the_first_time_is_kept_for_all(tmp_path: Path) -> None:
    one, other = FirstSeenFolder(tmp_path / "g"), FirstSeenFolder(tmp_path / "g")
    assert one.first_at("key", 100.0) == 100.0
    assert other.first_at("key", 160.5) == 100.0
    assert other.first_at("another", 160.5) == 160.5
    one.forget("key")
    one.forget("key")
    assert other.first_at("key", 200.0) == 200.0


def test_what_is_old_is_forgotten(tmp_path: Path) -> None:
    folder = FirstSeenFolder(tmp_path)
    folder.first_at("old", 100.0)
    folder.first_at("new", 200.0)
    (tmp_path / "no link").touch()
    assert folder.forget_before(150.0) == 1
    assert folder.first_at("new", 300.0) == 200.0


def test_a_full_folder_remembers_nothing_new(tmp_path: Path) -> None:
    folder = FirstSeenFolder(tmp_path, count_max=1)
    assert folder.first_at("a", 1.0) == 1.0
    full = FirstSeenFolder(tmp_path, count_max=1)
    assert full.first_at("b", 2.0) is None
    assert full.first_at("a", 2.0) == 1.0


def test_a_folder_that_is_gone(tmp_path: Path) -> None:
    folder = FirstSeenFolder(tmp_path / "g")
    folder.first_at("a", 1.0)
    (tmp_path / "g" / "a").unlink()
    (tmp_path / "g").rmdir()
    assert folder.first_at("b", 2.0) is None
