"""What lists are asked, and what their answers mean."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from katharion.sources.blocklist import (
    Blocklist,
    Listing,
    is_near,
    lookups_of,
    make,
    read,
    reversed_address,
)
from katharion.sources.options import BlocklistOptions
from katharion.values.dns import FAILED, NXDOMAIN, DnsAnswer, DnsStatus, Question

ZEN = make(
    "zen",
    BlocklistOptions("Zen.Example.", {"127.0.0.2": 3.0, "127.0.0.10/31": 1.5, "127.0.0.0&64": 5.0}),
)
DOMAINS = make("dbl", BlocklistOptions("dbl.example", {"127.0.1.0/24": 4.0}, ("sender", "links")))


def found(*records: str) -> DnsAnswer:
    return DnsAnswer(DnsStatus.FOUND, records)


@pytest.mark.parametrize(
    ("blocklist", "subject", "name"),
    [
        (ZEN, "192.0.2.99", "99.2.0.192.zen.example"),
        (ZEN, "::ffff:192.0.2.99", "99.2.0.192.zen.example"),
        (ZEN, "2001:db8::1", "1." + "0." * 23 + "8.b.d.0.1.0.0.2.zen.example"),
        (ZEN, "nonsense", ""),
        (ZEN, "", ""),
        (DOMAINS, "Bad.Example.", "bad.example.dbl.example"),
        (DOMAINS, "[192.0.2.1]", ""),
        (DOMAINS, "", ""),
        (DOMAINS, "a b.example", ""),
        (DOMAINS, ".".join(["a" * 60] * 4), ""),
    ],
)
def test_what_is_asked(blocklist: Blocklist, subject: str, name: str) -> None:
    assert blocklist.question(subject) == (Question("A", name) if name else None)


@pytest.mark.parametrize(
    ("answer", "listing"),
    [
        (NXDOMAIN, Listing()),
        (DnsAnswer(DnsStatus.NODATA), Listing()),
        (FAILED, Listing(is_silent=True)),
        (found("127.0.0.2"), Listing(is_listed=True, weight=3.0, codes="127.0.0.2")),
        (found("127.0.0.11"), Listing(is_listed=True, weight=1.5, codes="127.0.0.11")),
        (
            found("127.0.0.11", "127.0.0.2"),
            Listing(is_listed=True, weight=3.0, codes="127.0.0.2 127.0.0.11"),
        ),
        (found("127.0.0.68"), Listing(is_listed=True, weight=5.0, codes="127.0.0.68")),
        (found("127.0.0.4"), Listing(is_listed=True)),
        (found("127.255.255.254"), Listing(lie="it answers 127.255.255.254, which is no listing")),
        (found("203.0.113.5"), Listing(lie="it answers 203.0.113.5, which is no listing")),
        (found("nonsense"), Listing()),
    ],
)
def test_what_answers_mean(answer: DnsAnswer, listing: Listing) -> None:
    assert read(ZEN, answer) == listing


def test_what_rfc_5782_says_is_never_and_always_listed() -> None:
    assert (ZEN.good, ZEN.bad) == (("127.0.0.1",), ("127.0.0.2",))
    assert (DOMAINS.good, DOMAINS.bad) == (("invalid",), ("test",))
    other = BlocklistOptions("z.example", {"127.0.0.2": 1}, good=("192.0.2.1",), bad=("127.0.0.9",))
    assert make("o", other).good == ("127.0.0.1", "192.0.2.1")
    assert make("o", other).bad == ("127.0.0.9",)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (BlocklistOptions("..", {"127.0.0.2": 1}), "no name for the DNS"),
        (BlocklistOptions("z.example", {"127.0.0.2": 1}, ("address", "links")), "mixes them"),
        (BlocklistOptions("z.example", {"192.0.2.1": 1}), "is no answer"),
        (BlocklistOptions("z.example", {"127.0.0.0&x": 1}), "is no answer"),
        (BlocklistOptions("z.example", {"192.0.2.0&4": 1}), "is no answer"),
        (BlocklistOptions("z.example", {"127.0.0.1/8": 1}), "is no answer"),
        (BlocklistOptions("z.example", {"127.0.0.2": 1}, good=("x",)), "'x' is no address"),
        (BlocklistOptions("z.example", {"127.0.0.2": 1}, ("helo",), bad=("?",)), "is no domain"),
        (BlocklistOptions("z.example", {"127.0.*.x": 1}), "is no answer"),
        (BlocklistOptions("z.example", {"*.0.0.2": 1}), "is no answer"),
        (BlocklistOptions("z.example", {"127.0.0.2": -1}, ("helo",)), "Anybody can name a domain"),
        (BlocklistOptions("z.example", {"127.0.0.2": 1}, errors=("?",)), "is no answer"),
        (
            BlocklistOptions("z.example", {"127.0.0.2": 1}, ("helo",), refuses=True),
            "its client's address is known",
        ),
        (BlocklistOptions("z.example"), "needs a zone and answers"),
        (BlocklistOptions("", {"127.0.0.2": 1}), "known by name: spamhaus-zen"),
        (
            BlocklistOptions("z.example", {"127.0.0.2": 1}, sentences={"127.0.0.3": "Bad."}),
            "a sentence for '127.0.0.3'",
        ),
    ],
)
def test_what_can_be_no_list(options: BlocklistOptions, words: str) -> None:
    with pytest.raises(ValueError, match=words.replace("?", r"\?")):
        make("wrong", options)


def test_what_is_looked_up_of_a_host() -> None:
    assert list(lookups_of("www.shop.bad.example")) == ["bad.example", "shop.bad.example"]
    assert list(lookups_of("bad.example")) == ["bad.example"]
    assert list(lookups_of("localhost")) == []


def test_each_answer_may_have_its_sentence_and_any_octet() -> None:
    answers = {"127.0.*.3": -3.0, "127.0.5.*": -1.0}
    sentences = {"127.0.*.3": "It is good."}
    one = make("o", BlocklistOptions("z.example", answers, sentences=sentences))
    said = [read(one, found(code)) for code in ("127.0.77.3", "127.0.5.3", "127.0.5.1")]
    assert [each.weight for each in said] == [-3.0, -3.0, -1.0]
    assert [each.sentence for each in said] == ["It is good.", "It is good.", ""]
    assert read(one, found("127.1.5.3")) == Listing(is_listed=True)


def test_an_answer_that_refuses_is_a_lie() -> None:
    one = make("o", BlocklistOptions("z.example", {"127.0.0.0&2": 1.0}, errors=("127.0.0.1",)))
    assert read(one, found("127.0.0.1")).lie == "it answers 127.0.0.1, which refuses the question"
    assert read(one, found("127.0.0.3")).weight == 1.0


def test_what_is_known_of_a_list_may_be_written_otherwise() -> None:
    known = make("spamhaus-zen", BlocklistOptions())
    assert (known.zone, known.asks, len(known.meanings)) == ("zen.spamhaus.org", ("address",), 5)
    keyed = make("spamhaus-zen", BlocklistOptions("key.zen.dq.example"))
    assert keyed == known._replace(zone="key.zen.dq.example")
    said = make("spamhaus-zen", BlocklistOptions(sentences={"127.0.0.2": "It sends spam."}))
    assert [each.sentence for each in said.meanings] == ["It sends spam.", "", "", "", ""]
    other = make("spamhaus-zen", BlocklistOptions(answers={"127.0.0.2": 1.0, "127.0.0.99": 2.0}))
    assert [(each.weight, bool(each.sentence)) for each in other.meanings] == [
        (1.0, True),
        (2.0, False),
    ]


@pytest.mark.parametrize(
    ("address", "near"),
    [
        *(("127.0.0.1", True), ("10.1.2.3", True), ("::1", True), ("fe80::1", True)),
        *(("::ffff:192.168.0.1", True), ("192.0.2.1", False), ("2001:db8::1", False), ("", False)),
    ],
)
def test_who_is_near(address: str, *, near: bool) -> None:
    assert is_near(address) is near


@given(st.text(max_size=300), st.lists(st.text(max_size=20), max_size=3))
def test_any_text(subject: str, records: list[str]) -> None:
    for blocklist in (ZEN, DOMAINS):
        question = blocklist.question(subject)
        assert question is None or len(question.name) <= 253
        read(blocklist, found(*records))
    reversed_address(subject)
