"""Children: started, known again, signalled, reaped."""

import os
import select
import signal
from pathlib import Path

from katharion.adapters.child import adopt, forget, remember, start_child


def test_a_child_is_known_again_until_it_ends(tmp_path: Path) -> None:
    child = start_child("c", ["demo", "--help"], {}, {"X": "1"})
    os.kill(child.pid, signal.SIGSTOP)  # So that it is there while we look.
    remember(tmp_path, child)
    again = adopt(tmp_path, "c")
    assert again is not None
    assert again.pid == child.pid
    os.close(again.pidfd)
    child.signal(signal.SIGKILL)
    assert select.select([child.pidfd], [], [], 5)[0], "the pidfd tells of its end"
    child.reap()
    assert adopt(tmp_path, "c") is None
    child_again = child._replace(pidfd=os.open("/dev/null", os.O_RDONLY))
    forget(tmp_path, "c")
    assert adopt(tmp_path, "c") is None
    os.close(child_again.pidfd)


def test_a_number_that_belongs_to_another_is_not_adopted(tmp_path: Path) -> None:
    (tmp_path / "c.pid").write_text(f"{os.getpid()} 12345\n")
    assert adopt(tmp_path, "c") is None
    (tmp_path / "c.pid").write_text("nonsense\n")
    assert adopt(tmp_path, "c") is None
