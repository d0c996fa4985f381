"""The minute's auditor over real files: it hears each record once, and names each loss once."""

import asyncio
import json
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

from fakes.fake_clock import FakeClock
from fixtures.fix_held import ANN, BOB, held_for, held_message
from fixtures.fix_node import Node, Plan
from fixtures.fix_ports import wait_until
from katharion.adapters.control import ask_control
from katharion.adapters.store.migrate import migrate, tracking_path
from katharion.adapters.store.spool import open_spool
from katharion.adapters.store.tracking import TrackingStore
from katharion.processes.auditor import Auditor
from katharion.values.fate import State
from katharion.values.track import TrackRecord

OK = "250 2.0.0 Accepted"


def hold(store: Path, *numbers: int) -> None:
    async def work() -> None:
        spool = open_spool(store, store, own_slot=0)
        await spool.start()
        for number in numbers:
            rows = [held_for(ANN, State.QUARANTINED), held_for(BOB, State.QUARANTINED)]
            await spool.hold(held_message(number), rows)
        await spool.close()

    asyncio.run(work())


def held(at: float, *numbers: int) -> list[TrackRecord]:
    return [
        TrackRecord(
            at,
            "held",
            "n",
            message_id=f"{n:026}",
            recipient=str(who),
            state="quarantined",
            reply=OK,
        )
        for n in numbers
        for who in (ANN, BOB)
    ]


def lose(store: Path, number: int) -> None:
    with sqlite3.connect(store / "spool-00.db") as db:
        db.execute("DELETE FROM held_recipient WHERE message_id = ?", (f"{number:026}",))


def test_each_loss_is_told_once_and_stays_in_the_figures(tmp_path: Path) -> None:
    clock = FakeClock()
    migrate(tmp_path, 1)
    tracking = TrackingStore(tmp_path)
    hold(tmp_path, 1, 2, 3)
    tracking.add(held(clock.wall(), 1, 2))
    auditor = Auditor(tmp_path / "journal", tmp_path, 6, clock)
    balance, sentences = auditor.look()
    assert (balance.figures.quarantined, sentences) == (4, [])

    lose(tmp_path, 1)
    tracking.add(held(clock.wall(), 3))
    balance, sentences = auditor.look()
    assert (balance.figures.accepted, balance.figures.difference) == (6, 2)
    assert [str(who) in sentence for who, sentence in zip((ANN, BOB), sentences, strict=True)]
    balance, sentences = auditor.look()
    assert (balance.figures.difference, sentences) == (2, [])

    clock.advance(8 * 3600.0)  # Its hours are over.
    balance, sentences = auditor.look()
    assert (balance.figures.accepted, sentences) == (0, [])


def test_another_tracking_store_is_heard_from_the_start(tmp_path: Path) -> None:
    clock = FakeClock()
    migrate(tmp_path, 1)
    hold(tmp_path, 1, 2)
    TrackingStore(tmp_path).add(held(clock.wall(), 1, 2))
    auditor = Auditor(tmp_path / "journal", tmp_path, 6, clock)
    assert auditor.look()[0].figures.accepted == 4
    tracking_path(tmp_path).unlink()
    migrate(tmp_path, 1)
    TrackingStore(tmp_path).add(held(clock.wall(), 2))
    assert auditor.look()[0].figures.accepted == 2


def test_a_hundred_thousand_cost_little(tmp_path: Path) -> None:
    """All of them held: the worst case, for what was delivered is counted and forgotten."""
    clock = FakeClock()
    migrate(tmp_path, 1)
    count = 100_000
    with sqlite3.connect(tmp_path / "spool-00.db") as db:
        db.executemany(
            "INSERT INTO held_recipient (message_id, recipient, state, route, reason, due_at,"
            " queued_at, changed_at, verdict) VALUES (?, ?, 'quarantined', 'r', '', 0, 0, 0, ?)",
            [(f"{n:026}", str(ANN), b"v" * 500) for n in range(count)],
        )
    records = [record for n in range(count) for record in held(clock.wall(), n)[:1]]
    TrackingStore(tmp_path).add(records)
    auditor = Auditor(tmp_path / "journal", tmp_path, 6, clock)
    took = []
    for _ in range(2):
        began = time.process_time()
        balance, _ = auditor.look()
        took.append(time.process_time() - began)
        assert (balance.figures.accepted, balance.figures.quarantined) == (count, count)
    print(f"{count} held: first look {took[0]:.2f} s of CPU, each later one {took[1]:.2f} s")
    assert took[0] < 5.0
    assert took[1] < 2.0


def test_the_supervisor_tells_of_a_loss(node: Callable[[Plan], Node]) -> None:
    here = node(Plan(next_hops=("127.0.0.1:9",)))

    def audited() -> dict[str, dict[str, int]]:
        answer = asyncio.run(ask_control(here.runtime / "supervisor.sock", "stats", 2.0))
        found: dict[str, dict[str, int]] = (answer or {}).get("ledger", {})
        return found

    wait_until(lambda: "figures" in audited(), 15, "the first look")
    assert audited()["figures"]["difference"] == 0
    TrackingStore(here.store).add(held(time.time(), 7)[:1])  # noqa: TID251 # The real clock's hour.
    here.kill("supervisor")
    here.start()  # Its successor looks at once.
    wait_until(lambda: audited().get("figures", {}).get("difference") == 1, 15, "the loss is seen")
    assert audited()["missing"] == [f"{7:026} {ANN}"]
    lines = [line for line in here.log().splitlines() if "without a fate" in line]
    assert len(lines) == 1
    assert f"{7:026} <{ANN}>" in json.loads(lines[0])["who"]
