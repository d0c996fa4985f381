"""Our trace fields: RFC 5321 section 4.4 to the letter, nothing injected, nothing forged."""

import pytest

from katharion.mail.message import FIELDS_COUNT_MAX, HEADER_OCTETS_MAX, Message
from katharion.mail.trace import Hop, date, received, strip_own, tag_subject, verdict_header

HOP = Hop(
    helo="mail.sender.example",
    client_address="192.0.2.7",
    ptr="",
    hostname="mx.example",
    message_id="ID",
    is_esmtp=True,
    is_tls=False,
    is_smtputf8=False,
    recipient="",
    received_at=1_800_000_000.0,
)
AT = b"\tFri, 15 Jan 2027 08:00:00 +0000\r\n"


def test_received() -> None:
    assert received(HOP) == (
        b"Received: from mail.sender.example ([192.0.2.7])\r\n"
        b"\tby mx.example with ESMTP\r\n"
        b"\tid ID;\r\n" + AT
    )


def test_received_with_all_that_is_known() -> None:
    hop = HOP._replace(
        client_address="2001:db8::7",
        ptr="out.sender.example",
        is_tls=True,
        recipient="ann@customer.example",
        tls="TLSv1.3 TLS_AES_256_GCM_SHA384",
    )
    assert received(hop) == (
        b"Received: from mail.sender.example (out.sender.example [IPv6:2001:db8::7])\r\n"
        b"\tby mx.example with ESMTPS\r\n"
        b"\t(TLSv1.3/TLS_AES_256_GCM_SHA384)\r\n"
        b"\tid ID\r\n"
        b"\tfor <ann@customer.example>;\r\n" + AT
    )


@pytest.mark.parametrize(
    ("is_esmtp", "is_tls", "is_smtputf8", "name"),
    [
        (False, False, False, b"SMTP"),
        (True, False, False, b"ESMTP"),
        (True, True, False, b"ESMTPS"),
        (True, False, True, b"UTF8SMTP"),
        (True, True, True, b"UTF8SMTPS"),
    ],
)
def test_protocol_names(*, is_esmtp: bool, is_tls: bool, is_smtputf8: bool, name: bytes) -> None:
    hop = HOP._replace(is_esmtp=is_esmtp, is_tls=is_tls, is_smtputf8=is_smtputf8)
    assert b" with %b\r\n" % name in received(hop)


@pytest.mark.parametrize("evil", ["a\r\nX: y", "a\nX", "(a", "a)", 'a"b', "a;b", "a by b", "a\0b"])
def test_nothing_is_injected(evil: str) -> None:
    line = received(HOP._replace(helo=evil, ptr=evil, tls=evil))
    assert line.count(b"\r\n") == line.count(b"\n") == 5
    assert len(Message(line).fields) == 1
    assert line.count(b"(") == line.count(b")") == 2
    assert line.count(b";") == 1  # What stands behind it is the date.
    assert b'"' not in line
    assert line.split().count(b"by") == 1


def test_no_line_is_too_long() -> None:
    line = received(
        HOP._replace(helo="h" * 999, ptr="p" * 999, recipient=f"{'l' * 64}@{'d' * 255}")
    )
    assert max(map(len, line.split(b"\r\n"))) <= 998


def test_no_name_is_said_to_be_unknown() -> None:
    assert received(HOP._replace(helo="")).startswith(b"Received: from unknown ([192.0.2.7])")


def test_utf8_recipient() -> None:
    hop = HOP._replace(recipient="é@customer.example")
    assert b"for <?@customer.example>" in received(hop)
    assert "for <é@customer.example>".encode() in received(hop._replace(is_smtputf8=True))


def test_date() -> None:
    assert date(0.0) == "Thu, 1 Jan 1970 00:00:00 +0000"
    assert date(951_827_696.9) == "Tue, 29 Feb 2000 12:34:56 +0000"


def test_verdict_header() -> None:
    assert verdict_header("clean", 0.0, (), "ID") == (
        b"X-Katharion-Verdict: clean; score=0.0; id=ID;\r\n"
    )
    line = verdict_header("probable", 5.25, ("A", "B\r\nX: y"), "ID")
    assert line == (
        b"X-Katharion-Verdict: probable; score=5.2; id=ID;\r\n\tfindings=A,\r\n\tB??X:?y\r\n"
    )
    assert verdict_header("clean", 0, ("A",) * 99, "ID").count(b"A") == 20


OWN = b"X-Katharion-Verdict: clean\r\n"
STRIPPED = [
    (OWN + b"A: b\r\n\r\nbody", b"A: b\r\n\r\nbody"),
    (b"A: b\r\n" + OWN + b"C: d\r\n\r\n", b"A: b\r\nC: d\r\n\r\n"),
    (b"A: b\r\nx-KATHARION-x : y\r\n folded\r\n\r\n", b"A: b\r\n\r\n"),
    (b"A: b\r\n" + OWN, b"A: b\r\n"),  # No body.
    (OWN[:-2], b""),
    (OWN * 3 + b"\r\n", b"\r\n"),
    (b"A: b\r\n" * (FIELDS_COUNT_MAX + 1) + OWN + b"\r\n", b"A: b\r\n" * 1001 + b"\r\n"),
    (
        b"A: " + b"b" * HEADER_OCTETS_MAX + b"\r\n" + OWN + b"\r\n",
        b"A: " + b"b" * HEADER_OCTETS_MAX + b"\r\n\r\n",
    ),
]


@pytest.mark.parametrize(("content", "left"), STRIPPED)
def test_forged_fields_are_taken_away(content: bytes, left: bytes) -> None:
    assert strip_own(content) == left


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"A: b\r\n\r\n" + OWN,  # In the body it is text.
        b"\r\n" + OWN,
        b"A: b\r\n " + OWN + b"\r\n",  # Folded: the value of another.
        b"A: X-Katharion-Verdict: clean\r\n\r\n",
        b"X-Katharion\r\nX-Katharion-no-field\r\n\r\n",
        b"X-Katharionx: y\r\n\r\n",
    ],
)
def test_nothing_else_changes(content: bytes) -> None:
    assert strip_own(content) == content


@pytest.mark.parametrize("space", [b" ", b"\t"])
def test_content_does_not_go_on_in_our_own_fields(space: bytes) -> None:
    content = space + b"clean; score=-9\r\nA: b\r\n\r\n"
    trace = verdict_header("definite", 10.0, (), "ID")
    fields = Message(trace + strip_own(content)).fields
    assert [field.value for field in fields] == [b"definite; score=10.0; id=ID;"]
    assert strip_own(content) == b"\r\n" + content


TAGGED = [
    (b"Subject: a\r\n\r\nb", b"Subject: [SPAM] a\r\n\r\nb"),
    (b"A: b\r\nsubject:a\r\n\r\n", b"A: b\r\nsubject: [SPAM] a\r\n\r\n"),
    (b"Subject:  \ta\r\n b\r\n\r\n", b"Subject: [SPAM] a\r\n b\r\n\r\n"),
    (b"Subject:\r\n a\r\n\r\n", b"Subject: [SPAM] \r\n a\r\n\r\n"),
    (b"Subject:\r\n\r\nb", b"Subject: [SPAM] \r\n\r\nb"),
    (b"Subject:", b"Subject: [SPAM] "),
    (b"Subject: a\r\nSubject: b\r\n\r\n", b"Subject: [SPAM] a\r\nSubject: b\r\n\r\n"),
    (b"A: b\r\n\r\nSubject: c\r\n", b"Subject: [SPAM]\r\nA: b\r\n\r\nSubject: c\r\n"),
    (b"\r\nbody", b"Subject: [SPAM]\r\n\r\nbody"),
    (b"", b"Subject: [SPAM]\r\n"),
]


@pytest.mark.parametrize(("content", "tagged"), TAGGED)
def test_tag(content: bytes, tagged: bytes) -> None:
    assert tag_subject(content, "[SPAM] ") == tagged


def test_a_tag_can_write_no_line() -> None:
    assert tag_subject(b"Subject: a\r\n\r\n", "x\r\nBcc: é") == b"Subject: xBcc: ?a\r\n\r\n"
