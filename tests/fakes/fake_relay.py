"""Next hops in memory: each attempt ends as the test says, by default all is accepted."""

import asyncio
from collections.abc import Callable

from katharion.mail.address import Address
from katharion.ports import Attempt, Delivery
from katharion.values.attempt import AttemptResult, Outcome, RecipientResult, Words
from katharion.values.snapshot import Route

NEXT_HOP = "192.0.2.25:25"
_CODES = {
    Outcome.ACCEPTED: Words(250, "2.0.0", ("Kept",)),
    Outcome.REFUSED: Words(550, "5.2.2", ("Mailbox is full for ever",)),
    Outcome.DEFERRED: Words(450, "4.2.1", ("Busy",)),
    Outcome.UNCERTAIN: Words(0, "", ("no answer",)),
}


class FakeRelay:
    """Implements ports.Relay.

    `outcomes` by recipient (others: `usual`); `words` replaces what is said. With an
    UNCERTAIN one, `late` comes true as the test sets it. `gate`, where set, is awaited first.
    """

    def __init__(self) -> None:
        self.usual = Outcome.ACCEPTED
        self.outcomes: dict[Address, Outcome] = {}
        self.words: dict[Address, Words] = {}
        self.delivered: list[Delivery] = []
        self.routes: list[str] = []
        self.answer_seconds: list[float] = []
        self.late: asyncio.Future[AttemptResult] | None = None
        self.gate: asyncio.Event | None = None
        self.began: Callable[[], None] = lambda: None

    async def deliver(self, route: Route, delivery: Delivery, answer_seconds: float) -> Attempt:
        self.routes.append(route.name)
        self.began()
        self.answer_seconds.append(answer_seconds)
        if self.gate is not None:
            await self.gate.wait()
        result = self.result(delivery.recipients)
        taken = [r.recipient for r in result.results if r.outcome is Outcome.ACCEPTED]
        if taken:
            self.delivered.append(delivery)
        late = None
        if any(r.outcome is Outcome.UNCERTAIN for r in result.results):
            late = self.late = asyncio.get_running_loop().create_future()
        return Attempt(result, late)

    def result(
        self, recipients: tuple[Address, ...], outcome: Outcome | None = None
    ) -> AttemptResult:
        """The result for these, each with `outcome` where it is given."""
        results = []
        for recipient in recipients:
            own = outcome or self.outcomes.get(recipient, self.usual)
            words = self.words.get(recipient, _CODES[own])
            results.append(RecipientResult(recipient, own, words, "dot"))
        return AttemptResult(tuple(results), NEXT_HOP, was_connected=True)

    def deliver_soon(
        self,
        route: Route,
        delivery: Delivery,
        answer_seconds: float,
        done: Callable[[Attempt], None],
    ) -> None:
        loop = asyncio.get_running_loop()
        work = loop.create_task(self.deliver(route, delivery, answer_seconds))
        work.add_done_callback(lambda ended: done(ended.result()))
