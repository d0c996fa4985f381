"""The queue by its command line, on a real node whose customer's server is away, then back."""

import json
import smtplib
from collections.abc import Callable

import pytest

from fixtures.fix_letters import letter
from fixtures.fix_node import Node, Plan
from fixtures.fix_ports import free_port, wait_until
from fixtures.fix_sink import MailBox

FROM = "dora@sender.example"


def send(here: Node, who: str, subject: str) -> None:
    with smtplib.SMTP("127.0.0.1", here.port, "mail.sender.example", timeout=20) as session:
        session.sendmail(FROM, [f"{who}@customer.example"], letter(subject))


@pytest.fixture
def here(node: Callable[[Plan], Node], mail_box: MailBox) -> Node:
    """The customer's own server is away; the route "spare" leads to one that is there."""
    spare = f'[routes.spare]\nnext_hops = ["127.0.0.1:{mail_box.port}"]\n'
    return node(Plan(next_hops=(f"127.0.0.1:{free_port()}",), extra=spare))


def said(here: Node, *words: str, status: int = 0) -> str:
    done = here.run("queue", *words)
    assert done.returncode == status, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout + done.stderr


def states(here: Node) -> list[str]:
    return [str(row[0]) for row in here.rows("SELECT state FROM held_recipient ORDER BY 1")]


def test_looked_at_paused_rerouted_delivered(here: Node, mail_box: MailBox) -> None:
    for who in ("ann", "bob", "cat"):
        send(here, who, f"for {who}")
    listed = said(here, "list")
    assert listed.count("@customer.example") == 3
    assert "refused" in listed.lower(), "why each waits"
    assert "customer  " in said(here, "destinations")
    (row,) = json.loads(said(here, "list", "--recipient", "bob@customer.example", "--json"))
    assert row["held_by"] == "tested/filter-00"

    assert "Say which" in said(here, "reroute", "--to", "spare", status=2)
    assert "no route 'nowhere'" in said(here, "reroute", "--to", "nowhere", "--all", status=2)
    assert "3 rows would be" in said(here, "reroute", "--to", "spare", "--all", "--dry-run")
    paused = ("--destination", "spare", "--reason", "maintenance", "--owner", "ann")
    assert "1 standing pause" in said(here, "pause", *paused)
    assert "2 rows now to go by spare" in said(
        here, "reroute", "--to", "spare", "--recipient", "ann@customer.example",
        "--recipient", "bob@customer.example",
    )  # fmt: skip
    assert "paused by ann: maintenance" in said(here, "list", "--route", "spare")
    assert not mail_box.letters
    assert "1 standing pause ended" in said(here, "resume", "--destination", "spare")
    assert len(mail_box.wait_for(2)) == 2
    wait_until(lambda: states(here).count("delivered") == 2, what="both are settled")


def test_retried_held_given_up_deleted(here: Node) -> None:
    for who in ("ann", "bob"):
        send(here, who, f"for {who}")
    assert "1 row on hold" in said(here, "pause", "--recipient", "ann@customer.example")
    assert "on hold, paused by" in said(here, "list")
    assert "2 rows due now" in said(here, "retry", "--filter", "filter-00")
    wait_until(lambda: "its destination rests" in said(here, "list"), 15, "it was tried")
    assert "resting" in said(here, "destinations")
    said(here, "retry", "--all")
    wait_until(lambda: here.rows("SELECT max(attempts) FROM held_recipient") == [(2,)], 4, "woken")
    assert "1 row given up" in said(here, "expire", "--recipient", "bob@customer.example")
    wait_until(lambda: states(here) == ["quarantined", "queued"], 10, "the runner has given it up")
    assert "1 row no longer on hold" in said(here, "resume", "--all")
    assert "1 row deleted" in said(here, "delete", "--all")
    assert "Nothing waits" in said(here, "list", status=1)
    wait_until(lambda: "→ deleted" in trace(here), 10, "it is recorded")


def trace(here: Node) -> str:
    return here.run("trace", "ann@customer.example").stdout


def test_the_clocks_agree_and_need_no_confirmation(here: Node) -> None:
    assert "agrees" in said(here, "confirm-clock")
    assert "clock agrees" in here.run("doctor").stdout
