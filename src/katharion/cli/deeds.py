"""What persons do is written down, so that `trace` tells it and the ledger sees it.

Straight into the tracking store, beside the journal: that is the running node's, its files are
its user's, and it lies in memory that goes with the next start of the machine.
"""

import getpass
import sqlite3
from collections.abc import Sequence
from pathlib import Path

from katharion.adapters.store.migrate import StoreError
from katharion.adapters.store.tracking import TrackingStore
from katharion.cli.given import end
from katharion.config.options import Config
from katharion.values.track import TrackRecord

PROCESS = "command-line"


def write_down(config: Config, records: Sequence[TrackRecord]) -> None:
    """Record it. What was done is done all the same where this can't be written: exit 2."""
    try:
        TrackingStore(Path(config.store)).add(records)
    except (StoreError, sqlite3.Error, OSError) as error:
        end(f"It is done, but `trace` will not tell of it: the records can't be written: {error}")


def person() -> str:
    """Whose deed it is: the operating system's name."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # A user id without a name.
        return "somebody"
