"""What the queue gives up: told to who sent it, or put before a person; never both, never none."""

import msgspec
import pytest

from fixtures.fix_held import ANN, BOB, held_for, held_message
from fixtures.fix_queue import QueueBench, play_queue
from katharion.mail.address import Address
from katharion.queue.bounce import Allowance, Bouncer
from katharion.queue.notice import OwnMail
from katharion.queue.options import DAY_SECONDS
from katharion.values.attempt import Outcome
from katharion.values.fate import State
from katharion.values.held import HeldRecipient
from katharion.values.snapshot import OWN_ROUTE
from katharion.values.verdict import Band, Verdict

EVE = Address("eve", "sender.example")
OWN = OwnMail("mx.example", Address("postmaster", "own.example"), lambda _content, _at: b"")
GOOD = Verdict(0.0, Band.CLEAN, None, ())


def row_of(recipient: Address, verdict: Verdict | None = GOOD) -> HeldRecipient:
    return msgspec.structs.replace(held_for(recipient), verdict=verdict)


def told(bench: QueueBench) -> list[str]:
    """The notifications that are held, or went."""
    return [str(row.held.route) for (_, to), row in bench.spool.rows.items() if to == EVE]


def with_bouncer(bench: QueueBench, per_hour_max: int = 10) -> list[str]:
    """Returns the alarms."""
    alarms: list[str] = []
    bench.runner.bouncer = Bouncer(OWN, Allowance(per_hour_max, per_hour_max), alarms.append)
    bench.runner.bouncer.expiry_seconds = bench.options.expiry_days * DAY_SECONDS
    return alarms


def test_recipients_that_fail_together_are_told_of_together() -> None:
    async def script(bench: QueueBench) -> None:
        alarms = with_bouncer(bench)
        await bench.spool.hold(held_message(), [row_of(ANN), row_of(BOB)])
        bench.relay.usual = Outcome.REFUSED
        await bench.turn()
        assert bench.spool.row(ANN).state is bench.spool.row(BOB).state is State.BOUNCED
        assert told(bench) == [OWN_ROUTE]
        (notice,) = [m for m in bench.spool.messages.values() if m.envelope.sender is None]
        assert notice.content.count(b"Final-Recipient:") == 2
        assert bench.journal.told()[-1] == ("notice", str(EVE))
        assert bench.journal.records[-1].reason == f"about {held_message().id}"
        assert not alarms

    play_queue(script)


def test_one_fails_and_one_arrives() -> None:
    async def script(bench: QueueBench) -> None:
        with_bouncer(bench)
        await bench.spool.hold(held_message(), [row_of(ANN), row_of(BOB)])
        bench.relay.outcomes[ANN] = Outcome.REFUSED
        await bench.turn()
        assert bench.spool.row(ANN).state is State.BOUNCED
        assert bench.spool.row(BOB).state is State.DELIVERED
        assert told(bench) == [OWN_ROUTE]

    play_queue(script)


def test_who_may_be_forged_is_not_told_and_somebody_is_alarmed() -> None:
    async def script(bench: QueueBench) -> None:
        alarms = with_bouncer(bench)
        await bench.spool.hold(held_message(), [row_of(ANN, None)])
        bench.relay.usual = Outcome.REFUSED
        await bench.turn()
        assert bench.spool.row(ANN).state is State.QUARANTINED
        assert not told(bench)
        (alarm,) = alarms
        assert "may be forged" in alarm
        assert "Mailbox is full for ever" in alarm

    play_queue(script)


def test_what_waited_too_long() -> None:
    async def script(bench: QueueBench) -> None:
        with_bouncer(bench)
        await bench.spool.hold(held_message(), [row_of(ANN)])
        bench.clock.advance(5 * DAY_SECONDS + 1)
        bench.relay.usual = Outcome.DEFERRED
        await bench.turn()
        assert bench.spool.row(ANN).state is State.BOUNCED
        (notice,) = [m for m in bench.spool.messages.values() if m.envelope.sender is None]
        assert b"Status: 5.4.7" in notice.content

    play_queue(script)


def test_an_hour_has_its_bound_and_the_rest_waits_for_a_person() -> None:
    async def script(bench: QueueBench) -> None:
        alarms = with_bouncer(bench, per_hour_max=2)
        for number in range(4):
            await bench.spool.hold(held_message(number), [row_of(ANN)])
        bench.relay.usual = Outcome.REFUSED
        for _ in range(6):
            await bench.turn()
            bench.clock.advance(1)
        states = sorted(row.state.value for (_, to), row in bench.spool.rows.items() if to == ANN)
        assert states == ["bounced", "bounced", "quarantined", "quarantined"]
        assert len(alarms) == 2

    play_queue(script)


@pytest.mark.parametrize("is_away", [False, True])
def test_a_store_that_fails_leaves_all_as_it_was(*, is_away: bool) -> None:
    """Bounced and told are one transaction: there is no moment with one of them alone."""

    async def script(bench: QueueBench) -> None:
        with_bouncer(bench)
        await bench.spool.hold(held_message(), [row_of(ANN)])
        bench.relay.usual = Outcome.REFUSED
        bench.relay.began = lambda: setattr(bench.spool, "is_away", is_away)
        await bench.turn()
        is_bounced = bench.spool.row(ANN).state is State.BOUNCED
        assert is_bounced == bool(told(bench)) == (not is_away)

    play_queue(script)


def test_a_warning_that_it_takes_long_is_given_once() -> None:
    async def script(bench: QueueBench) -> None:
        with_bouncer(bench)
        assert bench.runner.bouncer is not None
        bench.runner.bouncer.delay_seconds = 4 * 3600.0
        await bench.spool.hold(held_message(), [row_of(ANN)])
        bench.relay.outcomes[ANN] = Outcome.DEFERRED
        for hours in (1, 4, 5, 6):
            bench.clock.advance(3600.0 * hours)
            await bench.turn()
            assert len(told(bench)) == (hours > 1)
        (notice,) = [m for m in bench.spool.messages.values() if m.envelope.sender is None]
        assert b"Action: delayed" in notice.content
        assert bench.spool.row(ANN).state is State.QUEUED

    play_queue(script)
