"""Bounced and told in one transaction: there is no moment with one of them alone."""

import sqlite3
from collections.abc import Sequence
from typing import NamedTuple

from katharion.adapters.store import rows
from katharion.values.held import HeldMessage, HeldRecipient, Moment, Settlement


class Noticed(NamedTuple):
    """A notification to be held, and the moment of it."""

    message: HeldMessage
    row: HeldRecipient
    pieces: tuple[bytes, ...]
    now: float | Moment


def bounce(
    db: sqlite3.Connection, shard: str, notice: Noticed, settlements: Sequence[Settlement]
) -> list[bool]:
    """Settle, and hold the notification, in one transaction: it is durable before BOUNCED is."""
    settled = rows.settle(db, settlements, notice.now)
    if any(settled):
        rows.hold(db, shard, notice.message, [notice.row], notice.pieces)
    return settled
