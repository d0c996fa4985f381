"""`katharion ledger` at a real node: all adds up, and a planted loss is named."""

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fixtures.fix_load import Load
from fixtures.fix_node import Node, Plan
from fixtures.fix_ports import wait_until
from fixtures.fix_sink import MailBox

COUNT = 60  # Of which each twentieth is held as spam.
HELD = 3
FATES = (
    "delivered queued unjudged uncertain quarantined discarded bounced expired deleted difference"
)


def ask(here: Node, *more: str, status: int = 0) -> dict[str, Any]:
    done = here.run("ledger", "--json", "--since", "1h", *more)
    assert done.returncode == status, done.stdout + done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    assert found["accepted"] == sum(found[fate] for fate in FATES.split())
    return found


def plant(shard: Path, sql: str) -> list[Any]:
    with sqlite3.connect(shard, timeout=10) as db:
        return db.execute(sql).fetchall()


@pytest.fixture
def here(node: Callable[[Plan], Node], mail_box: MailBox) -> Node:
    one = node(
        Plan(
            next_hops=(f"127.0.0.1:{mail_box.port}",),
            extra="[queue]\nretry_seconds = [1, 1, 1]",
        )
    )
    Load(one.port, COUNT).run({})
    return one


def test_all_adds_up_and_a_planted_loss_is_named(here: Node) -> None:
    found = ask(here)
    assert (found["accepted"], found["quarantined"]) == (COUNT, HELD)
    assert found["delivered"] == COUNT - HELD

    (lost,) = plant(
        here.shards()[0],
        "DELETE FROM held_recipient WHERE rowid = (SELECT max(rowid) FROM held_recipient)"
        " RETURNING message_id",
    )
    found = ask(here, status=1)
    assert (found["difference"], found["quarantined"]) == (1, HELD - 1)
    (name,) = found["missing"]
    assert (name["message_id"], name["recipient"]) == (lost[0], "alice@customer.example")
    said = here.run("ledger").stdout
    assert lost[0] in said
    assert "no shard has its row" in said
    assert "backup" in said


def test_released_and_deleted_by_a_person(here: Node, mail_box: MailBox) -> None:
    first, second, _ = json.loads(here.run("quarantine", "list", "--json").stdout)
    assert here.run("quarantine", "release", first["message_id"]).returncode == 0
    assert here.run("quarantine", "delete", second["message_id"]).returncode == 0
    mail_box.wait_for(COUNT - HELD + 1)
    wait_until(lambda: ask(here)["delivered"] == COUNT - HELD + 1, 20, "the release is settled")
    assert ask(here)["deleted"] == 1
    # Rows are purged when nobody can want them back: the records are the fate then.
    for shard in here.shards():
        plant(shard, "DELETE FROM held_recipient WHERE state IN ('delivered', 'deleted')")
    found = ask(here)
    assert (found["delivered"], found["deleted"]) == (COUNT - HELD + 1, 1)
    assert (found["quarantined"], found["difference"]) == (1, 0)
    told = here.run("trace", second["message_id"]).stdout
    assert "deleted <alice@customer.example> → deleted (by " in told
    assert "released" in here.run("trace", first["message_id"]).stdout


def test_an_undo_is_told_too(here: Node) -> None:
    (one, *_) = json.loads(here.run("quarantine", "list", "--json").stdout)
    for verb in ("delete", "undo"):
        assert here.run("quarantine", verb, one["message_id"]).returncode == 0
    assert ask(here)["quarantined"] == HELD
    assert "undone" in here.run("trace", one["message_id"]).stdout


def test_what_a_person_deletes_in_the_queue(
    node: Callable[[Plan], Node], mail_box: MailBox
) -> None:
    mail_box.stop()
    here = node(Plan(next_hops=(f"127.0.0.1:{mail_box.port}",)))
    Load(here.port, COUNT).run({})
    assert ask(here)["queued"] == COUNT - HELD
    assert here.run("queue", "delete", "--all").returncode == 0
    assert ask(here)["deleted"] == COUNT - HELD
    for shard in here.shards():
        plant(shard, "DELETE FROM held_recipient WHERE state = 'deleted'")
    found = ask(here)
    assert (found["deleted"], found["quarantined"]) == (COUNT - HELD, HELD)
    mail_box.start()


def test_it_says_where_it_can_not_be_asked(here: Node) -> None:
    assert here.run("ledger", "--since", "tomorrow").returncode == 2
    (here.store / "spool-07.db").write_bytes(b"no database" * 100)
    done = here.run("ledger")
    assert done.returncode == 2
    assert "spool-07" in done.stderr
    assert "says nothing of the mail" in done.stderr
    (here.store / "spool-07.db").unlink()


def test_no_mail_is_no_difference(here: Node) -> None:
    found = ask(here, "--until", "2026-01-01")
    assert found["accepted"] == 0
    assert found["accounts"] == []
