"""A real node that remembers who sends: greylisting, and what becomes known of a source."""

import smtplib
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing

import pytest

from fixtures.fix_dns import DnsThread
from fixtures.fix_node import WITHOUT_CLASSIFIER, Node, Plan
from fixtures.fix_ports import wait_until
from fixtures.fix_sender import Sender
from fixtures.fix_sink import MailBox
from katharion.adapters.store.migrate import tracking_path
from katharion.adapters.store.tracking import TrackingStore
from katharion.values.track import TrackRecord

LETTER = (
    b"From: <ann@weak.example>\r\nTo: <alice@customer.example>\r\nSubject: Minutes\r\n"
    b"Date: Mon, 23 Nov 2026 12:00:00 +0000\r\nMessage-ID: <1@weak.example>\r\n\r\nHello.\r\n"
)
CODE = LETTER.replace(b"Minutes", b"Your login code is 482913")
STRANGER, OTHER, KNOWN = "198.51.100.7", "198.51.101.7", "198.51.102.7"
WAIT_SECONDS = 2.0


def send(
    here: Node, address: str, sender: str = "ann@weak.example", content: bytes = LETTER
) -> float:
    """One message; the seconds until it was taken. SMTPDataError where it was not."""
    with Sender(here.port, address) as session:
        began = time.monotonic()  # noqa: TID251 # A real program is measured.
        session.sendmail(sender, ["alice@customer.example"], content)
        return time.monotonic() - began  # noqa: TID251 # Likewise.


def pasts(here: Node) -> dict[str, tuple[float, float]]:
    """Clean and spam by source, as it is known now."""
    if not (here.runtime / "sources.db").exists():
        return {}
    with closing(sqlite3.connect(f"file:{here.runtime}/sources.db?mode=ro", uri=True)) as db:
        return {row[0]: row[1:] for row in db.execute("SELECT source, clean, spam FROM past")}


def is_recorded(here: Node, message_id: str) -> bool:
    with closing(sqlite3.connect(f"file:{tracking_path(here.store)}?mode=ro", uri=True)) as db:
        found = db.execute("SELECT 1 FROM track WHERE message_id = ?", (message_id,)).fetchall()
        return bool(found)


@pytest.fixture
def here(node: Callable[[Plan], Node], mail_box: MailBox, dns: DnsThread) -> Node:
    dns.dns.zone["known.example TXT"] = ['"v=spf1 ip4:198.51.102.0/24 -all"']
    made = node(
        Plan(
            (f"127.0.0.1:{mail_box.port}",),
            filters=2,
            is_proxied=True,
            checks=WITHOUT_CLASSIFIER,
            policy="greylist = true",
            extra=f"{dns.option}[sources]\ngreylist_seconds = {WAIT_SECONDS}\n",
        )
    )
    # Where the memory is away nobody is asked to come again.
    wait_until((made.runtime / "sources.db").exists, 10, "there is a memory")
    return made


def test_a_stranger_comes_again_and_is_known_then(here: Node, mail_box: MailBox) -> None:
    began = time.monotonic()  # noqa: TID251 # A real program is measured.
    with pytest.raises(smtplib.SMTPDataError, match="We do not know you yet"):
        send(here, STRANGER)
    assert not mail_box.letters
    wait_until(lambda: time.monotonic() - began > WAIT_SECONDS + 0.1, what="the wait")  # noqa: TID251 # Likewise.
    send(here, STRANGER)  # Whichever filter has it.
    assert len(mail_box.wait_for(1)) == 1
    wait_until(lambda: f"ip:{STRANGER}" in pasts(here), 10, "he is remembered")
    assert pasts(here)[f"ip:{STRANGER}"] == (1.0, 0.0)
    # From now on he is taken at once, whoever he writes for.
    send(here, STRANGER, "bob@other.example")
    arrived = mail_box.wait_for(2)[1].content
    assert b"SOURCE_NEW" not in arrived


def test_who_is_proven_and_login_codes_never_wait(here: Node, mail_box: MailBox) -> None:
    took = [send(here, KNOWN, "ann@known.example") for _ in range(10)]
    took += [send(here, OTHER, content=CODE) for _ in range(10)]
    assert len(mail_box.wait_for(20)) == 20
    assert max(took) < 1.0
    print(f"fast lane: median {sorted(took)[10] * 1000:.0f} ms, at most {max(took) * 1000:.0f} ms")
    wait_until(
        lambda: pasts(here).get("pair:customer.example ann@known.example", (0.0,))[0] > 9.9,
        10,
        "the correspondents are known",
    )
    send(here, KNOWN, "ann@known.example")
    assert b"CORRESPONDENT" in mail_box.wait_for(21)[20].content


def test_trouble_with_sources_keeps_no_record_waiting_and_is_over_when_it_ends(here: Node) -> None:
    here.kill("supervisor")
    TrackingStore(here.store).add([TrackRecord(at=1.0, event="delivered", message_id="old")])
    for path in here.runtime.glob("sources.db*"):
        path.unlink()
    (here.runtime / "sources.db").mkdir()
    here.start()
    wait_until(lambda: not is_recorded(here, "old"), 10, "what is old is purged from the records")
    send(here, STRANGER)  # Taken at once: where the memory is away nobody is asked to come again.
    wait_until(lambda: here.log().count("sources are not counted") == 1, 10, "it is said")
    assert "tracking store is away" not in here.log()
    (here.runtime / "sources.db").rmdir()
    wait_until(lambda: "all:" in pasts(here), 10, "it is counted again")
    assert here.log().count("sources are not counted") == 1
