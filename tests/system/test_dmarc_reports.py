"""A real node sends the reports of yesterday once, and keeps those that others send."""

import asyncio
import gzip
import smtplib
import subprocess
import sys
import time
from collections.abc import Callable
from email import message_from_bytes
from pathlib import Path

import msgspec
import pytest

from fakes.fake_dns import FakeDns
from fixtures.fix_node import Node, Plan
from fixtures.fix_ports import wait_until
from fixtures.fix_sink import MailBox
from katharion.adapters.store.tracking import TrackingStore
from katharion.authentication.aggregate_parse import parse
from katharion.values.authenticity import Authenticity, DmarcResult, Result
from katharion.values.track import TrackRecord

RECORD = "v=DMARC1; p=none; rua=mailto:r@sender.example,mailto:r@elsewhere.example"
YESTERDAY_SECONDS = 36 * 3600.0


def seen(number: int) -> TrackRecord:
    """A message of the day before, as the filters record it."""
    dmarc = DmarcResult(
        Result.FAIL,
        "mail.sender.example",
        "none",
        policy_domain="sender.example",
        organization="sender.example",
        report_to=("mailto:r@sender.example", "mailto:r@elsewhere.example"),
        record=RECORD,
    )
    at = time.time() - YESTERDAY_SECONDS  # noqa: TID251 # The node's own clock.
    return TrackRecord(
        at,
        "delivered",
        message_id=f"m{number}",
        client_address="192.0.2.1",
        sender="dora@sender.example",
        recipient="ann@customer.example",
        authenticity=Authenticity(dmarc=dmarc),
    )


def ask(node: Node, *words: str) -> str:
    command = [sys.executable, "-m", "katharion", "reports", *words]
    done = subprocess.run(
        [*command, "--config", str(node.config)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


CONFIGURATION = """
[queue]
retry_seconds = [1]
[resolver]
servers = ["{dns}"]
[own_mail]
sender = "postmaster@customer.example"
next_hops = ["127.0.0.1:{port}"]
[dmarc]
send_reports = true
organization = "Customer & Sons"
take_reports_at = ["reports@customer.example"]
"""


@pytest.fixture
def reporting(node: Callable[[Plan], Node], mail_box: MailBox) -> Node:
    """A node that has counted two messages of the day before, and has sent the report."""

    async def script() -> Node:
        zone = {"_dmarc.sender.example TXT": [f'"{RECORD}"']}
        async with FakeDns(zone) as dns:  # type: ignore[arg-type] # Lists of texts.
            extra = CONFIGURATION.format(dns=dns.address, port=mail_box.port)
            plan = Plan((f"127.0.0.1:{mail_box.port}",), extra=extra)
            here = await asyncio.to_thread(node, plan)
            TrackingStore(here.store).add([seen(1), seen(2)])
            async with asyncio.timeout(60):
                while not mail_box.letters:  # noqa: ASYNC110 # Another process delivers.
                    await asyncio.sleep(0.2)
            return here

    return asyncio.run(script())


def test_reports_out_and_in(reporting: Node, mail_box: MailBox, tmp_path: Path) -> None:
    (letter,) = mail_box.letters
    # Elsewhere does not say that it wants them.
    assert (letter.sender, letter.recipients) == ("<>", ("r@sender.example",))
    _, file = message_from_bytes(letter.content).get_payload()  # type: ignore[misc] # A multipart.
    read = parse(gzip.decompress(file.get_payload(decode=True)))  # type: ignore[union-attr,arg-type] # A part.
    assert (read.reporter, read.domain) == ("Customer & Sons", "sender.example")
    assert [(one.count, one.row.header_from) for one in read.rows] == [(2, "mail.sender.example")]
    (sent,) = msgspec.json.decode(ask(reporting, "sent", "--json"))
    assert (sent["policy_domain"], sent["ending"]) == (
        "sender.example",
        "sent to r@sender.example",
    )

    # The same report comes to us.
    with smtplib.SMTP("127.0.0.1", reporting.port, "mail.sender.example", 30) as session:
        session.sendmail("r@sender.example", ["reports@customer.example"], letter.content)
    wait_until(lambda: "sender.example" in ask(reporting, "list"), what="the report is kept")
    shown = ask(reporting, "show", "1")
    assert "Customer & Sons" in shown
    assert "192.0.2.1" in shown
    (listed,) = msgspec.json.decode(ask(reporting, "list", "--tenant", "customer", "--json"))
    assert listed["report"]["rows"][0]["count"] == 2
    saved = tmp_path / "report.eml"
    saved.write_bytes(letter.content)
    assert "known already" in ask(reporting, "read", str(saved), "--tenant", "customer")
    assert len(mail_box.letters) == 1, "a report goes to nobody else, and is sent once"
