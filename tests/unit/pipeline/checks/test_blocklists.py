"""What lists are asked of a message, and what is made of their answers."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.fake_clock import FakeClock
from fakes.zone import Zone
from fixtures.fix_transaction import CLEAN, HEADER, names, transaction
from katharion.mail.address import Address
from katharion.pipeline.checks.blocklists import SUBJECTS_COUNT_MAX, Blocklists
from katharion.pipeline.transaction import Transaction
from katharion.sources.blocklist import make
from katharion.sources.health import Event, Probe
from katharion.sources.options import BlocklistOptions
from katharion.values.dns import DnsAnswer, DnsStatus, Question
from katharion.values.verdict import Finding

CPU_SECONDS_MAX = 0.02
OPTIONS = {
    "black": BlocklistOptions("black.example", {"127.0.0.2": 3.0, "127.0.0.3": 1.0}),
    "white": BlocklistOptions("white.example", {"127.0.0.0/16": -2.0}),
    "names": BlocklistOptions(
        "names.example",
        {"127.0.1.0/24": 4.0},
        ("helo", "sender", "author", "signer", "links"),
        says="The message names a domain of spammers.",
    ),
    "pointers": BlocklistOptions("pointers.example", {"127.0.0.2": 2.0}, ("helo", "ptr")),
    "pointers too": BlocklistOptions("pointers.too.example", {"127.0.0.2": 2.0}, ("ptr",)),
    "told": BlocklistOptions(
        "told.example", {"127.0.0.2": 2.0}, sentences={"127.0.0.2": "It sends spam."}
    ),
}


def lists_of(*wanted: str) -> Blocklists:
    made = [make(name, OPTIONS[name]) for name in wanted]
    lists = Blocklists(made, FakeClock())
    for health in lists.health.values():
        health.probed(Probe(Event.HONEST), 0.0)
    return lists


def judged(lists: Blocklists, zone: Zone, asked: Transaction) -> tuple[Finding, ...]:
    return zone.drive(lists.judge(asked))


def test_one_round_and_one_finding_a_list() -> None:
    zone = Zone({"7.2.0.192.black.example": ["A 127.0.0.3", "A 127.0.0.2"]})
    found = judged(lists_of("black", "white", "names"), zone, transaction())
    assert found == (
        Finding(
            "LISTED_BLACK",
            3.0,
            "The sender's server is on the list black as bad.",
            "192.0.2.7 in black.example: 127.0.0.2 127.0.0.3",
        ),
    )
    assert len(zone.rounds) == 1


def test_a_list_of_the_good() -> None:
    zone = Zone({"7.2.0.192.white.example": ["A 127.0.5.1"]})
    (finding,) = judged(lists_of("white"), zone, transaction())
    assert finding.weight == -2.0
    assert finding.sentence == "The sender's server is on the list white as good."


def test_all_domains_that_a_message_names() -> None:
    content = (
        b"DKIM-Signature: v=1; d=signer.example; s=x\r\nDKIM-Signature: nonsense\r\n"
        + HEADER.replace(b"Writer <writer@sender.example>", b"A <a@author.example>")
        + b"\r\nhttps://www.shop.link.example/\r\n"
    )
    zone = Zone({"link.example.names.example": ["A 127.0.1.5"]})
    found = judged(lists_of("names"), zone, transaction(content, helo="helo.example"))
    assert zone.asked == [
        f"{name}.names.example"
        for name in (
            *("helo.example", "sender.example", "author.example", "signer.example"),
            *("link.example", "shop.link.example"),
        )
    ]
    assert [f.sentence for f in found] == ["The message names a domain of spammers."]
    assert found[0].evidence == "link.example in names.example: 127.0.1.5"


def test_all_lists_together_have_a_cap() -> None:
    zone = Zone(
        {
            "7.2.0.192.black.example": ["A 127.0.0.2"],
            "7.2.0.192.white.example": ["A 127.0.0.1"],
            "sender.example.names.example": ["A 127.0.1.5"],
        }
    )
    found = judged(lists_of("black", "white", "names"), zone, transaction())
    assert [finding.weight for finding in found] == [1.5, -2.0, 2.0]


def test_no_sender_no_address_no_lookup() -> None:
    zone = Zone({})
    asked = transaction(client="", sender=None, helo="[192.0.2.1]")
    asked = asked._replace(message=type(asked.message)(b"\r\nNo author.\r\n"))
    assert judged(lists_of("black", "names"), zone, asked) == ()
    assert not zone.rounds


def test_the_clients_name_is_looked_up_when_it_is_known() -> None:
    lists = lists_of("pointers", "pointers too")
    zone = Zone(
        {
            "7.2.0.192.in-addr.arpa": ["PTR Mail.Sender.example", "PTR b\u00fccher.isp.example"],
            "xn--bcher-kva.isp.example.pointers.example": ["A 127.0.0.2"],
        }
    )
    (finding,) = judged(lists, zone, transaction(helo="mail.sender.example"))
    assert (finding.name, finding.weight) == ("LISTED_POINTERS", 2.0)
    assert zone.rounds[0][-1] == Question("PTR", "7.2.0.192.in-addr.arpa")
    assert [question.name for question in zone.rounds[1]] == [
        "xn--bcher-kva.isp.example.pointers.example",
        "mail.sender.example.pointers.too.example",
        "xn--bcher-kva.isp.example.pointers.too.example",
    ]


def test_a_name_that_was_asked_about_is_not_asked_again() -> None:
    zone = Zone({"7.2.0.192.in-addr.arpa": ["PTR mail.sender.example"]})
    assert judged(lists_of("pointers"), zone, transaction()) == ()
    assert len(zone.rounds) == 1


@pytest.mark.parametrize("client", ["127.0.0.1", "10.0.0.1", "fd00::1", "", "unix:"])
def test_who_is_near_us_is_on_no_list(client: str) -> None:
    zone = Zone({})
    judged(lists_of("black", "pointers"), zone, transaction(client=client))
    assert zone.asked == ["mail.sender.example.pointers.example"]


@pytest.mark.parametrize("helo", ["[198.51.100.7]", "198.51.100.7", "localhost", "", "a b"])
def test_what_is_no_name_is_not_asked_about(helo: str) -> None:
    zone = Zone({})
    sender = Address("x", "[198.51.100.7]")
    judged(lists_of("names"), zone, transaction(b"", helo=helo, sender=sender))
    assert not zone.rounds


def test_each_answer_has_its_sentence() -> None:
    zone = Zone({"7.2.0.192.told.example": ["A 127.0.0.2"]})
    (finding,) = judged(lists_of("told"), zone, transaction())
    assert finding.sentence == "It sends spam."


def test_a_silent_list_is_told_and_costs_nothing() -> None:
    zone = Zone({"7.2.0.192.black.example": ["TIMEOUT"]})
    (finding,) = judged(lists_of("black"), zone, transaction())
    assert (finding.name, finding.weight) == ("LIST_OUT_BLACK", 0.0)
    assert finding.sentence == "not checked: the list black does not answer."
    assert finding.was_checked  # No fail mode hangs on it.


def test_a_lie_counts_nothing_in_the_very_message_that_shows_it() -> None:
    zone = Zone({"7.2.0.192.black.example": ["A 127.0.0.2", "A 127.255.255.254"]})
    lists = lists_of("black")
    assert names(judged(lists, zone, transaction())) == ["LIST_OUT_BLACK"]
    assert judged(lists, zone, transaction())[0].sentence.endswith("which is no listing.")
    assert len(zone.rounds) == 1


def test_lookups_have_a_bound() -> None:
    links = b" ".join(b"https://a%d.b%d.example/" % (n, n) for n in range(100))
    zone = Zone({})
    judged(lists_of("names"), zone, transaction(CLEAN + links))
    assert len(zone.asked) == SUBJECTS_COUNT_MAX


@given(st.binary(max_size=600), st.text(max_size=80), st.text(max_size=80))
def test_no_octets_raise(octets: bytes, text: str, record: str) -> None:
    pointer = Question("PTR", "7.2.0.192.in-addr.arpa")
    zone = Zone({})
    zone.fixed[pointer] = DnsAnswer(DnsStatus.FOUND, (record, "x", record[::-1]))
    content = b"DKIM-Signature: d=" + octets + b"\r\n" + octets + b"\r\n\r\nhttp://" + octets
    asked = transaction(content, helo=text, sender=Address("x", text))
    lists = lists_of("black", "names", "pointers")
    for finding in judged(lists, zone, asked):
        assert finding.evidence.isprintable()
    assert all(question.name.isascii() for round_ in zone.rounds for question in round_)


@pytest.mark.parametrize(
    "content",
    [
        b"DKIM-Signature: " + b"d " * 4000 + b"\r\n",
        b"DKIM-Signature: " + b";d" * 4000 + b"\r\n",
        b"DKIM-Signature: v=1; d=signer.example; s=x\r\n" * 1000,
        b"From: " + b"<a@" * 3000 + b"\r\n",
        HEADER + b"\r\n" + b"http://a.b@" * 100_000,
        HEADER + b"\r\n" + b"".join(b"http://h%d.example/ " % n for n in range(50_000)),
        HEADER + b"\r\n" + "http://\u00fc\u00fc\u00fc.example/ ".encode() * 50_000,
    ],
    ids=range(7),
)
def test_no_message_is_dear(content: bytes) -> None:
    asked, lists, zone = transaction(content), lists_of("names", "pointers"), Zone({})
    asked.message.fields  # noqa: B018 # Split once for all checks.
    began = time.process_time()
    judged(lists, zone, asked)
    assert time.process_time() - began < CPU_SECONDS_MAX
