"""Python's smtplib as the sender, PRDR by dialog, LMTP to the customer's server."""

import shutil
import smtplib
import ssl
import subprocess
from collections.abc import Callable

import pytest

from fixtures.fix_letters import letter, stuffed, without_trace
from fixtures.fix_node import Node, Plan
from fixtures.fix_ports import free_port, greets, wait_until
from fixtures.fix_sink import MailBox

GTUBE = b"XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X\r\n"
ALICE, BOB = "alice@customer.example", "bob@customer.example"


def test_smtplib_sends_in_its_own_way(node: Callable[[Plan], Node], mail_box: MailBox) -> None:
    here = node(Plan(next_hops=(f"127.0.0.1:{mail_box.port}",)))
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    sent = letter("by smtplib", b".\r\n..\r\nend without a newline")
    with smtplib.SMTP("127.0.0.1", here.port, "mail.sender.example", timeout=20) as session:
        session.starttls(context=context)
        assert session.sendmail("dora@sender.example", [ALICE, BOB], sent) == {}
        assert session.verify("alice")[0] == 252
        assert session.noop()[0] == 250
    arrived = mail_box.wait_for(1)[0]
    assert arrived.recipients == (ALICE, BOB)
    assert without_trace(arrived.content) == sent + b"\r\n"


def test_prdr_gives_each_recipient_its_reply(
    node: Callable[[Plan], Node], mail_box: MailBox
) -> None:
    here = node(Plan(next_hops=(f"127.0.0.1:{mail_box.port}",)))
    with smtplib.SMTP("127.0.0.1", here.port, "mail.sender.example", timeout=20) as session:
        session.ehlo()
        assert session.has_extn("PRDR")
        assert session.mail("dora@sender.example", ["PRDR"])[0] == 250
        assert [session.rcpt(one)[0] for one in (ALICE, BOB)] == [250, 250]
        assert session.docmd("DATA")[0] == 354
        session.send(stuffed(letter("one reply each")))
        codes = [session.getreply()[0] for _ in range(4)]
    assert codes == [353, 250, 250, 250]
    assert mail_box.wait_for(1)[0].recipients == (ALICE, BOB)


def test_gtube_is_held_and_released(node: Callable[[Plan], Node], mail_box: MailBox) -> None:
    here = node(Plan(next_hops=(f"127.0.0.1:{mail_box.port}",)))
    sent = letter("the test for spam", GTUBE)
    with smtplib.SMTP("127.0.0.1", here.port, "mail.sender.example", timeout=20) as session:
        session.sendmail("dora@sender.example", [ALICE], sent)
    assert not mail_box.letters
    [(message_id, state)] = here.rows("SELECT message_id, state FROM held_recipient")
    assert state == "quarantined"
    released = here.run("quarantine", "release", str(message_id))
    assert released.returncode == 0, released.stdout + released.stderr
    assert mail_box.wait_for(1, 30)[0].content.endswith(sent)


def test_lmtp_to_the_customers_server(node: Callable[[Plan], Node], lmtp_box: MailBox) -> None:
    here = node(Plan(next_hops=(f"127.0.0.1:{lmtp_box.port}",), route="lmtp = true"))
    with smtplib.SMTP("127.0.0.1", here.port, "mail.sender.example", timeout=20) as session:
        session.sendmail("dora@sender.example", [ALICE, BOB], letter("by LMTP"))
    assert lmtp_box.wait_for(1)[0].recipients == (ALICE, BOB)


@pytest.mark.skipif(
    shutil.which("smtp-sink", path="/usr/sbin:/usr/bin") is None, reason="no smtp-sink"
)
@pytest.mark.parametrize("behaviour", [("-8",), ("-e",), ("-p",), ("-w", "1"), ("-E",)])
def test_sinks_that_lack_an_extension(
    node: Callable[[Plan], Node], behaviour: tuple[str, ...]
) -> None:
    """Without 8BITMIME, ESMTP, PIPELINING, at once, or enhanced status codes."""
    port = free_port()
    sink = subprocess.Popen(["smtp-sink", "-u", "nobody", *behaviour, f"127.0.0.1:{port}", "64"])
    try:
        wait_until(lambda: greets(port), what="smtp-sink")
        here = node(Plan(next_hops=(f"127.0.0.1:{port}",)))
        with smtplib.SMTP("127.0.0.1", here.port, "mail.sender.example", timeout=20) as session:
            session.sendmail("dora@sender.example", [ALICE], letter("plain", b"a\xc3\xbc\r\n"))
        assert not here.rows("SELECT message_id FROM held_recipient")
    finally:
        sink.terminate()
        sink.wait(10)
