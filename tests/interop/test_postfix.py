"""Postfix before katharion as the sender, and behind it as the customer's server."""

import smtplib
from collections.abc import Callable
from pathlib import Path

from fixtures.fix_letters import letter, without_trace
from fixtures.fix_node import Node, Plan
from fixtures.fix_ports import wait_until
from fixtures.fix_postfix import Postfix
from fixtures.fix_sink import MailBox


def hand_in(port: int, content: bytes, recipient: str = "alice@customer.example") -> None:
    """Give `content` to the Postfix on `port`, as its user would."""
    with smtplib.SMTP("127.0.0.1", port, timeout=20) as session:
        is_ascii = recipient.isascii()
        options = ["BODY=8BITMIME"] if is_ascii else ["BODY=8BITMIME", "SMTPUTF8"]
        session.ehlo()
        if not is_ascii:
            session.command_encoding = "utf-8"
        assert session.mail("dora@sender.example", options)[0] == 250
        assert session.rcpt(recipient)[0] == 250
        assert session.data(content)[0] == 250


def test_postfix_before_and_after(
    postfix: Callable[..., Postfix], node: Callable[..., Node], mail_box: MailBox
) -> None:
    behind = postfix("customer", mail_box.port)
    here = node(Plan(next_hops=(f"127.0.0.1:{behind.port}",)))
    before = postfix("sender", here.port)
    body = b"Gr\xc3\xbc\xc3\x9fe.\r\n.dot\r\n" + b"line\r\n" * 2000
    hand_in(before.port, letter("through three", body))
    arrived = mail_box.wait_for(1)[0]
    assert arrived.content.endswith(b"\r\n\r\n" + body)
    assert arrived.content.count(b"X-Katharion-Verdict:") == 1
    assert "status=sent (250 " in before.log()
    wait_until(lambda: before.queued() == 0, 10, "the sender's queue empties")


def test_smtputf8_from_postfix_to_postfix(
    postfix: Callable[..., Postfix], node: Callable[..., Node], mail_box: MailBox
) -> None:
    behind = postfix("customer", mail_box.port)
    here = node(Plan(next_hops=(f"127.0.0.1:{behind.port}",)))
    before = postfix("sender", here.port)
    content = letter("ümläute").replace(b"alice@", "jürgen@".encode())
    hand_in(before.port, content, "jürgen@customer.example")
    arrived = mail_box.wait_for(1)[0]
    assert arrived.recipients == ("jürgen@customer.example",)
    assert "SMTPUTF8" in arrived.options
    assert "To: <jürgen@customer.example>".encode() in arrived.content


def test_starttls_with_postfix_on_both_sides(
    postfix: Callable[..., Postfix], node: Callable[..., Node], mail_box: MailBox, own_key: Path
) -> None:
    behind = postfix(
        "customer",
        mail_box.port,
        {"smtpd_tls_security_level": "may", "smtpd_tls_chain_files": str(own_key)},
    )
    here = node(Plan(next_hops=(f"127.0.0.1:{behind.port}",), route='tls = "required"'))
    before = postfix(
        "sender", here.port, {"smtp_tls_security_level": "encrypt", "smtp_tls_loglevel": "1"}
    )
    hand_in(before.port, letter("under TLS twice"))
    arrived = mail_box.wait_for(1)[0].content
    assert "TLS connection established to 127.0.0.1" in before.log()
    assert b"(using TLSv1." in arrived or b"with ESMTPS" in arrived


def test_the_customers_refusal_reaches_the_sender(
    postfix: Callable[..., Postfix], node: Callable[..., Node], mail_box: MailBox
) -> None:
    behind = postfix(
        "customer",
        mail_box.port,
        {"smtpd_recipient_restrictions": "check_recipient_access inline:{x@y.example=OK}, reject"},
    )
    here = node(Plan(next_hops=(f"127.0.0.1:{behind.port}",)))
    before = postfix("sender", here.port)
    hand_in(before.port, letter("to be refused"))
    wait_until(lambda: "status=bounced" in before.log(), 20, "the sender's Postfix bounces it")
    assert "said: 554 5.7.1" in before.log()
    assert not here.rows("SELECT id FROM held_message")


def test_mail_waits_while_the_customers_server_is_down(
    postfix: Callable[..., Postfix], node: Callable[..., Node], mail_box: MailBox
) -> None:
    retries = "[queue]\nretry_seconds = [1, 1, 1, 1, 1]"
    here = node(Plan(next_hops=(f"127.0.0.1:{mail_box.port}",), extra=retries))
    before = postfix("sender", here.port)
    mail_box.stop()
    hand_in(before.port, letter("to wait"))
    wait_until(lambda: "status=sent" in before.log(), 20, "held for the sender")
    assert not mail_box.letters
    mail_box.start()
    arrived = mail_box.wait_for(1, 60)[0]
    assert b"Subject: to wait\r\n" in without_trace(arrived.content)
