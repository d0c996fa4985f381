"""The verbs of `katharion queue` that change something: in bulk, counted, or only told."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click
import msgspec

from katharion.adapters.clock import SystemClock
from katharion.adapters.store.house_time import JUMP_SECONDS_MAX
from katharion.cli.deeds import PROCESS, person, write_down
from katharion.cli.given import config_option, end, load_or_exit
from katharion.cli.held_verbs import ask
from katharion.cli.queue_selection import (
    ask_runner,
    control_of,
    is_meant,
    required,
    selecting,
    standing,
)
from katharion.cli.table import ago
from katharion.config.options import Config
from katharion.values.fate import State
from katharion.values.track import TrackRecord
from katharion.values.waiting import Act, Done, Pause, Verb

F = TypeVar("F", bound=Callable[..., Any])

_all = click.option("--all", "is_all", is_flag=True, help="Everything that waits.")
_dry = click.option("--dry-run", "is_dry", is_flag=True, help="Only say what would be done.")


def acting(command: F) -> F:
    """A verb's selection, and how it is to be meant."""
    return selecting(_all(_dry(config_option(command))))


@click.command("retry")
@acting
def retry(config_path: Path, *, is_all: bool, is_dry: bool, **given: tuple[str, ...]) -> None:
    """Try now what waits for a later attempt. What is uncertain is left: it may have arrived."""
    act = Act(Verb.RETRY, required(given, is_all=is_all), is_dry=is_dry)
    _carry_out(config_path, act, "due now")
    if not is_dry:
        ask_runner(load_or_exit(config_path), "wake")  # What rests is asked once more, too.


@click.command("reroute")
@acting
@click.option("--to", "route", required=True, help="The route that it is to go by.")
def reroute(
    config_path: Path, *, is_all: bool, is_dry: bool, route: str, **given: tuple[str, ...]
) -> None:
    """Send it by another route, now."""
    loaded = load_or_exit(config_path)
    if route not in loaded.snapshot.routes:
        known = ", ".join(sorted(loaded.snapshot.routes)) or "none"
        end(f"There is no route {route!r}. Known: {known}.")
    act = Act(Verb.REROUTE, required(given, is_all=is_all), route=route, is_dry=is_dry)
    _carry_out(config_path, act, f"now to go by {route}")


@click.command("expire")
@acting
def expire(config_path: Path, *, is_all: bool, is_dry: bool, **given: tuple[str, ...]) -> None:
    """Give it up, as if its time were over: the queue runner tells whom it concerns."""
    act = Act(Verb.EXPIRE, required(given, is_all=is_all), is_dry=is_dry)
    _carry_out(config_path, act, "given up")


@click.command("delete")
@acting
def delete(config_path: Path, *, is_all: bool, is_dry: bool, **given: tuple[str, ...]) -> None:
    """Delete it; nobody is told. `quarantine undo` puts it into quarantine for 7 days."""
    act = Act(Verb.DELETE, required(given, is_all=is_all), is_dry=is_dry)
    _carry_out(config_path, act, "deleted")


@click.command("pause")
@acting
@click.option("--reason", default="", help="Why, for those who wonder.")
@click.option("--owner", default="", help="Who; the user that asks, unless given.")
def pause(
    config_path: Path,
    *,
    is_all: bool,
    is_dry: bool,
    reason: str,
    owner: str,
    **given: tuple[str, ...],
) -> None:
    """Let mail wait until it is resumed.

    By routes, destinations, domains and tenants it is a standing order, for mail to come too;
    by anything else it holds the rows that are there now.
    """
    selection = required(given, is_all=is_all)
    note = Pause(owner=owner or person(), reason=reason, at=SystemClock().wall())
    pauses = standing(selection)
    if pauses is None:
        _carry_out(
            config_path, Act(Verb.PAUSE, selection, note=note.sentence, is_dry=is_dry), "on hold"
        )
        return
    stand = [
        Pause(each.route, each.domain, each.tenant, note.owner, note.reason, note.at)
        for each in pauses
    ]
    if not is_dry:
        control_of(load_or_exit(config_path).config.store).pause(stand)
    counts = ask(config_path, lambda spool: spool.lane_counts())
    stopped = [c for c in counts if any(each.stops(c.lane) for each in stand)]
    print(
        f"{_would(is_dry)}{len(stand)} standing pause{_s(len(stand))}: "
        f"{sum(c.waiting for c in stopped)} rows wait under it now."
    )
    _tell_under_way(sum(c.under_way for c in stopped))


@click.command("resume")
@acting
def resume(config_path: Path, *, is_all: bool, is_dry: bool, **given: tuple[str, ...]) -> None:
    """End pauses: standing ones that fit the options, and rows on hold."""
    selection = required(given, is_all=is_all)
    control = control_of(load_or_exit(config_path).config.store)
    ended = [each for each in control.pauses() if is_meant(each, selection)]
    if not is_dry:
        control.resume(ended)
    print(f"{_would(is_dry)}{len(ended)} standing pause{_s(len(ended))} ended.")
    act = Act(Verb.RESUME, selection, is_dry=is_dry)
    _carry_out(config_path, act, "no longer on hold", is_enough=bool(ended))


@click.command("confirm-clock")
@_dry
@config_option
def confirm_clock(config_path: Path, *, is_dry: bool) -> None:
    """Say that the machine's clock is right, after it has jumped.

    Until then no mail is given up and no retention ends; all else goes on.
    """
    control = control_of(load_or_exit(config_path).config.store)
    jump = control.jump_seconds()
    if abs(jump) <= JUMP_SECONDS_MAX:
        print("The machine's clock agrees with the store's: nothing is to be confirmed.")
        return
    which = "ahead of" if jump > 0 else "behind"
    print(f"The machine's clock is {ago(abs(jump))} {which} the store's.")
    if is_dry:
        print("Nothing is given up until that is confirmed, or the clocks agree again.")
        return
    control.confirm_clock()
    print("Confirmed: it is right now.")


ACTS = (retry, reroute, expire, delete, pause, resume, confirm_clock)


def _carry_out(config_path: Path, act: Act, past: str, *, is_enough: bool = False) -> None:
    """Do it in all shards, and say what it came to; exit 1 where nothing was done."""
    done, failures = ask(config_path, lambda spool: spool.act(act))
    if done.changed and not act.is_dry:
        _write_down(load_or_exit(config_path).config, act, done)
    _report(act, done, past)
    for failure in failures:
        print(f"katharion: not done in {failure}", file=sys.stderr)
    if failures or not (done.changed or is_enough):
        sys.exit(1)


def _write_down(config: Config, act: Act, done: Done) -> None:
    """Record it: once as a whole, and each row that has its fate by it."""
    record = TrackRecord(SystemClock().wall(), f"queue-{act.verb.value}", config.node_name, PROCESS)
    what = f"{done.changed} row{_s(done.changed)} by {person()}"
    fates = [
        msgspec.structs.replace(
            record,
            event="deleted",
            message_id=message_id,
            recipient=recipient,
            state=State.DELETED.value,
            reason=f"by {person()}",
        )
        for message_id, recipient in done.fates
    ]
    write_down(config, [msgspec.structs.replace(record, reason=what), *fates])


def _report(act: Act, done: Done, past: str) -> None:
    rows = f"{done.changed} row{_s(done.changed)}"
    print(f"{rows} would be {past}." if act.is_dry else f"{rows} {past}.")
    if done.left and act.verb is not Verb.RESUME:  # Most rows are not on hold.
        print(f"{done.left} that fit are left as they are: {act.verb.value} does nothing to them.")
    _tell_under_way(done.under_way)


def _tell_under_way(count: int) -> None:
    if count:
        print(f"{count} of those that fit are under way: they may still be delivered.")


def _would(is_dry: bool) -> str:  # noqa: FBT001 # One word.
    return "Would be: " if is_dry else ""


def _s(count: int) -> str:
    return "" if count == 1 else "s"
