"""SPF: what records say of a client, limits, DNS that fails, and what strangers try."""

import time
from collections.abc import Mapping, Sequence
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.zone import Zone
from katharion.authentication import spf
from katharion.authentication.spf_rounds import AHEAD_COUNT_MAX, HOSTS_COUNT_MAX
from katharion.mail.address import Address
from katharion.values.authenticity import SpfResult
from katharion.values.dns import DnsAnswer, DnsStatus, Question

CLIENT, CLIENT6 = "192.0.2.7", "2001:db8::7"
SENDER = Address("ann", "example.com")
HOSTILE_SECONDS_MAX = 0.02
Records = Mapping[str, Sequence[str]]


def judged(
    records: Records, client: str = CLIENT, sender: Address | None = SENDER, helo: str = "h.example"
) -> SpfResult:
    asked = spf.mail_from(ip_address(client), sender, helo, receiver="mx.example.net")
    return Zone(records).drive(spf.check(asked))


def said(record: str, more: Records | None = None, client: str = CLIENT) -> str:
    found = judged({"example.com": [f"TXT v=spf1 {record}"], **(more or {})}, client)
    return found.result.value


PASSING: Records = {"ok.example": ["TXT v=spf1 +all"]}
HOSTS: Records = {
    "h.example": ["A 192.0.2.7", "AAAA 2001:db8::7"],
    "other.example": ["A 192.0.2.99", "AAAA 2001:db8:1::1"],
    "m.example": ["MX 10 other.example", "MX 20 h.example"],
    "dead.example": ["TIMEOUT"],
    "broken.example": ["TXT v=spf1 nonsense"],
    "fails.example": ["TXT v=spf1 -all"],
    "empty.example": ["TXT hello"],
    "alias.example": ["CNAME h.example"],
    "7.2.0.192.in-addr.arpa": ["PTR www.h.example", "PTR liar.example"],
    "www.h.example": ["A 192.0.2.7"],
    "liar.example": ["A 192.0.2.8"],
    **PASSING,
}


@pytest.mark.parametrize(
    ("record", "result"),
    [
        ("-all", "fail"),
        ("~all", "softfail"),
        ("?all", "neutral"),
        ("all", "pass"),
        ("", "neutral"),
        ("ip4:192.0.2.7 -all", "pass"),
        ("ip4:192.0.2.0/29 -all", "pass"),
        ("ip4:192.0.2.8/29 -all", "fail"),
        ("ip6:::/0 -all", "fail"),
        ("a:h.example -all", "pass"),
        ("a:alias.example -all", "pass"),
        ("a:other.example -all", "fail"),
        ("a:other.example/24 -all", "pass"),
        ("a -all", "fail"),
        ("a:dead.example -all", "temperror"),
        ("mx:m.example -all", "pass"),
        ("mx:other.example -all", "fail"),
        ("mx:dead.example -all", "temperror"),
        ("ptr:h.example -all", "pass"),
        ("ptr:www.h.example -all", "pass"),
        ("ptr:liar.example -all", "fail"),
        ("ptr -all", "fail"),
        ("exists:h.example -all", "pass"),
        ("exists:%{l}.example -all", "fail"),
        ("exists:dead.example -all", "temperror"),
        ("include:ok.example -all", "pass"),
        ("include:fails.example ~all", "softfail"),
        ("include:empty.example -all", "permerror"),
        ("include:nobody.example -all", "permerror"),
        ("include:broken.example -all", "permerror"),
        ("include:dead.example -all", "temperror"),
        ("include:%{h}..example -all", "permerror"),
        ("redirect=ok.example", "pass"),
        ("redirect=fails.example", "fail"),
        ("redirect=empty.example", "permerror"),
        ("redirect=dead.example", "temperror"),
        ("redirect=%{h}..example", "permerror"),
        ("?all redirect=ok.example", "neutral"),
        ("exists:%{p}.no.example a:%{p} -all", "pass"),
        ("broken", "permerror"),
        ("a:a..example -all", "fail"),
    ],
)
def test_records(record: str, result: str) -> None:
    assert said(record, HOSTS) == result


@pytest.mark.parametrize(
    ("record", "result"),
    [
        ("ip6:2001:db8::/32 -all", "pass"),
        ("ip4:192.0.2.7 -all", "fail"),
        ("a:h.example -all", "pass"),
        ("a:other.example//32 -all", "pass"),
        ("a:other.example//48 -all", "fail"),
        ("exists:h.example -all", "pass"),  # By its IPv4 address, also for IPv6 (5.7).
    ],
)
def test_ipv6(record: str, result: str) -> None:
    assert said(record, HOSTS, CLIENT6) == result


def test_ipv4_in_the_clothes_of_ipv6() -> None:
    assert said("ip4:192.0.2.7 -all", client="::ffff:192.0.2.7") == "pass"


@pytest.mark.parametrize(
    ("domain", "result"),
    [
        ("example", "none"),
        ("a..example", "none"),
        (f"{'a' * 64}.example", "none"),
        (".".join(["a" * 60] * 5), "none"),
        ("nobody.example", "none"),
        ("dead.example", "temperror"),
        ("\u00e4.example", "pass"),
        ("xn--4ca.example", "pass"),
        ("\u2488.example", "none"),
    ],
)
def test_domains(domain: str, result: str) -> None:
    records = {"xn--4ca.example": ["TXT v=spf1 +all"], "dead.example": ["TIMEOUT"]}
    assert judged(records, sender=Address("a", domain)).result.value == result


def test_two_records_are_none_to_rely_on() -> None:
    found = judged({"example.com": ["TXT v=spf1 +all", "TXT v=spf1 -all", "TXT x"]})
    assert found.result.value == "permerror"
    assert "more than one record" in found.reason


@pytest.mark.parametrize("sender", [None, Address("postmaster", "")])
def test_the_null_sender_is_judged_by_helo(sender: Address | None) -> None:
    records = {
        "helo.example": ["TXT v=spf1 exists:%{l}.example -all"],
        "postmaster.example": ["A 1.1.1.1"],
    }
    found = judged(records, sender=sender, helo="helo.example")
    assert (found.result.value, found.domain, found.scope) == ("pass", "helo.example", "mailfrom")


def test_helo_by_itself() -> None:
    asked = spf.helo_of(spf.mail_from(ip_address(CLIENT), SENDER, "ok.example"))
    found = Zone(PASSING).drive(spf.check(asked))
    assert (found.result.value, found.domain, found.scope) == ("pass", "ok.example", "helo")


# Limits (section 4.6.4).


def test_ten_lookups_and_no_more() -> None:
    ten = " ".join(["a:other.example"] * 10)
    assert said(f"{ten} -all", HOSTS) == "fail"
    assert said(f"{ten} a:h.example -all", HOSTS) == "permerror"
    assert said(f"{ten} ip4:192.0.2.7 -all", HOSTS) == "pass"
    assert said(f"{ten} redirect=ok.example", HOSTS) == "permerror"


def test_lookups_count_through_includes() -> None:
    zone: Records = {
        "one.example": ["TXT v=spf1 " + "a:other.example " * 4 + "?all"],
        "two.example": ["TXT v=spf1 include:one.example include:one.example ?all"],
        **HOSTS,
    }
    assert said("include:two.example -all", zone) == "permerror"
    assert said("include:one.example include:one.example -all", zone) == "fail"


def test_two_voids_and_no_more() -> None:
    assert said("a:no1.example a:no2.example -all") == "fail"
    assert said("a:no1.example mx:no2.example exists:no3.example -all") == "permerror"
    assert said("a:no1.example a:no2.example ptr:x.example -all") == "permerror"


def test_exchangers_without_our_family_are_no_voids() -> None:
    zone = {"m.example": [f"MX {n} four{n}.example" for n in range(5)]}
    zone |= {f"four{n}.example": ["A 192.0.2.99"] for n in range(5)}
    assert said("mx:m.example ip6:2001:db8::7 -all", zone, CLIENT6) == "pass"


def test_too_many_exchangers() -> None:
    zone = {"m.example": [f"MX {n} h{n}.example" for n in range(11)]}
    assert said("mx:m.example -all", zone) == "permerror"


def test_an_exchanger_that_could_not_be_asked() -> None:
    zone = {**HOSTS, "m2.example": ["MX 1 dead.example", "MX 2 h.example"]}
    zone["m3.example"] = ["MX 1 dead.example", "MX 2 other.example"]
    assert said("mx:m2.example -all", zone) == "pass"
    assert said("mx:m3.example -all", zone) == "temperror"


def test_few_of_many_names_of_a_client_are_asked() -> None:
    pointers = [f"PTR n{n}.example" for n in range(30)]
    records = {"example.com": ["TXT v=spf1 ptr:x.example -all"], "7.2.0.192.in-addr.arpa": pointers}
    zone = Zone(records)
    zone.drive(spf.check(spf.mail_from(ip_address(CLIENT), SENDER, "h.example")))
    assert len([name for name in zone.asked if name.startswith("n")]) == HOSTS_COUNT_MAX


def test_a_client_whose_name_could_not_be_asked_has_none() -> None:
    zone = {"7.2.0.192.in-addr.arpa": ["TIMEOUT"]}
    assert said("ptr:h.example ~all", zone) == "softfail"
    assert said("exists:%{p}.example ~all", {**zone, "unknown.example": ["A 1.1.1.1"]}) == "pass"


def test_p_is_the_domain_itself_before_names_below_it() -> None:
    pointers = ["PTR a.example", "PTR b.example.com", "PTR example.com"]
    zone = {"7.2.0.192.in-addr.arpa": pointers, "example.com.x.example": ["A 1.1.1.1"]}
    zone |= {name: ["A 192.0.2.7"] for name in ("a.example", "b.example.com")}
    mine = ["TXT v=spf1 exists:%{p}.x.example -all", "A 192.0.2.7"]
    assert judged({**zone, "example.com": mine}).result.value == "pass"


# Explanations (section 6.2).


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (
            ["TXT %{i} is not one of %{d}'s, see %{p}"],
            "192.0.2.7 is not one of example.com's, see unknown",
        ),
        (["TXT %{c} %{r}"], "192.0.2.7 mx.example.net"),
        (["TXT one", "TXT two"], ""),
        (["TXT %{x}"], ""),
        (["TXT caf\u00e9"], ""),
        (["TIMEOUT"], ""),
        (["A 1.1.1.1"], ""),
        (["TXT " + "x" * 1000], "x" * spf.EXPLANATION_LENGTH_MAX),
        (["TXT " + "x" * 2000], ""),
    ],
)
def test_explanations(words: list[str], wanted: str) -> None:
    found = judged({"example.com": ["TXT v=spf1 -all exp=why.example"], "why.example": words})
    assert (found.result.value, found.explanation) == ("fail", wanted)


def test_whose_explanation() -> None:
    zone = {
        "why.example": ["TXT mine"],
        "their.example": ["TXT theirs"],
        "their-record.example": ["TXT v=spf1 -all exp=their.example"],
    }
    for terms, words in {
        "redirect=their-record.example exp=why.example": "theirs",
        "include:their-record.example -all exp=why.example": "mine",
        "-all exp=%{o}..example": "",
        "-all": "",
    }.items():
        found = judged({"example.com": [f"TXT v=spf1 {terms}"], **zone})
        assert found.explanation == words


def test_an_explanation_with_what_is_not_ascii() -> None:
    records = {"example.com": ["TXT v=spf1 -all exp=why.example"], "why.example": ["TXT %{l}"]}
    assert judged(records, sender=Address("\u00e4", "example.com")).explanation == ""


def test_no_explanation_of_a_pass() -> None:
    zone = Zone({"example.com": ["TXT v=spf1 +all exp=why.example"]})
    zone.drive(spf.check(spf.mail_from(ip_address(CLIENT), SENDER, "h.example")))
    assert zone.asked == ["example.com"]


# Strangers.

LOOP: Records = {"example.com": ["TXT v=spf1 include:example.com -all"]}
WIDE: Records = {
    "example.com": ["TXT v=spf1 " + " ".join(f"include:w{n}.example" for n in range(400))],
    **{f"w{n}.example": ["TXT v=spf1 " + "ip4:203.0.113.9 " * 500 + "?all"] for n in range(12)},
}
LABELS: Records = {
    "example.com": [f"TXT v=spf1 a:{'a' * 512}.example exists:%{{l}}.x.example -all"]
}
MACROS: Records = {"example.com": ["TXT v=spf1 exists:" + "%{s1r+-.,/_=}" * 500 + ".example -all"]}
LONG: Records = {"example.com": ["TXT v=spf1 " + "a " * 500_000]}
RINGS: Records = {
    f"{name}.example": [f"TXT v=spf1 include:{other}.example redirect={other}.example"]
    for name, other in ("ab", "ba")
} | {"example.com": ["TXT v=spf1 include:a.example"]}


@pytest.mark.parametrize("records", [LOOP, WIDE, LABELS, MACROS, LONG, RINGS])
def test_what_strangers_try_is_cheap(records: Records) -> None:
    zone = Zone(records)
    asked = spf.mail_from(ip_address(CLIENT), Address("l" * 64, "example.com"), "h.example")
    began = time.process_time()
    found = zone.drive(spf.check(asked))
    assert time.process_time() - began < HOSTILE_SECONDS_MAX
    assert len(zone.asked) <= 2 * spf.LOOKUPS_COUNT_MAX + AHEAD_COUNT_MAX
    assert found.result.value in ("permerror", "fail")


@pytest.mark.parametrize("words", ["%{S}%{H}" * 8000, "%{S1r+-.,/_=}" * 70, "%{S}%{H}" * 128])
def test_long_words_and_long_names_are_cheap(words: str) -> None:
    zone = Zone({"example.com": ["TXT v=spf1 -all exp=e.example"], "e.example": [f"TXT {words}"]})
    sender = Address("/." * 50_000, "example.com")
    began = time.process_time()
    found = zone.drive(spf.check(spf.mail_from(ip_address(CLIENT), sender, "/." * 50_000)))
    zone.drive(spf.check(spf.mail_from(ip_address(CLIENT), None, "\u00e4\u6f22." * 50_000)))
    assert time.process_time() - began < HOSTILE_SECONDS_MAX
    assert found.result.value == "fail"


@pytest.mark.parametrize("bits", ["", "/24", "//64", "/0"])
@pytest.mark.parametrize("kind", ["A", "AAAA"])
def test_floods_of_addresses_are_cheap(kind: str, bits: str) -> None:
    flood = [
        f"203.0.{n >> 8}.{n & 255}" if kind == "A" else f"2001:db9::{n:x}" for n in range(4000)
    ]
    hosts = {f"m{n}.example": DnsAnswer(DnsStatus.FOUND, tuple(flood)) for n in range(10)}
    zone = Zone({"example.com": [f"TXT v=spf1 mx{bits} -all"]})
    zone.fixed = {Question("MX", "example.com"): DnsAnswer(DnsStatus.FOUND, tuple(hosts))}
    zone.fixed |= {Question(kind, name): answer for name, answer in hosts.items()}
    client = CLIENT if kind == "A" else CLIENT6
    began = time.process_time()
    found = zone.drive(spf.check(spf.mail_from(ip_address(client), SENDER, "h.example")))
    assert time.process_time() - began < HOSTILE_SECONDS_MAX
    assert found.result.value in ("fail", "permerror", "pass")


def test_a_hundred_exchangers_are_not_looked_at() -> None:
    zone = Zone({"example.com": ["TXT v=spf1 mx -all"]})
    hosts = tuple(f"m{n}.example" for n in range(4000))
    zone.fixed = {Question("MX", "example.com"): DnsAnswer(DnsStatus.FOUND, hosts)}
    began = time.process_time()
    found = zone.drive(spf.check(spf.mail_from(ip_address(CLIENT), SENDER, "h.example")))
    assert time.process_time() - began < HOSTILE_SECONDS_MAX
    assert "more than ten mail exchangers" in found.reason


def test_a_name_that_can_not_be_asked_is_no_absence() -> None:
    """Section 5.5: a PTR that fails does not match; it is none of the two that may find nothing."""
    records = {
        "example.com": ["TXT v=spf1 a:x.example a:y.example ptr ~all"],
        "7.2.0.192.in-addr.arpa": ["TIMEOUT"],
    }
    assert judged(records).result.value == "softfail"
    records["7.2.0.192.in-addr.arpa"] = []
    assert judged(records).result.value == "permerror"


@pytest.mark.parametrize("letter", ["%{l}", "%{s}", "%{L}"])
@pytest.mark.parametrize("term", ["exists:", "a:", "mx:", "include:", "ptr:"])
def test_what_is_not_ascii_matches_nothing(term: str, letter: str) -> None:
    """RFC 8616 section 4."""
    records = {"example.com": [f"TXT v=spf1 {term}{letter}.x.example ~all"]}
    assert judged(records, sender=Address("\u00e4", "example.com")).result.value == "softfail"


def test_a_record_that_points_to_what_is_not_ascii() -> None:
    records = {"example.com": ["TXT v=spf1 redirect=%{l}.x.example"]}
    assert judged(records, sender=Address("\u00e4", "example.com")).result.value == "neutral"
    records = {"example.com": ["TXT v=spf1 -all exp=%{l}.x.example"]}
    assert not judged(records, sender=Address("\u00e4", "example.com")).explanation


@given(st.text(max_size=50), st.text(max_size=20), st.sampled_from([CLIENT, CLIENT6]))
def test_no_text_raises(record: str, domain: str, client: str) -> None:
    sender = Address("l", domain)
    zone = {domain: [f"TXT v=spf1 {record}"], "example.com": [f"TXT v=spf1 {record}"]}
    judged(zone, client, sender, helo=domain)
    judged(zone, client, SENDER, helo=record)


def test_an_answer_that_is_no_address_is_no_match() -> None:
    check = spf.check(spf.mail_from(ip_address(CLIENT), SENDER, "h.example"))
    next(check)
    check.send((DnsAnswer(DnsStatus.FOUND, ("v=spf1 a:h.example/24 -all",)),))
    with pytest.raises(StopIteration) as end:
        check.send((DnsAnswer(DnsStatus.FOUND, ("nonsense",)),))
    assert end.value.value.result.value == "fail"
