"""SPF records, to the letter of the grammar (RFC 7208 section 12)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from katharion.authentication.spf_record import KEPT_LENGTH_MAX, RECORD_LENGTH_MAX, is_spf, read
from katharion.values.authenticity import Result


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("v=spf1", True),
        ("V=SPF1 -all", True),
        ("v=spf1 ", True),
        ("v=spf10", False),
        ("v=spf1-all", False),
        (" v=spf1", False),
        ("v=spf2.0/mfrom", False),
        ("", False),
    ],
)
def test_which_records_count(text: str, *, wanted: bool) -> None:
    assert is_spf(text) == wanted


@pytest.mark.parametrize(
    "terms",
    [
        *(
            "",
            "  ",
            "all",
            "-ALL",
            "a",
            "A:a.example",
            "a/24",
            "a//64",
            "a/0//0",
            "a:a.example/8//9",
        ),
        *("mx", "mx:m.example/32//128", "ptr", "ptr:p.example", "exists:%{i}.e.example"),
        *("include:i.example", "ip4:192.0.2.1", "ip4:192.0.2.0/0", "ip6:::1", "ip6:2001:db8::/32"),
        *("redirect=r.example", "exp=e.example", "unknown=%{d}/x", "un-k.n_own=", "a.b=c"),
    ],
)
def test_good_terms(terms: str) -> None:
    assert read(f"v=spf1 {terms}").fault == ""


@pytest.mark.parametrize(
    "terms",
    [
        *(
            "al",
            "all:x.example",
            "all/8",
            "-",
            "+-all",
            "a:",
            "a/",
            "a/33",
            "a//129",
            "a/01",
            "a/1/2",
        ),
        *("a:/24", "a:example", "a:a.example:80", "a//64/8", "mx/", "ptr:", "ptr/8", "exists"),
        *("exists:", "exists/8", "include", "include:", "include:x", "ip4", "ip4:", "ip4:1.2.3"),
        *("ip4:1.2.3.4/33", "ip4:1.2.3.4/032", "ip4:1.2.3.04", "ip4:1.2.3.4:8", "ip4:::1"),
        *(
            "ip6:",
            "ip6:1.2.3.4",
            "ip6:::1/129",
            "ip6:g::",
            "ip6:::1//64",
            "redirect=",
            "redirect=x",
        ),
        *("exp=", "redirect=a.b redirect=a.b", "exp=a.b exp=a.b", "x=%", "x=%{x}", "=x", "1=x"),
        *("include:a.example/24", "a\u00e4", "a\x00", "all;"),
    ],
)
def test_a_fault_anywhere_is_a_fault_of_all(terms: str) -> None:
    record = read(f"v=spf1 {terms} -all")
    assert record.fault
    assert not record.terms


def test_what_is_read() -> None:
    record = read("v=spf1 ?ip4:192.0.2.9/24 ~a:a.example/8//9 exp=e.example redirect=r.example")
    network, hosts = record.terms
    assert (network.kind, network.result, network.text) == (
        "ip",
        Result.NEUTRAL,
        "?ip4:192.0.2.9/24",
    )
    assert network.network == (4, 0xC0000200, 0xFFFFFF00)
    assert (hosts.kind, hosts.result, hosts.bits) == ("a", Result.SOFTFAIL, (8, 9))
    assert [t and t.plain for t in (hosts.target, record.explanation, record.redirect)] == [
        "a.example",
        "e.example",
        "r.example",
    ]


def test_a_record_is_bounded() -> None:
    assert read("v=spf1 " + "a " * RECORD_LENGTH_MAX).fault.startswith("a length")


def test_what_is_kept_is_bounded() -> None:
    short, long = "v=spf1 a -all", "v=spf1 " + "a " * KEPT_LENGTH_MAX
    assert read(short) is read(short)
    assert read(long) is not read(long)


@given(st.text(max_size=60))
def test_no_text_raises(text: str) -> None:
    record = read("v=spf1 " + text)
    assert record.fault.isprintable() or not record.fault.isascii()
