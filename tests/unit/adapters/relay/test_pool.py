"""The relay against a next hop that does what its script says: FAULTS A 7 to 17."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
import uvloop

from fakes.fake_next_hop import CLOSE, RESET, STALL, FakeNextHop
from fakes.fake_resolver import FakeResolver
from katharion.adapters.relay import PooledRelay, RelayOptions
from katharion.adapters.tasks import LoopTasks
from katharion.mail.address import Address
from katharion.ports import Attempt, Delivery, DnsAnswer, DnsStatus
from katharion.values.snapshot import NextHop, Route

ANN = Address("ann", "customer.example")
BOB = Address("bob", "customer.example")
Scene = Callable[[PooledRelay, FakeResolver], Awaitable[None]]


def play(scene: Scene) -> None:
    """Run `scene` with a relay; no task of the relay may fail."""

    async def run() -> None:
        failed: list[tuple[str, BaseException]] = []
        resolver = FakeResolver()
        tasks = LoopTasks(lambda name, error: failed.append((name, error)))
        relay = PooledRelay("node.example", RelayOptions(), resolver, tasks)
        asyncio.get_running_loop().set_exception_handler(
            lambda _loop, context: failed.append((str(context), AssertionError()))
        )
        await asyncio.wait_for(scene(relay, resolver), 20)
        await relay.close()
        assert not failed

    asyncio.run(run())
    uvloop.run(run())


def route(*hops: FakeNextHop, sessions_max: int = 20) -> Route:
    return Route("r", tuple(NextHop(hop.host, hop.port) for hop in hops), sessions_max=sessions_max)


def delivery(*recipients: Address, content: bytes = b"Subject: x\r\n\r\n.x\r\n") -> Delivery:
    return Delivery(None, recipients or (ANN,), b"Received: y\r\n", content)


def outcomes(attempt: Attempt) -> list[tuple[str, int, str]]:
    return [(r.outcome.value, r.words.code, r.stage) for r in attempt.result.results]


def test_session_is_kept_and_content_arrives_as_it_was() -> None:
    async def scene(relay: PooledRelay, _: FakeResolver) -> None:
        async with FakeNextHop() as hop:
            for _i in range(3):
                attempt = await relay.deliver(route(hop), delivery(ANN, BOB), 5)
                assert outcomes(attempt) == [("accepted", 250, "dot")] * 2
            assert hop.connections_count == 1
            assert hop.letters == [b"Received: y\r\nSubject: x\r\n\r\n..x\r\n.\r\n"] * 3

    play(scene)


@pytest.mark.parametrize("code", [421, 450, 452, 550, 554])
@pytest.mark.parametrize("stage", ["greeting", "hello", "mail", "rcpt", "data", "dot"])
def test_refusals(stage: str, code: int) -> None:
    async def scene(relay: PooledRelay, _: FakeResolver) -> None:
        async with FakeNextHop(**{stage: b"%d 4.0.0 no\r\n" % code}) as hop:
            attempt = await relay.deliver(route(hop), delivery(), 5)
            is_letters = stage not in ("greeting", "hello")
            expected = "refused" if is_letters and code >= 500 else "deferred"
            assert [r.outcome.value for r in attempt.result.results] == [expected]
            assert attempt.result.results[0].words.code == code
            assert attempt.result.was_connected == is_letters

    play(scene)


@pytest.mark.parametrize("fault", [CLOSE, RESET, STALL, b"nonsense\r\n", b"250-"])
@pytest.mark.parametrize("stage", ["greeting", "hello", "mail", "rcpt", "data", "dot"])
def test_losses(stage: str, fault: bytes) -> None:
    async def scene(relay: PooledRelay, _: FakeResolver) -> None:
        async with FakeNextHop(**{stage: fault}) as hop:
            attempt = await relay.deliver(route(hop), delivery(), 0.4)
            expected = "uncertain" if stage == "dot" else "deferred"
            assert [r.outcome.value for r in attempt.result.results] == [expected]

    play(scene)


def test_late_answer_is_told() -> None:
    async def scene(relay: PooledRelay, _: FakeResolver) -> None:
        async with FakeNextHop() as hop:
            hop.delay_seconds["dot"] = 1.5
            attempt = await relay.deliver(route(hop), delivery(), 0.1)
            assert outcomes(attempt) == [("uncertain", 0, "dot")]
            assert attempt.late is not None
            late = await attempt.late
            assert late.results[0].outcome.value == "accepted"

    play(scene)


def test_stale_sessions_are_replaced_by_a_new_one() -> None:
    async def scene(relay: PooledRelay, _: FakeResolver) -> None:
        async with FakeNextHop() as hop:
            hop.delay_seconds["dot"] = 0.1
            both = [relay.deliver(route(hop), delivery(), 5) for _i in range(2)]
            await asyncio.gather(*both)
            hop.delay_seconds["greeting"] = 0.2
            hop.script["mail"] = CLOSE
            again = asyncio.gather(relay.deliver(route(hop), delivery(), 5))
            await asyncio.sleep(0.1)  # By now it was closed, and waits for a new greeting.
            hop.script["mail"] = b"250 ok\r\n"
            assert outcomes((await again)[0]) == [("accepted", 250, "dot")]
            assert hop.connections_count == 3

    play(scene)


@pytest.mark.parametrize("greeting", [b"554 no\r\n", b"421 full\r\n", CLOSE])
def test_next_hop_in_order(greeting: bytes) -> None:
    async def scene(relay: PooledRelay, _: FakeResolver) -> None:
        async with FakeNextHop(greeting=greeting) as bad, FakeNextHop("::1") as good:
            attempt = await relay.deliver(route(bad, good), delivery(), 5)
            assert outcomes(attempt) == [("accepted", 250, "dot")]
            assert attempt.result.next_hop == f"[::1]:{good.port}"

    play(scene)


def test_full_server_is_not_asked_without_end() -> None:
    async def scene(relay: PooledRelay, _: FakeResolver) -> None:
        async with FakeNextHop() as hop:
            hop.delay_seconds["dot"] = 0.8
            first = asyncio.gather(relay.deliver(route(hop), delivery(), 5))
            await asyncio.sleep(0.2)  # The content is there, and its answer is not.
            hop.script["greeting"] = b"421 full\r\n"
            second = await relay.deliver(route(hop), delivery(), 5)
            assert outcomes(second) == [("accepted", 250, "dot")]
            assert hop.connections_count <= 5
            await first

    play(scene)


def test_many_waiting_letters_that_cannot_be_sent() -> None:
    """Each is refused as the session comes to it, however many there are."""

    async def scene(relay: PooledRelay, _: FakeResolver) -> None:
        async with FakeNextHop(hello=b"250 mail\r\n") as hop:
            letter = Delivery(None, (ANN,), b"", b"x\r\n", is_smtputf8=True)
            one = route(hop, sessions_max=1)
            attempts = await asyncio.gather(*(relay.deliver(one, letter, 5) for _i in range(999)))
            assert {outcomes(attempt)[0] for attempt in attempts} == {("refused", 553, "mail")}

    play(scene)


def test_null_mx_refuses_for_good() -> None:
    async def scene(relay: PooledRelay, resolver: FakeResolver) -> None:
        resolver.exchangers["customer.example"] = DnsAnswer(DnsStatus.FOUND, ("",))
        attempt = await relay.deliver(Route("r", is_mx=True), delivery(), 5)
        assert outcomes(attempt) == [("refused", 556, "mx")]

    play(scene)
