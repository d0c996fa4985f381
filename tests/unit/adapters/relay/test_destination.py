"""A pool without a network: sessions whose transport is a list of what was written."""

import asyncio
from collections.abc import Callable

import pytest

from fakes.fake_transport import FakeTransport
from katharion.adapters.relay.destination import (
    ASK_AGAIN_SECONDS,
    MISSED_KEPT_SECONDS,
    Destination,
    Key,
)
from katharion.adapters.relay.job import Job
from katharion.adapters.relay.options import RelayOptions
from katharion.adapters.relay.session import RelaySession
from katharion.mail.address import Address
from katharion.ports import Attempt
from katharion.protocols.smtp_client import Letter, SmtpClient
from katharion.values.attempt import Words
from katharion.values.snapshot import NextHop, TlsDemand

LETTER = Letter(None, (Address("ann", "customer.example"),), (b"x\r\n",), 3)
REFUSED = Words(0, "", ("Connection refused",))


class Bench:
    """One destination at a time that stands still until it is moved."""

    def __init__(self, host: str = "mail.example") -> None:
        self.now = 1000.0
        self.opened_count = 0
        self.passed: list[tuple[Job, Words, str]] = []
        self.told: list[Attempt] = []
        key = Key(NextHop(host), TlsDemand.NONE)
        self.pool = Destination(key, RelayOptions(), self._open, self._try_next)
        self.pool._now = lambda: self.now

    def _open(self, _destination: Destination) -> None:
        self.opened_count += 1

    def _try_next(self, job: Job, words: Words, stage: str) -> None:
        self.passed.append((job, words, stage))

    def job(self, seconds: float = 90.0, go_on: Callable[[], None] | None = None) -> Job:
        job = Job(LETTER, self.now, seconds, self.told.append)
        job.go_on = go_on
        return job

    def connect(self, *replies: bytes) -> tuple[RelaySession, FakeTransport]:
        session = RelaySession(SmtpClient("node.example"), self.pool, self.pool.set_deadline)
        transport = FakeTransport()
        session.connection_made(transport)
        for reply in replies:
            session.data_received(reply)
        return session, transport


def play(scene: Callable[[Bench], None]) -> None:
    async def run() -> None:
        scene(Bench())

    asyncio.run(run())


READY = (b"220 hi\r\n", b"250 mail\r\n")


def test_no_more_sessions_than_allowed_and_all_letters_leave() -> None:
    def scene(bench: Bench) -> None:
        for _i in range(5):
            bench.pool.take(bench.job(), 2)
        assert bench.opened_count == 2
        session, _ = bench.connect(*READY)
        for _i in range(5):
            for reply in (b"250 ok\r\n", b"250 ok\r\n", b"354 go\r\n", b"250 kept\r\n"):
                session.data_received(reply)
        assert len(bench.told) == 5
        assert all(attempt.result.is_accepted for attempt in bench.told)

    play(scene)


def test_idle_session_is_closed_in_time() -> None:
    def scene(bench: Bench) -> None:
        bench.pool.take(bench.job(), 1)
        session, transport = bench.connect(*READY)
        for reply in (b"250 ok\r\n", b"250 ok\r\n", b"354 go\r\n", b"250 kept\r\n"):
            session.data_received(reply)
        bench.now += RelayOptions().idle_seconds_max - 1
        bench.pool.sweep(bench.now)
        assert not transport.is_closed
        bench.now += 2
        bench.pool.sweep(bench.now)
        assert transport.is_closed
        assert transport.written.endswith(b"QUIT\r\n")
        assert bench.pool.is_empty

    play(scene)


@pytest.mark.parametrize(
    ("replies", "stage"), [((), "connect"), ((b"220-",), "greeting"), (READY[:1], "hello")]
)
def test_what_waits_too_long_says_where(replies: tuple[bytes, ...], stage: str) -> None:
    def scene(bench: Bench) -> None:
        bench.pool.take(bench.job(10), 1)
        if replies:
            bench.connect(*replies)
        bench.now += 11
        bench.pool.sweep(bench.now)
        assert [a.result.results[0].stage for a in bench.told] == [stage]

    play(scene)


def test_missed_hop_is_passed_over_and_asked_again_at_times() -> None:
    def scene(bench: Bench) -> None:
        bench.pool.take(bench.job(go_on=print), 1)
        bench.pool.opening_failed(REFUSED)
        assert bench.pool.is_empty
        assert not bench.pool.is_forgettable(bench.now)
        bench.pool.take(bench.job(go_on=print), 1)
        assert [words for _, words, _ in bench.passed] == [REFUSED] * 2
        assert bench.opened_count == 1
        bench.now += ASK_AGAIN_SECONDS
        for _i in range(3):  # One of them asks; none waits for it.
            bench.pool.take(bench.job(go_on=print), 1)
        assert (len(bench.passed), bench.opened_count) == (5, 2)
        bench.connect(*READY)
        bench.pool.take(bench.job(go_on=print), 1)
        assert len(bench.passed) == 5

    play(scene)


def test_missed_hop_is_forgotten() -> None:
    def scene(bench: Bench) -> None:
        bench.pool.take(bench.job(), 1)
        bench.pool.opening_failed(REFUSED)
        assert bench.pool.is_forgettable(bench.now + MISSED_KEPT_SECONDS)

    play(scene)


def test_late_letter_on_a_stale_session_is_not_tried_again() -> None:
    def scene(bench: Bench) -> None:
        bench.pool.take(bench.job(), 1)
        session, _ = bench.connect(*READY)
        for reply in (b"250 ok\r\n", b"250 ok\r\n", b"354 go\r\n", b"250 kept\r\n"):
            session.data_received(reply)
        bench.pool.take(bench.job(10, go_on=print), 1)
        bench.now += 11
        bench.pool.sweep(bench.now)
        result = bench.told[1].result
        assert str(result.results[0].words) == "no answer in time (mail)"
        assert (bench.opened_count, bench.passed) == (1, [])

    play(scene)


def test_name_of_a_hop() -> None:
    def scene(_: Bench) -> None:
        assert Bench("2001:db8::1").pool.name == "[2001:db8::1]:25"
        assert Bench("192.0.2.1").pool.name == "192.0.2.1:25"

    play(scene)
