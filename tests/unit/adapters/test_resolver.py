"""DNS against a server on loopback: what is there, what is not, and what nobody knows."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec
import pytest
from dnslib import RCODE

from fakes.fake_dns import FakeDns
from katharion.adapters.dice import SystemDice
from katharion.adapters.resolver import CachedResolver, ResolverOptions
from katharion.values.dns import DnsAnswer, DnsStatus, Question

FOUND, NODATA, NXDOMAIN, FAILED = DnsStatus
ZONE: dict[str, list[str] | int | None] = {
    "mail.example A": ["192.0.2.1", "192.0.2.2"],
    "mail.example AAAA": ["2001:db8::1"],
    "four.example A": ["192.0.2.4"],
    "four.example AAAA": RCODE.SERVFAIL,
    "broken.example A": RCODE.SERVFAIL,
    "broken.example AAAA": RCODE.SERVFAIL,
    "broken.example MX": RCODE.SERVFAIL,
    "refused.example MX": RCODE.REFUSED,
    "silent.example MX": None,
    "text.example TXT": ['"x"'],
    "customer.example MX": ["20 B.mx.example.", "10 a.mx.example.", "20 c.mx.example."],
    "null.example MX": ["0 ."],
    "1.2.0.192.in-addr.arpa PTR": ["Mail.Example."],
    f"1.{'0.' * 23}8.b.d.0.1.0.0.2.ip6.arpa PTR": ["six.example."],
}


class Now:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def monotonic(self) -> float:
        return self.seconds

    def wall(self) -> float:
        return self.seconds


Scene = Callable[[CachedResolver, FakeDns, Now], Awaitable[None]]


def play(scene: Scene, tmp: Path | None = None, **options: float) -> None:
    async def run() -> None:
        async with FakeDns(ZONE) as dns:
            given = {"servers": [dns.address], "query_seconds_max": 1.0, **options}
            now = Now()
            hosts = tmp / "hosts" if tmp else Path("/nowhere")
            convert = msgspec.convert(given, ResolverOptions)
            resolver = CachedResolver(convert, now, SystemDice(), hosts)
            await asyncio.wait_for(scene(resolver, dns, now), 20)
            await resolver.close()

    asyncio.run(run())


def test_addresses() -> None:
    async def scene(resolver: CachedResolver, dns: FakeDns, _: Now) -> None:
        answer = await resolver.addresses("Mail.Example")
        assert answer.status is FOUND
        assert set(answer.records) == {"192.0.2.1", "192.0.2.2", "2001:db8::1"}
        for literal in ("192.0.2.9", "2001:db8::9"):
            assert await resolver.addresses(literal) == DnsAnswer(FOUND, (literal,))
        assert dns.asked.total() == 2

    play(scene)


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("nobody.example", NXDOMAIN),
        ("text.example", NODATA),
        ("broken.example", FAILED),
        ("four.example", FOUND),  # Half an answer is enough to connect.
    ],
)
def test_what_is_not_there_and_what_is_not_known(name: str, status: DnsStatus) -> None:
    async def scene(resolver: CachedResolver, _dns: FakeDns, _now: Now) -> None:
        assert (await resolver.addresses(name)).status is status

    play(scene)


def test_exchangers_best_first_with_their_preferences() -> None:
    async def scene(resolver: CachedResolver, _dns: FakeDns, _now: Now) -> None:
        answer = await resolver.mail_exchangers("customer.example")
        assert answer.preferences == (10, 20, 20)
        assert answer.records[0] == "a.mx.example"
        assert set(answer.records[1:]) == {"b.mx.example", "c.mx.example"}
        assert (await resolver.mail_exchangers("null.example")).records == ("",)
        assert (await resolver.mail_exchangers("text.example")).status is NODATA
        assert (await resolver.mail_exchangers("nobody.example")).status is NXDOMAIN

    play(scene)


def test_names_of_addresses() -> None:
    async def scene(resolver: CachedResolver, _dns: FakeDns, _now: Now) -> None:
        assert (await resolver.names("192.0.2.1")).records == ("mail.example",)
        assert (await resolver.names("2001:db8::1")).records == ("six.example",)
        assert (await resolver.names("192.0.2.77")).status is NXDOMAIN
        assert (await resolver.names("no address")).status is FAILED

    play(scene)


@pytest.mark.parametrize("name", ["broken.example", "refused.example", "silent.example"])
def test_failure_is_never_absence_and_is_kept_for_a_moment(name: str) -> None:
    async def scene(resolver: CachedResolver, dns: FakeDns, now: Now) -> None:
        for is_again in (False, True, True):
            asked = dns.asked[f"{name} MX"]
            now.seconds += 1.1 if is_again else 0.0
            assert (await resolver.mail_exchangers(name)).status is FAILED
            assert (await resolver.mail_exchangers(name)).status is FAILED
            assert dns.asked[f"{name} MX"] > asked

    play(scene, query_seconds_max=0.3)


def test_the_hosts_file_comes_first(tmp_path: Path) -> None:
    (tmp_path / "hosts").write_text("192.0.2.77 Mail.example # ours\n")

    async def scene(resolver: CachedResolver, dns: FakeDns, _: Now) -> None:
        assert (await resolver.addresses("mail.example")).records == ("192.0.2.77",)
        assert not dns.asked

    play(scene, tmp_path)


def test_the_time_of_an_absence_is_the_zones() -> None:
    async def scene(resolver: CachedResolver, dns: FakeDns, now: Now) -> None:
        dns.absence_seconds = 20
        for seconds, asked_count in ((0, 1), (19, 1), (2, 2)):
            now.seconds += seconds
            assert (await resolver.ask(Question("A", "gone.zone.example"))).status is NXDOMAIN
            assert dns.asked.total() == asked_count

    play(scene)


def test_short_times_are_made_bearable() -> None:
    async def scene(resolver: CachedResolver, dns: FakeDns, now: Now) -> None:
        dns.ttl_seconds = 0
        for seconds, asked_count in ((0, 1), (4, 1), (2, 2)):
            now.seconds += seconds
            await resolver.names("192.0.2.1")
            assert dns.asked.total() == asked_count

    play(scene)


@pytest.mark.parametrize(("name", "kept_seconds"), [("mail.example", 60), ("nobody.example", 300)])
def test_answers_and_absences_are_kept_for_their_time(name: str, kept_seconds: float) -> None:
    async def scene(resolver: CachedResolver, dns: FakeDns, now: Now) -> None:
        first = await resolver.addresses(name)
        now.seconds += kept_seconds - 1
        assert await resolver.addresses(name.upper()) == first
        assert dns.asked[f"{name} A"] == 1
        now.seconds += 2
        await resolver.addresses(name)
        assert dns.asked[f"{name} A"] == 2

    play(scene)


def test_a_long_ttl_is_cut() -> None:
    async def scene(resolver: CachedResolver, dns: FakeDns, now: Now) -> None:
        dns.ttl_seconds = 10_000_000
        await resolver.names("192.0.2.1")
        now.seconds += 3601
        await resolver.names("192.0.2.1")
        assert dns.asked.total() == 2

    play(scene)


def test_the_cache_is_bounded() -> None:
    async def scene(resolver: CachedResolver, dns: FakeDns, _: Now) -> None:
        for number in (1, 2, 3, 1):
            await resolver.mail_exchangers(f"n{number}.example")
        assert dns.asked.total() == 4
        assert len(resolver._cache) == 2

    play(scene, cache_entries_max=2)


def test_the_same_question_is_asked_once_at_a_time() -> None:
    async def scene(resolver: CachedResolver, dns: FakeDns, _: Now) -> None:
        dns.delay_seconds = 0.05
        answers = await asyncio.gather(
            *(resolver.mail_exchangers("customer.example") for _i in range(50))
        )
        assert len(set(answers)) == 1
        assert dns.asked.total() == 1

    play(scene)


def test_one_who_goes_away_takes_no_answer_from_the_others() -> None:
    async def scene(resolver: CachedResolver, dns: FakeDns, _: Now) -> None:
        dns.delay_seconds = 0.1
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(resolver.mail_exchangers("customer.example")) for _i in range(3)
            ]
            await asyncio.sleep(0)  # All three have asked.
            tasks[0].cancel()
        assert [task.result().status for task in tasks[1:]] == [FOUND] * 2

    play(scene)


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "a..b", "x" * 64 + ".example", "y." * 200, "a\0b.example", "bücher.example"],
)
def test_no_name_raises(name: str) -> None:
    async def scene(resolver: CachedResolver, _dns: FakeDns, _now: Now) -> None:
        for answer in (await resolver.addresses(name), await resolver.mail_exchangers(name)):
            assert answer.status is not FOUND

    play(scene)
