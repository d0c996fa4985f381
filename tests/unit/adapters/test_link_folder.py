"""Small facts as links: kept once, read, taken once, dropped when old."""

from pathlib import Path

from katharion.adapters.link_folder import LinkFolder


def test_a_fact_is_kept_read_and_taken_once(tmp_path: Path) -> None:
    one, other = LinkFolder(tmp_path / "f", 10), LinkFolder(tmp_path / "f", 10)
    one.keep("key", "first")
    other.keep("key", "second")
    assert other.read("key") == "first"
    assert other.take("key") == "first"
    assert one.take("key") is None
    assert one.read("key") is None


def test_a_full_folder_keeps_nothing_new(tmp_path: Path) -> None:
    LinkFolder(tmp_path, 10).keep("a", "fact")
    full = LinkFolder(tmp_path, 1)
    full.keep("b", "fact")
    assert (full.read("a"), full.read("b")) == ("fact", None)


def test_it_is_counted_again_now_and_then(tmp_path: Path) -> None:
    folder = LinkFolder(tmp_path, count_max=5, count_every=3)
    for number in range(20):
        folder.keep(f"key-{number}", "fact")
    assert len(list(tmp_path.iterdir())) == 6  # Not the fifth, but the next count found it full.
    for path in tmp_path.iterdir():
        path.unlink()
    for number in range(3):
        folder.keep(f"new-{number}", "fact")
    assert folder.read("new-2") == "fact"


def test_what_is_old_is_dropped_and_what_is_none_of_ours_stays(tmp_path: Path) -> None:
    folder = LinkFolder(tmp_path, 10)
    for key, fact in (("old", "1"), ("new", "2"), ("other", "words")):
        folder.keep(key, fact)
    (tmp_path / "no link").touch()
    assert folder.drop(lambda fact: int(fact) < 2) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["new", "no link", "other"]


def test_a_folder_that_is_gone(tmp_path: Path) -> None:
    folder = LinkFolder(tmp_path / "f", 10)
    (tmp_path / "f").rmdir()
    folder.keep("a", "fact")
    assert folder.read("a") is None
