"""`katharion queue`: mail that waits for its next hop, looked at and acted on."""

from collections.abc import Mapping
from pathlib import Path

import click
import msgspec

from katharion.adapters.clock import SystemClock
from katharion.cli.given import config_option, json_option, load_or_exit
from katharion.cli.held_verbs import ask, end_if_empty, print_json, show
from katharion.cli.queue_acts import ACTS
from katharion.cli.queue_selection import ask_runner, control_of, selecting, selection_of
from katharion.cli.table import ago, moment, print_table
from katharion.config.load import Loaded
from katharion.queue.outlook import Line, Told, lines, why
from katharion.values.held import HeldRow


@click.group("queue")
def queue() -> None:
    """Mail that waits for its next hop."""


for act in ACTS:
    queue.add_command(act)


@queue.command("list")
@selecting
@config_option
@json_option
@click.option("--limit", type=click.IntRange(1, 100_000), default=100, show_default=True)
def queue_list(config_path: Path, *, is_json: bool, limit: int, **given: tuple[str, ...]) -> None:
    """What waits, why, and when it is tried next; soonest first."""
    selection = selection_of(given)
    loaded = load_or_exit(config_path)
    rows = ask(config_path, lambda spool: spool.waiting(selection, limit))
    if is_json:
        print_json(rows)
        return
    end_if_empty(rows, "Nothing waits in the queue that fits.")
    pauses, told = control_of(loaded.config.store).pauses(), _told(loaded)
    routes = loaded.snapshot.routes

    def line(row: HeldRow) -> tuple[str, ...]:
        reason = why(row, routes.get(row.route), pauses, told)
        when = "under way" if row.lease_owner else moment(row.due_at)
        head = (row.message_id, str(row.recipient), row.state.value, row.route)
        return (*head, when, str(row.attempts), reason)

    print_table(
        ("id", "recipient", "state", "route", "next try", "tries", "why"), list(map(line, rows))
    )
    if len(rows) == limit:
        print(f"(the first {limit}; --limit shows more, `queue destinations` the sums)")


@queue.command("show")
@click.argument("message_id")
@config_option
@json_option
def queue_show(message_id: str, config_path: Path, *, is_json: bool) -> None:
    """One held message: its envelope, its rows, its header."""
    show(message_id, config_path, is_json=is_json)


@queue.command("destinations")
@config_option
@json_option
def queue_destinations(config_path: Path, *, is_json: bool) -> None:
    """What waits for each destination, how it takes it, and when it will be empty."""
    loaded = load_or_exit(config_path)
    counts = ask(config_path, lambda spool: spool.lane_counts())
    pauses, told = control_of(loaded.config.store).pauses(), _told(loaded)
    found = lines(counts, loaded.snapshot.routes, pauses, told)
    if is_json:
        print_json([line._asdict() for line in found])
        return
    for pause in pauses:
        names = (("route", pause.route), ("domain", pause.domain), ("tenant", pause.tenant))
        what = " ".join(f"{key} {name}" for key, name in names if name) or "everything"
        print(f"{what}: {pause.sentence}, since {moment(pause.at)}")
    end_if_empty(found, "Nothing waits in the queue.")
    now = SystemClock().wall()
    head = ("destination", "waiting", "oldest", "next try", "state", "a minute", "empty in", "why")
    print_table(head, [_cells(line, now) for line in found])


def _cells(line: Line, now: float) -> tuple[str, ...]:
    return (
        line.destination,
        str(line.waiting),
        ago(now - line.oldest_at),
        moment(line.next_at) if line.next_at > now else "now",
        f"{line.state}, {line.under_way} under way" if line.under_way else line.state,
        f"{line.per_minute:.0f}" if line.per_minute else "-",
        "-" if line.empty_seconds is None else ago(line.empty_seconds),
        line.why,
    )


def _told(loaded: Loaded) -> Mapping[str, Told]:
    """What the node's queue runner knows of its destinations; nothing where it does not run."""
    try:
        return msgspec.convert(ask_runner(loaded, "destinations"), dict[str, Told])
    except msgspec.ValidationError:
        return {}  # An older runner, or another answer: then it tells nothing.
