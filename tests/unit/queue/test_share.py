"""Turns: limits are never exceeded, nobody starves, many messages give no right to many turns."""

from hypothesis import given, settings
from hypothesis import strategies as st

from katharion.queue.share import BACKLOG_EVERY, Free, Room, Rota, Want
from katharion.values.fate import State
from katharion.values.held import Lane, LaneDue

LOTS = Free(1000, 1000)


def want(tenant: str, route: str, domain: str = "d", shard: str = "s") -> Want:
    return Want(LaneDue(shard, Lane(tenant, route, domain)), route)


def open_rooms(wants: list[Want], deliveries: int = 10) -> dict[str, Room]:
    return {each.destination: Room(deliveries) for each in wants}


def served(rota: Rota, wants: list[Want], free: int, rooms: dict[str, Room]) -> dict[str, int]:
    """Messages by destination."""
    found: dict[str, int] = {}
    for grant in rota.share(wants, Free(free, free), rooms):
        route = grant.due.lane.route
        found[route] = found.get(route, 0) + grant.messages_max
    return found


def test_tenants_share_alike_however_many_destinations_they_have() -> None:
    wants = [want("big", f"big-{n}") for n in range(100)] + [want("small", "small")]
    assert served(Rota(), wants, 20, open_rooms(wants))["small"] == 10


def test_destinations_of_a_tenant_share_alike_however_many_domains_they_have() -> None:
    wants = [want("t", "many", f"d{n}") for n in range(50)] + [want("t", "one")]
    assert served(Rota(), wants, 20, open_rooms(wants, 20)) == {"many": 10, "one": 10}


def test_the_next_claim_goes_on_where_the_last_one_ended() -> None:
    rota, wants = Rota(), [want("t", f"r{n}") for n in range(10)]
    first = served(rota, wants, 5, open_rooms(wants))
    second = served(rota, wants, 5, open_rooms(wants))
    assert not first.keys() & second.keys()


def test_shards_take_turns() -> None:
    rota = Rota()
    wants = [want("t", "r", shard=f"s{n}") for n in range(4)]
    shards = {g.due.shard for g in rota.share(wants, Free(4, 4), open_rooms(wants))}
    assert len(shards) == 4


def test_what_asks_nobody_has_no_bound_but_the_sum() -> None:
    due = LaneDue("s", Lane("t", "r", "d"), State.UNJUDGED)
    (grant,) = Rota().share([Want(due)], Free(7, 0), {})
    assert grant.messages_max == 7


def test_those_in_doubt_leave_places_for_the_others() -> None:
    wants = [want("t", f"dead-{n}") for n in range(50)] + [want("t", "alive")]
    rooms = {each.destination: Room(1, is_doubtful=True) for each in wants} | {"alive": Room(10)}
    found = Rota().share(wants, Free(20, 5), rooms)
    assert sum(g.messages_max for g in found if g.due.lane.route == "alive") == 10
    assert sum(g.messages_max for g in found) == 15


def test_one_in_four_is_of_the_backlog() -> None:
    rota, wants = Rota(), [want("t", "r")]
    grants = [rota.share(wants, Free(1, 1), open_rooms(wants))[0] for _ in range(40)]
    assert sum(grant.backlog_min for grant in grants) == 40 // BACKLOG_EVERY


def test_it_remembers_only_those_who_want_something() -> None:
    rota = Rota()
    for number in range(1000):
        served(rota, [want(f"t{number}", f"r{number}")], 1, {f"r{number}": Room(1)})
    assert len(rota._served) < 100
    assert len(rota._messages) < 100


NAMES = st.sampled_from("abcd")
WANTS = st.lists(st.builds(want, NAMES, NAMES, NAMES, NAMES), unique=True, max_size=30)


@settings(deadline=None)
@given(WANTS, st.integers(0, 40), st.integers(0, 5), st.dictionaries(NAMES, st.integers(0, 4)))
def test_limits_are_never_exceeded(
    wants: list[Want], free: int, doubtful: int, counts: dict[str, int]
) -> None:
    rooms = {name: Room(n, is_doubtful=name < "c") for name, n in counts.items()}
    grants = Rota().share(wants, Free(free, doubtful), rooms)
    taken: dict[str, int] = {}
    for grant in grants:
        route = grant.due.lane.route
        taken[route] = taken.get(route, 0) + grant.messages_max
        assert grant.backlog_min <= grant.messages_max
    assert sum(taken.values()) <= free
    assert all(n <= rooms[route].deliveries for route, n in taken.items())
    assert sum(n for route, n in taken.items() if rooms[route].is_doubtful) <= doubtful


@settings(deadline=None)
@given(WANTS.filter(bool), st.integers(1, 7))
def test_no_lane_that_may_be_served_starves(wants: list[Want], free: int) -> None:
    """Each has its turn within as many turns as tenants, destinations and lanes multiply to."""
    rota, waiting = Rota(), {each.due for each in wants}
    turns = 4 * 4 * 16
    for _ in range(turns):
        for grant in rota.share(wants, Free(free, free), open_rooms(wants, 1)):
            waiting.discard(grant.due)
    assert not waiting
