"""The sockets of all filters: known by their place, changed all or not at all."""

import os
import socket

import pytest

from fixtures.fix_ports import free_port
from katharion.adapters.listen import ListenError, bind
from katharion.adapters.listener_sockets import ListenerSockets

HOST = "127.0.0.1"
BOTH = ("filter-00", "filter-01")


def port_of(fd: int) -> int:
    with socket.socket(fileno=os.dup(fd)) as listener:
        return int(listener.getsockname()[1])


def test_each_process_has_its_own_socket_on_one_port() -> None:
    port = free_port()
    sockets = ListenerSockets({"public": (HOST, port)}, BOTH)
    sockets.bind_missing()
    one, two = sockets.of(BOTH[0])["public"], sockets.of(BOTH[1])["public"]
    assert one != two
    assert port_of(one) == port_of(two) == port
    sockets.change({})
    assert sockets.of(BOTH[0]) == {}


def test_a_rename_keeps_the_socket_and_a_move_does_not() -> None:
    port, other = free_port(), free_port()
    sockets = ListenerSockets({"public": (HOST, port)}, BOTH[:1])
    sockets.bind_missing()
    before = sockets.of(BOTH[0])["public"]
    sockets.change({"outside": (HOST, port)})
    assert sockets.of(BOTH[0]) == {"outside": before}
    sockets.change({"outside": (HOST, other)})
    assert port_of(sockets.of(BOTH[0])["outside"]) == other
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((HOST, port), 1)
    sockets.change({})


def test_a_change_that_fails_changes_nothing() -> None:
    port, free = free_port(), free_port()
    sockets = ListenerSockets({"public": (HOST, port)}, BOTH)
    sockets.bind_missing()
    before = sockets.of(BOTH[0])
    with socket.create_server((HOST, 0)) as taken:
        wanted = {"inner": (HOST, free), "public": (HOST, taken.getsockname()[1])}
        with pytest.raises(ListenError, match=r"listeners\.public: .* in use by another program"):
            sockets.change(wanted)
    assert sockets.of(BOTH[0]) == before
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((HOST, free), 1)
    sockets.change({})


def test_what_is_given_back_is_kept_where_it_is_wanted() -> None:
    kept, stale = bind("::1", 0), bind(HOST, 0)
    # The same address in another spelling; the stale one has no place any more.
    sockets = ListenerSockets({"public": ("0:0:0:0:0:0:0:1", kept.getsockname()[1])}, BOTH[:1])
    kept_fd, stale_fd = kept.detach(), stale.detach()
    port = port_of(stale_fd)
    sockets.take("filter-00", {"public": kept_fd, "inner": stale_fd})
    sockets.take("filter-07", {"public": os.dup(kept_fd)})  # Nobody serves it any more.
    assert sockets.of("filter-07") == {}
    assert sockets.of("filter-00") == {"public": kept_fd}
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((HOST, port), 1)
    sockets.change({})


def test_a_port_that_the_system_chose_is_taken_back_by_its_name() -> None:
    given = bind(HOST, 0).detach()
    sockets = ListenerSockets({"public": (HOST, 0), "inner": (HOST, 0)}, BOTH[:1])
    sockets.take("filter-00", {"inner": given})
    assert sockets.of("filter-00") == {"inner": given}
    sockets.bind_missing()
    assert len(sockets.of("filter-00")) == 2
    sockets.change({})
