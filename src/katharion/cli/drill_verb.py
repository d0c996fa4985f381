"""`katharion drill`: break a node of its own under load, and count the mail afterwards."""

import sys
from collections.abc import Sequence

import click
import msgspec
import uvloop

from katharion.demo.node import DemoError
from katharion.drill.plans import BY_NAME, DRILLS
from katharion.drill.stage import Drill, Load, NotHereError, Outcome, run_drill

HEAD = (
    *("drill", "messages", "acked", "delivered", "queued", "quarantined", "bounced"),
    *("lost", "duplicates", "explained", "unsent", "seconds"),
)
WIDTH = max(len(drill.name) for drill in DRILLS)
_DEFAULT = Load()


@click.command("drill")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--list", "is_list", is_flag=True, help="Say which drills there are.")
@click.option("--all", "is_all", is_flag=True, help="Run all of them.")
@click.option("--messages", type=click.IntRange(1), default=_DEFAULT.messages, show_default=True)
@click.option("--seconds", type=click.FloatRange(1), default=_DEFAULT.seconds, show_default=True)
@click.option(
    "--rate",
    type=click.FloatRange(1),
    default=_DEFAULT.rate,
    show_default=True,
    help="Messages a second, at most.",
)
@click.option("--json", "is_json", is_flag=True, help="Print one JSON object a drill.")
def drill(
    names: tuple[str, ...], *, is_list: bool, is_all: bool, is_json: bool, **load: float
) -> None:
    """Start a real node on loopback, load it, break something, and add up the mail.

    Exit status 0 only if no acknowledged message was lost, every second copy has a known
    cause, and what the drill says held. A drill that this machine can't run is named.
    """
    if is_list:
        for one in DRILLS:
            print(f"{one.name:<{WIDTH}}  {one.sentence}")
        return
    drills = _chosen(names, is_all=is_all)
    amount = Load(int(load["messages"]), load["seconds"], load["rate"])
    outcomes = _run_all(drills, amount, is_json=is_json)
    _end(drills, outcomes, is_json=is_json)


def _chosen(names: tuple[str, ...], *, is_all: bool) -> Sequence[Drill]:
    wrong = [name for name in names if name not in BY_NAME]
    if wrong:
        raise click.UsageError(f"there is no drill {', '.join(wrong)}; --list names them")
    if not names and not is_all:
        raise click.UsageError("name a drill, or say --all; --list names them")
    return DRILLS if is_all else [BY_NAME[name] for name in names]


def _run_all(drills: Sequence[Drill], load: Load, *, is_json: bool) -> list[Outcome]:
    outcomes: list[Outcome] = []
    if not is_json:
        _print_row(HEAD)
    for one in drills:
        try:
            outcome = uvloop.run(run_drill(one, load))
        except NotHereError as error:
            print(f"{one.name:<{WIDTH}}  not run: {error}", file=sys.stderr, flush=True)
            continue
        except DemoError as error:
            print(f"katharion drill {one.name}: {error}", file=sys.stderr)
            sys.exit(2)
        outcomes.append(outcome)
        if is_json:
            print(msgspec.json.encode(outcome).decode(), flush=True)
        else:
            _print(outcome)
    return outcomes


def _print(outcome: Outcome) -> None:
    account = outcome.account
    _print_row(
        (
            *(outcome.name, outcome.messages, account.acked, account.delivered, account.queued),
            *(account.quarantined, account.bounced, account.lost, account.duplicates),
            *(account.explained, outcome.unsent, outcome.seconds),
        )
    )
    for line in outcome.details:
        print(f"{'':<{WIDTH}}    {line}")
    for line in outcome.broken:
        print(f"{'':<{WIDTH}}  ! {line}")
    sys.stdout.flush()


def _print_row(cells: Sequence[object]) -> None:
    first, *rest = cells
    print(f"{first!s:<{WIDTH}}  " + "  ".join(f"{cell!s:>11}" for cell in rest), flush=True)


def _end(drills: Sequence[Drill], outcomes: Sequence[Outcome], *, is_json: bool) -> None:
    """The last line, and the exit status."""
    lost = sum(one.account.lost for one in outcomes)
    unexplained = sum(one.account.duplicates - one.account.explained for one in outcomes)
    broken = [one.name for one in outcomes if one.broken]
    if not is_json:
        sent = sum(one.messages for one in outcomes)
        acked = sum(one.account.acked for one in outcomes)
        not_run = len(drills) - len(outcomes)
        print(
            f"\n{len(outcomes)} drills{f', {not_run} not run' if not_run else ''}: {sent} messages,"
            f" {acked} recipients acknowledged, {lost} lost, {unexplained} copies without a cause;"
            f" {'not as it must be: ' + ', '.join(broken) if broken else 'all as it must be'}."
        )
    if not outcomes:
        sys.exit(2)
    sys.exit(1 if broken or lost or unexplained else 0)
