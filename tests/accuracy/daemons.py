"""Peers that are daemons: started in a folder of their own, and stopped by their process."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

START_SECONDS_MAX = 60.0
STOP_SECONDS_MAX = 10.0


@contextmanager
def folder_for(name: str, owner: str) -> Iterator[Path]:
    """A folder below /tmp, short enough for a socket's path; `owner`'s where we are root."""
    folder = Path(tempfile.mkdtemp(prefix=f"accuracy-{name}-", dir="/tmp"))
    folder.chmod(0o755)
    try:
        give(folder, owner)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def give(folder: Path, owner: str) -> None:
    """All below `folder` becomes `owner`'s, where we are root."""
    if os.geteuid() == 0:
        for path in (folder, *folder.rglob("*")):
            shutil.chown(path, owner)


@contextmanager
def running(
    command: Sequence[str], log: Path, is_up: Callable[[], bool]
) -> Iterator[subprocess.Popen[bytes]]:
    """The daemon in the foreground, once it `is_up`; it is ended at the end."""
    with log.open("wb") as written:
        child = subprocess.Popen(command, stdout=written, stderr=written)
    try:
        ends_at = time.monotonic() + START_SECONDS_MAX  # noqa: TID251 # Real programs.
        while not is_up():
            is_late = time.monotonic() > ends_at  # noqa: TID251 # Likewise.
            if is_late or child.poll() is not None:
                raise OSError(f"{command[0]} did not start: {log.read_text()[-500:]}")
            time.sleep(0.1)
        yield child
    finally:
        child.terminate()
        try:
            child.wait(STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait(STOP_SECONDS_MAX)
