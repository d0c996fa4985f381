"""Autonomous systems from a table."""

import pytest

from katharion.sources.systems import Systems

LINES = """
# network number name
192.0.2.0/24 64500 Example
192.0.2.128/25 AS64501 A customer of theirs
2001:db8::/32 64502
203.0.113.7 64503 One host
""".splitlines()


@pytest.mark.parametrize(
    ("address", "number"),
    [
        ("192.0.2.7", "64500"),
        ("192.0.2.200", "64501"),
        ("2001:db8:1::1", "64502"),
        ("203.0.113.7", "64503"),
        ("203.0.113.8", ""),
        ("2001:db9::1", ""),
        ("nonsense", ""),
    ],
)
def test_the_most_specific_network_counts(address: str, number: str) -> None:
    assert Systems(LINES).of(address) == number


def test_an_empty_table() -> None:
    assert Systems(()).of("192.0.2.1") == ""


@pytest.mark.parametrize("line", ["192.0.2.0/24", "x 64500", "192.0.2.0/24 y", "192.0.2.0/99 1"])
def test_a_line_that_is_none_is_named(line: str) -> None:
    with pytest.raises(ValueError, match="line 2 is no network with a number"):
        Systems(["192.0.2.0/24 1", line])
