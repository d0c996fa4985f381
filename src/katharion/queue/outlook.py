"""What operators are told of the queue: why a row waits, and when a destination is empty. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import msgspec

from katharion.queue.destinations import Destinations, destination_of
from katharion.values.fate import State
from katharion.values.held import HeldRow, Lane
from katharion.values.snapshot import Route
from katharion.values.waiting import LaneCount, Pause

RATE_WORTH_TELLING = 1e-3  # A second: below it no end is foretold.


class Told(msgspec.Struct, frozen=True):
    """What the runner tells of one destination."""

    state: str
    deliveries_max: int
    under_way: int
    per_second: float
    rests_seconds: float = 0.0


class Line(NamedTuple):
    """One destination, for people. `empty_seconds` None: nobody can say."""

    destination: str
    waiting: int
    oldest_at: float
    next_at: float
    under_way: int
    state: str
    per_minute: float
    empty_seconds: float | None
    why: str = ""


def tell(destinations: Destinations, now: float) -> dict[str, Told]:
    """All that the runner knows, by destination; `now` is monotonic."""
    return {
        name: Told(
            known.state(now),
            min(known.drain.deliveries_max, known.limits.deliveries_max),
            len(known.trips),
            known.rate(now),
            max(0.0, known.health.rests_until - now) if known.health.failures else 0.0,
        )
        for name, known in destinations.known.items()
    }


def lines(
    counts: Iterable[LaneCount],
    routes: Mapping[str, Route],
    pauses: Sequence[Pause],
    told: Mapping[str, Told],
) -> list[Line]:
    """A line for each destination, the longest queue first."""
    by_name: dict[str, list[LaneCount]] = {}
    for count in counts:
        name = destination_of(count.lane, routes.get(count.lane.route))
        by_name.setdefault(name, []).append(count)
    found = [_line(name, of_it, pauses, told.get(name)) for name, of_it in by_name.items()]
    return sorted(found, key=lambda line: (-line.waiting, line.destination))


def _line(name: str, counts: list[LaneCount], pauses: Sequence[Pause], told: Told | None) -> Line:
    waiting = sum(count.waiting for count in counts)
    stopped = [(count, pause) for count in counts for pause in pauses if pause.stops(count.lane)]
    on_hold = sum(count.paused for count in counts)
    state, why = (told.state if told else "waiting"), ""
    if stopped:
        is_whole = len({id(count) for count, _ in stopped}) == len(counts)
        state, why = ("paused" if is_whole else f"{state}, partly paused"), stopped[0][1].sentence
    elif on_hold:
        state = "paused" if on_hold == waiting else f"{state}, {on_hold} on hold"
    elif told and told.rests_seconds:
        why = f"could not be reached, tried again in {told.rests_seconds:.0f} s"
    per_second = told.per_second if told else 0.0
    is_moving = per_second > RATE_WORTH_TELLING and not state.startswith(("paused", "resting"))
    return Line(
        name,
        waiting,
        min(count.oldest_at for count in counts),
        min(count.next_at for count in counts),
        sum(count.under_way for count in counts),
        state,
        60 * per_second,
        waiting / per_second if is_moving else None,
        why,
    )


def why(
    row: HeldRow, route: Route | None, pauses: Sequence[Pause], told: Mapping[str, Told]
) -> str:
    """Why a row waits, in a few words."""
    lane = Lane(row.tenant, row.route, row.recipient.domain)
    if row.lease_owner:
        return f"under way by {row.lease_owner}"
    if row.is_given_up:
        return "given up by a person; the queue runner tells whom it concerns"
    if row.paused:
        return f"on hold, {row.paused}"
    pause = next((each for each in pauses if each.stops(lane)), None)
    if pause is not None:
        return pause.sentence
    said = str(row.words or "") or row.reason
    known = told.get(destination_of(lane, route))
    if row.state is State.QUEUED and known is not None and known.rests_seconds:
        return f"its destination rests for {known.rests_seconds:.0f} s: {said}"
    return said
