"""Listening sockets: bound, handed down, and refused with a sentence."""

import socket

import pytest

from katharion.adapters.listen import ListenError, bind, inherited, is_taken, to_environment


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_two_sockets_share_one_port(address: str) -> None:
    with bind(address, 0) as first:
        port = first.getsockname()[1]
        with bind(address, port) as second:
            assert second.getsockname()[1] == port
            assert is_taken(address, port)
    assert not is_taken(address, port)


def test_nagles_delay_can_be_turned_off() -> None:
    with bind("127.0.0.1", 0) as listener:
        assert listener.proto == socket.IPPROTO_TCP


def test_an_address_that_is_not_ours_is_refused_in_words() -> None:
    with pytest.raises(ListenError, match="an address of this machine"):
        bind("192.0.2.1", 0)


def test_a_childs_environment_names_its_sockets() -> None:
    assert to_environment({"public": 5, "inner": 7}) == "public=5,inner=7"
    assert inherited() == {}


def test_one_family_says_nothing_of_the_other() -> None:
    with bind("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        assert is_taken("0.0.0.0", port)  # noqa: S104 # Asked, not bound.
        assert not is_taken("::", port)
