"""A list's health: its table, and what puts it under suspicion."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from katharion.sources.blocklist import Listing
from katharion.sources.health import (
    CLEARED_SECONDS,
    COUNTED,
    LISTED_COUNT_MAX,
    PROBE_SECONDS,
    PROBE_SECONDS_OUT,
    PROBE_SECONDS_OUT_MAX,
    SILENT_COUNT_MAX,
    TABLE,
    WINDOW_COUNT,
    Event,
    ListHealth,
    Probe,
    State,
    judge_probe,
)

HONEST, SILENT = Probe(Event.HONEST), Probe(Event.SILENT, "it does not answer")
LIED = Probe(Event.LIED, "it lists 127.0.0.1, which is never listed")
LISTED, CLEAN = Listing(is_listed=True, weight=3.0), Listing()
NO_ANSWER = Listing(is_silent=True)


def healthy() -> ListHealth:
    health = ListHealth()
    health.probed(HONEST, 0.0)
    assert health.is_counted
    return health


def test_nothing_counts_before_it_is_proven() -> None:
    health = ListHealth()
    assert not health.is_counted
    assert health.next_probe_at == 0.0
    assert health.probed(SILENT, 1.0) is State.UNPROVEN
    assert not health.is_counted


def test_a_lie_takes_it_out_at_once_and_two_tests_bring_it_back() -> None:
    health = healthy()
    health.probed(LIED, 20.0)
    assert (health.state, health.is_counted) == (State.OUT, False)
    assert health.reason == LIED.reason
    assert health.next_probe_at == 20.0 + PROBE_SECONDS_OUT
    health.probed(HONEST, 25.0)
    assert not health.is_counted
    health.probed(HONEST, 30.0)
    assert health.is_counted
    assert health.reason == ""
    assert health.next_probe_at == 30.0 + PROBE_SECONDS


def test_who_is_out_for_long_is_asked_less_often() -> None:
    health, waits = healthy(), []
    for _ in range(20):
        health.probed(LIED, 0.0)
        waits.append(health.next_probe_at)
    assert waits[:3] == [5.0, 7.5, 11.25]
    assert waits[-1] == PROBE_SECONDS_OUT_MAX
    health.probed(HONEST, 0.0)
    assert health.next_probe_at == PROBE_SECONDS_OUT


def test_one_test_without_an_answer_is_forgiven() -> None:
    health = healthy()
    health.probed(SILENT, 20.0)
    assert health.is_counted
    health.probed(SILENT, 40.0)
    assert not health.is_counted


def test_an_answer_that_is_no_listing_puts_it_under_suspicion_at_once() -> None:
    health = healthy()
    health.heard("192.0.2.1", Listing(lie="it answers 127.255.255.254, which is no listing"), 5.0)
    assert (health.is_counted, health.next_probe_at) == (False, 5.0)
    health.probed(HONEST, 6.0)
    assert health.is_counted


def test_silence_puts_it_under_suspicion() -> None:
    health = healthy()
    for _ in range(SILENT_COUNT_MAX - 1):
        health.heard("192.0.2.1", NO_ANSWER, 5.0)
    health.heard("192.0.2.1", CLEAN, 5.0)
    for _ in range(SILENT_COUNT_MAX):
        assert health.is_counted
        health.heard("192.0.2.1", NO_ANSWER, 5.0)
    assert not health.is_counted


def test_everybody_listed_puts_it_under_suspicion_once_a_minute() -> None:
    health = healthy()
    for at in range(LISTED_COUNT_MAX + 1):
        assert health.is_counted
        health.heard(f"192.0.2.{at}", LISTED, 5.0)
    assert health.reason == "it lists nearly everybody"
    health.probed(HONEST, 6.0)
    for at in range(2 * WINDOW_COUNT):
        health.heard(f"192.0.2.{at}", LISTED, 7.0)
    assert health.is_counted
    health.heard("198.51.100.1", LISTED, 6.0 + CLEARED_SECONDS)
    assert not health.is_counted


def test_one_sender_who_comes_again_is_one() -> None:
    health = healthy()
    for _ in range(10 * WINDOW_COUNT):
        health.heard("192.0.2.1", LISTED, 5.0)
    assert health.is_counted


GOOD, BAD = {"127.0.0.1": CLEAN, "127.200.1.2": CLEAN}, {"127.0.0.2": LISTED}


@pytest.mark.parametrize(
    ("good", "bad", "event"),
    [
        (GOOD, BAD, Event.HONEST),
        (GOOD | {"127.200.1.2": LISTED}, BAD, Event.LIED),
        (GOOD, {"127.0.0.2": CLEAN}, Event.LIED),
        (GOOD, {"127.0.0.2": Listing(lie="it answers 203.0.113.1")}, Event.LIED),
        (GOOD | {"127.0.0.1": NO_ANSWER}, BAD, Event.SILENT),
        (GOOD, {"127.0.0.2": NO_ANSWER}, Event.SILENT),
        (GOOD | {"127.0.0.1": LISTED}, {"127.0.0.2": NO_ANSWER}, Event.LIED),
    ],
)
def test_what_a_test_says(good: dict[str, Listing], bad: dict[str, Listing], event: Event) -> None:
    probe = judge_probe(good, bad)
    assert probe.event is event
    assert bool(probe.reason) is (event is not Event.HONEST)


@given(st.lists(st.sampled_from([*Event, "heard", "lie", "silence"])))
def test_it_counts_only_while_its_last_tests_were_passed(events: list[Event | str]) -> None:
    health = ListHealth()
    for at, event in enumerate(events):
        if isinstance(event, Event):
            if event is not Event.SUSPECTED:
                health.probed(Probe(event, "reason"), float(at))
        else:
            kinds = {"heard": LISTED, "lie": Listing(lie="lie"), "silence": NO_ANSWER}
            health.heard(str(at), kinds[event], float(at))
        assert health.is_counted is (health.state in COUNTED)
        assert bool(health.reason) is not health.is_counted
        if event in (Event.LIED, "lie"):
            assert not health.is_counted


def test_each_state_can_become_healthy_again() -> None:
    for state in State:
        reached = {state}
        for _ in State:
            reached |= {after for (before, _), after in TABLE.items() if before in reached}
        assert State.HEALTHY in reached
