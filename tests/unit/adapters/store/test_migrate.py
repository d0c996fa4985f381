"""The store's files: made, found right, too new, half made, in a folder that can't be written."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from katharion.adapters.store.lanes import lanes
from katharion.adapters.store.migrate import (
    HEADS,
    StoreError,
    check,
    control_path,
    migrate,
    migrate_to,
    spool_path,
    tracking_path,
    version_of,
)


def test_all_files_are_made_and_a_second_time_changes_nothing(tmp_path: Path) -> None:
    store = tmp_path / "a" / "store"
    migrate(store, 2)
    migrate(store, 2)
    check(spool_path(store, 0), "spool")
    check(spool_path(store, 1), "spool")
    check(tracking_path(store), "tracking")
    assert spool_path(store, 0).stat().st_mode & 0o777 == 0o600
    assert not (store / ".writable").exists()


def test_a_shard_whose_slot_is_gone_is_migrated_too(tmp_path: Path) -> None:
    spool_path(tmp_path, 7).touch()
    migrate(tmp_path, 1)
    assert version_of(spool_path(tmp_path, 7)) == HEADS["spool"]


def test_a_newer_schema_is_left_alone_with_a_clear_sentence(tmp_path: Path) -> None:
    migrate(tmp_path, 1)
    path = spool_path(tmp_path, 0)
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE alembic_version SET version_num = 'spool_9999'")
    before = path.read_bytes()
    for use in (lambda: check(path, "spool"), lambda: migrate(tmp_path, 1)):
        with pytest.raises(StoreError, match=r"spool_9999.*knows spool_0002.*newer katharion"):
            use()
    assert path.read_bytes() == before


def test_what_is_no_store_is_said_to_be_none(tmp_path: Path) -> None:
    spool_path(tmp_path, 0).write_bytes(b"not a database at all" * 100)
    with pytest.raises(StoreError, match="no katharion store"):
        migrate(tmp_path, 1)


def test_what_is_not_there_yet(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="katharion up"):
        check(spool_path(tmp_path, 0), "spool")


def test_a_folder_that_can_not_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match=r"can't be written .* give it to the user"):
        migrate(tmp_path / "file" / "store", 1)


def test_a_failed_migration_leaves_nothing_half_made(tmp_path: Path) -> None:
    """A table is in its way: none of the others is made, and one sentence says so."""
    path = spool_path(tmp_path, 0)
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE held_attempt (x)")
    with pytest.raises(StoreError, match="can't be made or migrated"):
        migrate(tmp_path, 1)
    with closing(sqlite3.connect(path)) as db, db:
        assert db.execute("SELECT name FROM sqlite_master").fetchall() == [("held_attempt",)]
        db.execute("DROP TABLE held_attempt")
    migrate(tmp_path, 1)


def test_a_filter_does_not_load_what_migrates() -> None:
    code = (
        "import sys, katharion.adapters.store.spool, katharion.adapters.store.tracking;"
        "assert not {'alembic', 'sqlalchemy'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env=dict(os.environ))


def _at_first_version(path: Path) -> None:
    """A shard as the first version made it, with what it held."""
    path.parent.mkdir(exist_ok=True)
    migrate_to(path, "spool_0001")
    with closing(sqlite3.connect(path)) as db, db:
        db.execute(
            "INSERT INTO held_message VALUES ('m', 5, 'acme', 's@x', 'hi', x'', x'', x'', x'', 3)"
        )
        for recipient, state, due_at, attempts, lease_until in (
            ("ann@one.example", "queued", 10.0, 0, 0.0),
            ('"a@b"@two.example', "queued", 20.0, 3, 0.0),
            ("cat@one.example", "queued", 20.0, 0, 900.0),
            ("dan@one.example", "quarantined", 5.0, 0, 0.0),
        ):
            db.execute(
                "INSERT INTO held_recipient (message_id, recipient, state, route, reason, due_at,"
                " queued_at, changed_at, attempts, lease_until) VALUES ('m', ?, ?, 'r', '', ?, 5,"
                " 7, ?, ?)",
                (recipient, state, due_at, attempts, lease_until),
            )


def test_what_the_first_version_held_waits_in_its_lanes(tmp_path: Path) -> None:
    _at_first_version(spool_path(tmp_path, 0))
    migrate(tmp_path, 1)
    with closing(sqlite3.connect(spool_path(tmp_path, 0))) as db:
        found = db.execute(
            "SELECT r.recipient, l.tenant, l.route, l.domain, r.rank, r.due_at, r.since"
            " FROM held_recipient r JOIN lane l ON l.id = r.lane ORDER BY r.rowid"
        ).fetchall()
        assert found == [
            ("ann@one.example", "acme", "r", "one.example", 0, 10.0, 7.0),
            ('"a@b"@two.example', "acme", "r", "two.example", 1, 20.0, 7.0),
            ("cat@one.example", "acme", "r", "one.example", 0, 900.0, 7.0),
            ("dan@one.example", "acme", "r", "one.example", 0, 5.0, 7.0),
        ]
        assert {due.lane.domain for due in lanes(db, "s", 15.0)} == {"one.example"}
        assert {due.lane.domain for due in lanes(db, "s", 25.0)} == {"one.example", "two.example"}


def test_a_store_of_the_first_version_gets_its_control_file(tmp_path: Path) -> None:
    _at_first_version(spool_path(tmp_path, 0))
    migrate(tmp_path, 1)
    check(control_path(tmp_path), "control")
