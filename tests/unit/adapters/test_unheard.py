"""Replies that nobody heard, as links in a folder."""

from pathlib import Path

from katharion.adapters.unheard import UnheardFolder


def test_it_is_taken_once_by_any_process(tmp_path: Path) -> None:
    one, other = UnheardFolder(tmp_path / "unheard"), UnheardFolder(tmp_path / "unheard")
    one.remember("key", "message-1", 100.0)
    one.remember("key", "message-2", 101.0)  # Known is known.
    assert other.take("key", since=50.0) == "message-1"
    assert one.take("key", since=50.0) is None


def test_what_is_old_is_not_known(tmp_path: Path) -> None:
    folder = UnheardFolder(tmp_path)
    folder.remember("key", "message", 100.0)
    assert folder.take("key", since=101.0) is None


def test_what_is_old_is_dropped(tmp_path: Path) -> None:
    folder = UnheardFolder(tmp_path)
    folder.remember("old", "message", 100.0)
    folder.remember("young", "message", 200.0)
    (tmp_path / "stranger").write_text("not ours")
    assert folder.forget_before(150.0) == 1
    assert folder.take("young", since=0.0) == "message"


def test_it_does_not_grow_without_end(tmp_path: Path) -> None:
    for number in range(20):  # A new process each: the first thing it does is to count.
        UnheardFolder(tmp_path, count_max=5).remember(f"key-{number}", "message", 1.0)
    assert len(list(tmp_path.iterdir())) == 5


def test_a_folder_that_is_gone_loses_nothing(tmp_path: Path) -> None:
    folder = UnheardFolder(tmp_path / "unheard")
    folder.remember("key", "message", 1.0)
    (tmp_path / "unheard" / "key").unlink()
    (tmp_path / "unheard").rmdir()
    folder.remember("other", "message", 1.0)
    assert folder.take("key", since=0.0) is None
