"""A node with Debian's clamd: a virus is stopped, and without the scanner the policy decides."""

import smtplib
from collections.abc import Callable

import pytest

from fixtures.fix_clamd import SECRET
from fixtures.fix_letters import letter
from fixtures.fix_node import Node, Plan
from fixtures.fix_sink import MailBox


def send(here: Node, body: bytes) -> None:
    with smtplib.SMTP("127.0.0.1", here.port, "mail.sender.example", timeout=20) as session:
        session.sendmail("dora@sender.example", ["alice@customer.example"], letter("Hi", body))


def plan(mail_box: MailBox, server: str) -> Plan:
    extra = f'[clamd]\nservers = ["{server}"]\nseconds_max = 5.0\n'
    policy = 'fail_mode = "defer"\ndefinite_action = "reject"'
    return Plan(next_hops=(f"127.0.0.1:{mail_box.port}",), extra=extra, policy=policy)


def test_a_virus_is_stopped(node: Callable[[Plan], Node], mail_box: MailBox, clamd: str) -> None:
    here = node(plan(mail_box, clamd))
    send(here, b"Hello.\r\n")
    assert len(mail_box.wait_for(1)) == 1
    with pytest.raises(smtplib.SMTPDataError, match=r"5\.7"):
        send(here, SECRET + b"\r\n")
    assert len(mail_box.letters) == 1


def test_without_its_scanner_mail_waits_where_the_policy_says_so(
    node: Callable[[Plan], Node], mail_box: MailBox
) -> None:
    here = node(plan(mail_box, "unix:/nowhere/clamd.ctl"))
    with pytest.raises(smtplib.SMTPDataError) as told:
        send(here, b"Hello.\r\n")
    assert told.value.smtp_code // 100 == 4
    assert not mail_box.letters
