"""A real node and its DNS: dead, slow, and with lists that lie."""

import json
import smtplib
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path
from statistics import quantiles

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from fakes.signer import ED25519, RSA, TAGS, signed
from fixtures.fix_dns import DnsThread
from fixtures.fix_node import WITHOUT_CLASSIFIER, Node, Plan
from fixtures.fix_ports import wait_until
from fixtures.fix_sender import Sender
from fixtures.fix_sink import MailBox

LETTER = (
    b"From: Ann <ann@signer.example>\r\nTo: <alice@customer.example>\r\nSubject: Hello\r\n"
    b"Date: Mon, 23 Nov 2026 12:00:00 +0000\r\nMessage-ID: <1@signer.example>\r\n\r\nHello.\r\n"
)
ZONE: dict[str, list[str] | int | None] = {
    "signer.example TXT": ['"v=spf1 include:a.example include:b.example include:c.example -all"'],
    "a.example TXT": ['"v=spf1 ip4:203.0.113.1 ?all"'],
    "b.example TXT": ['"v=spf1 ip4:203.0.113.2 ?all"'],
    "c.example TXT": ['"v=spf1 ip4:198.51.0.0/16 ?all"'],
    "_dmarc.signer.example TXT": ['"v=DMARC1; p=reject"'],
    f"{ED25519.record_name} TXT": [f'"{ED25519.record}"'],
    "2.0.0.127.list.example A": ["127.0.0.2"],
}
LIST = '[blocklists.example]\nzone = "list.example"\nanswers = { "127.0.0.2" = 50.0 }\n'


def send(here: Node, number: int = 0, content: bytes = LETTER) -> float:
    """One message of its own sender; the seconds from the dot to the answer, and all before."""
    with Sender(here.port, f"198.51.{number >> 8}.{number & 255}") as session:
        began = time.monotonic()  # noqa: TID251 # A real program is measured.
        session.sendmail("ann@signer.example", ["alice@customer.example"], content)
        return time.monotonic() - began  # noqa: TID251 # Likewise.


def started(make: Callable[[Plan], Node], box: MailBox, dns: DnsThread, extra: str = "") -> Node:
    hop = f"127.0.0.1:{box.port}"
    dns.dns.zone.update(ZONE)
    return make(Plan((hop,), is_proxied=True, checks=WITHOUT_CLASSIFIER, extra=dns.option + extra))


def verdict_of(box: MailBox, count: int) -> bytes:
    """Our header fields of the message that came last of so many."""
    return box.wait_for(count)[count - 1].content.partition(b"\r\nFrom:")[0]


def test_dns_that_is_dead_and_comes_back(
    node: Callable[[Plan], Node], mail_box: MailBox, dns: DnsThread
) -> None:
    here = started(node, mail_box, dns)
    content = signed(LETTER, TAGS)
    usual = max(send(here, number, content) for number in range(5))
    dns.dns.is_silent = True
    # New senders each time: nothing of them is in memory.
    took = [
        send(here, 256 + number, content.replace(b"ann", b"a%d" % number)) for number in range(40)
    ]
    added = quantiles(took, n=20)[-1] - usual
    assert added < 2.0, f"95th percentile {added:.2f} s"
    assert b"iprev=temperror" in verdict_of(mail_box, 45)
    dns.dns.is_silent = False
    numbers = count(512)

    def is_answered() -> bool:
        send(here, next(numbers), content)
        return b"iprev=temperror" not in verdict_of(mail_box, len(mail_box.letters))

    wait_until(is_answered, 10, "names are found again")
    print(f"dead: p95 +{added:.2f} s, usual {usual:.3f} s")


def test_dns_that_takes_a_second_a_question(
    node: Callable[[Plan], Node], mail_box: MailBox, dns: DnsThread
) -> None:
    here = started(node, mail_box, dns)
    dns.dns.delay_seconds = 1.0
    took = send(here, 1, signed(LETTER, TAGS))
    assert took < 3.0
    found = verdict_of(mail_box, 1)
    for words in (b"spf=pass", b"dkim=pass", b"dmarc=pass"):
        assert words in found, found.decode()
    print(f"slow: {took:.2f} s")


def test_a_list_that_begins_to_list_everybody(
    node: Callable[[Plan], Node], mail_box: MailBox, dns: DnsThread
) -> None:
    for at in range(256):  # All are honest senders, each with a name.
        dns.dns.zone[f"{at}.0.51.198.in-addr.arpa PTR"] = [f"m{at}.signer.example"]
        dns.dns.zone[f"m{at}.signer.example A"] = [f"198.51.0.{at}"]
    here = started(node, mail_box, dns, LIST)
    wait_until(lambda: "healthy" in here.log(), 5, "the list counts")
    for number in range(5):
        send(here, number)
    dns.dns.lists_all_below = "list.example"
    numbers = count(5)

    def is_out() -> bool:
        send(here, next(numbers))
        return b"LIST_OUT_EXAMPLE" in verdict_of(mail_box, len(mail_box.letters))

    wait_until(is_out, 60, "the list is out")
    sent = next(numbers)
    assert len(mail_box.wait_for(sent)) == sent  # None of them was refused or held.
    counted = sum(b"LISTED_EXAMPLE" in letter.content for letter in mail_box.letters)
    print(f"list: out after {counted} messages")
    assert counted <= 25
    dns.dns.lists_all_below = ""
    wait_until(lambda: here.log().count("healthy") >= 2, 30, "the list is back")


def state_of_list(here: Node) -> str:
    """What the filter said last of its list; each process has its own word."""
    said = [json.loads(line) for line in here.log().splitlines() if '"blocklist"' in line]
    return next((s["state"] for s in reversed(said) if s["process"] == "filter-00"), "")


def test_a_list_that_decides_refuses_whom_it_knows_and_nobody_when_it_lists_all(
    node: Callable[[Plan], Node], mail_box: MailBox, dns: DnsThread
) -> None:
    dns.dns.zone["9.0.51.198.list.example A"] = ["127.0.0.2"]
    here = started(node, mail_box, dns, LIST + "refuses = true\n")
    wait_until(lambda: state_of_list(here) == "healthy", 5, "the list counts")
    with pytest.raises(smtplib.SMTPRecipientsRefused, match="listed by list"):
        send(here, 9)
    dns.dns.lists_all_below = "list.example"
    for number in range(10, 40):  # Not even the first.
        send(here, number)
    assert len(mail_box.wait_for(30)) == 30
    wait_until(lambda: state_of_list(here) == "out", 5, "the list is out")
    dns.dns.lists_all_below = ""
    wait_until(lambda: state_of_list(here) == "healthy", 30, "the list is back")
    with pytest.raises(smtplib.SMTPRecipientsRefused, match="listed by list"):
        send(here, 9)


def test_doctor_says_what_the_dns_has_of_us(
    node: Callable[[Plan], Node], mail_box: MailBox, dns: DnsThread, tmp_path: Path
) -> None:
    pem = ED25519.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "own.pem").write_bytes(pem)
    signing = f'dkim_key = "{tmp_path}/own.pem"\ndkim_domain = "signer.example"\n'
    own = f'[own_mail]\n{signing}dkim_selector = "ed"\n'
    seal = f'[arc]\nkey = "{tmp_path}/own.pem"\nselector = "other"\ndomain = "signer.example"\n'
    dns.dns.zone["a.root-servers.net A"] = ["198.41.0.4"]
    dns.dns.zone["other._domainkey.signer.example TXT"] = [f'"{RSA.record[:200]}"']
    here = started(node, mail_box, dns, LIST + own + seal)
    said = here.run("doctor")
    assert f"DNS server {dns.dns.address} answers in" in said.stdout
    assert "our own mail: ed._domainkey.signer.example is published" in said.stdout
    assert "seals (ARC): other._domainkey.signer.example has another key" in said.stdout
    assert "blocklists.example: list.example passes its test" in said.stdout
    assert said.returncode == 1
    dns.dns.lists_all_below = "list.example"
    assert "it lists 127.0.0.1, which is never listed" in here.run("doctor").stdout
