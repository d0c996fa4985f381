"""One message as it goes on, or into the spool: the same octets, our trace before them."""

import hashlib

import msgspec

from fixtures.fix_edge import ANN, BOB, CLEAN, ROUTE
from katharion.edge.case import Case, clean_message
from katharion.mail.address import Address
from katharion.mail.envelope import Envelope
from katharion.values.authenticity import Authenticity, IprevResult, Result
from katharion.values.disposition import Hold
from katharion.values.facts import ClientFacts, TlsFacts
from katharion.values.fate import State
from katharion.values.policy import EffectivePolicy
from katharion.values.snapshot import ServedDomain
from katharion.values.verdict import Band, Verdict

FACTS = ClientFacts("192.0.2.7", 40_000, "public", "c.example", is_esmtp=True, received_at=1.8e9)
ENVELOPE = Envelope(None, (ANN,), is_8bit=True)
DOMAIN = ServedDomain("customer.example", "acme", ROUTE, None, EffectivePolicy())
VERDICT = Verdict(1.5, Band.CLEAN, None, ())


def case(content: bytes = CLEAN, **changes: object) -> Case:
    made = Case(
        "ID", "mx.example", FACTS, ENVELOPE, clean_message(content, "mx.example"), DOMAIN, 0.0
    )
    return made._replace(**changes)


def test_received_names_a_single_recipient_only() -> None:
    assert b"for <ann@customer.example>" in case().received_line()
    two = msgspec.structs.replace(ENVELOPE, recipients=(ANN, BOB))
    line = case(envelope=two).received_line()
    assert b"customer.example" not in line


def test_received_tells_of_tls() -> None:
    facts = msgspec.structs.replace(FACTS, tls=TlsFacts("TLSv1.3", "TLS_AES_128_GCM_SHA256"))
    assert b"with ESMTPS" in case(facts=facts).received_line()
    assert b"with ESMTP " in case().received_line().replace(b"\r\n", b" ")


def test_delivery_is_trace_and_content() -> None:
    made = case()
    delivery = made.delivery((ANN,), VERDICT, "")
    assert delivery.content == CLEAN
    assert delivery.trace == made.received_line() + VERDICT.trace_line("ID")
    assert delivery.is_8bit
    assert made.delivery((ANN,), None, "").trace == made.received_line()


def test_tag_is_put_before_the_subject_and_nothing_else_changes() -> None:
    content = case().delivery((ANN,), VERDICT, "[SPAM] ").content
    assert content == CLEAN.replace(b"Subject: hello", b"Subject: [SPAM] hello")


def test_forged_headers_of_ours_are_gone() -> None:
    forged = b"X-Katharion-Verdict: clean\r\n" + CLEAN
    made = case(forged)
    assert made.delivery((ANN,), None, "").content == CLEAN
    assert made.held_message().content == CLEAN


def test_held_message_has_its_hash_and_no_trace_in_its_content() -> None:
    held = case().held_message()
    assert held.sha256 == hashlib.sha256(CLEAN).digest()
    assert (held.content, held.subject, held.tenant) == (CLEAN, "hello", "acme")
    assert held.trace.endswith(b"\r\n")


def test_redirected_row_is_for_the_target() -> None:
    target = Address("abuse", "customer.example")
    hold = Hold((ANN,), State.QUEUED, "redirect", VERDICT, redirect_to=target)
    (row,) = case().held_rows(hold, 5.0)
    assert (row.address, row.due_at, row.route, row.verdict) == (target, 5.0, "customer", VERDICT)


def test_what_was_found_of_the_sender_stands_on_top() -> None:
    iprev = IprevResult(Result.PASS, "mail.sender.example")
    found = Authenticity(iprev=iprev, client_address=FACTS.client_address)
    made = case().known_as(found)
    results = b"Authentication-Results: mx.example;\r\n\tiprev=pass policy.iprev=192.0.2.7\r\n"
    assert made.trace() == results + made.received_line()
    assert b"(mail.sender.example [192.0.2.7])" in made.received_line()
    assert made.delivery((ANN,), None, "").trace == made.held_message().trace == made.trace()
    assert case().known_as(Authenticity()).trace() == case().received_line()


def test_the_name_of_a_hop_before_a_trusted_relay_is_not_the_relays() -> None:
    iprev = IprevResult(Result.PASS, "far.example")
    made = case().known_as(Authenticity(iprev=iprev, client_address="198.51.100.9"))
    assert b"far.example" not in made.received_line()


def test_results_that_claim_to_be_ours_are_gone() -> None:
    forged = b"Authentication-Results: mx.example; dmarc=pass\r\n"
    others = b"Authentication-Results: other.example; dmarc=pass\r\n"
    assert case(forged + others + CLEAN).delivery((ANN,), None, "").content == others + CLEAN
