"""Child processes: started to outlive us, watched by their pidfd, known again by a file."""

import os
import select
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple


class Child(NamedTuple):
    """One running process, ours or adopted. The pidfd becomes readable when it ends."""

    name: str
    pid: int
    pidfd: int

    def signal(self, number: signal.Signals) -> None:
        """Send a signal; to this very process, whatever became of its number."""
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self.pidfd, number)

    def kill(self, seconds_max: float) -> None:
        """End it at once, and wait for its end; blocking."""
        self.signal(signal.SIGKILL)
        select.select([self.pidfd], [], [], seconds_max)
        self.reap()

    def reap(self) -> None:
        """Forget it, after it has ended."""
        with suppress(ChildProcessError):
            os.waitpid(self.pid, os.WNOHANG)
        os.close(self.pidfd)


def start_child(
    name: str, arguments: list[str], fds: Mapping[str, int], environment: Mapping[str, str]
) -> Child:
    """Start `python -m katharion ARGUMENTS` in a session of its own."""
    process = subprocess.Popen(  # noqa: S603 # Our own interpreter and module.
        [sys.executable, "-m", "katharion", *arguments],
        pass_fds=tuple(fds.values()),
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )
    process.returncode = 0  # We reap it ourselves; Popen is not to warn.
    return Child(name, process.pid, os.pidfd_open(process.pid))


def remember(runtime: Path, child: Child) -> None:
    """Write down who it is, for a supervisor that comes after us."""
    text = f"{child.pid} {_started_at(child.pid)}\n"
    draft = runtime / f"{child.name}.pid.new"
    draft.write_text(text)
    draft.rename(runtime / f"{child.name}.pid")  # Whole, or not at all.


def forget(runtime: Path, name: str) -> None:
    """It is gone."""
    (runtime / f"{name}.pid").unlink(missing_ok=True)


def adopt(runtime: Path, name: str) -> Child | None:
    """The process that was remembered by that name, if it still runs."""
    try:
        pid_text, started_at = (runtime / f"{name}.pid").read_text().split()
        child = Child(name, int(pid_text), os.pidfd_open(int(pid_text)))
    except (OSError, ValueError):
        return None
    # Asked while the pidfd holds the process: the number can't change hands in between.
    with suppress(OSError):
        if _started_at(child.pid) == started_at:
            return child
    os.close(child.pidfd)  # It is over, and its number belongs to another perhaps.
    return None


def _started_at(pid: int) -> str:
    """When a process began, in the kernel's ticks: with its number, who it is."""
    text = Path(f"/proc/{pid}/stat").read_text()
    state, *fields = text.rpartition(")")[2].split()
    if state == "Z":
        raise ProcessLookupError(pid)
    return fields[18]
