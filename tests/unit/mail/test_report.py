"""Delivery status notifications, read by a mail library as their reader's would."""

import email
import email.message

import pytest
from hypothesis import given
from hypothesis import strategies as st

from katharion.mail.address import Address
from katharion.mail.answer import Words
from katharion.mail.report import Action, Missed, Report, compose, status_of

ANN, BOB = Address("ann", "customer.example"), Address("bob", "customer.example")
REFUSED = Missed(ANN, Words(550, "5.1.1", ("User unknown",)), "mail.customer.example:25")
SILENT = Missed(BOB, Words(0, "", ("connection refused",)), "")
HEADER = b"From: <eve@sender.example>\r\nSubject: hello\r\nMessage-ID: <1@sender.example>\r\n"


def report(*missed: Missed, header: bytes = HEADER, **changes: object) -> Report:
    whole = Report(
        "01M32534QW5VHRE99Y1J1TRHGQ",
        1_790_000_000.0,
        "mx.filter.example",
        Address("postmaster", "filter.example"),
        Address("eve", "sender.example"),
        Action.FAILED,
        missed or (REFUSED,),
        1_789_990_000.0,
        header,
    )
    return whole._replace(**changes)


def parsed(composed: bytes) -> email.message.Message:
    assert b"\n" not in composed.replace(b"\r\n", b"")
    assert all(len(line) <= 998 for line in composed.split(b"\r\n"))
    return email.message_from_bytes(composed)


def groups(message: email.message.Message) -> list[dict[str, str]]:
    """The fields of the delivery-status part, a group each."""
    part = message.get_payload()[1]
    return [dict(group.items()) for group in part.get_payload()]


def test_a_refused_recipient_and_one_that_was_not_reached() -> None:
    """RFC 3464 sections 2.1 to 2.3."""
    message = parsed(compose(report(REFUSED, SILENT)))
    assert message.get_content_type() == "multipart/report"
    assert message.get_param("report-type") == "delivery-status"
    assert message["Auto-Submitted"] == "auto-replied"
    assert message["To"] == "<eve@sender.example>"
    text, status, header = message.get_payload()
    assert text.get_content_type() == "text/plain"
    assert "550 5.1.1 User unknown" in text.get_payload()
    assert status.get_content_type() == "message/delivery-status"
    assert header.get_content_type() == "text/rfc822-headers"
    assert header.get_payload() == HEADER.decode()
    about, ann, bob = groups(message)
    assert about["Reporting-MTA"] == "dns; mx.filter.example"
    assert about["Arrival-Date"] == "Mon, 21 Sep 2026 11:26:40 +0000"
    assert ann == {
        "Final-Recipient": "rfc822; ann@customer.example",
        "Action": "failed",
        "Status": "5.1.1",
        "Remote-MTA": "dns; mail.customer.example",
        "Diagnostic-Code": "smtp; 550 5.1.1 User unknown",
        "Last-Attempt-Date": "Mon, 21 Sep 2026 14:13:20 +0000",
    }
    assert bob["Status"] == "5.4.7"
    assert "Remote-MTA" not in bob


def test_a_delay_says_until_when() -> None:
    delayed = report(SILENT, action=Action.DELAYED, retry_until=1_790_400_000.0)
    message = parsed(compose(delayed))
    assert message["Subject"] == "Not delivered yet"
    _, bob = groups(message)
    assert bob["Action"] == "delayed"
    assert bob["Status"] == "4.4.1"
    assert bob["Will-Retry-Until"] == "Sat, 26 Sep 2026 05:20:00 +0000"
    assert "Sat, 26 Sep 2026 05:20:00" in message.get_payload()[0].get_payload()


STATUSES = [
    (Words(550, "5.7.1", ()), Action.FAILED, "5.7.1"),
    (Words(550, "", ()), Action.FAILED, "5.0.0"),
    (Words(550, "4.7.1", ()), Action.FAILED, "5.0.0"),  # It contradicts itself.
    (Words(550, "5.x.1", ()), Action.FAILED, "5.0.0"),
    (Words(451, "4.3.2", ()), Action.FAILED, "5.4.7"),  # Too long.
    (Words(451, "4.3.2", ()), Action.DELAYED, "4.3.2"),
    (Words(0, "", ("timed out",)), Action.DELAYED, "4.4.1"),
]


@pytest.mark.parametrize(("words", "action", "status"), STATUSES)
def test_status(words: Words, action: Action, status: str) -> None:
    assert status_of(words, action) == status


def test_addresses_beyond_ascii() -> None:
    """RFC 6533: the media types have other names, and nothing is encoded."""
    missed = Missed(Address("änne", "customer.example"), REFUSED.words, REFUSED.next_hop)
    whole = report(missed, header="Subject: grüße\r\n".encode())
    assert whole.is_utf8
    composed = compose(whole)
    assert b"message/global-delivery-status" in composed
    assert b"message/global-headers" in composed
    assert "Final-Recipient: utf-8; änne@customer.example\r\n".encode() in composed


def test_a_header_that_is_not_ascii_is_encoded() -> None:
    header = b"Subject: gr\xfc\xdfe\r\n"
    part = parsed(compose(report(header=header))).get_payload()[2]
    assert part["Content-Transfer-Encoding"] == "base64"
    assert part.get_payload(decode=True) == header


def test_a_long_header_is_cut_at_a_line() -> None:
    part = parsed(compose(report(header=b"X-A: 1234567890\r\n" * 10_000))).get_payload()[2]
    assert 60_000 < len(part.get_payload()) <= 65_536
    assert part.get_payload().endswith("X-A: 1234567890\r\n")


def test_a_line_that_is_too_long_is_encoded() -> None:
    header = b"X-Long: " + b"x" * 5000 + b"\r\n"
    assert (
        parsed(compose(report(header=header))).get_payload()[2].get_payload(decode=True) == header
    )


@given(
    words=st.text(max_size=2000),
    hop=st.text(max_size=80),
    header=st.binary(max_size=300),
    code=st.sampled_from((0, 450, 550)),
)
def test_nothing_from_outside_makes_a_field(words: str, hop: str, header: bytes, code: int) -> None:
    missed = Missed(ANN, Words(code, "5.0.0", (words,)), hop)
    whole = report(missed, header=header)
    composed = compose(whole)
    head, _, _ = composed.partition(b"\r\n\r\n")
    assert len(head.split(b"\r\n")) == 9  # With the folded Content-Type.
    _, ann = groups(email.message_from_bytes(composed))
    assert set(ann) <= {
        "Final-Recipient",
        "Action",
        "Status",
        "Remote-MTA",
        "Diagnostic-Code",
        "Last-Attempt-Date",
    }
