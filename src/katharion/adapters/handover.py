"""Listening sockets given back: a filter hands them to a new supervisor, if it is asked.

So a supervisor that was killed costs nobody a connection: its successor finds the filters
serving, and holds their sockets again before any of them has to be replaced.
"""

import socket
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

SOCKETS_COUNT_MAX = 64
SECONDS_MAX = 2.0
PAUSE_SECONDS = 0.2


def serve_handover(path: Path, listeners: Mapping[str, int]) -> None:
    """Give the sockets (by name) to whoever of our own user connects; in a thread of its own."""
    path.unlink(missing_ok=True)
    server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    server.bind(str(path))
    path.chmod(0o600)
    server.listen(4)
    names = ",".join(listeners).encode()
    fds = list(listeners.values())

    def serve() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:  # No descriptor to spare now: whoever asks, asks again.
                time.sleep(PAUSE_SECONDS)
                continue
            with connection, suppress(OSError):
                socket.send_fds(connection, [names], fds)

    threading.Thread(target=serve, name="handover", daemon=True).start()


def take_back(path: Path) -> dict[str, int]:
    """The sockets of the filter behind `path`, by listener name; none where it is gone."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(SECONDS_MAX)
        try:
            connection.connect(str(path))
            names, fds, _, _ = socket.recv_fds(connection, 4096, SOCKETS_COUNT_MAX)
        except OSError:
            return {}
    return dict(zip(names.decode().split(","), fds, strict=False))
