"""Bounced and told: both or neither."""

import sqlite3
from pathlib import Path

import pytest

from fixtures.fix_held import ANN, BOB, RECEIVED_AT, held_for, held_message
from katharion.adapters.store import rows
from katharion.adapters.store.migrate import migrate, spool_path
from katharion.adapters.store.notices import Noticed, bounce
from katharion.values.fate import State
from katharion.values.held import Lease, Settlement


@pytest.mark.parametrize("fence", [1, 7])
def test_the_notification_is_held_where_something_is_settled(tmp_path: Path, fence: int) -> None:
    migrate(tmp_path, 1)
    db = sqlite3.connect(spool_path(tmp_path, 0), isolation_level=None)
    about, notice = held_message(1), held_message(2)
    rows.hold(db, "s", about, [held_for(ANN), held_for(BOB)], rows.compress(about.content))
    settlements = [
        Settlement(Lease(about.id, "s", who, fence), State.BOUNCED) for who in (ANN, BOB)
    ]
    told = Noticed(notice, held_for(ANN), rows.compress(notice.content), RECEIVED_AT)
    settled = bounce(db, "s", told, settlements)
    assert settled == [fence == 1] * 2, "an old fence settles nothing"
    assert (rows.read(db, notice.id) is not None) == (fence == 1)
    bounce(db, "s", told, settlements)  # A commit of unknown outcome is asked for again.
    held = db.execute("SELECT count(*) FROM held_message").fetchone()[0]
    assert held == (2 if fence == 1 else 1)
