"""`katharion demo` from start to end: a real supervisor, and a sum that must come out."""

import json
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from fixtures.fix_ports import free_port, greets

FATES = ("delivered", "quarantined", "queued", "refused", "deferred", "lost")


def demo(*options: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "katharion", "demo", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def folders() -> set[Path]:
    tops = (tempfile.gettempdir(), "/dev/shm", "/run")  # noqa: S108 # Only looked at.
    return {path for top in tops for path in Path(top).glob("katharion-demo-*")}


def test_demo_ends_by_itself_with_its_sums() -> None:
    before = folders()
    port = free_port()
    said, complaint = demo("--seconds", "16", "--json", "--port", str(port)).communicate(timeout=90)
    figures = json.loads(said)
    assert not complaint
    assert figures["sent"] == sum(figures[fate] for fate in FATES)
    assert figures["lost"] == figures["deferred"] == 0
    assert min(figures[fate] for fate in ("delivered", "quarantined", "refused")) > 0
    assert folders() == before
    assert not greets(port)


def test_ctrl_c_ends_it_cleanly() -> None:
    before = folders()
    child = demo("--port", str(free_port()))
    time.sleep(4)
    child.send_signal(signal.SIGINT)
    said, complaint = child.communicate(timeout=60)
    assert child.returncode == 0, complaint
    assert " 0 lost." in said
    assert "swaks" in said
    assert folders() == before


def test_port_in_use_is_one_sentence() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        child = demo("--port", str(taken.getsockname()[1]))
        said, complaint = child.communicate(timeout=30)
    assert child.returncode == 2
    assert not said
    assert len(complaint.splitlines()) == 1
    assert "--port" in complaint
