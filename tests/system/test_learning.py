"""What people teach, on a real node: reported, released, taken back; models swapped under way."""

import json
import smtplib
from collections.abc import Callable
from pathlib import Path

import pytest

from fixtures.fix_node import Node, Plan
from fixtures.fix_ports import wait_until
from fixtures.fix_sink import MailBox
from katharion.adapters.model_file import SHIPPED

PILLS = (
    b"From: Shop <shop@sender.example>\r\nTo: <alice@customer.example>\r\nSubject: %b\r\n"
    b"Date: Mon, 23 Nov 2026 12:00:00 +0000\r\nMessage-ID: <1@sender.example>\r\n\r\n"
    b"Our wonderful handmade candles smell of lavender and orange peel; three of them come"
    b" in a box of birch wood, and we send it to your door within a day.\r\n"
)


@pytest.fixture
def here(node: Callable[[Plan], Node], mail_box: MailBox) -> Node:
    checks = 'disabled = ["ptr", "text", "form"]'
    return node(Plan(next_hops=(f"127.0.0.1:{mail_box.port}",), checks=checks))


def said(here: Node, *words: str, status: int = 0) -> str:
    done = here.run(*words)
    assert done.returncode == status, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout + done.stderr


def arrived(here: Node, mail_box: MailBox, subject: bytes) -> bytes:
    """The message as it came to its mailbox."""
    count = len(mail_box.letters)
    with smtplib.SMTP("127.0.0.1", here.port, "mail.sender.example", timeout=20) as session:
        session.sendmail("shop@sender.example", ["alice@customer.example"], PILLS % subject)
    return bytes(mail_box.wait_for(count + 1)[-1].content)


def test_a_report_moves_what_is_like_it_until_it_is_taken_back(
    here: Node, mail_box: MailBox, tmp_path: Path
) -> None:
    assert b"CLASSIFIER_REPORTED" not in arrived(here, mail_box, b"candles")
    file = tmp_path / "candles.eml"
    file.write_bytes(PILLS % b"candles")
    words = ("--tenant", "customer", "--reporter", "alice")
    assert "learned as spam for the tenant customer" in said(
        here, "learn", "spam", str(file), *words
    )
    wait_until(lambda: any((here.runtime / "models").glob("*.delta")), 10, "it is handed on")
    wait_until(
        lambda: b"CLASSIFIER_REPORTED" in arrived(here, mail_box, b"more candles"),
        10,
        "filters know it",
    )
    assert "already" in said(here, "learn", "spam", str(file), *words, status=1)
    (lesson,) = json.loads(said(here, "learn", "list", "--json"))
    assert (lesson["reporter"], lesson["is_spam"]) == ("alice", True)
    assert "slots" not in lesson
    said(here, "learn", "undo", str(lesson["number"]))
    wait_until(
        lambda: b"CLASSIFIER_REPORTED" not in arrived(here, mail_box, b"yet more candles"),
        10,
        "filters have forgotten it",
    )
    assert "taken back" in said(here, "learn", "list")


def test_models_are_swapped_under_way(here: Node, tmp_path: Path) -> None:
    assert "the one that ships" in said(here, "model", "list")
    assert "is installed" in said(here, "model", "install", str(SHIPPED))
    wait_until((here.runtime / "models" / "model.bin").exists, 10, "it is handed on")
    assert "trained on" in said(here, "model", "list")
    assert "used is the one that ships" in said(here, "model", "withdraw")
    wait_until(lambda: not (here.runtime / "models" / "model.bin").exists(), 10, "it is gone")
    said(here, "model", "withdraw", status=1)
    torn = tmp_path / "torn.bin"
    torn.write_bytes(SHIPPED.read_bytes()[:-7])
    assert "damaged" in said(here, "model", "install", str(torn), status=2)


def test_what_cannot_be_learned_is_said(here: Node) -> None:
    assert "is no file" in said(here, "learn", "spam", "0" * 26, status=1)
    said(here, "learn", "list", status=1)
    assert "Nothing that holds" in said(here, "learn", "undo", "7", status=1)
