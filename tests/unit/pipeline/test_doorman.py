"""Lists that may decide refuse whom they know as bad, and never because they broke."""

import asyncio

import pytest

from fakes.fake_clock import FakeClock
from fakes.fake_dice import FakeDice
from fakes.fake_resolver import FakeResolver
from katharion.pipeline import doorman as doorman_file
from katharion.pipeline.checks.blocklists import Blocklists
from katharion.pipeline.doorman import KEPT_SECONDS, Doorman
from katharion.pipeline.run import ChecksOptions
from katharion.sources.blocklist import make
from katharion.sources.health import Event, Probe, State
from katharion.sources.options import BlocklistOptions
from katharion.values.dns import FAILED, DnsAnswer, DnsStatus, Question

BAD = "198.51.100.7"
LISTED = DnsAnswer(DnsStatus.FOUND, ("127.0.0.2",))
GOOD = DnsAnswer(DnsStatus.FOUND, ("127.0.0.9",))
ERROR = DnsAnswer(DnsStatus.FOUND, ("127.255.255.254",))


class ListResolver(FakeResolver):
    """`says`: what the list says to everything, where it says the same to all."""

    says: DnsAnswer | None = None
    asked_count = 0

    def _look_up(self, question: Question) -> DnsAnswer:
        self.asked_count += 1
        return self.says or super()._look_up(question)


class House:
    """One list that decides, which is healthy, and knows one client."""

    def __init__(self, options: ChecksOptions | None = None) -> None:
        self.clock, self.resolver = FakeClock(), ListResolver()
        self.resolver.answers[Question("A", "7.100.51.198.bl.example")] = LISTED
        answers = {"127.0.0.2": 3.0, "127.0.0.9": -3.0}
        deciding = make("deciding", BlocklistOptions("bl.example", answers, refuses=True))
        counting = make("counting", BlocklistOptions("other.example", answers))
        self.lists = Blocklists([counting, deciding], self.clock)
        self.health = self.lists.health["deciding"]
        for health in self.lists.health.values():
            health.probed(Probe(Event.HONEST), 0.0)
        self.doorman = Doorman(
            self.lists, options or ChecksOptions(), self.resolver, self.clock, FakeDice()
        )

    def ask(self, client: str = BAD) -> str:
        return asyncio.run(self.doorman.ask(client))


@pytest.mark.parametrize("is_slow", [False, True])
def test_a_listed_client_is_refused_and_others_are_not(*, is_slow: bool) -> None:
    house = House()
    house.resolver.is_slow = is_slow
    assert house.doorman.known(BAD) is None
    assert house.ask() == "bl.example"
    assert house.ask("198.51.100.8") == ""
    asked = house.resolver.asked_count
    assert (house.doorman.known(BAD), house.ask()) == ("bl.example", "bl.example")
    assert house.resolver.asked_count == asked  # What was found is kept.
    house.clock.advance(KEPT_SECONDS)
    assert house.doorman.known(BAD) is None


def test_a_list_that_lists_everything_refuses_not_even_the_first() -> None:
    house = House()
    house.resolver.says = LISTED
    assert house.ask("198.51.100.9") == ""
    assert house.health.state is State.SUSPECT
    assert house.health.next_probe_at == house.clock.monotonic()
    assert house.doorman.known("198.51.100.10") is None
    assert house.ask("198.51.100.10") == ""


@pytest.mark.parametrize("says", [FAILED, ERROR, GOOD, DnsAnswer(DnsStatus.NODATA)])
def test_what_is_no_bad_word_refuses_nobody(says: DnsAnswer) -> None:
    house = House()
    house.resolver.says = says
    assert house.ask() == ""


def test_a_list_that_can_not_prove_itself_refuses_nobody() -> None:
    class Half(ListResolver):
        def _look_up(self, question: Question) -> DnsAnswer:
            return LISTED if question.name.startswith("7.100.") else FAILED

    house = House()
    door = Doorman(house.lists, ChecksOptions(), Half(), house.clock, FakeDice())
    assert asyncio.run(door.ask(BAD)) == ""


@pytest.mark.parametrize("state", [state for state in State if state is not State.HEALTHY])
def test_only_a_healthy_list_decides(state: State) -> None:
    house = House()
    assert house.ask() == "bl.example"
    house.health.state = state
    assert house.doorman.known(BAD) == ""  # Also about whom it had refused before.
    house.clock.advance(KEPT_SECONDS)
    assert house.ask() == ""


@pytest.mark.parametrize("client", ["127.0.0.1", "10.0.0.9", "fe80::1"])
def test_who_is_near_is_welcome(client: str) -> None:
    house = House()
    house.resolver.says = LISTED
    assert house.doorman.known(client) == ""


@pytest.mark.parametrize("options", [{"disabled": ("blocklists",)}, {"trusted_relays": (BAD,)}])
def test_where_lists_are_off_and_for_our_relays_nothing_is_asked(
    options: dict[str, tuple[str, ...]],
) -> None:
    house = House(ChecksOptions(**options))  # type: ignore[arg-type] # Options by name.
    assert (house.doorman.known(BAD), house.ask()) == ("", "")
    assert house.resolver.asked_count == 0


def test_what_is_kept_has_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doorman_file, "KEPT_COUNT_MAX", 3)
    house = House()
    for number in range(5):
        house.ask(f"198.51.100.{number}")
    known = [house.doorman.known(f"198.51.100.{number}") for number in range(5)]
    assert known == [None, None, "", "", ""]
