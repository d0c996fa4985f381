"""Who is served next: turns between tenants, destinations and lanes.

Each turn goes to the tenant that has waited longest for one; within it to the destination,
and there to the lane, that has. So a tenant with a hundred thousand messages delays another
by one turn, and each lane that may be served is served within as many turns as there are.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from heapq import heapify, heappop, heappush
from typing import NamedTuple

from katharion.values.held import Grant, LaneDue

BACKLOG_EVERY = 4  # One message in four is of the backlog, though fresh ones wait.


class Want(NamedTuple):
    """A lane with something due. `destination` "": nobody is asked, so nobody limits it."""

    due: LaneDue
    destination: str = ""


class Room(NamedTuple):
    """How many a destination may have now. In doubt: it has not answered of late."""

    deliveries: int
    is_doubtful: bool = False


class Free(NamedTuple):
    """How many deliveries may begin in all, and how many of them to destinations in doubt."""

    deliveries: int
    doubtful: int


class Rota:
    """Remembers who was served when; no longer than they want something."""

    def __init__(self) -> None:
        self._served: dict[object, int] = {}
        self._messages: dict[LaneDue, int] = {}
        self._turn = 0

    def share(self, wants: Sequence[Want], free: Free, rooms: Mapping[str, Room]) -> list[Grant]:
        """The grants of one claim. A destination that is not in `rooms` gets nothing."""
        self._forget(wants)
        gates = self._gates(wants, free, rooms)
        tenants = self._by_tenant(wants)
        turns = [(self._served.get(tenant, 0), tenant) for tenant in tenants]
        heapify(turns)
        counts: dict[LaneDue, int] = {}
        left = free.deliveries
        while left > 0 and turns:
            tenant = turns[0][1]
            want = _next(tenants[tenant], gates, tenant)
            heappop(turns)
            if want is None:
                continue
            left -= 1
            self._turn += 1
            heappush(turns, (self._turn, tenant))
            for served in _places(tenant, want):
                self._served[served] = self._turn
            counts[want.due] = counts.get(want.due, 0) + 1
        return [self._grant(due, count) for due, count in counts.items()]

    def _gates(
        self, wants: Sequence[Want], free: Free, rooms: Mapping[str, Room]
    ) -> dict[str, "_Gates"]:
        """For each destination that has room: its tenants' gate, and that of all in doubt."""
        tenants: dict[str, dict[str, None]] = {}
        for want in wants:
            if want.destination in rooms and rooms[want.destination].deliveries > 0:
                tenants.setdefault(want.destination, {})[want.due.lane.tenant] = None
        in_doubt = [name for name in tenants if rooms[name].is_doubtful]
        served = self._served.get
        doubtful = _Gate(sorted(in_doubt, key=lambda name: served((None, name), 0)), free.doubtful)
        return {
            name: _Gates(
                _Gate(
                    sorted(of_it, key=lambda tenant, name=name: served((tenant, name), 0)),  # type: ignore[misc] # A default.
                    rooms[name].deliveries,
                ),
                doubtful if rooms[name].is_doubtful else None,
            )
            for name, of_it in tenants.items()
        }

    def _grant(self, due: LaneDue, count: int) -> Grant:
        before = self._messages.get(due, 0)
        self._messages[due] = before + count
        backlog = (before + count) // BACKLOG_EVERY - before // BACKLOG_EVERY
        return Grant(due, count, backlog)

    def _by_tenant(self, wants: Sequence[Want]) -> dict[str, "_Line"]:
        """Each tenant's destinations, each with its lanes: who has waited longest is first."""
        served = self._served
        found: dict[str, dict[str, list[Want]]] = {}
        for want in wants:
            of_tenant = found.setdefault(want.due.lane.tenant, {})
            of_tenant.setdefault(want.destination, []).append(want)
        return {
            tenant: deque(
                (name, deque(sorted(of_lane, key=lambda want: served.get(want.due, 0))))
                for name, of_lane in sorted(
                    of_tenant.items(),
                    key=lambda item, tenant=tenant: served.get((tenant, item[0]), 0),  # type: ignore[misc] # A default.
                )
            )
            for tenant, of_tenant in found.items()
        }

    def _forget(self, wants: Sequence[Want]) -> None:
        """Keep what is said of those that want something still."""
        if len(self._served) <= 8 * len(wants) + 64:
            return
        known = {place for w in wants for place in _places(w.due.lane.tenant, w)}
        self._served = {key: turn for key, turn in self._served.items() if key in known}
        self._messages = {due: n for due, n in self._messages.items() if due in known}


class _Gate:
    """Places that several want: whoever has waited longest for one here is before the others.

    So it does not count here who was served elsewhere. Whoever finds no place finds none later
    in the same claim, for those before it take theirs.
    """

    def __init__(self, line: list[str], places: int) -> None:
        self._line, self._places = line, places

    def is_open_to(self, name: str) -> bool:
        return self._line.index(name) < self._places

    def pass_through(self, name: str) -> None:
        self._line.remove(name)
        self._line.append(name)
        self._places -= 1


class _Gates(NamedTuple):
    """What must be open: the destination's to its tenants, and where it is in doubt another."""

    of_tenants: _Gate
    of_doubtful: _Gate | None


_Line = deque[tuple[str, deque[Want]]]


def _next(line: _Line, gates: Mapping[str, _Gates], tenant: str) -> Want | None:
    """The tenant's next lane that may be served; it goes to the end of its line."""
    while line:
        name, lanes = line[0]
        if name and not _pass(gates.get(name), tenant, name):
            line.popleft()  # Nothing opens again within one claim.
            continue
        line.rotate(-1)
        want = lanes[0]
        lanes.rotate(-1)
        return want
    return None


def _pass(gates: _Gates | None, tenant: str, name: str) -> bool:
    if gates is None or not gates.of_tenants.is_open_to(tenant):
        return False
    if gates.of_doubtful is not None:
        if not gates.of_doubtful.is_open_to(name):
            return False
        gates.of_doubtful.pass_through(name)
    gates.of_tenants.pass_through(tenant)
    return True


def _places(tenant: str, want: Want) -> tuple[object, ...]:
    """Where it is remembered that a lane was served."""
    return tenant, (tenant, want.destination), (None, want.destination), want.due
