"""The store's files: made, found right, too new, half made, in a folder that can't be written."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from katharion.adapters.store.migrate import (
    HEADS,
    StoreError,
    check,
    migrate,
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
