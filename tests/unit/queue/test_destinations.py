"""What a destination may have: in doubt one, back from an outage one, then more; never too much."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fixtures.fix_held import ANN
from katharion.queue.destinations import (
    FORGOTTEN_SECONDS,
    LONG_SECONDS,
    Destinations,
    destination_of,
    limits_of,
)
from katharion.queue.options import QueueOptions
from katharion.queue.share import Free, Room
from katharion.values.attempt import AttemptResult, Outcome, RecipientResult, Words
from katharion.values.held import Lane
from katharion.values.snapshot import NextHop, Route

OPTIONS = QueueOptions(deliveries_per_route_max=8)
ROUTE = Route("office", (NextHop("sink"),))


def came(outcome: Outcome = Outcome.ACCEPTED, *, was_connected: bool = True) -> AttemptResult:
    words = {Outcome.ACCEPTED: Words(250, "", ("ok",))}.get(outcome, Words(451, "4.3.0", ("no",)))
    each = RecipientResult(ANN, outcome, words, "dot")
    return AttemptResult((each,), "mx:25", was_connected, took_seconds=0.1)


class Bench:
    def __init__(self, route: Route = ROUTE, options: QueueOptions = OPTIONS) -> None:
        self.all, self.route, self.now = Destinations(options), route, 1000.0

    def room(self, name: str = "office") -> Room:
        return self.all.of(name, self.route, self.now).room(self.now)

    def deliver(self, result: AttemptResult, name: str = "office") -> None:
        self.all.of(name, self.route, self.now)
        trip = self.all.began(name, self.now)
        self.all.heard(trip, result, 1000, self.now)
        self.all.ended(trip)

    @property
    def state(self) -> str:
        return self.all.of("office", self.route, self.now).state(self.now)


def test_its_life() -> None:
    bench = Bench()
    assert (bench.state, bench.room()) == ("new", Room(1, is_doubtful=True))
    bench.deliver(came())
    assert (bench.state, bench.room()) == ("open", Room(8))
    bench.deliver(came(Outcome.DEFERRED, was_connected=False))
    assert (bench.state, bench.room()) == ("resting", Room(0, is_doubtful=True))
    bench.now += 6
    assert (bench.state, bench.room()) == ("probing", Room(1, is_doubtful=True))
    trip = bench.all.began("office", bench.now)
    assert bench.room() == Room(0, is_doubtful=True), "one probe for all"
    bench.all.heard(trip, came(), 1000, bench.now)
    bench.all.ended(trip)
    assert (bench.state, bench.room()) == ("draining", Room(2)), "one, and one more"
    for _ in range(60):
        bench.deliver(came())
    assert (bench.state, bench.room()) == ("open", Room(8))
    bench.deliver(came(Outcome.DEFERRED))
    assert (bench.state, bench.room()) == ("draining", Room(4))


def test_the_routes_own_limits_are_before_the_queues() -> None:
    assert limits_of(ROUTE, OPTIONS) == (8, 0.0)
    assert limits_of(None, OPTIONS) == (8, 0.0)
    own = Route("r", queue_deliveries_max=3, queue_messages_per_second_max=2.0)
    assert limits_of(own, OPTIONS) == (3, 2.0)
    bench = Bench(own)
    bench.deliver(came())
    assert bench.room() == Room(1), "two a second, one of them is gone"
    bench.deliver(came())
    assert bench.room() == Room(0)
    bench.now += 60
    assert bench.room() == Room(2)


@pytest.mark.parametrize(
    ("route", "name"),
    [
        (ROUTE, "r"),
        (None, "r"),
        (Route("r", is_mx=True), "r/d.example"),
        (Route("r", is_mx=True, mx_domain="x.example"), "r"),
    ],
)
def test_what_a_destination_is(route: Route | None, name: str) -> None:
    assert destination_of(Lane("t", "r", "d.example"), route) == name


def test_those_that_do_not_answer_give_their_places_up() -> None:
    bench = Bench(options=QueueOptions(deliveries_max=10, long_deliveries_max=12))
    for number in range(10):
        bench.all.of(f"dead-{number}", ROUTE, bench.now)
        bench.all.began(f"dead-{number}", bench.now)
    assert bench.all.free(bench.now) == Free(0, 0)
    bench.now += LONG_SECONDS + 1
    assert bench.all.free(bench.now) == Free(10, 5)
    for number in range(10, 20):
        bench.all.of(f"dead-{number}", ROUTE, bench.now)
        bench.all.began(f"dead-{number}", bench.now)
    bench.now += LONG_SECONDS + 1
    assert bench.all.free(bench.now) == Free(2, 5), "to a bound"


def test_work_that_asks_nobody_takes_places_too() -> None:
    assert Bench().all.free(0.0, others=20).deliveries == OPTIONS.deliveries_max - 20


def test_one_that_has_fallen_silent_gets_nothing_more_before_it_answers() -> None:
    bench = Bench()
    bench.deliver(came())
    trip = bench.all.began("office", bench.now)
    assert bench.room() == Room(7)
    bench.now += LONG_SECONDS + 1
    assert bench.room() == Room(0)
    bench.all.heard(trip, came(), 1000, bench.now)
    bench.all.ended(trip)
    assert bench.room() == Room(8)


def test_those_that_rest_can_be_woken() -> None:
    bench = Bench()
    bench.deliver(came(Outcome.DEFERRED, was_connected=False))
    assert (bench.all.wake(bench.now), bench.all.wake(bench.now)) == (1, 0)
    assert (bench.state, bench.room()) == ("probing", Room(1, is_doubtful=True))


def test_what_is_not_used_is_forgotten() -> None:
    bench = Bench()
    bench.deliver(came(), "one")
    bench.all.of("two", ROUTE, bench.now)
    bench.all.began("two", bench.now)
    bench.now += FORGOTTEN_SECONDS + 1
    bench.all.forget(bench.now)
    assert list(bench.all.known) == ["two"]


EVENTS = st.lists(
    st.one_of(
        st.tuples(st.just("begin"), st.integers(0, 3)),
        st.tuples(st.just("end"), st.integers(0, 30), st.sampled_from(["ok", "busy", "away"])),
        st.tuples(st.just("wait"), st.floats(0.0, 20.0)),
    ),
    max_size=80,
)


@settings(deadline=None)
@given(EVENTS)
def test_no_destination_ever_has_more_than_it_may(events: list[tuple[object, ...]]) -> None:
    options = QueueOptions(deliveries_max=5, deliveries_per_route_max=3, long_deliveries_max=4)
    bench, trips = Bench(options=options), []
    for event in events:
        match event:
            case "begin", int(number):
                name = f"d{number}"
                if bench.room(name).deliveries and bench.all.free(bench.now).deliveries:
                    trips.append(bench.all.began(name, bench.now))
            case "end", int(index), str(kind) if trips:
                trip = trips.pop(index % len(trips))
                outcome = Outcome.ACCEPTED if kind == "ok" else Outcome.DEFERRED
                result = came(outcome, was_connected=kind != "away")
                bench.all.heard(trip, result, 1000, bench.now)
                bench.all.ended(trip)
            case "wait", float(seconds):
                bench.now += seconds
        assert bench.all.under_way == len(trips) <= 9
        for known in bench.all.known.values():
            assert len(known.trips) <= 3
            assert not (known.health.failures and known.health.is_probing) or known.trips
