"""A real node with many customers: a mailing is seen as one, whoever gets it in which words."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from fixtures.fix_dns import DnsThread
from fixtures.fix_node import Node, Plan
from fixtures.fix_ports import wait_until
from fixtures.fix_sender import Sender
from fixtures.fix_sink import MailBox
from katharion.adapters.store.campaigns import CampaignRules
from katharion.adapters.store.migrate import migrate
from katharion.adapters.store.sources import SourceStore
from katharion.adapters.store.tracking import TrackingStore
from katharion.content.fingerprint import text_prints
from katharion.sources.campaigns import with_message, with_release
from katharion.sources.memory import effects_of
from katharion.values.authenticity import Authenticity, Result, SpfResult
from katharion.values.track import TrackRecord

CUSTOMERS_COUNT = 6
BODY = (
    "Our warehouse must be empty before the end of this month and therefore every lamp, every\r\n"
    "chair and every carpet that you find in the catalogue is sold for a third of what it cost\r\n"
    "before. Nobody else in town offers furniture of this kind, made by hand from oak and elm,\r\n"
    "at such a price. Write to us today, tell us which room you want to furnish, and a friendly\r\n"
    "adviser will call upon you with samples of leather and cloth, free of any obligation.\r\n"
)


def letter(name: str, number: int) -> bytes:
    """The same, in other words for each."""
    return (
        f"From: <sale{number}@weak.example>\r\nTo: <{name}@c{number}.example>\r\n"
        f"Subject: For you, {name}\r\nDate: Mon, 23 Nov 2026 12:00:00 +0000\r\n"
        f"Message-ID: <{number}@weak.example>\r\n\r\nDear {name.title()},\r\n{BODY}"
        f"Your number is {number * 7919}.\r\nhttp://weak.example/go/{number * 104729}\r\n"
    ).encode()


@pytest.fixture
def here(node: Callable[[Plan], Node], mail_box: MailBox, dns: DnsThread) -> Node:
    domains = "".join(
        f'[domains."c{n}.example"]\ntenant = "c{n}"\nroute = "customer"\nrecipients = "all"\n'
        for n in range(CUSTOMERS_COUNT)
    )
    hops = (f"127.0.0.1:{mail_box.port}",)
    return node(Plan(hops, filters=2, is_proxied=True, checks="", extra=f"{dns.option}\n{domains}"))


def campaigns(here: Node) -> list[dict[str, object]]:
    listed = here.run("campaign", "list", "--at-least", "2", "--json")
    found: list[dict[str, object]] = json.loads(listed.stdout) if not listed.returncode else []
    return found


def send(here: Node, number: int) -> None:
    address, name = f"198.51.{100 + number}.7", f"person{'abcdefgh'[number]}"
    with Sender(here.port, address) as session:
        session.sendmail("sale@weak.example", [f"{name}@c{number}.example"], letter(name, number))


def judged(here: Node) -> dict[str, set[str]]:
    """By the recipient's local part what was found of the message."""
    records = TrackingStore(here.store).find("sale@weak.example", 100)
    return {
        record.recipient.partition("@")[0]: {finding.name for finding in record.findings}
        for record in records
        if record.findings
    }


def test_the_same_text_at_many_customers(here: Node) -> None:
    for number in range(CUSTOMERS_COUNT - 1):
        send(here, number)
    wait_until(
        lambda: [one["messages"] for one in campaigns(here)] == [CUSTOMERS_COUNT - 1],
        20,
        "it is one campaign",
    )
    send(here, CUSTOMERS_COUNT - 1)
    wait_until(lambda: len(judged(here)) == CUSTOMERS_COUNT, 20, "all are recorded")
    assert "BULK_MANY_TENANTS" in judged(here)[f"person{'abcdefgh'[CUSTOMERS_COUNT - 1]}"]
    assert "BULK_MANY_TENANTS" not in judged(here)["persona"]

    (found,) = campaigns(here)
    assert found["sender_domains"] == ["weak.example"]
    shown = here.run("campaign", "show", str(found["id"])[:12])
    assert f"tenants           {found['tenants']}" in shown.stdout
    assert here.run("campaign", "show", "text:nothing").returncode == 1
    on_disk = b"".join(path.read_bytes() for path in here.runtime.glob("sources.db*"))
    assert b"weak.example" in on_disk
    assert not any(word in on_disk for word in (b"warehouse", b"For you", b"/go/"))


NEWS = (
    "From: News <news@shop.example>\r\nTo: bob@reader.example\r\nSubject: News\r\n"
    "Date: Mon, 21 Sep 2026 14:13:20 +0000\r\nMessage-ID: <1@shop.example>\r\n"
    f"List-Unsubscribe: <https://shop.example/leave>\r\n\r\n{BODY}"
)
ZONES = """
["shop.example"]
TXT = ["v=spf1 ip4:192.0.2.1 -all"]
["_dmarc.shop.example"]
TXT = ["v=DMARC1; p=reject"]
["192.0.2.1"]
PTR = "mail.shop.example"
["mail.shop.example"]
A = "192.0.2.1"
"""
AT = 1_790_000_000.0  # 2026-09-21T14:13:20Z.
CONFIG = """
hostname = "mx.reader.example"
store = "{store}"
runtime = "{store}"
[routes.office]
next_hops = ["127.0.0.1:2525"]
[domains."reader.example"]
tenant = "reader"
route = "office"
recipients = "all"
"""


def remember(store: Path, since: float) -> None:
    """Good mail of the shop from `since` on, and its news at many just now."""
    proven = Authenticity(spf=SpfResult(Result.PASS, "shop.example"), client_address="192.0.2.1")
    prints = tuple(f"text:{each}" for each in text_prints(BODY))
    times = [*(since + number for number in range(5)), *([AT - 60.0] * 20)]
    TrackingStore(store).add(
        [
            TrackRecord(
                at=at,
                event="delivered",
                band="clean",
                tenant=f"t{number}",
                sender="news@shop.example",
                authenticity=proven,
                prints=prints,
            )
            for number, at in enumerate(times)
        ]
    )
    rules = CampaignRules(with_message, with_release)
    counting = SourceStore(store, store, lambda record: effects_of(record, str), rules=rules)
    counting.count(0.0)


@pytest.mark.parametrize(
    ("since", "sender", "expected"),
    [
        (AT - 10 * 86_400, "news@shop.example", {"BULK_LISTED"}),
        (AT - 600, "news@shop.example", {"BULK_NEW", "BULK_MANY_TENANTS"}),
        (AT - 10 * 86_400, "news@other.example", {"BULK_MANY_TENANTS"}),
    ],
    ids=["known", "new", "forged"],
)
def test_a_newsletter(tmp_path: Path, since: float, sender: str, expected: set[str]) -> None:
    migrate(tmp_path, 1)
    remember(tmp_path, since)
    for name, text in (("news.eml", NEWS), ("zones", ZONES), ("k.toml", CONFIG)):
        (tmp_path / name).write_text(text.replace("{store}", str(tmp_path)), newline="")
    words = [sys.executable, "-m", "katharion", "check", str(tmp_path / "news.eml"), "--json"]
    words += ["--config", str(tmp_path / "k.toml"), "--dns", str(tmp_path / "zones")]
    words += ["--client-ip", "192.0.2.1", "--helo", "mail.shop.example", "--mail-from", sender]
    words += ["--rcpt-to", "bob@reader.example", "--at", "2026-09-21T14:13:20Z"]
    said = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
    verdict = json.loads(said.stdout)["verdicts"][0]
    names = {finding["name"] for finding in verdict["findings"]}
    assert {name for name in names if name.startswith("BULK_")} == expected
    assert verdict["class"] == ("bulk" if expected == {"BULK_LISTED"} else "")
