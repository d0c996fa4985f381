"""`katharion campaign`: mailings of late, as far as their messages are nearly the same."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import msgspec

from katharion.adapters.clock import SystemClock
from katharion.adapters.store.migrate import StoreError
from katharion.adapters.store.sources import SourceReader
from katharion.adapters.store.tracking import TrackingStore
from katharion.cli.given import config_option, end, json_option, load_or_exit
from katharion.cli.moments import ago_seconds
from katharion.cli.table import moment, print_table
from katharion.config.options import Config
from katharion.mail.message import printable
from katharion.values.campaign import SEEN_COUNT_MAX, Campaign
from katharion.values.verdict import Band

ID_LENGTH_SHOWN = len("text:") + 8
DOMAINS_SHOWN_MAX = 3  # In the list; `show` has all that are known.
SUBJECT_LENGTH_SHOWN = 100
MATCHES_COUNT_MAX = 10
RECORDS_COUNT_MAX = 50  # Looked at for a subject.


@click.group("campaign")
def campaign() -> None:
    """Mailings: messages that are nearly the same, at whichever tenants."""


@campaign.command("list")
@click.option("--since", default="1d", show_default=True, help="Seen within 15m, 2h, 7d.")
@click.option("--at-least", type=click.IntRange(1), default=5, show_default=True, help="Messages.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True)
@config_option
@json_option
def campaign_list(
    config_path: Path, *, since: str, at_least: int, limit: int, is_json: bool
) -> None:
    """The mailings that were seen of late, the largest first."""
    config = load_or_exit(config_path).config
    seconds = ago_seconds(since)
    if seconds is None:
        end(f"--since: {since!r} is no span of time. Write 15m, 2h or 7d.")
    now = SystemClock().wall()
    found = _ask(config, lambda memory: memory.newest_campaigns(now - seconds, at_least, limit))
    subjects = _subjects(config, found)
    if is_json:
        _print_json([_data(one, now, subjects) for one in found])
        return
    if not found:
        print(f"No {at_least} messages alike were seen within {since}.")
        return
    head = ("id", "messages", "tenants", "networks", "spam", "clean", "first seen", "last seen")
    rows = [_row(one, now, subjects) for one in found]
    print_table((*head, "senders", "subject"), rows)


@campaign.command("show")
@click.argument("campaign_id")
@config_option
@json_option
def campaign_show(campaign_id: str, config_path: Path, *, is_json: bool) -> None:
    """All that is known of one; the beginning of its id is enough."""
    config = load_or_exit(config_path).config
    found = _ask(config, lambda memory: memory.campaigns_named(campaign_id, MATCHES_COUNT_MAX))
    if len(found) != 1:
        names = "".join(f"\n  {one.id}" for one in found)
        print(f"{campaign_id}: {'several begin so:' if found else 'no such campaign.'}{names}")
        sys.exit(1)
    now = SystemClock().wall()
    data = _data(found[0], now, _subjects(config, found))
    if is_json:
        _print_json(data)
        return
    for name, value in data.items():
        if name.endswith("_at"):
            shown = f"{moment(value)} UTC"
        else:
            shown = ", ".join(value) if isinstance(value, list) else str(value)
        print(f"{name.replace('_', ' '):<17} {shown or '-'}")


def _ask(config: Config, ask: Callable[[SourceReader], list[Campaign] | None]) -> list[Campaign]:
    """What the node knows; where it does not run, what the store's copy does."""
    found: list[Campaign] | None = None
    for folder in (config.runtime, config.store):
        if found is None:
            memory = SourceReader(Path(folder))
            found = ask(memory)
            memory.close()
    if found is None:
        end("Nothing is remembered of campaigns: start the node, with [sources] remember = true.")
    return found


def _subjects(config: Config, campaigns: list[Campaign]) -> dict[str, str]:
    """By message the subjects of samples that were spam; those of other mail concern nobody."""
    try:
        store = TrackingStore(Path(config.store))
    except StoreError:
        return {}
    found: dict[str, str] = {}
    for sample_id in (one.sample_id for one in campaigns if one.past.spam and one.sample_id):
        for record in store.find(sample_id, RECORDS_COUNT_MAX):
            if record.message_id == sample_id and record.band not in ("", Band.CLEAN.value):
                found[sample_id] = printable(record.subject)[:SUBJECT_LENGTH_SHOWN]
    return found


def _data(one: Campaign, now: float, subjects: dict[str, str]) -> dict[str, Any]:
    past = one.past.at(now)
    newest_first = sorted(one.domains, key=lambda name: -one.domains[name])
    return {
        "id": one.id,
        "messages": one.messages_count,
        "tenants": len(one.tenants),
        "networks": len(one.networks),
        "counted_up_to": SEEN_COUNT_MAX,
        "spam_lately": round(past.spam, 1),
        "clean_lately": round(past.clean, 1),
        "first_seen_at": past.first_at,
        "last_seen_at": one.past.last_at,
        "sender_domains": [printable(name) for name in newest_first],
        "sample_message": one.sample_id,
        "subject": subjects.get(one.sample_id, ""),
    }


def _row(one: Campaign, now: float, subjects: dict[str, str]) -> tuple[str, ...]:
    data = _data(one, now, subjects)
    senders = data["sender_domains"]
    more = f" +{len(senders) - DOMAINS_SHOWN_MAX}" if len(senders) > DOMAINS_SHOWN_MAX else ""
    return (
        one.id[:ID_LENGTH_SHOWN],
        str(one.messages_count),
        _capped(len(one.tenants)),
        _capped(len(one.networks)),
        f"{data['spam_lately']:.0f}",
        f"{data['clean_lately']:.0f}",
        moment(data["first_seen_at"])[:16],
        moment(data["last_seen_at"])[:16],
        ", ".join(senders[:DOMAINS_SHOWN_MAX]) + more,
        data["subject"],
    )


def _capped(count: int) -> str:
    return str(count) if count < SEEN_COUNT_MAX else f"{count}+"


def _print_json(value: object) -> None:
    print(msgspec.json.format(msgspec.json.encode(value)).decode())
