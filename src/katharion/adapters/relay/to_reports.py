"""Some addresses take reports: what is delivered to them goes into our own store, to no server.

The filter has no time to read reports while a client waits: there it is put off, so that it is
held, and the queue runner takes it. Mail that goes to others as well goes on to these.

Sources: RFC 9990 section 3.5, RFC 8460 section 3 (where reports are sent to).
"""

from collections.abc import Awaitable, Callable

import msgspec

from katharion.adapters.relay.job import Done
from katharion.adapters.relay.pool import PooledRelay
from katharion.mail.address import Address
from katharion.ports import Attempt, Delivery, Tasks
from katharion.values.attempt import AttemptResult, Outcome, RecipientResult, Words
from katharion.values.snapshot import Route

STAGE = "report"
TAKEN = Words(250, "2.0.0", ("The report is kept",))
NOT_HERE = Words(0, "", ("reports are taken from the queue",))

# Takes what was sent to an address; says why where it could not, "" where it could.
Take = Callable[[bytes, Address], Awaitable[str]]


class ReportsRelay:
    """Implements ports.Relay around another, which has all that is no report.

    `addresses`: in lower case. `take` None: here reports are put off.
    """

    def __init__(
        self, inner: PooledRelay, tasks: Tasks, addresses: frozenset[str], take: Take | None
    ) -> None:
        self._inner = inner
        self._tasks = tasks
        self._addresses = addresses
        self._take = take

    async def deliver(self, route: Route, delivery: Delivery, answer_seconds: float) -> Attempt:
        """Reports are taken, all else is delivered; one result for both."""
        ours = [r for r in delivery.recipients if str(r).lower() in self._addresses]
        if not ours:
            return await self._inner.deliver(route, delivery, answer_seconds)
        taken = {recipient: await self._result(delivery, recipient) for recipient in ours}
        others = tuple(r for r in delivery.recipients if r not in taken)
        if not others:
            return Attempt(AttemptResult(tuple(taken.values()), "", was_connected=True))
        rest = msgspec.structs.replace(delivery, recipients=others)
        attempt = await self._inner.deliver(route, rest, answer_seconds)
        taken |= {each.recipient: each for each in attempt.result.results}
        results = tuple(taken[recipient] for recipient in delivery.recipients)
        late = _together(attempt.late, taken, delivery) if attempt.late else None
        return Attempt(msgspec.structs.replace(attempt.result, results=results), late)

    def deliver_soon(
        self, route: Route, delivery: Delivery, answer_seconds: float, done: Done
    ) -> None:
        """The same; `done` is called once, perhaps before this returns."""
        if not any(str(r).lower() in self._addresses for r in delivery.recipients):
            self._inner.deliver_soon(route, delivery, answer_seconds, done)
            return

        async def deliver() -> None:
            done(await self.deliver(route, delivery, answer_seconds))

        self._tasks.start(deliver(), "relay-reports")

    async def close(self, seconds_max: float = 0.0) -> bool:
        """As the other's."""
        return await self._inner.close(seconds_max)

    async def _result(self, delivery: Delivery, recipient: Address) -> RecipientResult:
        if self._take is None:
            return RecipientResult(recipient, Outcome.DEFERRED, NOT_HERE, STAGE)
        why_not = await self._take(delivery.content, recipient)
        if why_not:
            return RecipientResult(recipient, Outcome.DEFERRED, Words(0, "", (why_not,)), STAGE)
        return RecipientResult(recipient, Outcome.ACCEPTED, TAKEN, STAGE)


async def _together(
    late: Awaitable[AttemptResult], known: dict[Address, RecipientResult], delivery: Delivery
) -> AttemptResult:
    """What the others' server says at last, beside what was known."""
    result = await late
    found = known | {each.recipient: each for each in result.results}
    results = tuple(found[recipient] for recipient in delivery.recipients)
    return msgspec.structs.replace(result, results=results)
