"""The queue runner where something is wrong: the store, the next hop, the time, a rival."""

import asyncio

import pytest

from fixtures.fix_held import ANN, BOB, held_for, held_message
from fixtures.fix_queue import OTHER_ROUTE, QueueBench, play_queue
from katharion.mail.address import Address
from katharion.ports import Attempt, Delivery
from katharion.queue import runner as runner_module
from katharion.queue.attempt import JUDGE_AGAIN_SECONDS, UNCERTAIN_SECONDS
from katharion.queue.options import QueueOptions
from katharion.queue.runner import QueueRunner
from katharion.values.attempt import AttemptResult, Outcome, RecipientResult, Words
from katharion.values.fate import State
from katharion.values.held import HeldRecipient
from katharion.values.snapshot import Route
from katharion.values.verdict import Band, Verdict

CAT = Address("cat", "other.example")


def verdict(score: float) -> Verdict:
    return Verdict(score, Band.CLEAN, None, ())


def test_a_store_that_can_not_be_read_now_says_nothing_of_the_message() -> None:
    """It once sent good mail to the quarantine as damaged, for one failed read."""

    async def script(bench: QueueBench) -> None:
        await bench.spool.hold(held_message(), [held_for(ANN), held_for(BOB, State.UNJUDGED)])
        bench.spool.is_unreadable = True
        await bench.turn()
        assert bench.spool.states() == {str(ANN): State.QUEUED, str(BOB): State.UNJUDGED}
        assert bench.spool.row(ANN).due_at > bench.clock.wall()
        assert bench.spool.row(BOB).due_at == bench.clock.wall() + JUDGE_AGAIN_SECONDS
        bench.spool.is_unreadable = False
        bench.clock.advance(70)
        await bench.turn()
        assert bench.spool.row(ANN).state is State.DELIVERED

    play_queue(script)


@pytest.mark.parametrize("is_gone", [False, True])
def test_what_is_damaged_is_put_before_a_person_and_told(*, is_gone: bool) -> None:
    async def script(bench: QueueBench) -> None:
        message = held_message()
        await bench.spool.hold(message, [held_for(ANN)])
        if is_gone:
            bench.spool.read = nothing  # type: ignore[method-assign] # Only the content went.
        else:
            bench.spool.damaged.add(message.id)
        await bench.turn()
        row = bench.spool.row(ANN)
        assert row.state is State.QUARANTINED
        assert row.settlement is not None
        assert row.settlement.reason == "damaged"
        assert bench.journal.told() == [("attempt", str(ANN))]
        assert not bench.relay.routes

    async def nothing(_message_id: str, _shard: str = "") -> None:
        return None

    play_queue(script)


def test_rows_with_verdicts_of_their_own_do_not_go_together() -> None:
    """The header of one recipient's verdict must not go to the other."""

    async def script(bench: QueueBench) -> None:
        rows = [
            HeldRecipient(who, State.QUEUED, "customer", reason, verdict(score))
            for who, reason, score in (
                (ANN, "next hop", 1.0),
                (BOB, "next hop", 2.0),
                (Address("dan", "customer.example"), "next hop", 1.0),
                (Address("eva", "customer.example"), "released", 1.0),
            )
        ]
        await bench.spool.hold(held_message(), rows)
        await bench.turn()
        assert len(bench.spool.granted) == 1, "one message, one turn"
        sent = {d.recipients: d.trace for d in bench.relay.delivered}
        assert sorted(map(len, sent)) == [1, 1, 2]
        for recipients, trace in sent.items():
            score = b"score=2.0" if BOB in recipients else b"score=1.0"
            assert score in trace
            assert (b"X-Katharion-Released:" in trace) == (recipients[0].local == "eva")

    play_queue(script)


def test_a_late_answer_settles_what_was_uncertain() -> None:
    async def script(bench: QueueBench) -> None:
        await bench.spool.hold(held_message(), [held_for(ANN)])
        bench.relay.usual = Outcome.UNCERTAIN
        await bench.turn()
        assert bench.spool.row(ANN).state is State.QUEUED
        assert bench.spool.row(ANN).due_at == bench.clock.wall() + UNCERTAIN_SECONDS
        assert bench.relay.late is not None
        bench.relay.late.set_result(bench.relay.result((ANN,), Outcome.ACCEPTED))
        await bench.tasks.settle()
        assert bench.spool.row(ANN).state is State.DELIVERED
        assert bench.spool.row(ANN).attempts == 1, "one attempt, whenever it was answered"
        assert bench.journal.told() == [("attempt", str(ANN)), ("settled", str(ANN))]

    play_queue(script)


@pytest.mark.parametrize("is_known", [False, True])
def test_a_late_answer_settles_nothing_that_is_taken_up_or_unknown(*, is_known: bool) -> None:
    async def script(bench: QueueBench) -> None:
        await bench.spool.hold(held_message(), [held_for(ANN)])
        bench.relay.usual = Outcome.UNCERTAIN
        await bench.turn()
        late = bench.relay.late
        assert late is not None
        if is_known:
            bench.clock.advance(UNCERTAIN_SECONDS + 1)
            await bench.spool.claim("rival", bench.clock.wall(), 9, 60.0)
        outcome = Outcome.ACCEPTED if is_known else Outcome.UNCERTAIN
        late.set_result(bench.relay.result((ANN,), outcome))
        await bench.tasks.settle()
        assert bench.spool.row(ANN).state is State.QUEUED
        assert len(bench.journal.records) == 1

    play_queue(script)


def test_what_could_not_be_recorded_is_sent_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A filter that restarts lets go of its shard for a moment: that was a duplicate once."""
    monkeypatch.setattr(runner_module, "SETTLE_AGAIN_SECONDS", 0.01)

    async def script(bench: QueueBench) -> None:
        await bench.spool.hold(held_message(), [held_for(ANN)])
        bench.relay.began = away
        await bench.turn()
        assert bench.spool.row(ANN).state is State.QUEUED
        bench.spool.is_away = False
        await bench.tasks.join()
        assert bench.spool.row(ANN).state is State.DELIVERED

    def away() -> None:
        benches[0].spool.is_away = True

    benches: list[QueueBench] = []

    async def keeping(bench: QueueBench) -> None:
        benches.append(bench)
        await script(bench)

    play_queue(keeping)


def test_a_spool_that_stays_away_leaves_the_lease_to_run_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(runner_module, "SETTLE_AGAIN_SECONDS", 0.01)
    monkeypatch.setattr(runner_module, "SETTLE_SECONDS_MAX", 0.03)

    async def script(bench: QueueBench) -> None:
        await bench.spool.hold(held_message(), [held_for(ANN)])
        bench.relay.gate = asyncio.Event()
        await bench.turn()
        bench.spool.is_away = True
        bench.relay.gate.set()
        await bench.tasks.join()
        bench.spool.is_away = False
        assert await bench.turn() == 0, "leased still"
        bench.clock.advance(bench.options.lease_seconds + 1)
        assert await bench.turn() == 1
        assert bench.spool.row(ANN).state is State.DELIVERED
        assert len(bench.relay.delivered) == 2, "one possible duplicate, never a loss"

    play_queue(script)


def test_a_long_queue_for_a_busy_route_waits_its_turn() -> None:
    """All rows were once put off by the same second: claimed and written again each second."""

    async def script(bench: QueueBench) -> None:
        await bench.answers_once()
        for number in range(400):
            await bench.spool.hold(held_message(number), [held_for(ANN)])
        bench.relay.gate = asyncio.Event()  # None of the ten at work ends.
        claimed = 0
        for _ in range(20):
            while here := await bench.turn():
                claimed += here
            bench.clock.advance(1)
        assert len(bench.relay.routes) == 1 + bench.options.deliveries_per_route_max
        assert claimed == bench.options.deliveries_per_route_max, "the rest is left in peace"
        bench.relay.gate.set()

    play_queue(script)


def test_a_busy_route_does_not_delay_another() -> None:
    async def script(bench: QueueBench) -> None:
        for number in range(100):
            await bench.spool.hold(held_message(number), [held_for(ANN)])
        gate = bench.relay.gate = asyncio.Event()
        while await bench.turn():
            pass
        bench.relay.gate = None
        bench.clock.advance(1)
        late = HeldRecipient(CAT, State.QUEUED, OTHER_ROUTE.name, "x", due_at=bench.clock.wall())
        await bench.spool.hold(held_message(200), [late])
        await bench.turn()
        assert bench.spool.row(CAT).state is State.DELIVERED
        gate.set()

    play_queue(script)


def test_a_relay_that_breaks_leaves_no_probe_behind() -> None:
    """The port forbids it; a route asked never again would be the price of one mistake."""

    class Broken:
        is_broken = False

        async def deliver(self, _route: Route, delivery: Delivery, _seconds: float) -> Attempt:
            if self.is_broken:
                raise RuntimeError("our mistake")
            words = Words(0, "", ("no connection",))
            (who,) = delivery.recipients
            result = RecipientResult(who, Outcome.DEFERRED, words, "connect")
            return Attempt(AttemptResult((result,), "", was_connected=False))

    async def script(bench: QueueBench) -> None:
        broken = Broken()
        bench.runner.relay = broken  # type: ignore[assignment] # Only what the queue asks.
        await bench.spool.hold(held_message(1), [held_for(ANN)])
        await bench.turn()
        broken.is_broken = True
        bench.clock.advance(70)
        await bench.turn()
        assert [str(error) for _, error in bench.tasks.failed] == ["our mistake"]
        bench.tasks.failed.clear()
        bench.runner.relay = bench.relay
        bench.clock.advance(bench.options.lease_seconds + 1)
        await bench.turn()
        assert bench.spool.row(ANN).state is State.DELIVERED

    play_queue(script)


def test_a_route_that_is_gone_is_waited_for_then_shown() -> None:
    async def script(bench: QueueBench) -> None:
        gone = HeldRecipient(ANN, State.QUEUED, "gone", "next hop")
        await bench.spool.hold(held_message(), [gone])
        await bench.turn()
        row = bench.spool.row(ANN)
        assert (row.state, row.attempts) == (State.QUEUED, 1)
        assert row.settlement is not None
        assert "no route 'gone'" in str(row.settlement.words)
        bench.clock.advance(6 * 86_400.0)
        await bench.turn()
        assert row.state is State.QUARANTINED
        assert row.settlement.reason == "expired"

    play_queue(script)


def test_two_runners_take_no_row_twice() -> None:
    async def script(bench: QueueBench) -> None:
        rival = bench.another("runner-2")
        for number in range(60):
            await bench.spool.hold(held_message(number), [held_for(ANN)])
        while True:
            claimed = await asyncio.gather(bench.runner.run_once(), rival.run_once())
            await bench.tasks.settle()
            bench.clock.advance(1)
            if not any(claimed) and all(
                row.state is State.DELIVERED for row in bench.spool.rows.values()
            ):
                break
        assert len(bench.relay.delivered) == 60

    play_queue(script)


def test_a_full_journal_stops_no_delivery() -> None:
    async def script(bench: QueueBench) -> None:
        bench.journal.is_full = True
        await bench.spool.hold(held_message(), [held_for(ANN)])
        await bench.turn()
        assert bench.spool.row(ANN).state is State.DELIVERED
        assert bench.journal.records == []
        # It is told when there is room again: once the row is purged nothing else tells of it.
        bench.journal.is_full = False
        await bench.spool.hold(held_message(2), [held_for(BOB)])
        await bench.turn()
        assert bench.journal.told() == [("attempt", str(ANN)), ("attempt", str(BOB))]

    play_queue(script)


def test_it_stops_when_what_is_under_way_has_ended() -> None:
    ended: list[bool] = []

    async def has_run(runner: QueueRunner, stop: asyncio.Event) -> None:
        await runner.run(stop)
        ended.append(True)

    async def script(bench: QueueBench) -> None:
        await bench.spool.hold(held_message(), [held_for(ANN)])
        bench.relay.gate, stop = asyncio.Event(), asyncio.Event()
        bench.tasks.start(has_run(bench.runner, stop), "runner")
        await bench.tasks.settle()
        assert bench.runner.at_work_count == 1
        stop.set()
        await bench.tasks.settle()
        assert not ended
        bench.relay.gate.set()
        await bench.tasks.join()
        assert ended
        assert bench.spool.row(ANN).state is State.DELIVERED

    play_queue(script, QueueOptions(deliveries_max=1))
