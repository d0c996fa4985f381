"""SPF macros, by the examples of RFC 7208 section 7.4 and what the grammar forbids."""

from ipaddress import ip_address

import pytest

from katharion.authentication.spf_macro import (
    DOMAIN_LENGTH_MAX,
    WORDS_LENGTH_MAX,
    Identity,
    askable,
    expand,
    expand_name,
    is_macro_string,
    read_domain,
    read_explanation,
)

CLIENT4, CLIENT6 = ip_address("192.0.2.3"), ip_address("2001:db8::cb01")
WHO = Identity(CLIENT4, "strong-bad", "email.example.com", "mx.example.org", "receiver.example", 7)


def filled(text: str, who: Identity = WHO, name: str = "mx.example.org") -> str:
    read = read_explanation(text)
    assert read is not None
    return expand(read, who, who.domain, name)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("%{s}", "strong-bad@email.example.com"),
        ("%{o}", "email.example.com"),
        ("%{d}", "email.example.com"),
        ("%{d4}", "email.example.com"),
        ("%{d3}", "email.example.com"),
        ("%{d2}", "example.com"),
        ("%{d1}", "com"),
        ("%{dr}", "com.example.email"),
        ("%{d2r}", "example.email"),
        ("%{l}", "strong-bad"),
        ("%{l-}", "strong.bad"),
        ("%{lr}", "strong-bad"),
        ("%{lr-}", "bad.strong"),
        ("%{l1r-}", "strong"),
        ("%{ir}.%{v}._spf.%{d2}", "3.2.0.192.in-addr._spf.example.com"),
        ("%{lr-}.lp._spf.%{d2}", "bad.strong.lp._spf.example.com"),
        ("%{lr-}.lp.%{ir}.%{v}._spf.%{d2}", "bad.strong.lp.3.2.0.192.in-addr._spf.example.com"),
        ("%{ir}.%{v}.%{l1r-}.lp._spf.%{d2}", "3.2.0.192.in-addr.strong.lp._spf.example.com"),
        ("%{d2}.trusted-domains.example.net", "example.com.trusted-domains.example.net"),
        ("%{p} %{h} %{r} %{t} %{c}", "mx.example.org mx.example.org receiver.example 7 192.0.2.3"),
        ("100%% of%_it%-", "100% of it%20"),
        ("%{S}", "strong-bad%40email.example.com"),
        ("%{d12345}", "email.example.com"),
        ("%{d02}", "example.com"),
        ("%{d" + "9" * 900 + "}", "email.example.com"),
        ("%{l+-}", "strong.bad"),
    ],
)
def test_examples(text: str, wanted: str) -> None:
    assert filled(text) == wanted


def test_ipv6_is_told_by_its_nibbles() -> None:
    wanted = "1.0.B.C.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.B.D.0.1.0.0.2.ip6._spf.example.com"
    assert filled("%{ir}.%{v}._spf.%{d2}", WHO._replace(client=CLIENT6)) == wanted


def test_without_our_name() -> None:
    assert filled("%{r}", WHO._replace(receiver="")) == "unknown"


@pytest.mark.parametrize(
    "text",
    [
        "%",
        "%{",
        "%{d",
        "%{x}",
        "%{d0}",
        "%(d)",
        "a%a",
        "%{d}}%",
        "%{d00}",
        "\x7f",
        "\u00e4",
        "%{d;}",
    ],
)
def test_broken_text(text: str) -> None:
    assert read_explanation(text) is None
    assert not is_macro_string(text)


@pytest.mark.parametrize(
    ("text", "is_good"),
    [
        ("a.example", True),
        ("a.example.", True),
        ("a.xn--p1ai", True),
        ("%{d}", True),
        ("a.%{d}", True),
        ("%{d}.example", True),
        ("%{ir}.%{v}.a-b.e-x", True),
        ("", False),
        ("example", False),  # One label is no domain-end.
        ("a.1", False),
        ("a.-b", False),
        ("a.b-", False),
        ("%{d}example", False),
        ("a b.example", False),
        ("a b.%{d}", False),
        ("%{c}.example", False),  # For explanations only.
        ("a.example%%", True),  # By the grammar a macro-expand may end it.
    ],
)
def test_domains(text: str, *, is_good: bool) -> None:
    assert (read_domain(text) is not None) == is_good


def test_words_are_bounded() -> None:
    assert read_explanation("x" * (WORDS_LENGTH_MAX + 1)) is None
    long = Identity(CLIENT4, "l" * 64, "d" * 250, "h")
    assert len(filled("%{s}" * 200, long)) == WORDS_LENGTH_MAX


def test_half_of_a_pair_has_no_octets() -> None:
    assert filled("%{H}", WHO._replace(helo="\ud800")) == "%3F"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("%{d}.example.", "email.example.com.example"),
        ("%{h}" * 200 + "a.example.", "a." * 120 + "a.example"),
        ("%{h}" * 200 + "%{o}.b.example", "email.example.com.b.example"),
        ("x" * 300 + ".example", "example"),
        ("%{l}" * 200, ""),  # One label, and nothing that could be asked for.
    ],
)
def test_long_names_lose_labels_on_the_left(text: str, wanted: str) -> None:
    read = read_domain(text)
    assert read is not None
    found = expand_name(read, WHO._replace(helo="a."), WHO.domain)
    assert found.endswith(wanted)
    assert len(found) <= DOMAIN_LENGTH_MAX


@pytest.mark.parametrize(
    ("domain", "name"),
    [
        ("A.Example.", "a.example"),
        ("\u00c4.example", "xn--4ca.example"),
        ("\u2488.example", None),
        ("example", None),
        ("a..example", None),
        ("a" * 63 + ".example", "a" * 63 + ".example"),
        ("a" * 64 + ".example", None),
        ("a." * 123 + "example.", "a." * 123 + "example"),
        ("a." * 124 + "example", None),
        ("\u00e4" * 63 + ".example", None),
    ],
)
def test_names_that_can_be_asked_for(domain: str, name: str | None) -> None:
    assert askable(domain) == name
