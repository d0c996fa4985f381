"""Admission: what is counted together, and that all is counted out again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from katharion.edge.admission import Admission, network_of, plain_address
from katharion.edge.options import EdgeOptions
from katharion.mail import reply as replies

NETWORKS = [
    ("192.0.2.1", "192.0.2.1"),
    ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
    ("2001:db8:1:2:ffff::", "2001:db8:1:2::/64"),
    ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
    ("::ffff:192.0.2.1", "192.0.2.1"),
    ("", ""),
]
PLAIN = [
    ("192.0.2.1", "192.0.2.1"),
    ("fe80::1%eth0", "fe80::1"),
    ("::ffff:192.0.2.1", "192.0.2.1"),
    ("::ffff:c000:201", "192.0.2.1"),
    ("2001:db8::1", "2001:db8::1"),
    ("", ""),
]


@pytest.mark.parametrize(("address", "network"), NETWORKS)
def test_network(address: str, network: str) -> None:
    assert network_of(address) == network


@pytest.mark.parametrize(("address", "plain"), PLAIN)
def test_plain_address(address: str, plain: str) -> None:
    assert plain_address(address) == plain


def test_bounds_each_have_their_reply() -> None:
    admission = Admission(EdgeOptions(connections_count_max=10, connections_per_network_max=9))
    for _ in range(9):
        assert admission.enter("192.0.2.1") is None
    assert admission.enter("192.0.2.1") is replies.TOO_MANY_CONNECTIONS
    assert admission.enter("192.0.2.2") is None
    assert admission.enter("192.0.2.3") is replies.SERVER_BUSY
    assert admission.count == 10


@given(st.lists(st.sampled_from(["192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db8::2"])))
def test_who_leaves_makes_room(addresses: list[str]) -> None:
    admission = Admission(EdgeOptions(connections_per_network_max=2))
    inside = [address for address in addresses if admission.enter(address) is None]
    assert admission.count == len(inside)
    for address in inside:
        admission.leave(address)
    assert admission.count == 0
    assert admission._by_network == {}, "no memory of who has gone"
