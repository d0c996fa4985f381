"""What a person does with many waiting rows at once: a transaction a shard, and what it came to.

A row under way is leased: somebody may be delivering it now, and will settle it. So a verb
changes what becomes of it afterwards, and leaves the lease alone; only a deletion moves the
fence on, so that nobody settles what is gone.
"""

import sqlite3
from collections.abc import Iterable

from katharion.adapters.store.lanes import GIVEN_UP, lane_id
from katharion.values.fate import DUE, State
from katharion.values.held import Lane, Moment
from katharion.values.waiting import Act, Done, LaneCount, Selection, Verb

# In which states a verb does something to a row. What is uncertain is left alone where a
# second copy could come of it.
_STATES: dict[Verb, tuple[State, ...]] = {
    Verb.RETRY: (State.QUEUED, State.UNJUDGED),
    Verb.REROUTE: (State.QUEUED, State.UNJUDGED, State.UNCERTAIN),
    Verb.PAUSE: (State.QUEUED, State.UNJUDGED, State.UNCERTAIN),
    Verb.RESUME: (State.QUEUED, State.UNJUDGED, State.UNCERTAIN),
    Verb.EXPIRE: (State.QUEUED,),
    Verb.DELETE: (State.QUEUED,),
}
_AND = {
    Verb.RETRY: f" AND r.lease_until <= :house AND r.rank <> {GIVEN_UP}",
    Verb.RESUME: " AND r.paused <> ''",
    Verb.PAUSE: " AND r.paused = ''",
}
_FREE = "lease_until <= :house"
_SETS = {
    Verb.RETRY: "due_at = :house",
    Verb.PAUSE: "paused = :note",
    Verb.RESUME: "paused = ''",
    Verb.EXPIRE: (
        f"rank = {GIVEN_UP}, paused = '', due_at = CASE WHEN {_FREE} THEN :house ELSE due_at END"
    ),
    Verb.DELETE: (
        "state = 'deleted', came_from = 'queued', fence = fence + 1, paused = '',"
        " lease_owner = '', lease_until = 0, changed_at = :wall, since = :vouched"
    ),
    Verb.REROUTE: (
        "route = :route, lane = :lane, due_at ="
        f" CASE WHEN state = 'queued' AND {_FREE} THEN :house ELSE due_at END"
    ),
}
Values = dict[str, object]


def act(db: sqlite3.Connection, wanted: Act, moment: Moment) -> Done:
    """Do it, or with `is_dry` only count."""
    values: Values = {"house": moment.house, "wall": moment.wall, "vouched": moment.vouched}
    values |= {"note": wanted.note, "route": wanted.route}
    base = condition(wanted.selection, values)
    verb = wanted.verb
    states = ", ".join(f"'{state.value}'" for state in _STATES[verb])
    fits = f"r.state IN ({states}){_AND.get(verb, '')}"
    matched, fitting, leased = db.execute(
        f"SELECT count(*), coalesce(sum({fits}), 0), coalesce(sum(r.lease_until > :house), 0)"
        f" FROM held_recipient r WHERE {base}",
        values,
    ).fetchone()
    done = Done(fitting, leased, matched - fitting)
    if wanted.is_dry or not fitting:
        return done
    if verb is Verb.REROUTE:
        _reroute(db, f"{base} AND {fits}", values)
        return done
    changed = db.execute(
        f"UPDATE held_recipient AS r SET {_SETS[verb]} WHERE {base} AND {fits}"
        + (" RETURNING message_id, recipient" if verb is Verb.DELETE else ""),
        values,
    ).fetchall()
    return Done(done.changed, done.under_way, done.left, tuple(changed))


def _reroute(db: sqlite3.Connection, where: str, values: Values) -> None:
    """Lane by lane: each has a counterpart by the other route."""
    old = db.execute(
        "SELECT DISTINCT l.id, l.tenant, l.domain FROM held_recipient r"
        f" JOIN lane l ON l.id = r.lane WHERE {where}",
        values,
    ).fetchall()
    for number, tenant, domain in old:
        lane = lane_id(db, Lane(tenant, str(values["route"]), domain))
        db.execute(
            f"UPDATE held_recipient AS r SET {_SETS[Verb.REROUTE]} WHERE r.lane = :old AND {where}",
            values | {"lane": lane, "old": number},
        )


def condition(selection: Selection, values: Values) -> str:
    """The selection as a condition on rows `r`; what it names is put into `values`."""
    parts = [_one_of("r.state", [s.value for s in selection.states or sorted_due()], values)]
    if selection.ids:
        parts.append(_one_of("r.message_id", selection.ids, values))
    lanes = [
        _one_of(column, wanted, values)
        for column, wanted in (
            ("route", selection.routes),
            ("domain", selection.domains),
            ("tenant", selection.tenants),
        )
        if wanted
    ]
    if lanes:
        parts.append(f"r.lane IN (SELECT id FROM lane WHERE {' AND '.join(lanes)})")
    if selection.recipients:
        parts.append(_address("r.recipient", selection.recipients, values))
    of_message = []
    if selection.senders:
        of_message.append(_address("sender", selection.senders, values))
    if selection.holders:
        of_message.append(_holder(selection.holders, values))
    if of_message:
        where = " AND ".join(of_message)
        parts.append(f"r.message_id IN (SELECT id FROM held_message WHERE {where})")
    return " AND ".join(parts)


def sorted_due() -> list[State]:
    """The states that wait, in one order."""
    return sorted(DUE, key=lambda state: state.value)


def _one_of(column: str, wanted: Iterable[str], values: Values) -> str:
    return f"{column} IN ({', '.join(_named(each, values) for each in wanted)})"


def _address(column: str, wanted: Iterable[str], values: Values) -> str:
    """An address, all of a domain ("@domain"), or "<>" for the empty sender."""
    parts = []
    for each in wanted:
        text = "" if each == "<>" else each
        if text.startswith("@"):
            name = _named(text.lower(), values)
            parts.append(f"lower(substr({column}, -length({name}))) = {name}")
        else:
            parts.append(f"{column} = {_named(text, values)} COLLATE NOCASE")
    return f"({' OR '.join(parts)})"


def _holder(wanted: Iterable[str], values: Values) -> str:
    """A "node/process", or either of the two."""
    parts = []
    for each in wanted:
        name = _named(each, values)
        parts.append(
            f"held_by = {name} OR substr(held_by, 1, length({name}) + 1) = {name} || '/'"
            f" OR substr(held_by, -length({name}) - 1) = '/' || {name}"
        )
    return f"({' OR '.join(parts)})"


def _named(value: str, values: Values) -> str:
    name = f"v{len(values)}"
    values[name] = value
    return f":{name}"


def lane_counts(db: sqlite3.Connection, house: float) -> list[LaneCount]:
    """What waits in each lane."""
    states = ", ".join(f"'{state.value}'" for state in sorted_due())
    found = db.execute(
        "SELECT l.tenant, l.route, l.domain, count(*), min(r.queued_at), min(r.due_at),"
        " sum(r.lease_until > ?), sum(r.paused <> '') FROM held_recipient r"
        f" JOIN lane l ON l.id = r.lane WHERE r.state IN ({states}) GROUP BY r.lane",
        (house,),
    )
    return [LaneCount(Lane(*row[:3]), *row[3:]) for row in found]
