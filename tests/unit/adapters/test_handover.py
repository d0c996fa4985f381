"""Sockets given back over a local socket."""

import socket
from pathlib import Path

from katharion.adapters.handover import serve_handover, take_back
from katharion.adapters.listen import bind


def test_sockets_come_back_by_name(tmp_path: Path) -> None:
    with bind("127.0.0.1", 0) as one, bind("127.0.0.1", 0) as two:
        serve_handover(tmp_path / "f.fds", {"public": one.fileno(), "inner": two.fileno()})
        taken = take_back(tmp_path / "f.fds")
        assert list(taken) == ["public", "inner"]
        with socket.socket(fileno=taken["inner"]) as again:
            assert again.getsockname() == two.getsockname()
        socket.socket(fileno=taken["public"]).close()


def test_nobody_gives_nothing(tmp_path: Path) -> None:
    assert take_back(tmp_path / "none.fds") == {}
