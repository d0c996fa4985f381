"""What one runner knows of its destinations, and how many deliveries each may have now.

A destination is a route, or, where a route goes by the recipients' own MX, one domain of it.
Times are monotonic seconds.
"""

from collections.abc import Mapping
from math import ceil
from typing import NamedTuple

from katharion.queue.drain import Answer, Drain, answer_of
from katharion.queue.options import QueueOptions
from katharion.queue.pace import Pace
from katharion.queue.schedule import Health
from katharion.queue.share import Free, Room
from katharion.values.attempt import AttemptResult
from katharion.values.held import Lane
from katharion.values.snapshot import Route

LONG_SECONDS = 2.0  # A delivery that is not over by then gives its place to others.
FORGOTTEN_SECONDS = 3600.0
RATE_SECONDS = 60.0  # Over which a destination's speed is counted.


class Limits(NamedTuple):
    """What a destination may have at most; a rate of 0 is none."""

    deliveries_max: int
    per_second_max: float


class Trip(NamedTuple):
    """One delivery under way."""

    destination: str
    began_at: float
    number: int


class Destination:
    """One of them. `is_proven`: it has answered, and since then nothing was wrong."""

    def __init__(self, limits: Limits, now: float) -> None:
        self.limits = limits
        self.health = Health()
        self.drain = Drain(float(limits.deliveries_max))
        self.pace = Pace()
        self.trips: dict[int, float] = {}
        self.is_proven = False
        self.used_at = now
        self.per_second = 0.0  # Deliveries of late, smoothed.
        self._counted_at = now

    def room(self, now: float) -> Room:
        """How many deliveries may begin now."""
        at_work = len(self.trips)
        if self.health.failures:
            return Room(int(not at_work and self.health.may_try(now)), is_doubtful=True)
        if not self.is_proven:
            return Room(int(not at_work), is_doubtful=True)
        if any(now - began_at > LONG_SECONDS for began_at in self.trips.values()):
            return Room(0)  # First it is to answer these.
        room = min(self.drain.deliveries_max, self.limits.deliveries_max) - at_work
        if self.limits.per_second_max:
            room = min(room, self.pace.room(now, self.limits.per_second_max))
        return Room(max(0, room))

    def may_begin(self, now: float) -> bool:
        """Whether one more may begin, for one that was claimed already."""
        return self.room(now).deliveries > 0

    def began(self, number: int, now: float) -> None:
        """A delivery is on its way."""
        self.used_at = now
        self.trips[number] = now
        self.health = self.health.tried()
        if self.limits.per_second_max:
            self.pace = self.pace.began(now, self.limits.per_second_max)

    def ended(self, number: int) -> float:
        """It is over, whatever it came to; returns when it began."""
        self.health = self.health.ended()
        return self.trips.pop(number)

    def answered(self, answer: Answer, began_at: float, now: float) -> None:
        """It was reached. Back from an outage, or new, it begins with one at a time."""
        if self.health.failures:
            self.drain = Drain(1.0, now)
        self.health, self.is_proven = self.health.reached(), True
        self.drain = self.drain.ended(answer, began_at, now, self.limits.deliveries_max)
        seconds = max(now - self._counted_at, 1e-3)
        share = min(1.0, seconds / RATE_SECONDS)
        self.per_second += share * (1 / seconds - self.per_second)
        self._counted_at = now

    def missed(self, now: float, backoff_seconds_max: float) -> None:
        """It could not be reached."""
        self.health, self.is_proven = self.health.missed(now, backoff_seconds_max), False
        self.per_second = 0.0

    def rate(self, now: float) -> float:
        """Deliveries a second; it falls while none comes."""
        return min(self.per_second, 1 / max(now - self._counted_at, 1e-3))

    def state(self, now: float) -> str:
        """For people."""
        if self.health.failures:
            return "resting" if now < self.health.rests_until else "probing"
        if not self.is_proven:
            return "new"
        is_gentle = self.drain.is_gentle(self.limits.deliveries_max)
        return "draining" if is_gentle else "open"


class Destinations:
    """All of them. `free` is shared out by queue/share."""

    def __init__(self, options: QueueOptions) -> None:
        self._options = options
        self._known: dict[str, Destination] = {}
        self._numbers = 0
        self._trips: dict[int, Trip] = {}

    @property
    def under_way(self) -> int:
        """Deliveries on their way to any of them."""
        return len(self._trips)

    @property
    def known(self) -> Mapping[str, Destination]:
        """All that are known, by name."""
        return self._known

    def of(self, name: str, route: Route | None, now: float) -> Destination:
        """The destination of that name, with the limits that its route has now."""
        limits = limits_of(route, self._options)
        known = self._known.get(name)
        if known is None:
            known = self._known[name] = Destination(limits, now)
        known.limits = limits
        return known

    def began(self, name: str, now: float) -> Trip:
        """A delivery to a known destination is on its way."""
        self._numbers += 1
        trip = self._trips[self._numbers] = Trip(name, now, self._numbers)
        self._known[name].began(trip.number, now)
        return trip

    def ended(self, trip: Trip) -> None:
        """It is over, whatever it came to."""
        del self._trips[trip.number]
        self._known[trip.destination].ended(trip.number)

    def heard(self, trip: Trip, result: AttemptResult, size_bytes: int, now: float) -> None:
        """What it came to, said before it is over."""
        known = self._known[trip.destination]
        if result.was_connected:
            known.answered(answer_of(result, size_bytes), trip.began_at, now)
        else:
            known.missed(now, self._options.backoff_seconds_max)

    def free(self, now: float, others: int = 0) -> Free:
        """How many may begin. `others`: work of ours that asks no destination.

        A delivery that lasts long gives its place up, to a bound: a hundred servers that do
        not answer must not keep the rest waiting. Half of the places is for those that answer.
        """
        all_max = self._options.deliveries_max
        young = [t for t in self._trips.values() if now - t.began_at <= LONG_SECONDS]
        in_all = all_max + self._options.long_deliveries_max - len(self._trips) - others
        free = max(0, min(all_max - len(young) - others, in_all))
        doubtful = sum(not self._known[t.destination].is_proven for t in young)
        return Free(free, max(0, ceil(all_max / 2) - doubtful))

    def wake(self, now: float) -> int:
        """A person wants it tried now: those that rest get their probe; returns how many."""
        resting = [known for known in self._known.values() if known.health.rests_until > now]
        for known in resting:
            known.health = known.health.woken(now)
        return len(resting)

    def forget(self, now: float) -> None:
        """Those that nothing went to for long."""
        for name in [
            name
            for name, known in self._known.items()
            if not known.trips and now - known.used_at > FORGOTTEN_SECONDS
        ]:
            del self._known[name]


def destination_of(lane: Lane, route: Route | None) -> str:
    """The name of what a lane's mail goes to."""
    if route is not None and route.is_mx and not route.mx_domain:
        return f"{lane.route}/{lane.domain}"
    return lane.route


def limits_of(route: Route | None, options: QueueOptions) -> Limits:
    """What the route says, and else what the queue does."""
    if route is None:
        return Limits(options.deliveries_per_route_max, 0.0)
    return Limits(
        route.queue_deliveries_max or options.deliveries_per_route_max,
        route.queue_messages_per_second_max or options.messages_per_second_max,
    )
