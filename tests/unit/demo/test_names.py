"""The demonstration's DNS answers, asked on the wire."""

import asyncio

import pytest
from dnslib import QTYPE, RCODE, DNSRecord

from katharion.demo.names import Names, answer


@pytest.mark.parametrize(
    ("name", "kind", "records"),
    [
        ("mail.sender.example", "A", ["127.0.0.2"]),
        ("MAIL.Sender.Example", "A", ["127.0.0.2"]),
        ("2.0.0.127.in-addr.arpa", "PTR", ["mail.sender.example."]),
        ("customer.example", "MX", ["10 mail.customer.example."]),
        ("mail.sender.example", "TXT", []),
    ],
)
def test_answers(name: str, kind: str, records: list[str]) -> None:
    said = answer(bytes(DNSRecord.question(name, kind).pack()))
    assert said is not None
    reply = DNSRecord.parse(said)
    assert [str(rr.rdata) for rr in reply.rr if QTYPE[rr.rtype] == kind] == records
    assert reply.header.rcode == RCODE.NOERROR


def test_unknown_names_do_not_exist() -> None:
    said = answer(bytes(DNSRecord.question("9.0.0.127.in-addr.arpa", "PTR").pack()))
    assert said is not None
    assert DNSRecord.parse(said).header.rcode == RCODE.NXDOMAIN


def test_nonsense_gets_no_answer() -> None:
    assert answer(b"nonsense") is None


def test_it_answers_over_udp() -> None:
    async def ask() -> bytes:
        names = Names()
        port = await names.start()
        question = DNSRecord.question("mail.sender.example", "A")
        try:
            return await asyncio.to_thread(question.send, "127.0.0.1", port, timeout=5)
        finally:
            names.close()

    assert b"\x7f\x00\x00\x02" in asyncio.run(ask())
