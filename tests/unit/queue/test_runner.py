"""The queue runner over the real store and a scripted next hop."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from fakes.scripted_relay import ScriptedRelay
from katharion.adapters.clock import SystemClock
from katharion.adapters.journal import FileJournal, TrackingOptions
from katharion.adapters.store.migrate import migrate
from katharion.adapters.store.spool import ShardedSpool
from katharion.adapters.tasks import LoopTasks
from katharion.directory.lookup import SnapshotDirectory
from katharion.mail.address import Address
from katharion.mail.envelope import Envelope
from katharion.queue.options import QueueOptions
from katharion.queue.runner import QueueRunner
from katharion.values.attempt import Outcome
from katharion.values.disposition import Hold
from katharion.values.facts import ClientFacts
from katharion.values.fate import State
from katharion.values.held import HeldMessage, HeldRecipient, HeldRow, Query
from katharion.values.policy import EffectivePolicy
from katharion.values.snapshot import NextHop, Route, ServedDomain, Snapshot

ALICE, BOB = Address("alice", "example.org"), Address("bob", "example.org")
ROUTE = Route("office", (NextHop("sink"),))
DOMAIN = ServedDomain("example.org", "t", ROUTE, None, EffectivePolicy())
CONTENT = b"Subject: held\r\n\r\nbody\r\n"


class MovedClock(SystemClock):
    """The machine's clock, moved on by hand."""

    ahead_seconds = 0.0

    def wall(self) -> float:
        return super().wall() + self.ahead_seconds

    def monotonic(self) -> float:
        return super().monotonic() + self.ahead_seconds


class House:
    """A spool with one runner."""

    def __init__(self, folder: Path, relay: ScriptedRelay) -> None:
        migrate(folder / "store", 1)
        (folder / "run").mkdir()
        self.clock = MovedClock()
        self.spool = ShardedSpool(folder / "store", folder / "run", self.clock, 0)
        self.relay = relay
        self.failures: list[BaseException] = []
        self.tasks = LoopTasks(lambda _name, error: self.failures.append(error))
        self.verdicts: list[Hold | None] = []
        self.runner = QueueRunner("runner-1", "node", QueueOptions())
        self.runner.spool, self.runner.relay = self.spool, relay
        self.runner.directory = SnapshotDirectory(
            Snapshot(1, {"example.org": DOMAIN}, {"office": ROUTE})
        )
        self.runner.clock, self.runner.tasks = self.clock, self.tasks
        self.runner.journal = FileJournal(folder / "run/journal", "q", TrackingOptions())
        self.runner.judge = self._judge

    async def _judge(self, _message: HeldMessage, _recipient: Address) -> Hold | None:
        return self.verdicts.pop(0)

    async def hold(self, *recipients: HeldRecipient, number: int = 1) -> None:
        message = HeldMessage(
            f"{number:026}",
            self.clock.wall(),
            "t",
            Envelope(Address("s", "sender.example"), (ALICE, BOB)),
            ClientFacts("192.0.2.1", 1, "public"),
            b"Received: x\r\n",
            CONTENT,
            hashlib.sha256(CONTENT).digest(),
        )
        await self.spool.hold(message, recipients)

    async def turn(self) -> int:
        claimed = await self.runner.run_once()
        assert await self.tasks.join(5)
        assert not self.failures
        return claimed

    async def rows(self) -> list[HeldRow]:
        return sorted(await self.spool.search(Query()), key=lambda row: row.recipient)


def play(
    folder: Path, script: Callable[[House], Awaitable[None]], relay: ScriptedRelay | None = None
) -> None:
    async def run() -> None:
        house = House(folder, relay or ScriptedRelay())
        await house.spool.start()
        await script(house)
        await house.spool.close()

    asyncio.run(run())


def queued(address: Address, **more: object) -> HeldRecipient:
    return HeldRecipient(address, State.QUEUED, "office", "next hop", **more)  # type: ignore[arg-type] # Named fields.


def test_rows_of_one_message_go_in_one_delivery(tmp_path: Path) -> None:
    async def script(house: House) -> None:
        await house.hold(queued(ALICE), queued(BOB))
        assert await house.turn() == 2
        (delivery,) = house.relay.deliveries
        assert set(delivery.recipients) == {ALICE, BOB}
        assert (delivery.trace, delivery.content) == (b"Received: x\r\n", CONTENT)
        assert {row.state for row in await house.rows()} == {State.DELIVERED}
        assert await house.turn() == 0

    play(tmp_path, script)


def test_deferred_waits_longer_each_time_then_goes(tmp_path: Path) -> None:
    async def script(house: House) -> None:
        await house.hold(queued(ALICE))
        for attempts in (1, 2):
            assert await house.turn() == 1
            (row,) = await house.rows()
            assert (row.state, row.attempts) == (State.QUEUED, attempts)
            assert row.due_at > house.clock.wall()
            assert str(row.words) == "451 4.3.0 later"
            assert await house.turn() == 0, "not before it is due"
            house.clock.ahead_seconds += row.due_at - house.clock.wall() + 1
        assert await house.turn() == 1
        assert [row.state for row in await house.rows()] == [State.DELIVERED]

    play(tmp_path, script, ScriptedRelay(Outcome.DEFERRED, Outcome.DEFERRED))


@pytest.mark.parametrize(
    ("outcome", "state", "reason"),
    [
        (Outcome.REFUSED, State.QUARANTINED, "undeliverable"),
        (Outcome.UNCERTAIN, State.QUEUED, "next hop"),
    ],
)
def test_refused_is_put_before_a_person(
    tmp_path: Path, outcome: Outcome, state: State, reason: str
) -> None:
    async def script(house: House) -> None:
        await house.hold(queued(ALICE))
        await house.turn()
        (row,) = await house.rows()
        assert (row.state, row.reason) == (state, reason)

    play(tmp_path, script, ScriptedRelay(outcome))


def test_a_dead_destination_is_asked_once_not_a_thousand_times(tmp_path: Path) -> None:
    async def script(house: House) -> None:
        for number in range(5):
            await house.hold(queued(ALICE), number=number)
        await house.turn()
        await house.turn()
        first = len(house.relay.deliveries)
        house.clock.ahead_seconds += 70
        await house.turn()
        assert len(house.relay.deliveries) - first == 1, "one probe for all"
        house.relay.is_reachable = True
        for _ in range(8):
            house.clock.ahead_seconds += 400
            await house.turn()
        assert {row.state for row in await house.rows()} == {State.DELIVERED}

    play(tmp_path, script, ScriptedRelay(is_reachable=False))


def test_a_lease_that_ran_out_is_taken_over_and_the_old_one_can_settle_nothing(
    tmp_path: Path,
) -> None:
    async def script(house: House) -> None:
        await house.hold(queued(ALICE))
        (old,) = await house.spool.claim("dead", house.clock.wall(), 10, 100.0)
        assert await house.turn() == 0, "it is leased"
        house.clock.ahead_seconds += 101
        assert await house.turn() == 1
        from katharion.values.held import Settlement  # noqa: PLC0415 # Only here.

        assert list(await house.spool.settle([Settlement(old.lease, State.QUEUED)])) == [False]
        assert [row.state for row in await house.rows()] == [State.DELIVERED]

    play(tmp_path, script)


def test_uncertain_is_queued_when_its_time_is_over(tmp_path: Path) -> None:
    async def script(house: House) -> None:
        row = HeldRecipient(
            ALICE, State.UNCERTAIN, "office", "no answer", due_at=house.clock.wall() + 660
        )
        await house.hold(row)
        assert await house.turn() == 0
        house.clock.ahead_seconds += 661
        await house.turn()
        assert [row.state for row in await house.rows()] == [State.QUEUED]
        await house.turn()
        assert [row.state for row in await house.rows()] == [State.DELIVERED]

    play(tmp_path, script)


def test_unjudged_is_judged_first(tmp_path: Path) -> None:
    async def script(house: House) -> None:
        await house.hold(HeldRecipient(ALICE, State.UNJUDGED, "office", "unjudged"))
        await house.hold(HeldRecipient(ALICE, State.UNJUDGED, "office", "unjudged"), number=2)
        house.verdicts = [
            Hold((ALICE,), State.QUEUED, "judged", None, subject_tag="[X] "),
            Hold((ALICE,), State.QUARANTINED, "refused late", None),
        ]
        await house.turn()
        assert {row.state for row in await house.rows()} == {State.QUARANTINED, State.QUEUED}
        await house.turn()
        (delivery,) = house.relay.deliveries
        assert delivery.content.startswith(b"Subject: [X] held\r\n")

    play(tmp_path, script)


def test_what_can_not_be_judged_for_an_hour_is_put_before_a_person(tmp_path: Path) -> None:
    async def script(house: House) -> None:
        await house.hold(HeldRecipient(ALICE, State.UNJUDGED, "office", "unjudged"))
        house.verdicts = [None, None]
        await house.turn()
        assert [row.state for row in await house.rows()] == [State.UNJUDGED]
        house.clock.ahead_seconds += 3700
        await house.turn()
        (row,) = await house.rows()
        assert (row.state, row.reason) == (State.QUARANTINED, "not checked")

    play(tmp_path, script)


def test_released_mail_says_so_and_goes_once(tmp_path: Path) -> None:
    async def script(house: House) -> None:
        await house.hold(HeldRecipient(ALICE, State.QUARANTINED, "office", "spam"))
        now = house.clock.wall()
        assert await house.spool.release(f"{1:026}", ALICE, now)
        assert not await house.spool.release(f"{1:026}", ALICE, now)
        await house.turn()
        (delivery,) = house.relay.deliveries
        assert delivery.trace.startswith(b"X-Katharion-Released: ")

    play(tmp_path, script)


def test_damaged_content_is_never_delivered(tmp_path: Path) -> None:
    async def script(house: House) -> None:
        await house.hold(queued(ALICE))
        import sqlite3  # noqa: PLC0415 # Only here.

        with sqlite3.connect(tmp_path / "store/spool-00.db") as db:
            db.execute("UPDATE held_message SET sha256 = x'00'")
        await house.turn()
        (row,) = await house.rows()
        assert (row.state, row.reason) == (State.QUARANTINED, "damaged")
        assert not house.relay.deliveries

    play(tmp_path, script)
