"""A next hop in memory: answers as told, and remembers what it was given."""

from collections.abc import Callable

from katharion.ports import Attempt, Delivery
from katharion.values.attempt import AttemptResult, Outcome, RecipientResult, Words
from katharion.values.snapshot import Route

WORDS = {
    Outcome.ACCEPTED: Words(250, "2.0.0", ("ok",)),
    Outcome.REFUSED: Words(550, "5.1.1", ("no such user",)),
    Outcome.DEFERRED: Words(451, "4.3.0", ("later",)),
    Outcome.UNCERTAIN: Words(0, "", ("no answer",)),
}


class ScriptedRelay:
    """Implements ports.Relay. `outcomes` are used up one a delivery; then all are accepted."""

    def __init__(self, *outcomes: Outcome, is_reachable: bool = True) -> None:
        self.outcomes = list(outcomes)
        self.is_reachable = is_reachable
        self.deliveries: list[Delivery] = []

    async def deliver(self, _route: Route, delivery: Delivery, _answer_seconds: float) -> Attempt:
        self.deliveries.append(delivery)
        outcome = self.outcomes.pop(0) if self.outcomes else Outcome.ACCEPTED
        if not self.is_reachable:
            outcome = Outcome.DEFERRED
        results = tuple(
            RecipientResult(r, outcome, WORDS[outcome], "dot") for r in delivery.recipients
        )
        return Attempt(AttemptResult(results, "sink:25", was_connected=self.is_reachable))

    def deliver_soon(
        self,
        _route: Route,
        _delivery: Delivery,
        _answer_seconds: float,
        _done: Callable[[Attempt], None],
    ) -> None:
        raise AssertionError("the queue awaits its deliveries")
