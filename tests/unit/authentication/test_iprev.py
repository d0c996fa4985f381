"""iprev: names that lead back, names that do not, and DNS that does not say."""

from ipaddress import ip_address

import pytest

from fakes.zone import Zone
from katharion.authentication import iprev

CLIENT, CLIENT6 = "192.0.2.7", "2001:db8::7"
REVERSE = "7.2.0.192.in-addr.arpa"
REVERSE6 = ip_address(CLIENT6).reverse_pointer


def found(records: dict[str, list[str]], client: str = CLIENT) -> tuple[str, str]:
    result = Zone(records).drive(iprev.check(ip_address(client)))
    return result.result.value, result.name


@pytest.mark.parametrize(
    ("records", "wanted"),
    [
        ({}, ("permerror", "")),
        ({REVERSE: ["TXT x"]}, ("permerror", "")),
        ({REVERSE: ["PTR ."]}, ("permerror", "")),
        ({REVERSE: ["TIMEOUT"]}, ("temperror", "")),
        ({REVERSE: ["PTR a.example"]}, ("fail", "a.example")),
        ({REVERSE: ["PTR A.example"], "a.example": ["A 192.0.2.7"]}, ("pass", "a.example")),
        ({REVERSE: ["PTR a.example"], "a.example": ["A 192.0.2.8"]}, ("fail", "a.example")),
        ({REVERSE: ["PTR a.example"], "a.example": ["TIMEOUT"]}, ("temperror", "a.example")),
        (
            {
                REVERSE: ["PTR a.example", "PTR b.example"],
                "a.example": ["TIMEOUT"],
                "b.example": ["A 192.0.2.8", "A 192.0.2.7"],
            },
            ("pass", "b.example"),
        ),
    ],
)
def test_names(records: dict[str, list[str]], wanted: tuple[str, str]) -> None:
    assert found(records) == wanted


def test_ipv6() -> None:
    records = {REVERSE6: ["PTR six.example"], "six.example": ["AAAA 2001:DB8::7", "A 192.0.2.1"]}
    assert found(records, CLIENT6) == ("pass", "six.example")
    records = {REVERSE: ["PTR a.example"], "a.example": ["A 192.0.2.7"]}
    assert found(records, "::ffff:192.0.2.7") == ("pass", "a.example")


def test_few_of_many_names_are_asked() -> None:
    zone = Zone({REVERSE: [f"PTR n{n}.example" for n in range(50)]})
    zone.drive(iprev.check(ip_address(CLIENT)))
    assert len(zone.asked) == 1 + iprev.NAMES_COUNT_MAX
