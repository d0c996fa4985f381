"""systemd's datagram."""

import os
import socket
from pathlib import Path

from katharion.adapters.notify import notify


def test_the_state_arrives_where_systemd_asked(tmp_path: Path) -> None:
    path = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(path)
        os.environ["NOTIFY_SOCKET"] = path
        try:
            notify("READY=1")
        finally:
            del os.environ["NOTIFY_SOCKET"]
        assert systemd.recv(100) == b"READY=1"


def test_without_systemd_nothing_happens() -> None:
    notify("READY=1")
