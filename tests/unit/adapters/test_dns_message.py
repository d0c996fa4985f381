"""DNS on the wire, beside another implementation's; and octets that strangers make."""

import time

import pytest
from dnslib import QTYPE, RCODE, RR, SOA, DNSHeader, DNSQuestion, DNSRecord
from hypothesis import given
from hypothesis import strategies as st

from katharion.adapters import dns_message
from katharion.values.dns import DnsStatus, Question

NUMBER = 0x1234
NAME = "mail.example"


def asked(question: Question | None = None) -> DNSRecord:
    data = dns_message.ask(NUMBER, question or Question("A", NAME))
    assert data is not None
    return DNSRecord.parse(data)


def reply(question: Question, *zone: str, **header: int) -> bytes:
    answer = asked(question).reply()
    answer.header.ad = 0
    for line in zone:
        answer.add_answer(*RR.fromZone(line))
    for name, value in header.items():
        setattr(answer.header, name, value)
    return bytes(answer.pack())


def found(question: Question, *zone: str, **header: int) -> dns_message.Reply:
    read = dns_message.read(reply(question, *zone, **header), question)
    assert read is not None
    return read


def test_a_question() -> None:
    record = asked(Question("TXT", "selector._domainkey.example"))
    assert (record.header.id, record.header.rd, record.header.ad) == (NUMBER, 1, 1)
    assert str(record.q.qname) == "selector._domainkey.example."
    assert QTYPE[record.q.qtype] == "TXT"
    assert (record.ar[0].rtype, record.ar[0].edns_len) == (QTYPE.OPT, 1232)


@pytest.mark.parametrize(
    "name", ["a..b", ".a", "a.", "x" * 64 + ".b", ".".join(["y" * 60] * 5), "\u00e4.example"]
)
def test_names_that_can_not_be_asked_for(name: str) -> None:
    assert dns_message.ask(1, Question("A", name)) is None
    assert dns_message.read(reply(Question("A", NAME)), Question("A", name)) is None


def test_the_root_can_be_asked_for() -> None:
    assert str(asked(Question("A", "")).q.qname) == "."


@pytest.mark.parametrize(
    ("question", "zone", "records"),
    [
        (Question("A", NAME), ["mail.example. 60 A 192.0.2.1"], ("192.0.2.1",)),
        (Question("AAAA", NAME), ["MAIL.example. 60 AAAA 2001:DB8::1"], ("2001:db8::1",)),
        (Question("PTR", "1.in-addr.arpa"), ["1.in-addr.arpa. 60 PTR Mail.Example."], (NAME,)),
        (
            Question("MX", NAME),
            ["mail.example. 60 MX 20 b.example.", "mail.example. 60 MX 10 A.example."],
            ("a.example", "b.example"),
        ),
        (Question("TXT", NAME), ['mail.example. 60 TXT "one " "two"'], ("one two",)),
        (
            Question("A", NAME),
            [
                "mail.example. 60 CNAME b.example.",
                "b.example. 60 CNAME c.example.",
                "c.example. 60 A 192.0.2.3",
            ],
            ("192.0.2.3",),
        ),
        (
            Question("A", NAME),
            ["other.example. 9 A 192.0.2.9", "mail.example. 60 A 192.0.2.1"],
            ("192.0.2.1",),
        ),
    ],
)
def test_answers(question: Question, zone: list[str], records: tuple[str, ...]) -> None:
    read = found(question, *zone)
    assert (read.answer.status, read.answer.records) == (DnsStatus.FOUND, records)
    assert read.ttl_seconds == 60
    assert not read.answer.is_authentic


def test_preferences_and_the_shortest_time_of_a_chain() -> None:
    zone = ["mail.example. 60 CNAME b.example.", "b.example. 7 MX 5 c.example."]
    read = found(Question("MX", NAME), *zone)
    assert (read.answer.preferences, read.ttl_seconds) == ((5,), 7)


def test_octets_of_texts_are_kept() -> None:
    question = Question("TXT", NAME)
    data = reply(question, 'mail.example. 60 TXT "x"').replace(b"\x02\x01x", b"\x02\x01\xe4")
    read = dns_message.read(data, question)
    assert read is not None
    assert read.answer.records == ("\u00e4",)


@pytest.mark.parametrize(
    ("rcode", "status"),
    [
        (RCODE.NOERROR, DnsStatus.NODATA),
        (RCODE.NXDOMAIN, DnsStatus.NXDOMAIN),
        (RCODE.SERVFAIL, DnsStatus.FAILED),
        (RCODE.REFUSED, DnsStatus.FAILED),
        (RCODE.FORMERR, DnsStatus.FAILED),
    ],
)
def test_response_codes(rcode: int, status: DnsStatus) -> None:
    assert found(Question("A", NAME), rcode=rcode).answer.status is status


def test_for_how_long_it_is_absent() -> None:
    answer = asked().reply()
    answer.add_auth(RR("example", QTYPE.SOA, ttl=90, rdata=SOA("a", "b", (1, 2, 3, 4, 30))))
    read = dns_message.read(bytes(answer.pack()), Question("A", NAME))
    assert read is not None
    assert read.ttl_seconds == 30
    assert found(Question("A", NAME)).ttl_seconds is None


def test_what_dnssec_proved() -> None:
    question = Question("A", NAME)
    assert found(question, "mail.example. 60 A 192.0.2.1", ad=1).answer.is_authentic
    assert found(question, rcode=RCODE.NXDOMAIN, ad=1).answer.is_authentic


def test_an_answer_that_was_cut() -> None:
    assert found(Question("A", NAME), tc=1).is_cut


def test_a_ring_of_aliases() -> None:
    zone = ["mail.example. 60 CNAME b.example.", "b.example. 60 CNAME mail.example."]
    assert found(Question("A", NAME), *zone).answer.status is DnsStatus.FAILED


def test_what_is_no_answer_to_it() -> None:
    question = Question("A", NAME)
    good = reply(question, "mail.example. 60 A 192.0.2.1")
    other = [reply(Question("A", "other.example")), reply(Question("MX", NAME))]
    asking = dns_message.ask(NUMBER, question)
    assert asking is not None
    two = DNSRecord(DNSHeader(id=NUMBER, qr=1), questions=[DNSQuestion(NAME), DNSQuestion("b.c")])
    for data in (*other, asking, b"", good[:11], good[:20], bytes(two.pack())):
        assert dns_message.read(data, question) is None
    assert dns_message.number_of(good) == NUMBER
    assert dns_message.number_of(b"\0\1") == -1


def test_every_cut_and_every_octet_changed_is_survived() -> None:
    question = Question("MX", NAME)
    good = reply(question, "mail.example. 60 CNAME b.example.", "b.example. 60 MX 5 c.example.")
    for at in range(len(good)):
        dns_message.read(good[:at], question)
        for octet in (0, 1, 0x3F, 0x40, 0x7F, 0xC0, 0xFF):
            dns_message.read(good[:at] + bytes((octet,)) + good[at + 1 :], question)


def test_broken_records() -> None:
    question = Question("TXT", NAME)
    good = reply(question, 'mail.example. 60 TXT "abc"')
    assert dns_message.read(good.replace(b"\x04\x03abc", b"\x04\x09abc"), question) is None
    question = Question("A", NAME)
    good = reply(question, "mail.example. 60 A 1.2.3.4")
    assert dns_message.read(good.replace(b"\0\4\1\2\3\4", b"\0\3\1\2\3\4"), question) is None


def test_a_time_beyond_all_bounds_is_none() -> None:
    question = Question("A", NAME)
    data = reply(question, "mail.example. 60 A 1.2.3.4").replace(b"\0\0\0\x3c", b"\xff\0\0\0")
    read = dns_message.read(data, question)
    assert read is not None
    assert read.ttl_seconds == 0


def test_names_that_never_end_are_cheap() -> None:
    question = Question("A", NAME)
    head = reply(question)[:12].replace(b"\x81\x80", b"\x81\x80")
    body = dns_message.ask(NUMBER, question)
    assert body is not None
    counts = b"\x12\x34\x81\x80\0\1\xff\xff\0\0\0\0"
    ring = counts + body[12:30] + b"\xc0\x1e" * 20_000
    long = counts + body[12:30] + b"\x3f" + b"a" * 63 + b"\xc0\x1e" * 20_000
    began = time.process_time()
    for data in (ring, long, head):
        dns_message.read(data, question)
    assert time.process_time() - began < 0.02


@given(st.binary(max_size=300))
def test_no_octets_raise(data: bytes) -> None:
    question = Question("TXT", NAME)
    dns_message.read(data, question)
    body = dns_message.ask(NUMBER, question)
    assert body is not None
    dns_message.read(b"\x12\x34\x81\x80\0\1\0\5\0\5\0\0" + body[12:30] + data, question)
