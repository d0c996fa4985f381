"""Plans carried out, as the client hears it and the store keeps it: FAULTS A 7 to 20 and 34."""

import asyncio

import pytest

from fakes.fake_resolver import FakeResolver
from fixtures.fix_edge import ANN, BOB, CAT, SPAM, House, codes, play
from katharion.edge.carry_out import OWN_LEASE_SECONDS, UNCERTAIN_SECONDS
from katharion.mail.address import Address
from katharion.pipeline.checks.registry import Checks
from katharion.pipeline.run import ChecksOptions, Pipeline
from katharion.pipeline.transaction import Transaction
from katharion.values.attempt import Outcome, Words
from katharion.values.fate import State
from katharion.values.verdict import Finding

DEFERRED_ANN = Address("ann", "deferring.example")
QUARANTINE = Address("ann", "quarantine.example")
TAGGED = Address("ann", "tag.example")
PLAIN = Address("ann", "deliver.example")
REJECTED = Address("ann", "reject.example")
HIDDEN = Address("ann", "discard.example")
REDIRECTED = Address("ann", "redirect.example")
REDIRECT_TARGET = Address("abuse", "customer.example")

A, R, D, U = Outcome.ACCEPTED, Outcome.REFUSED, Outcome.DEFERRED, Outcome.UNCERTAIN

# Clean mail, one recipient or more: outcomes of the next hop, our reply, rows left over.
ATTEMPTS = [
    ("accepted", (A,), "250", {}),
    ("A 7, 8: down or 4xx, the route queues", (D,), "250", {ANN: State.QUEUED}),
    ("A 9: 5xx is passed on, and no row", (R,), "550 5.2.2", {}),
    ("A 10 to 12: no answer to the dot", (U,), "250", {ANN: State.UNCERTAIN}),
    ("A 19: one delivered, one for later", (A, D), "250", {BOB: State.QUEUED}),
    ("A 20: one delivered, one refused", (A, R), "250", {BOB: State.QUEUED}),
    (
        "A 17: three fates",
        (A, D, R),
        "250",
        {BOB: State.QUEUED, CAT: State.QUEUED},
    ),
    ("all refused", (R, R), "550", {}),
    ("one refused, one for later", (R, D), "250", {ANN: State.QUEUED, BOB: State.QUEUED}),
]
WHO = (ANN, BOB, CAT)


@pytest.mark.parametrize(("why", "outcomes", "reply", "rows"), ATTEMPTS)
def test_attempt(
    why: str, outcomes: tuple[Outcome, ...], reply: str, rows: dict[Address, State]
) -> None:
    async def scene(house: House) -> None:
        who = WHO[: len(outcomes)]
        house.relay.outcomes = dict(zip(who, outcomes, strict=True))
        heard = await house.client().mail(*who)
        assert heard.startswith(reply), why
        assert house.spool.states() == {str(r): s for r, s in rows.items()}
        assert len(house.journal.records) == len(who)
        assert house.front.effects.failed_settles_count == 0

    play(scene)


@pytest.mark.parametrize(("why", "outcomes", "reply", "rows"), ATTEMPTS)
def test_attempt_while_the_store_is_away(
    why: str, outcomes: tuple[Outcome, ...], reply: str, rows: dict[Address, State]
) -> None:
    """What needs no store goes on; what would need it is the sender's still."""

    async def scene(house: House) -> None:
        house.spool.is_away = True
        who = WHO[: len(outcomes)]
        house.relay.outcomes = dict(zip(who, outcomes, strict=True))
        heard = await house.client().mail(*who)
        assert heard.startswith("451 4.3.0" if rows else reply), why
        duplicates = outcomes.count(A) if rows else 0
        assert house.front.effects.failed_settles_count == duplicates

    play(scene)


def test_a_hold_of_unknown_outcome_is_asked_for_again() -> None:
    """A 22: the same id is the same hold."""

    async def scene(house: House) -> None:
        house.spool.lost_answers_count = 2
        assert (await house.client().mail(QUARANTINE, content=SPAM)).startswith("250")
        assert list(house.spool.states().values()) == [State.QUARANTINED]

    play(scene)


def test_what_was_held_without_our_knowing_is_withdrawn() -> None:
    """A 22: the sender heard 451 and keeps it, so that it may not stay with us as well."""

    async def scene(house: House) -> None:
        house.relay.usual = U
        house.spool.lost_answers_count = 3
        assert (await house.client().mail(ANN)).startswith("451 4.3.0")
        await house.tasks.settle()
        assert not house.spool.messages
        assert not house.spool.rows

    play(scene)


def test_queued_row_waits_and_knows_why() -> None:
    async def scene(house: House) -> None:
        house.relay.usual = D
        await house.client().mail(ANN)
        held = house.spool.row(ANN).held
        assert held.due_at == house.clock.wall() + 60
        assert held.lease_owner == ""
        assert held.words is not None
        assert held.words.code == 450
        assert held.next_hop == "192.0.2.25:25"
        (message,) = house.spool.messages.values()
        assert message.trace.startswith(b"Received: ")

    play(scene)


@pytest.mark.parametrize(
    ("words", "reply"),
    [
        (Words(450, "4.2.1", ("Busy",)), "450 4.2.1 Busy"),  # A 8: the same code.
        (Words(452, "", ("Disk",)), "452 4.0.0 Disk"),
        (Words(0, "", ("no connection",)), "451 4.0.0 "),
    ],
)
def test_route_that_defers_passes_a_4xx_on(words: Words, reply: str) -> None:
    async def scene(house: House) -> None:
        house.relay.usual = D
        house.relay.words[DEFERRED_ANN] = words
        assert (await house.client().mail(DEFERRED_ANN)).startswith(reply)
        assert not house.spool.messages
        assert house.journal.told() == [("deferred", str(DEFERRED_ANN))]

    play(scene)


# A 12 and 13: uncertain, and what comes late.


@pytest.mark.parametrize(
    ("late", "state"),
    [(A, State.DELIVERED), (D, State.QUEUED), (R, State.QUEUED), (U, State.UNCERTAIN)],
)
def test_late_answer_settles_what_was_uncertain(late: Outcome, state: State) -> None:
    async def scene(house: House) -> None:
        house.relay.usual = U
        await house.client().mail(ANN)
        row, now = house.spool.row(ANN), house.clock.wall()
        assert row.held.due_at == now + UNCERTAIN_SECONDS
        assert row.held.lease_owner == "node/filter-00"
        assert row.held.lease_until == now + OWN_LEASE_SECONDS
        assert await house.spool.claim("queue", now + 300, 9, 60) == []
        assert house.relay.late is not None
        house.relay.late.set_result(house.relay.result((ANN,), late))
        await house.tasks.settle()
        assert row.state is state
        events = [event for event, _ in house.journal.told()]
        assert events == ["held", "settled"] if late is not U else ["held"]

    play(scene)


def test_late_answer_leaves_alone_what_was_certain() -> None:
    async def scene(house: House) -> None:
        house.relay.outcomes = {ANN: U, BOB: R}
        await house.client().mail(ANN, BOB)
        assert house.relay.late is not None
        house.relay.outcomes[ANN] = A
        house.relay.late.set_result(house.relay.result((ANN, BOB)))
        await house.tasks.settle()
        assert house.spool.states() == {
            str(ANN): State.DELIVERED,
            str(BOB): State.QUEUED,
        }

    play(scene)


def test_late_answer_after_the_queue_took_over_is_counted() -> None:
    async def scene(house: House) -> None:
        house.relay.usual = U
        await house.client().mail(ANN)
        house.clock.advance(OWN_LEASE_SECONDS)
        assert len(await house.spool.claim("queue", house.clock.wall(), 9, 60)) == 1
        assert house.relay.late is not None
        house.relay.late.set_result(house.relay.result((ANN,), A))
        await house.tasks.settle()
        assert house.spool.row(ANN).state is State.UNCERTAIN  # The fence: it is the queue's now.
        assert house.front.effects.failed_settles_count == 1
        assert [event for event, _ in house.journal.told()] == ["held"]

    play(scene)


# Spam, alone and mixed: recipients, the reply, the rows, who was delivered to.

PLANS = [
    ((QUARANTINE,), "250", {QUARANTINE: State.QUARANTINED}, []),
    ((HIDDEN,), "250", {HIDDEN: State.DISCARDED}, []),
    ((REDIRECTED,), "250", {REDIRECT_TARGET: State.QUEUED}, []),
    ((REJECTED,), "550 5.7.1", {}, []),
    ((TAGGED,), "250", {}, [TAGGED]),
    ((PLAIN,), "250", {}, [PLAIN]),
    (
        (PLAIN, QUARANTINE),
        "250",
        {PLAIN: State.DELIVERED, QUARANTINE: State.QUARANTINED},
        [PLAIN],
    ),
    (
        (PLAIN, TAGGED),
        "250",
        {PLAIN: State.DELIVERED, TAGGED: State.DELIVERED},
        [PLAIN, TAGGED],
    ),
    (
        (PLAIN, REJECTED),
        "250",
        {PLAIN: State.DELIVERED, REJECTED: State.QUARANTINED},
        [PLAIN],
    ),
    ((REJECTED, HIDDEN), "250", {REJECTED: State.QUARANTINED, HIDDEN: State.DISCARDED}, []),
]


@pytest.mark.parametrize(("who", "reply", "rows", "delivered"), PLANS)
def test_plan(
    who: tuple[Address, ...], reply: str, rows: dict[Address, State], delivered: list[Address]
) -> None:
    async def scene(house: House) -> None:
        heard = await house.client().mail(*who, content=SPAM)
        assert heard.startswith(reply)
        assert house.spool.states() == {str(r): s for r, s in rows.items()}
        assert [r for d in house.relay.delivered for r in d.recipients] == delivered

    play(scene)


@pytest.mark.parametrize(("who", "reply", "rows", "delivered"), PLANS)
def test_a34_plan_while_the_store_is_away(
    who: tuple[Address, ...], reply: str, rows: dict[Address, State], delivered: list[Address]
) -> None:
    async def scene(house: House) -> None:
        house.spool.is_away = True
        heard = await house.client().mail(*who, content=SPAM)
        assert heard.startswith("451 4.3.0" if rows else reply)
        assert bool(house.relay.delivered) == (not rows and bool(delivered))

    play(scene)


def test_every_recipient_is_committed_before_a_mixed_plan_is_delivered() -> None:
    async def scene(house: House) -> None:
        seen: list[dict[str, State]] = []
        house.relay.began = lambda: seen.append(house.spool.states())
        await house.client().mail(PLAIN, QUARANTINE, content=SPAM)
        assert seen == [{str(PLAIN): State.QUEUED, str(QUARANTINE): State.QUARANTINED}]
        held = house.spool.row(PLAIN).held
        assert held.lease_owner == "node/filter-00"
        assert held.lease_until == house.clock.wall() + OWN_LEASE_SECONDS

    play(scene)


@pytest.mark.parametrize(
    ("outcome", "state", "seconds"),
    [(D, State.QUEUED, 60), (U, State.QUEUED, UNCERTAIN_SECONDS), (R, State.QUEUED, 60)],
)
def test_mixed_plan_whose_delivery_fails(outcome: Outcome, state: State, seconds: float) -> None:
    async def scene(house: House) -> None:
        house.relay.usual = outcome
        assert (await house.client().mail(PLAIN, HIDDEN, content=SPAM)).startswith("250")
        row = house.spool.row(PLAIN)
        assert (row.state, row.due_at) == (state, house.clock.wall() + seconds)

    play(scene)


def test_failed_settle_is_a_possible_duplicate_and_never_a_refusal() -> None:
    async def scene(house: House) -> None:
        def go_away() -> None:
            house.spool.is_away = True

        house.relay.began = go_away
        assert (await house.client().mail(PLAIN, HIDDEN, content=SPAM)).startswith("250")
        assert house.front.effects.failed_settles_count == 1
        assert house.spool.row(PLAIN).state is State.QUEUED

    play(scene)


def test_sender_has_one_patience_for_all_deliveries() -> None:
    async def scene(house: House) -> None:
        house.relay.began = lambda: house.clock.advance(88)
        heard = await house.client().mail(PLAIN, TAGGED, content=SPAM)
        assert heard.startswith("250")
        assert house.relay.answer_seconds == [90.0]
        row = house.spool.row(TAGGED)
        assert (row.state, row.due_at, row.attempts) == (State.QUEUED, house.clock.wall(), 0)
        assert len(await house.spool.claim("queue", house.clock.wall(), 9, 60)) == 1

    play(scene)


# PRDR: each recipient its own reply, after all effects.

PRDR = [
    ("two fates", (PLAIN, REJECTED), {}, ["353", "250", "550", "250"], {}),
    ("all refused", (REJECTED,), {}, ["353", "550", "550"], {}),
    (
        "refused by the next hop after a commit",
        (PLAIN, HIDDEN),
        {PLAIN: R},
        ["353", "550", "250", "250"],
        {PLAIN: State.DELETED, HIDDEN: State.DISCARDED},
    ),
    (
        "refused by the next hop for one of two",
        (PLAIN, Address("bob", "deliver.example")),
        {PLAIN: R},
        ["353", "550", "250", "250"],
        {},
    ),
]


@pytest.mark.parametrize(("why", "who", "outcomes", "heard", "rows"), PRDR)
def test_prdr(
    why: str,
    who: tuple[Address, ...],
    outcomes: dict[Address, Outcome],
    heard: list[str],
    rows: dict[Address, State],
) -> None:
    async def scene(house: House) -> None:
        house.relay.outcomes = outcomes
        text = await house.client().mail(*who, content=SPAM, mail=b" PRDR")
        assert codes(text.encode()) == heard, why
        assert house.spool.states() == {str(r): s for r, s in rows.items()}

    play(scene)


def test_prdr_refusal_that_could_not_be_settled_is_no_refusal() -> None:
    """The row stands, and will be delivered: 250 is the truth."""

    async def scene(house: House) -> None:
        def go_away() -> None:
            house.spool.is_away = True

        house.relay.began = go_away
        house.relay.outcomes = {PLAIN: R}
        text = await house.client().mail(PLAIN, HIDDEN, content=SPAM, mail=b" PRDR")
        assert codes(text.encode()) == ["353", "250", "250", "250"]
        assert house.spool.row(PLAIN).state is State.QUEUED

    play(scene)


def test_prdr_tells_a_delivery_even_where_another_could_not_be_held() -> None:
    async def scene(house: House) -> None:
        house.spool.is_away = True
        house.relay.outcomes = {ANN: A, BOB: D}
        text = await house.client().mail(ANN, BOB, mail=b" PRDR")
        assert codes(text.encode()) == ["353", "250", "451", "250"]
        assert house.front.effects.failed_settles_count == 0

    play(scene)


async def _stuck(_: Transaction) -> tuple[Finding, ...]:
    """A service that answers nothing, ever."""
    await asyncio.Event().wait()
    return ()


def test_unjudged_in_time_is_held() -> None:
    async def scene(house: House) -> None:
        checks = ChecksOptions(judge_seconds_max=0.01)
        house.front.pipeline = Pipeline(
            checks, FakeResolver(), house.clock, lambda *_: None, Checks(waiting={"stuck": _stuck})
        )
        client = house.client()
        assert (await client.mail(ANN)) == ""
        await asyncio.sleep(0.05)
        await house.tasks.settle()
        assert codes(client.transport.take()) == ["250"]
        assert house.spool.states() == {str(ANN): State.UNJUDGED}
        assert not house.relay.delivered

    play(scene)
