"""Addresses: a table of forms, and what no octets can do."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from katharion.mail.address import Address, is_domain, is_literal, parse_address

LONG_LOCAL = "l" * 64
LONG_DOMAIN = ".".join(["d" * 62] * 4) + ".co"  # 254 octets.
GOOD = [
    ("ann@customer.example", "ann", "customer.example"),
    ("Ann.B+c@Customer.EXAMPLE", "Ann.B+c", "customer.example"),
    ("!#$%&'*+-/=?^_`{|}~@c.example", "!#$%&'*+-/=?^_`{|}~", "c.example"),
    ('"john doe"@c.example', '"john doe"', "c.example"),
    ('"a@b\\"c"@c.example', '"a@b\\"c"', "c.example"),
    ('""@c.example', '""', "c.example"),
    ("ann%other@c.example", "ann%other", "c.example"),
    ("ann@localhost", "ann", "localhost"),
    ("ann@1.example", "ann", "1.example"),
    ("ann@_dmarc.c.example", None, None),
    ("ann@my_host.example", "ann", "my_host.example"),
    ("ann@[192.0.2.1]", "ann", "[192.0.2.1]"),
    ("ann@[IPv6:2001:DB8::1]", "ann", "[ipv6:2001:db8::1]"),
    (f"{LONG_LOCAL}@c.example", LONG_LOCAL, "c.example"),
    (f"ann@{LONG_DOMAIN}", "ann", LONG_DOMAIN),
]
BAD = [
    *("", "@", "ann", "ann@", "@c.example", "ann@@c.example", "a b@c.example"),
    *(".ann@c.example", "ann.@c.example", "a..b@c.example", "(x)ann@c.example"),
    *('"ann@c.example', '"a"b@c.example', '"a"."b"@c.example', '"a\tb"@c.example'),
    *("ann@.c.example", "ann@c..example", "ann@c.example.", "ann@-c.example", "ann@c-.example"),
    *("ann@[192.0.2.256]", "ann@[192.0.2.1", "ann@[2001:db8::1]", "ann@[IPv6:192.0.2.1]"),
    *("ann@c.exam ple", "ann@c,example", "ann\0@c.example", "ann\n@c.example", "ann@c.example\n"),
    *("grå@c.example", "ann@gr\u00e5.example", "<ann@c.example>"),
    f"{LONG_LOCAL}l@c.example",
    f"ann@{LONG_DOMAIN}ve",
    f"ann@{'d' * 64}.example",
]


@pytest.mark.parametrize(("text", "local", "domain"), GOOD)
def test_good_forms(text: str, local: str | None, domain: str | None) -> None:
    address = parse_address(text)
    if local is None or domain is None:
        assert address is None  # An underscore may stand within a label only.
        return
    assert address == Address(local, domain)
    assert str(address) == f"{local}@{domain}"


@pytest.mark.parametrize("text", BAD)
def test_bad_forms(text: str) -> None:
    assert parse_address(text) is None


@pytest.mark.parametrize("text", ["grå@c.example", "年@例え.example", "ann@GRÅ.example"])
def test_beyond_ascii_only_where_asked(text: str) -> None:
    assert parse_address(text) is None
    address = parse_address(text, is_utf8=True)
    assert address is not None
    assert not address.is_ascii
    assert address.domain == address.domain.lower()


def test_octets_are_counted_not_characters() -> None:
    assert parse_address("å" * 32 + "@c.example", is_utf8=True)
    assert parse_address("å" * 33 + "@c.example", is_utf8=True) is None


def test_postmaster_has_no_domain() -> None:
    assert str(Address("postmaster", "")) == "postmaster"


@pytest.mark.parametrize(
    "text", ["[", "[]", "[IPv6:]", "[IPv6:fe80::1%eth0]", "[IPv6:fe80::1%a]b]", "192.0.2.1"]
)
def test_no_literals(text: str) -> None:
    assert not is_literal(text)


@given(st.text(max_size=80), st.booleans())
def test_no_text_raises_and_what_is_taken_says_itself_again(text: str, is_utf8: bool) -> None:  # noqa: FBT001 # Drawn.
    is_domain(text, is_utf8=is_utf8)
    address = parse_address(text, is_utf8=is_utf8)
    if address is not None:
        assert parse_address(str(address), is_utf8=is_utf8) == address
        assert not any(c in str(address) for c in "\r\n\0")
