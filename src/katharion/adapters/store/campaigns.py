"""Campaigns in the file of sources: which fingerprints lead to them, and what is known of each.

Nothing of a message stands here but hashes, its id, and the domains that its senders named.
"""

import sqlite3
from collections.abc import Callable, Sequence
from typing import NamedTuple

import msgspec

from katharion.values.campaign import Campaign, grouped
from katharion.values.track import TrackRecord

PRINTS_COUNT_MAX = 400_000  # About 40 MB.
CAMPAIGNS_COUNT_MAX = 100_000  # About 30 MB.
_FEW_COUNT_MAX = 2  # Messages of a campaign that is hardly one.
_TRIM_SHARE = 20

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Campaign).decode


class CampaignRules(NamedTuple):
    """What a record makes of a campaign: `with_message` and `with_release` of sources/campaigns."""

    with_message: Callable[[Campaign | None, str, TrackRecord], Campaign]
    with_release: Callable[[Campaign, float], Campaign]
    prints_count_max: int = PRINTS_COUNT_MAX
    campaigns_count_max: int = CAMPAIGNS_COUNT_MAX


def count(db: sqlite3.Connection, record: TrackRecord, rules: CampaignRules) -> None:
    """Add a message to the campaigns that it belongs to."""
    for prints in grouped(record.prints):
        known = _read(db, _campaign_of(db, prints))
        campaign = rules.with_message(known, prints[0], record)
        _write(db, campaign)
        db.executemany(
            "INSERT INTO print VALUES (?,?,?) ON CONFLICT (print) DO UPDATE"
            " SET campaign = excluded.campaign, last_at = excluded.last_at",
            [(one, campaign.id, campaign.past.last_at) for one in prints],
        )


def release(db: sqlite3.Connection, prints: Sequence[str], at: float, rules: CampaignRules) -> None:
    """A person has released a message that has these."""
    for campaign in {one.id: one for one in look_up(db, prints).values()}.values():
        _write(db, rules.with_release(campaign, at))


def look_up(db: sqlite3.Connection, prints: Sequence[str]) -> dict[str, Campaign]:
    """By fingerprint the campaigns that are known."""
    marks = ",".join("?" * len(prints))
    rows = db.execute(
        "SELECT print.print, campaign.content FROM print JOIN campaign"
        f" ON campaign.id = print.campaign WHERE print.print IN ({marks})",
        tuple(prints),
    ).fetchall()
    contents = {content: _decode(content) for content in {row[1] for row in rows}}
    return {row[0]: contents[row[1]] for row in rows}


def newest(
    db: sqlite3.Connection, since: float, messages_count_min: int, limit: int
) -> list[Campaign]:
    """Campaigns of texts that were seen since, the largest first."""
    rows = db.execute(
        "SELECT content FROM campaign WHERE last_at >= ? AND messages_count >= ?"
        " AND id LIKE 'text:%' ORDER BY messages_count DESC, last_at DESC LIMIT ?",
        (since, messages_count_min, limit),
    )
    return [_decode(row[0]) for row in rows]


def named(db: sqlite3.Connection, beginning: str, limit: int) -> list[Campaign]:
    """Campaigns by the beginning of their id."""
    rows = db.execute(
        "SELECT content FROM campaign WHERE substr(id, 1, ?) = ? ORDER BY id LIMIT ?",
        (len(beginning), beginning, limit),
    )
    return [_decode(row[0]) for row in rows]


def trim(db: sqlite3.Connection, rules: CampaignRules) -> None:
    """Where there are too many: who is hardly a campaign goes first, then the oldest."""
    for table, key, order, count_max in (
        (
            "campaign",
            "id",
            f"messages_count > {_FEW_COUNT_MAX}, last_at",
            rules.campaigns_count_max,
        ),
        ("print", "print", "last_at", rules.prints_count_max),
    ):
        over = db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] - count_max
        if over > 0:
            db.execute(
                f"DELETE FROM {table} WHERE {key} IN"
                f" (SELECT {key} FROM {table} ORDER BY {order} LIMIT ?)",
                (over + count_max // _TRIM_SHARE,),
            )


def purge_before(db: sqlite3.Connection, at: float) -> None:
    """Forget those that were not seen since."""
    db.execute("DELETE FROM campaign WHERE last_at < ?", (at,))
    db.execute("DELETE FROM print WHERE last_at < ?", (at,))


def _campaign_of(db: sqlite3.Connection, prints: Sequence[str]) -> str:
    """The campaign that most of the fingerprints lead to; "" where none does, or it is gone."""
    marks = ",".join("?" * len(prints))
    row = db.execute(
        "SELECT campaign.id FROM print JOIN campaign ON campaign.id = print.campaign"
        f" WHERE print.print IN ({marks}) GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1",
        tuple(prints),
    ).fetchone()
    return str(row[0]) if row else ""


def _read(db: sqlite3.Connection, name: str) -> Campaign | None:
    row = db.execute("SELECT content FROM campaign WHERE id = ?", (name,)).fetchone()
    return _decode(row[0]) if row else None


def _write(db: sqlite3.Connection, campaign: Campaign) -> None:
    db.execute(
        "INSERT OR REPLACE INTO campaign (id, messages_count, last_at, content) VALUES (?,?,?,?)",
        (campaign.id, campaign.messages_count, campaign.past.last_at, _encode(campaign)),
    )
