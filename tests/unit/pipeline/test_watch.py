"""Lists are watched: one that lies leaves the score in seconds, and comes back by itself."""

import asyncio
import re

import pytest

from fakes.fake_clock import FakeClock
from fakes.fake_dice import FakeDice
from fakes.fake_resolver import FakeResolver
from fakes.fake_tasks import FakeTasks
from fixtures.fix_transaction import transaction
from katharion.pipeline.checks.blocklists import Blocklists
from katharion.pipeline.checks.registry import with_sources
from katharion.pipeline.run import ChecksOptions, Pipeline
from katharion.pipeline.watch import Watch
from katharion.sources.blocklist import make
from katharion.sources.health import ListHealth, State
from katharion.sources.options import BlocklistOptions
from katharion.values.dns import FAILED, DnsAnswer, DnsStatus, Question
from katharion.values.verdict import Band, Verdict

ZONE = "list.example"
LISTED = DnsAnswer(DnsStatus.FOUND, ("127.0.0.2",))


class ListResolver(FakeResolver):
    """A list as it may be: honest, or what `mood` says."""

    mood = "honest"
    client = ""

    def _look_up(self, question: Question) -> DnsAnswer:
        if not question.name.endswith(f".{ZONE}"):
            return self._of_an_honest_sender(question)
        under = question.name.removesuffix(f".{ZONE}")
        is_bad = under in ("2.0.0.127", "66.2.0.192", "test")
        return {
            "honest": LISTED if is_bad else super()._look_up(question),
            "lists all": LISTED,
            "lists all but the tests": super()._look_up(question)
            if re.fullmatch(r"1\.0\.0\.127|invalid", under)
            else LISTED,
            "lists none": super()._look_up(question),
            "is silent": FAILED,
            "refuses us": DnsAnswer(DnsStatus.FOUND, ("127.255.255.254",)),
            "was sold": DnsAnswer(DnsStatus.FOUND, ("203.0.113.80",)),
        }[self.mood]

    def _of_an_honest_sender(self, question: Question) -> DnsAnswer:
        if question == Question("TXT", "sender.example"):
            return DnsAnswer(DnsStatus.FOUND, ("v=spf1 +all",))
        if question.kind == "PTR":
            return DnsAnswer(DnsStatus.FOUND, ("mail.sender.example",))
        if question == Question("A", "mail.sender.example"):
            return DnsAnswer(DnsStatus.FOUND, (self.client,))
        return super()._look_up(question)


class House:
    """A pipeline with one list, its watch, and time that passes a second a step."""

    def __init__(self, options: BlocklistOptions | None = None) -> None:
        self.resolver, self.clock, self.tasks = ListResolver(), FakeClock(), FakeTasks()
        options = options or BlocklistOptions(ZONE, {"127.0.0.2": 50.0})
        lists = Blocklists([make("example", options)], self.clock)
        self.watch = Watch(lists, self.resolver, self.clock, FakeDice())
        self.told: list[tuple[str, str]] = []
        self.watch.tell = self._tell
        self.pipeline = Pipeline(
            ChecksOptions(), self.resolver, self.clock, lambda *_: None, with_sources(lists)
        )
        self.health = lists.health["example"]

    def _tell(self, _name: str, before: State, health: ListHealth) -> None:
        self.told.append((before.value, health.state.value))

    async def seconds(self, count: int, *, mail: bool = False) -> list[Verdict]:
        verdicts = []
        for at in range(count):
            self.watch.sweep(self.tasks)
            await self.tasks.settle()
            self.clock.advance(1.0)
            if mail:
                verdicts.append(await self.verdict(f"198.51.{at >> 8}.{at & 255}"))
        return verdicts

    async def verdict(self, client: str = "192.0.2.7") -> Verdict:
        self.resolver.client = client
        return (await self.pipeline.judge(transaction(client=client))).verdicts[0]

    async def names(self, client: str = "192.0.2.7") -> set[str]:
        return {finding.name for finding in (await self.verdict(client)).findings}


def test_an_honest_list_counts_up_to_the_cap_of_one_check() -> None:
    async def scene() -> None:
        house = House()
        assert "LIST_OUT_EXAMPLE" in await house.names()
        await house.seconds(2)
        assert house.told == [("unproven", "healthy")]
        assert house.watch.states == {"example": "healthy"}
        verdict = await house.verdict("192.0.2.66")
        (finding,) = [f for f in verdict.findings if f.name == "LISTED_EXAMPLE"]
        assert finding.evidence == "192.0.2.66 in list.example: 127.0.0.2"
        assert verdict.band is Band.CLEAN  # Alone it decides nothing.
        assert not {"LISTED_EXAMPLE", "LIST_OUT_EXAMPLE"} & await house.names("192.0.2.7")

    asyncio.run(scene())


@pytest.mark.parametrize(
    ("mood", "seconds_max"),
    [
        ("lists all", 26),
        ("lists all but the tests", 26),
        ("lists none", 26),
        ("is silent", 50),
        ("refuses us", 26),
        ("was sold", 26),
    ],
)
@pytest.mark.parametrize("asks", ["address", "sender"])
def test_a_list_that_can_not_be_believed_leaves_and_comes_back(
    mood: str, seconds_max: int, asks: str
) -> None:
    async def scene() -> None:
        house = House(BlocklistOptions(ZONE, {"127.0.0.2": 50.0}, (asks,)))  # type: ignore[arg-type] # From the table.
        await house.seconds(3)
        house.resolver.mood = mood
        await house.seconds(seconds_max)
        assert not house.health.is_counted
        assert "LIST_OUT_EXAMPLE" in await house.names("192.0.2.66")
        await house.seconds(300)
        assert not house.health.is_counted
        house.resolver.mood = "honest"
        await house.seconds(90)
        assert house.health.is_counted
        assert not house.tasks.failed

    asyncio.run(scene())


@pytest.mark.parametrize("mood", ["lists all", "refuses us", "was sold", "is silent"])
def test_with_mail_it_leaves_at_once_and_no_clean_message_is_held(mood: str) -> None:
    async def scene() -> None:
        house = House()
        await house.seconds(30, mail=True)
        house.resolver.mood = mood
        verdicts = await house.seconds(120, mail=True)
        assert all(verdict.band is Band.CLEAN for verdict in verdicts)
        counted = [
            at
            for at, verdict in enumerate(verdicts)
            if any(finding.name == "LISTED_EXAMPLE" for finding in verdict.findings)
        ]
        assert len(counted) <= 25
        if mood != "lists all":
            assert not counted

    asyncio.run(scene())


def test_a_site_under_attack_keeps_its_list() -> None:
    async def scene() -> None:
        house = House()
        await house.seconds(3)
        for client in range(200):
            house.resolver.answers[Question("A", f"{client}.100.51.198.{ZONE}")] = LISTED
        counted = 0
        for client in range(200):
            counted += "LISTED_EXAMPLE" in await house.names(f"198.51.100.{client}")
            await house.seconds(1)
        assert counted >= 190

    asyncio.run(scene())
