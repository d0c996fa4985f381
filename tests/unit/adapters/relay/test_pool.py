"""The relay against a next hop that does what its script says: FAULTS A 7 to 17."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import uvloop

from fakes.fake_dice import FakeDice
from fakes.fake_next_hop import CLOSE, RESET, STALL, FakeNextHop
from fakes.fake_resolver import FakeResolver
from katharion.adapters.relay import PooledRelay, RelayOptions
from katharion.adapters.tasks import LoopTasks
from katharion.mail.address import Address
from katharion.ports import Attempt, Delivery
from katharion.values.dns import DnsAnswer, DnsStatus
from katharion.values.snapshot import NextHop, Route

ANN = Address("ann", "customer.example")
BOB = Address("bob", "customer.example")
OPTIONS = RelayOptions(greeting_seconds_max=3, dot_seconds_max=3)
BIG = b"Subject: big\r\n\r\n" + b"x" * 76 * 1024 + b"\r\n" + (b"y" * 998 + b"\r\n") * 30_000
Scene = Callable[[PooledRelay, FakeResolver], Awaitable[None]]


def play(scene: Scene) -> None:
    """Run `scene` with a relay; no task of the relay may fail."""

    async def run() -> None:
        failed: list[tuple[str, BaseException]] = []
        resolver = FakeResolver()
        tasks = LoopTasks(lambda name, error: failed.append((name, error)))
        relay = PooledRelay("node.example", OPTIONS, resolver, tasks, FakeDice())
        relay.sweep_seconds = 0.02
        asyncio.get_running_loop().set_exception_handler(
            lambda _loop, context: failed.append((str(context), AssertionError()))
        )
        await asyncio.wait_for(scene(relay, resolver), 20)
        await relay.close()
        assert not failed, failed

    with ThreadPoolExecutor(2) as threads:  # Both loops at once: most of it is waiting.
        for played in [threads.submit(each, run()) for each in (asyncio.run, uvloop.run)]:
            played.result()


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
            attempt = await relay.deliver(route(hop), delivery(), 0.1)
            expected = "uncertain" if stage == "dot" else "deferred"
            assert [r.outcome.value for r in attempt.result.results] == [expected]

    play(scene)


def test_late_answer_is_told() -> None:
    async def scene(relay: PooledRelay, _: FakeResolver) -> None:
        async with FakeNextHop() as hop:
            hop.delay_seconds["dot"] = 0.3
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
            hop.delay_seconds["dot"] = 0.4
            first = asyncio.gather(relay.deliver(route(hop), delivery(), 5))
            await asyncio.sleep(0.1)  # The content is there, and its answer is not.
            hop.script["greeting"] = b"421 full\r\n"
            second = await relay.deliver(route(hop), delivery(), 5)
            assert outcomes(second) == [("accepted", 250, "dot")]
            assert hop.connections_count <= 25  # Once a sweep, and no more.
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


@pytest.mark.parametrize("fault", [CLOSE, RESET, STALL])
def test_content_cut_is_never_delivered_nor_uncertain(fault: bytes) -> None:
    """FAULTS A 15 and 16: the dot was not said, so the letter is certainly not there."""

    async def scene(relay: PooledRelay, _: FakeResolver) -> None:
        async with FakeNextHop(content=fault) as hop:
            hop.content_octets_max = 100_000
            attempt = await relay.deliver(route(hop), delivery(content=BIG), 0.3)
            assert outcomes(attempt) == [("deferred", 0, "content")]
            assert hop.letters == []

    play(scene)


def test_big_content_arrives_whole() -> None:
    async def scene(relay: PooledRelay, _: FakeResolver) -> None:
        async with FakeNextHop() as hop:
            attempt = await relay.deliver(route(hop), delivery(content=BIG), 9)
            assert outcomes(attempt) == [("accepted", 250, "dot")]
            assert hop.letters == [b"Received: y\r\n" + BIG + b".\r\n"]

    play(scene)


def test_one_octet_at_a_time_does_not_move_the_deadline() -> None:
    """FAULTS A 14: the total counts, not the silence."""

    async def scene(relay: PooledRelay, _: FakeResolver) -> None:
        async with FakeNextHop(hello=b"250 " + b"x" * 400 + b"\r\n") as hop:
            hop.octet_seconds = 0.005
            begin = asyncio.get_running_loop().time()
            attempt = await relay.deliver(route(hop), delivery(), 0.2)
            assert outcomes(attempt) == [("deferred", 0, "hello")]
            assert asyncio.get_running_loop().time() - begin < 0.6

    play(scene)


def test_lmtp_answers_for_each_recipient() -> None:
    async def scene(relay: PooledRelay, _: FakeResolver) -> None:
        async with FakeNextHop(dot=b"250 2.1.5 ann\r\n452 4.2.2 bob is full\r\n") as hop:
            lmtp = Route("r", (NextHop(hop.host, hop.port, is_lmtp=True),))
            for _i in range(2):  # The second on the same session: no reply is left over.
                attempt = await relay.deliver(lmtp, delivery(ANN, BOB), 5)
                assert outcomes(attempt) == [("accepted", 250, "dot"), ("deferred", 452, "dot")]
            assert hop.connections_count == 1
            assert hop.verbs[0] == b"LHLO"

    play(scene)


def test_lmtp_lost_between_two_answers() -> None:
    async def scene(relay: PooledRelay, _: FakeResolver) -> None:
        async with FakeNextHop(dot=b"250 2.1.5 ann\r\n") as hop:
            lmtp = Route("r", (NextHop(hop.host, hop.port, is_lmtp=True),))
            attempt = await relay.deliver(lmtp, delivery(ANN, BOB), 0.1)
            assert [each[0] for each in outcomes(attempt)] == ["uncertain", "uncertain"]
            hop.cut()
            assert attempt.late is not None
            late = await attempt.late
            assert [r.outcome.value for r in late.results] == ["accepted", "uncertain"]

    play(scene)


def test_late_letter_is_not_repeated_and_keeps_its_words() -> None:
    async def scene(relay: PooledRelay, _: FakeResolver) -> None:
        async with FakeNextHop() as hop, FakeNextHop() as other:
            await asyncio.gather(*(relay.deliver(route(hop), delivery(), 5) for _i in range(2)))
            hop.script["rcpt"] = STALL
            attempt = await relay.deliver(route(hop, other), delivery(), 0.1)
            assert outcomes(attempt) == [("deferred", 0, "rcpt")]
            assert "rcpt" in str(attempt.result.results[0].words)
            assert attempt.result.was_connected
            assert other.connections_count == 0

    play(scene)


def test_hop_that_could_not_be_had_is_passed_over_until_it_is_back() -> None:
    async def scene(relay: PooledRelay, _: FakeResolver) -> None:
        async with FakeNextHop() as first, FakeNextHop("::1") as second:
            both = route(first, second)
            first.script["greeting"] = b"421 not now\r\n"
            for _i in range(5):
                attempt = await relay.deliver(both, delivery(), 5)
                assert attempt.result.next_hop == f"[::1]:{second.port}"
            assert first.connections_count == 1
            # With no other hop left it is asked all the same.
            assert outcomes(await relay.deliver(route(first), delivery(), 5))[0][1] == 421
            first.script["greeting"] = b"220 hi\r\n"
            assert outcomes(await relay.deliver(route(first), delivery(), 5))[0][1] == 250
            attempt = await relay.deliver(both, delivery(), 5)
            assert attempt.result.next_hop == f"127.0.0.1:{first.port}"

    play(scene)


def test_equal_exchangers_are_tried_in_an_order_by_chance() -> None:
    async def scene(relay: PooledRelay, _: FakeResolver) -> None:
        answer = DnsAnswer(DnsStatus.FOUND, ("a", "b", "c", "d"), (10, 20, 20, 30))
        orders = {tuple(relay._in_order(answer)) for _i in range(50)}
        assert orders == {("a", "b", "c", "d"), ("a", "c", "b", "d")}

    play(scene)


def test_close_is_a_drain() -> None:
    """A late answer is still heard; then the session is closed, and nothing is left."""

    async def scene(relay: PooledRelay, _: FakeResolver) -> None:
        async with FakeNextHop() as hop:
            hop.delay_seconds["dot"] = 0.3
            attempt = await relay.deliver(route(hop), delivery(), 0.1)
            assert not await relay.close()
            assert attempt.late is not None
            assert await relay.close(2)
            assert (await attempt.late).results[0].outcome.value == "accepted"
            await asyncio.sleep(0.05)
            assert hop.verbs[-1] == b"QUIT"

    play(scene)


def test_letters_at_work_keep_their_deadlines_while_closing() -> None:
    async def scene(relay: PooledRelay, _: FakeResolver) -> None:
        async with FakeNextHop(rcpt=STALL) as hop:
            letter = asyncio.gather(relay.deliver(route(hop), delivery(), 0.3))
            await asyncio.sleep(0.1)
            assert await relay.close(2)
            assert outcomes((await letter)[0]) == [("deferred", 0, "rcpt")]

    play(scene)


def test_mx_answered_late_is_swept_as_well() -> None:
    """The hop is known only after the sweeper has come to rest."""

    async def scene(relay: PooledRelay, resolver: FakeResolver) -> None:
        async def slow(_domain: str) -> DnsAnswer:
            await asyncio.sleep(0.1)
            return DnsAnswer(DnsStatus.FOUND, ("mx.customer.example",), (10,))

        async def blackhole(_destination: object) -> None:
            await asyncio.sleep(3600)

        resolver.mail_exchangers = slow
        relay._connect = blackhole
        attempt = await relay.deliver(Route("r", is_mx=True), delivery(), 0.2)
        assert outcomes(attempt) == [("deferred", 0, "connect")]

    play(scene)


def test_what_seals_is_asked_for_each_delivery() -> None:
    async def scene(relay: PooledRelay, _: FakeResolver) -> None:
        relay.seal = lambda delivery: b"ARC-Seal: of " + delivery.content
        async with FakeNextHop() as hop:
            attempt = await relay.deliver(route(hop), delivery(content=b"x\r\n"), 5)
            assert outcomes(attempt) == [("accepted", 250, "dot")]
            assert hop.letters == [b"ARC-Seal: of x\r\nReceived: y\r\nx\r\n.\r\n"]

    play(scene)
