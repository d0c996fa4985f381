"""Mail to the reports' addresses is taken, put off, or delivered to the others beside them."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from fakes.fake_relay import FakeRelay
from katharion.adapters.relay.to_reports import ReportsRelay, Take
from katharion.mail.address import Address
from katharion.ports import Attempt, Delivery
from katharion.values.attempt import Outcome
from katharion.values.snapshot import Route

ANN, REPORTS = Address("ann", "customer.example"), Address("Reports", "customer.example")
ROUTE = Route("customer")


class Tasks:
    """Starts on the running loop."""

    def start(self, coroutine: Coroutine[Any, Any, None], name: str) -> None:
        self.task = asyncio.get_running_loop().create_task(coroutine, name=name)


class Inner(FakeRelay):
    """A relay in memory that also has what the pooled one has."""

    is_closed = False

    async def close(self, seconds_max: float = 0.0) -> bool:
        self.is_closed = seconds_max == 1.0
        return True


class Taker:
    def __init__(self, why_not: str = "") -> None:
        self.why_not = why_not
        self.taken: list[tuple[bytes, Address]] = []

    async def take(self, content: bytes, recipient: Address) -> str:
        self.taken.append((content, recipient))
        return self.why_not


def relay(take: Take | None) -> tuple[ReportsRelay, Inner]:
    inner = Inner()
    addresses = frozenset({"reports@customer.example"})
    return ReportsRelay(inner, Tasks(), addresses, take), inner  # type: ignore[arg-type] # In memory.


def letter(*recipients: Address) -> Delivery:
    return Delivery(None, recipients, b"Received: x\r\n", b"content")


def outcomes(attempt: Attempt) -> list[Outcome]:
    return [each.outcome for each in attempt.result.results]


def deliver(to: ReportsRelay, *recipients: Address) -> Attempt:
    return asyncio.run(to.deliver(ROUTE, letter(*recipients), 9.0))


def test_other_mail_goes_on() -> None:
    to, inner = relay(None)
    assert outcomes(deliver(to, ANN)) == [Outcome.ACCEPTED]
    assert inner.delivered == [letter(ANN)]


def test_a_report_is_taken() -> None:
    taker = Taker()
    to, inner = relay(taker.take)
    attempt = deliver(to, REPORTS)
    assert outcomes(attempt) == [Outcome.ACCEPTED]
    assert attempt.result.was_connected
    assert taker.taken == [(b"content", REPORTS)]
    assert inner.delivered == []


def test_a_report_that_can_not_be_taken_now_is_put_off() -> None:
    attempt = deliver(relay(Taker("the file is away").take)[0], REPORTS)
    assert outcomes(attempt) == [Outcome.DEFERRED]
    assert str(attempt.result.results[0].words) == "the file is away"
    assert outcomes(deliver(relay(None)[0], REPORTS)) == [Outcome.DEFERRED]


def test_beside_others() -> None:
    to, inner = relay(Taker().take)
    attempt = deliver(to, REPORTS, ANN)
    assert [each.recipient for each in attempt.result.results] == [REPORTS, ANN]
    assert outcomes(attempt) == [Outcome.ACCEPTED] * 2
    assert inner.delivered == [letter(ANN)]


def test_a_late_answer_to_others() -> None:
    async def script() -> None:
        to, inner = relay(Taker().take)
        inner.usual = Outcome.UNCERTAIN
        attempt = await to.deliver(ROUTE, letter(REPORTS, ANN), 9.0)
        assert outcomes(attempt) == [Outcome.ACCEPTED, Outcome.UNCERTAIN]
        assert attempt.late is not None
        assert inner.late is not None
        inner.late.set_result(inner.result((ANN,), Outcome.ACCEPTED))
        late = await attempt.late
        assert [each.recipient for each in late.results] == [REPORTS, ANN]
        assert [each.outcome for each in late.results] == [Outcome.ACCEPTED] * 2

    asyncio.run(script())


def test_with_a_callback() -> None:
    async def script() -> None:
        to, _ = relay(Taker().take)
        done: asyncio.Future[Attempt] = asyncio.get_running_loop().create_future()
        to.deliver_soon(ROUTE, letter(REPORTS), 9.0, done.set_result)
        assert outcomes(await done) == [Outcome.ACCEPTED]
        done = asyncio.get_running_loop().create_future()
        to.deliver_soon(ROUTE, letter(ANN), 9.0, done.set_result)
        assert outcomes(await done) == [Outcome.ACCEPTED]

    asyncio.run(script())


def test_close() -> None:
    to, inner = relay(None)
    assert asyncio.run(to.close(1.0))
    assert inner.is_closed
