"""Bring the store's files to this version's schema, before anything uses them.

Run by the supervisor or the command line. The filters only look at the version, with the
standard library: SQLAlchemy and Alembic are not loaded in them.
"""

import sqlite3
from contextlib import closing
from pathlib import Path

HEADS = {
    "spool": "spool_0002",
    "tracking": "tracking_0001",
    "control": "control_0001",
    "reports": "reports_0001",
    "sources": "sources_0002",
    "learning": "learning_0001",
}
_MIGRATIONS = Path(__file__).parent / "migrations"


class StoreError(Exception):
    """The store can't be used as it is; says why and what to do."""


def spool_path(store: Path, slot: int) -> Path:
    """Where the shard of a filter slot lies."""
    return store / f"spool-{slot:02}.db"


def tracking_path(store: Path) -> Path:
    """Where the tracking store lies."""
    return store / "tracking.db"


def control_path(store: Path) -> Path:
    """Where pauses and the store's clock lie."""
    return store / "control.db"


def reports_path(store: Path) -> Path:
    """Where the reports of DMARC and TLS lie."""
    return store / "reports.db"


def sources_path(store: Path) -> Path:
    """Where it lies what is remembered of the sources of mail."""
    return store / "sources.db"


def learning_path(store: Path) -> Path:
    """Where models lie, and what people say of messages."""
    return store / "learning.db"


def migrate(store: Path, slots: int) -> None:
    """Make or migrate every file: a shard for each of `slots`, those found, and the others."""
    try:
        store.mkdir(parents=True, exist_ok=True, mode=0o700)
        (store / ".writable").touch()
        (store / ".writable").unlink()
    except OSError as error:
        raise StoreError(
            f"The store folder {store} can't be written ({error.strerror}). "
            "Make it, and give it to the user that runs katharion."
        ) from error
    shards = {spool_path(store, slot) for slot in range(slots)} | set(store.glob("spool-*.db"))
    for path in sorted(shards):
        _migrate_file(path, "spool")
    _migrate_file(tracking_path(store), "tracking")
    _migrate_file(control_path(store), "control")
    _migrate_file(reports_path(store), "reports")
    _migrate_file(sources_path(store), "sources")
    _migrate_file(learning_path(store), "learning")


def check(path: Path, kind: str) -> None:
    """Raise StoreError where the file is not of this version's schema."""
    version = version_of(path)
    if version == HEADS[kind]:
        return
    if version == "":
        raise StoreError(f"{path} is not there yet. Start with `katharion up`, which makes it.")
    raise StoreError(
        f"{path} has the schema {version}, and this version of katharion knows {HEADS[kind]}. "
        "Start the newer katharion that wrote it, or `katharion up` to migrate an older one."
    )


def version_of(path: Path) -> str:
    """The schema version of a file; "" where there is none yet."""
    if not path.exists():
        return ""
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5)) as connection:
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.OperationalError as error:
        if "no such table" in str(error):
            return ""
        raise StoreError(f"{path} can't be opened: {error}.") from error
    except sqlite3.DatabaseError as error:
        raise StoreError(f"{path} is no katharion store: {error}.") from error
    return str(row[0]) if row else ""


def _migrate_file(path: Path, kind: str) -> None:
    version = version_of(path)
    if version == HEADS[kind]:
        return
    if version and not (_MIGRATIONS / kind / f"{version}.py").exists():
        check(path, kind)
    migrate_to(path, HEADS[kind])


def migrate_to(path: Path, revision: str) -> None:
    """Bring one file to a version's schema, in one transaction."""
    kind = revision.partition("_")[0]
    from alembic import command  # noqa: PLC0415 # Not to be loaded where nothing is migrated.
    from alembic.config import Config  # noqa: PLC0415 # Likewise.
    from sqlalchemy import create_engine  # noqa: PLC0415 # Likewise.
    from sqlalchemy.exc import DatabaseError  # noqa: PLC0415 # Likewise.

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.set_main_option("version_locations", str(_MIGRATIONS / kind))
    config.set_main_option("path_separator", "os")
    engine = create_engine(f"sqlite:///{path}")
    try:
        with engine.begin() as connection:
            # Said here, for the driver would make each table durable by itself: killed in
            # between, what is half made could neither be used nor migrated.
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            config.attributes["connection"] = connection
            command.upgrade(config, revision)
        with engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA journal_mode=WAL")
    except DatabaseError as error:
        raise StoreError(
            f"{path} can't be made or migrated: {error.orig}. "
            "See that the disk has room, and that nothing else uses the store."
        ) from error
    finally:
        engine.dispose()
    path.chmod(0o600)
