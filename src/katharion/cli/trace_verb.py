"""`katharion trace`: the whole story of a message."""

import sys
from pathlib import Path

import click
import msgspec

from katharion.adapters.clock import SystemClock
from katharion.adapters.store.migrate import StoreError
from katharion.adapters.store.tracking import TrackingStore
from katharion.cli.given import config_option, end, json_option, load_or_exit
from katharion.cli.moments import ago_seconds, moment_of
from katharion.tracking.stories import by_message, tell
from katharion.values.track import TrackRecord

SPAN_SECONDS = 60.0  # What a moment without seconds means.


@click.command("trace", context_settings={"ignore_unknown_options": True})
@click.argument("query")
@config_option
@json_option
@click.option("--limit", type=click.IntRange(1, 100_000), default=100, show_default=True)
def trace(query: str, config_path: Path, *, is_json: bool, limit: int) -> None:
    """Print what became of each message that QUERY means.

    QUERY is an id of ours, an address, a Message-ID, a client's address, a word of the
    subject, a time (2026-11-23T10:00), or how long ago to begin (-15m, -2h).
    """
    config = load_or_exit(config_path).config
    try:
        store = TrackingStore(Path(config.store))
    except StoreError as error:
        end(str(error))
    records = _find(store, query, limit)
    if not records:
        print(f"Nothing is recorded of {query!r}. Records arrive within about a second.")
        sys.exit(1)
    if is_json:
        print(msgspec.json.format(msgspec.json.encode(records)).decode())
        return
    for number, group in enumerate(by_message(records)):
        print("" if not number else "\n", end="")
        print("\n".join(tell(group)))


def _find(store: TrackingStore, query: str, limit: int) -> list[TrackRecord]:
    now = SystemClock().wall()
    ago = ago_seconds(query.removeprefix("-")) if query.startswith("-") else None
    if ago is not None:
        return store.between(now - ago, now + SPAN_SECONDS, limit)
    at = moment_of(query)
    if at is None:
        return store.find(query, limit)
    return store.between(at, at + SPAN_SECONDS, limit)
