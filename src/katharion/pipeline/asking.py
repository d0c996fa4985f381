"""Drive the cores that ask DNS: from memory at once, by the resolver where it must be waited for.

Of one message's questions those that memory answers are free; the others have a budget in
number and in time, beyond which they count as FAILED: nothing is known, nothing is not there.
"""

import asyncio
from collections.abc import Sequence
from typing import Any, NamedTuple, TypeVar, cast

from katharion.ports import Clock, Resolver
from katharion.values.dns import FAILED, Asking, DnsAnswer, Question

_T = TypeVar("_T")


class Parked(NamedTuple):
    """A core that can't go on: `asking` waits for the answers to `questions`."""

    asking: Asking[Any]
    questions: tuple[Question, ...]


class Budget:
    """What the questions of one message may still cost."""

    def __init__(self, clock: Clock, questions_count_max: int, seconds_max: float) -> None:
        self._clock = clock
        self.questions_count_left = questions_count_max
        self._until = clock.monotonic() + seconds_max

    @property
    def seconds_left(self) -> float:
        """0 where the time is over."""
        return max(0.0, self._until - self._clock.monotonic())

    def allow(self, questions: Sequence[Question]) -> Sequence[Question]:
        """Those that may be asked, the first ones; they are paid for."""
        count = self.questions_count_left if self.seconds_left else 0
        allowed = questions[:count]
        self.questions_count_left -= len(allowed)
        return allowed


def go_on(
    asking: Asking[_T], resolver: Resolver, answers: tuple[DnsAnswer, ...] | None = None
) -> _T | Parked:
    """Go on as far as memory knows: to the end, or to questions that must be waited for.

    A round without questions is a core's way to let others have their turn.
    """
    while True:
        try:
            questions = next(asking) if answers is None else asking.send(answers)
        except StopIteration as end:
            return cast("_T", end.value)
        known = tuple(map(resolver.known, questions))
        if None in known or not questions:
            return Parked(asking, questions)
        answers = cast("tuple[DnsAnswer, ...]", known)


async def finish(parked: Parked, resolver: Resolver, budget: Budget) -> Any:  # noqa: ANN401 # The core's own.
    """Ask, and go on, to the core's end. The budget is shared by all cores of a message."""
    left: Any = parked
    while isinstance(left, Parked):
        answers = await _answers(left.questions, resolver, budget)
        left = go_on(left.asking, resolver, answers)
    return left


async def _answers(
    questions: tuple[Question, ...], resolver: Resolver, budget: Budget
) -> tuple[DnsAnswer, ...]:
    """All answers, in order. What is late, or over the budget, FAILED."""
    if not questions:
        await asyncio.sleep(0)
    found = {question: resolver.known(question) for question in questions}
    missing = budget.allow([question for question, answer in found.items() if answer is None])
    if missing:
        try:
            async with asyncio.timeout(budget.seconds_left):
                answers = await asyncio.gather(*map(resolver.ask, missing))
            found.update(zip(missing, answers, strict=True))
        except TimeoutError:  # Some of them may have come.
            found.update((question, resolver.known(question)) for question in missing)
    return tuple(found[question] or FAILED for question in questions)


def together(*askings: Asking[Any]) -> Asking[list[Any]]:
    """Several cores as one: what each asks is asked in one round. Their results, in order."""
    results: list[Any] = [None] * len(askings)
    waiting: dict[int, tuple[Question, ...]] = {}
    answers: dict[int, tuple[DnsAnswer, ...] | None] = dict.fromkeys(range(len(askings)))
    while answers:
        for number, answer in answers.items():
            try:
                asking = askings[number]
                waiting[number] = next(asking) if answer is None else asking.send(answer)
            except StopIteration as end:
                results[number] = end.value
                waiting.pop(number, None)
        if not waiting:
            break
        got = iter((yield tuple(q for questions in waiting.values() for q in questions)))
        answers = {n: tuple(next(got) for _ in questions) for n, questions in waiting.items()}
    return results
