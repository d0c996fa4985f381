"""How many rounds a check takes, what each of them asks, and what strangers make of it."""

import gc
import time
from collections.abc import Mapping, Sequence
from ipaddress import ip_address

import pytest

from fakes.zone import Zone
from katharion.authentication import spf
from katharion.authentication.spf_rounds import AHEAD_COUNT_MAX
from katharion.mail.address import Address
from katharion.values.dns import DnsAnswer, DnsStatus, Question

HOSTILE_SECONDS_MAX = 0.02
POINTER = "7.2.0.192.in-addr.arpa"


def record(*terms: str) -> list[str]:
    return ["TXT v=spf1 " + " ".join(terms)]


def rounds(
    records: Mapping[str, Sequence[str]], local: str = "ann", client: str = "192.0.2.7"
) -> list[list[str]]:
    zone = Zone(records)
    asked = spf.mail_from(ip_address(client), Address(local, "example.com"), "h.example")
    zone.drive(spf.check(asked))
    return [[f"{kind} {name}" for kind, name in questions] for questions in zone.rounds]


def test_a_record_is_asked_in_one_round() -> None:
    zone = {
        "example.com": record("include:a.example include:b.example mx redirect=c.example"),
        "a.example": record("-all"),
        "b.example": record("a:h.example -all"),
        "c.example": record("+all"),
    }
    assert rounds(zone) == [
        ["TXT example.com"],
        ["TXT a.example", "TXT b.example", "MX example.com", "TXT c.example"],
        ["A h.example"],
    ]


def test_each_level_of_includes_is_one_round() -> None:
    zone = {"example.com": record("include:a.example include:b.example -all")}
    for name in "ab":
        zone[f"{name}.example"] = record(f"include:{name}1.example include:{name}2.example ?all")
        for number in "12":
            zone[f"{name}{number}.example"] = record(f"a:h{name}{number}.example ?all")
            zone[f"h{name}{number}.example"] = ["A 203.0.113.1"]
    assert [len(each) for each in rounds(zone)] == [1, 2, 4, 4]


def test_exchangers_of_all_branches_are_one_round() -> None:
    zone = {"example.com": [*record("include:a.example include:b.example mx -all"), "MX 1 m.x.de"]}
    for name in "ab":
        zone[f"{name}.example"] = [*record("mx ?all"), f"MX 1 m{name}.example", "MX 2 .."]
    assert rounds(zone)[2:] == [
        ["MX a.example", "MX b.example", "A m.x.de"],
        ["A ma.example", "A mb.example"],
    ]


def test_names_with_macros_are_told_before_their_turn() -> None:
    terms = "exists:%{i}.x.de exists:%{l}.x.de a:%{d}.x.de include:%{h}.x.de -all"
    assert rounds({"example.com": record(terms)})[1] == [
        "A 192.0.2.7.x.de",
        "A ann.x.de",
        "A example.com.x.de",
        "TXT h.example.x.de",
    ]


def test_names_that_are_never_asked_are_not_told() -> None:
    """RFC 8616 section 4; and no host, where all labels but one are missing."""
    zone = {"example.com": record("exists:x.de exists:%{l}.x.de a:%{d1} a:x..de mx:y.de -all")}
    assert rounds(zone, local="\u00e4")[1] == ["A x.de", "MX y.de"]


def test_the_name_of_the_client_is_asked_with_the_rest() -> None:
    zone = {"example.com": record("a:x.de exists:%{p}.x.de ptr:y.de -all"), "x.de": ["A 1.1.1.1"]}
    zone[POINTER] = ["PTR a.example"]
    zone["a.example"] = ["A 192.0.2.7"]
    assert rounds(zone)[1:] == [
        ["A x.de", f"PTR {POINTER}"],
        ["A a.example"],
        ["A a.example.x.de"],
    ]


@pytest.mark.parametrize(
    ("terms", "asked"),
    [
        ("ip4:192.0.2.7 a:a.example -all", []),
        ("a:a.example ip4:192.0.2.0/24 a:b.example -all", ["A a.example"]),
        ("a:a.example ip6:2001:db8::/32 +all a:b.example", ["A a.example"]),
        ("a:a.example -all redirect=b.example", ["A a.example"]),
        ("a:a.example redirect=b.example", ["A a.example", "TXT b.example"]),
    ],
)
def test_nothing_is_asked_behind_a_match(terms: str, asked: list[str]) -> None:
    zone = {"example.com": record(terms), "b.example": record("-all")}
    assert [name for each in rounds(zone)[1:] for name in each] == asked


def test_by_the_family_of_the_client() -> None:
    zone = {"example.com": record("a:a.example mx exists:b.example -all")}
    assert rounds(zone, client="2001:db8::7")[1] == [
        "AAAA a.example",
        "MX example.com",
        "A b.example",
    ]


def test_a_second_record_leads_nowhere() -> None:
    zone = {"example.com": record("include:a.example include:b.example -all")}
    zone["a.example"] = record("a:x.de ?all")
    zone["b.example"] = record("a:y.de") + record("a:z.de")
    assert rounds(zone)[2:] == [["A x.de"]]


def test_few_are_asked_before_their_turn() -> None:
    """Ten includes of ten hosts each, and ten exchangers each."""
    zone = {"example.com": record(*(f"include:i{n}.example" for n in range(30)), "-all")}
    for n in range(30):
        zone[f"i{n}.example"] = record(*(f"mx:m{n}-{k}.example" for k in range(10)))
        for k in range(10):
            zone[f"m{n}-{k}.example"] = [f"MX {j} h{n}-{k}-{j}.example" for j in range(10)]
    found = rounds(zone)
    assert len(found[1]) == 10
    # The first ten of the record, and of the first include nine terms of ten hosts.
    assert sum(map(len, found)) <= 1 + 10 + 9 * 11 + AHEAD_COUNT_MAX


@pytest.mark.parametrize("term", ["a:h{}.example", "+a:%{{s}}.{}x", "ip6::{:x}::/9", "x{}=%%%%"])
@pytest.mark.parametrize("length", [400, 1000, 4000, 8000])
def test_long_records_before_their_turn_are_cheap(term: str, length: int) -> None:
    zone = Zone({"example.com": record(*(f"include:w{n}.example" for n in range(10)), "-all")})
    for n in range(10):
        text = f"v=spf1 ?a:h{n}.example " + " ".join(term.format(n * 999 + k) for k in range(999))
        text = text[:length].rpartition(" ")[0]
        zone.fixed[Question("TXT", f"w{n}.example")] = DnsAnswer(DnsStatus.FOUND, (text,))
    asked = spf.mail_from(ip_address("192.0.2.7"), Address("a", "example.com"), "h.example")
    gc.collect()  # What other tests left behind is not to be looked at in the middle of it.
    began = time.process_time()
    zone.drive(spf.check(asked))
    assert time.process_time() - began < HOSTILE_SECONDS_MAX
