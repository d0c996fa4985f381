"""Cores that ask: what memory knows, what is waited for, what the budget ends."""

import asyncio

import pytest

from fakes.fake_clock import FakeClock
from fakes.fake_resolver import FakeResolver
from katharion.pipeline.asking import Budget, Parked, finish, go_on, together
from katharion.values.dns import FAILED, NXDOMAIN, Asking, DnsAnswer, DnsStatus, Question

ONE, TWO, THREE = (Question("TXT", f"{n}.example") for n in ("one", "two", "three"))


def found(text: str) -> DnsAnswer:
    return DnsAnswer(DnsStatus.FOUND, (text,))


class World(FakeResolver):
    """Counts what is asked; what is in `stuck` is never answered; memory learns."""

    def __init__(self) -> None:
        super().__init__()
        self.answers = {q: found(q.name) for q in (ONE, TWO, THREE)}
        self.memory: dict[Question, DnsAnswer] = {}
        self.asked: list[Question] = []
        self.stuck: set[Question] = set()

    def known(self, question: Question) -> DnsAnswer | None:
        return self.memory.get(question)

    async def ask(self, question: Question) -> DnsAnswer:
        self.asked.append(question)
        if question in self.stuck:
            await asyncio.Event().wait()
        self.memory[question] = self.answers[question]
        return self.answers[question]


def chain(*rounds: tuple[Question, ...]) -> Asking[list[DnsAnswer]]:
    """Asks one round after the other."""
    answers: list[DnsAnswer] = []
    for questions in rounds:
        answers += yield questions
    return answers


def run(
    asking: Asking[list[DnsAnswer]], world: World, count_max: int = 9, seconds_max: float = 5.0
) -> list[DnsAnswer]:
    left = go_on(asking, world)
    if not isinstance(left, Parked):
        return left
    budget = Budget(FakeClock(), count_max, seconds_max)
    answers: list[DnsAnswer] = asyncio.run(finish(left, world, budget))
    return answers


def test_memory_answers_at_once() -> None:
    world = World()
    world.memory = dict(world.answers)
    assert go_on(chain((ONE, TWO), (THREE,)), world) == list(world.answers.values())
    assert not world.asked


def test_what_is_not_in_memory_is_asked_once_a_round() -> None:
    world = World()
    world.memory[ONE] = NXDOMAIN
    answers = run(chain((ONE, TWO, TWO), (THREE, TWO)), world)
    two = found("two.example")
    assert answers == [NXDOMAIN, two, two, found("three.example"), two]
    assert world.asked == [TWO, THREE]


@pytest.mark.parametrize("count_max", range(4))
def test_a_budget_in_number(count_max: int) -> None:
    world = World()
    answers = run(chain((ONE, TWO), (THREE,)), world, count_max)
    assert [a is FAILED for a in answers] == [n >= count_max for n in range(3)]
    assert len(world.asked) == count_max


def test_a_budget_in_time_loses_only_what_is_late() -> None:
    world = World()
    world.stuck = {TWO}
    answers = run(chain((ONE, TWO), (THREE,)), world, seconds_max=0.05)
    assert answers[:2] == [found("one.example"), FAILED]


def test_after_its_time_nothing_is_asked() -> None:
    world, clock = World(), FakeClock()
    budget = Budget(clock, 9, 2.0)
    clock.advance(2.0)
    parked = go_on(chain((ONE,)), world)
    assert isinstance(parked, Parked)
    assert asyncio.run(finish(parked, world, budget)) == [FAILED]
    assert not world.asked


def test_several_ask_in_one_round() -> None:
    world = World()
    world.memory = dict(world.answers)
    both = together(chain((ONE,), (TWO, THREE)), chain(), chain((TWO,)))
    assert next(both) == (ONE, TWO)
    assert both.send((found("1"), found("2"))) == (TWO, THREE)
    with pytest.raises(StopIteration) as end:
        both.send((found("3"), found("4")))
    assert end.value.value == [[found("1"), found("3"), found("4")], [], [found("2")]]


def test_nobody_asks_together() -> None:
    assert go_on(together(chain(), chain()), World()) == [[], []]
