"""`katharion ledger`: whether all that was acknowledged is there."""

import sqlite3
import sys
from pathlib import Path

import click
import msgspec

from katharion.adapters.clock import SystemClock
from katharion.adapters.store.migrate import StoreError
from katharion.cli.given import config_option, end, json_option, load_or_exit
from katharion.cli.moments import ago_seconds, moment_of
from katharion.cli.table import moment, print_table
from katharion.ports import SpoolUnavailableError
from katharion.processes.auditor import ask_ledger
from katharion.processes.wiring import JOURNAL_FOLDER
from katharion.tracking.ledger import Balance, Figures

NAMES_SHOWN_MAX = 100  # On a terminal; --json has all.


@click.command("ledger")
@click.option("--since", default="2h", show_default=True, help="15m, 2h, 7d, or 2026-11-23T10:00.")
@click.option("--until", default="", help="The same; now, where it is not given.")
@config_option
@json_option
def ledger(config_path: Path, *, since: str, until: str, is_json: bool) -> None:
    """Compare what was answered 250 with what has a fate, by node and hour.

    Exit status 1 where recipients are missing (each is named), 2 where it can't be asked.
    """
    now = SystemClock().wall()
    begin, over = _moment("--since", since, now), _moment("--until", until or "0s", now)
    config = load_or_exit(config_path).config
    journal = Path(config.runtime) / JOURNAL_FOLDER
    # Without a given end also what a clock wrote that has been set back since.
    end_at = over if until else float("inf")
    try:
        balance = ask_ledger(journal, Path(config.store), begin, end_at)
    except (StoreError, SpoolUnavailableError, sqlite3.Error, OSError) as error:
        end(f"The ledger can't be added up, which says nothing of the mail: {error}")
    if is_json:
        span = {"since": begin, "until": over}
        figures = msgspec.structs.asdict(balance.figures)
        print(
            msgspec.json.format(msgspec.json.encode({**span, **figures, **_rest(balance)})).decode()
        )
    else:
        _print(balance, begin, over)
    sys.exit(1 if balance.figures.difference else 0)


def _moment(option: str, text: str, now: float) -> float:
    ago = ago_seconds(text)
    at = now - ago if ago is not None else moment_of(text)
    if at is None:
        end(f"{option}: {text!r} is no time. Write 15m, 2h or 7d for ago, or 2026-11-23T10:00.")
    return at


def _rest(balance: Balance) -> dict[str, object]:
    return {
        "unwatched": balance.unwatched,
        "accounts": balance.accounts,
        "missing": balance.missing,
    }


def _print(balance: Balance, begin: float, over: float) -> None:
    names = Figures.__struct_fields__
    print(f"Recipients acknowledged from {moment(begin)} to {moment(over)} UTC")
    rows = [(one.node, moment(one.hour_at)[:16], *_cells(one.figures)) for one in balance.accounts]
    print_table(("node", "hour", *names), [*rows, ("all", "", *_cells(balance.figures))])
    if balance.unwatched:
        print(f"{balance.unwatched} more, the oldest, were left out: ask for a shorter time.")
    for one in balance.missing[:NAMES_SHOWN_MAX]:
        print(f"\n{one.message_id} <{one.recipient}> at {moment(one.at)} on {one.node}")
        print(f"  we said   {one.said}")
        print(f"  recorded  {one.recorded}")
        print(f"  missing   {one.missing}")
        print(f"  do        {one.remedy}")
    left = len(balance.missing) - NAMES_SHOWN_MAX
    if left > 0:
        print(f"\nand {left} more: --json names all.")


def _cells(figures: Figures) -> tuple[str, ...]:
    return tuple(str(getattr(figures, name)) for name in Figures.__struct_fields__)
