"""Whose name a message bears: every domain that a reader could be shown, and no octets raise."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from katharion.authentication import author
from katharion.authentication.author import (
    MALFORMED,
    NO_DOMAIN,
    NO_FIELD,
    SEVERAL_FIELDS,
    TOO_LONG,
    TOO_MANY,
    Author,
    find,
)
from katharion.mail.domain_name import DOMAIN_LENGTH_MAX, a_labels
from katharion.mail.message import VALUE_OCTETS_MAX, Message

CPU_SECONDS_MAX = 0.02


def of(value: str | bytes) -> Author:
    octets = value if isinstance(value, bytes) else value.encode()
    return find(Message(b"Subject: x\r\nFrom: " + octets + b"\r\nTo: y@z.example\r\n\r\nbody"))


@pytest.mark.parametrize(
    ("value", "domains"),
    [
        ("ann@example.com", ["example.com"]),
        ("Ann <ann@Example.COM>", ["example.com"]),
        ("<ann@example.com>", ["example.com"]),
        ('"Ann, of X" <ann@example.com>', ["example.com"]),
        ('"a\\"b" <ann@example.com>', ["example.com"]),
        ('"<x@y.example>" <ann@example.com>', ["example.com"]),
        ('"x@y"@example.com', ["example.com"]),
        ("ann@example.com (Ann (of (Y)) \\) x@y)", ["example.com"]),
        ("(x@y.example) ann@example.com", ["example.com"]),
        ("Ann\r\n <ann@example.com>", ["example.com"]),
        ("ann @ example . com", ["example.com"]),
        ("ann@example. (the best) com", ["example.com"]),
        ("<@a.example,@b.example:ann@example.com>", ["example.com"]),
        ("ann@example.com.", ["example.com"]),
        ("Doe, John <j@example.com>", ["example.com"]),  # An unquoted comma; often seen.
        ("ann@x.example <bounce@example.com>", ["example.com"]),  # Likewise.
        ("a@one.example, b@two.example", ["one.example", "two.example"]),
        ("a@one.example, b@ONE.example", ["one.example"]),
        ("Team: a@one.example, B <b@two.example>;", ["one.example", "two.example"]),
        ("=?utf-8?q?=22x=40y=2Eexample=22?= <ann@example.com>", ["example.com"]),
        ("ann@bücher.example", ["xn--bcher-kva.example"]),
        ("Ann <ann@BÜCHER.example>", ["xn--bcher-kva.example"]),
        ("ann@faß.example", ["xn--fa-hia.example"]),  # RFC 5891: ß is a letter of its own.
        ("ann@例え。テスト", ["xn--r8jz45g.xn--zckzah"]),
        ("ann@\uff45\uff58ample\uff0ecom", ["example.com"]),
        ("ann@exam\u200bple.com", ["example.com"]),
        ("ann@xn--bcher-kva.example", ["xn--bcher-kva.example"]),
        ("ann@a_b.example", ["a_b.example"]),
        ("ann@localhost", ["localhost"]),
    ],
)
def test_well_formed_or_nearly(value: str, domains: list[str]) -> None:
    assert of(value) == Author(tuple(domains))


@pytest.mark.parametrize(
    ("value", "domains", "fault"),
    [
        ("", [], NO_DOMAIN),
        ("Ann", [], NO_DOMAIN),
        ("undisclosed:;", [], NO_DOMAIN),
        ("<>", [], NO_DOMAIN),
        ("ann@[192.0.2.1]", [], NO_DOMAIN),
        ("ann@[IPv6:2001:db8::1] x", [], MALFORMED),
        ("<ann@>", [], MALFORMED),
        ("ann@exa mple.com", ["exa"], MALFORMED),
        ("ann@example.com Ann", ["example.com"], MALFORMED),
        ("<a@one.example> b@two.example", ["one.example", "two.example"], ""),
        ("<a@one.example> <b@two.example>", ["one.example", "two.example"], ""),
        ("a@one.example@two.example", ["one.example", "two.example"], MALFORMED),
        ("a@one.example b@two.example", ["one.example", "two.example"], MALFORMED),
        ('"Ann <ann@example.com>', ["example.com"], MALFORMED),
        ("(Ann <ann@example.com>", ["example.com"], MALFORMED),
        ("Ann <ann@example.com", ["example.com"], ""),
        ("x@one.example: <a@two.example>;", ["one.example", "two.example"], ""),
        ("ann@example..com", [], MALFORMED),
        ("ann@-?.com", [], MALFORMED),
        ("ann@" + "a" * 64 + ".com", [], MALFORMED),
        ("ann@" + "ü" * 60 + ".com", [], MALFORMED),
        ("ann@" + "a." * 127 + "com", [], MALFORMED),
        ("ann@" + "a" * 300, [], MALFORMED),
        (b"ann@\xff\xfe.com", [], MALFORMED),
        (b"ann@exam\x00ple.com", [], MALFORMED),
        (
            ",".join(f"a@{n}.example" for n in range(9)),
            ["0.example", "1.example", "2.example", "3.example"],
            TOO_MANY,
        ),
        ("a@b.example," * 101 + "a@c.example", ["b.example"], TOO_MANY),
    ],
)
def test_at_fault(value: str | bytes, domains: list[str], fault: str) -> None:
    assert of(value) == Author(tuple(domains), fault)


def test_without_a_field() -> None:
    assert find(Message(b"Subject: x\r\n\r\nFrom: a@b.example")) == Author((), NO_FIELD)


def test_several_fields() -> None:
    message = Message(b"From: a@one.example\r\nFROM: a@two.example\r\n\r\n")
    assert find(message) == Author(("one.example", "two.example"), SEVERAL_FIELDS)


def test_a_long_field() -> None:
    padding = "(" + "x" * VALUE_OCTETS_MAX + ")"
    assert of(f"a@example.com {padding} b@two.example") == Author(("example.com",), TOO_LONG)
    assert of(f"{padding} b@two.example") == Author((), TOO_LONG)
    is_cut = "x" * (VALUE_OCTETS_MAX - 13) + " a@example.com"  # Its "om".
    assert of(is_cut) == Author(("example.c",), TOO_LONG)


@given(st.one_of(st.binary(max_size=200), st.text(max_size=200).map(str.encode)))
def test_no_octets_raise(value: bytes) -> None:
    found = of(value.replace(b"\r", b"").replace(b"\n", b""))
    assert len(found.domains) <= author.DOMAINS_COUNT_MAX
    for domain in found.domains:
        assert domain == a_labels(domain)
        assert domain.isascii()
        assert domain.isprintable()
        assert len(domain) <= DOMAIN_LENGTH_MAX


@pytest.mark.parametrize("value", ["@a(", "a@b ((c)", 'a@b "c', 'a@b "c\\"', "a@[b", "a@b (\\)"])
def test_what_never_ends_hides_nobody(value: str) -> None:
    """The text of a comment, a quote or a literal that is left open: readers differ, all count."""
    found = of(f"{value}, x <x@last.example>")
    assert found.fault == author.MALFORMED
    assert "last.example" in found.domains


@given(st.lists(st.sampled_from(list('a@.<>(),:;"\\[] \t')), max_size=40).map("".join))
def test_an_address_at_the_end_is_always_found(value: str) -> None:
    """Whatever stands before it: a list of one more address has its domain, or a fault."""
    found = of(f"{value}, x <x@last.example>")
    assert "last.example" in found.domains or found.fault


@pytest.mark.parametrize(
    "unit", ["(", '"', '\\"', "<", "a@b,", "a@b<", "@", "[", "(a)", "a@(b)", "ü", "a@ü.", ". ", ":"]
)
def test_no_field_costs_much(unit: str) -> None:
    message = Message((b"From: " + unit.encode() * 9000)[:9000] + b"\r\n\r\n")
    assert len(message.fields) == 1
    start = time.process_time()
    find(message)
    assert time.process_time() - start < CPU_SECONDS_MAX
