"""The census reads all shards, within the ids asked for, and passes over none."""

import asyncio
from pathlib import Path

import pytest

from fixtures.fix_held import ANN, BOB, held_for, held_message
from katharion.adapters.store.census import census
from katharion.adapters.store.migrate import migrate
from katharion.adapters.store.spool import open_spool
from katharion.ports import SpoolUnavailableError
from katharion.values.fate import State


async def hold(store: Path, slot: int, number: int, state: State) -> None:
    spool = open_spool(store, store, own_slot=slot)
    await spool.start()
    await spool.hold(held_message(number), [held_for(ANN, state), held_for(BOB)])
    await spool.close()


@pytest.fixture
def store(tmp_path: Path) -> Path:
    migrate(tmp_path, 2)
    return tmp_path


def test_all_shards_within_the_span(store: Path) -> None:
    for slot, number in ((0, 1), (1, 2), (0, 3)):
        asyncio.run(hold(store, slot, number, State.QUARANTINED))
    found = sorted(census(store, f"{2:026}", f"{3:026}"))
    assert found == [
        (f"{2:026}", str(ANN), "quarantined"),
        (f"{2:026}", str(BOB), "queued"),
        (f"{3:026}", str(ANN), "quarantined"),
        (f"{3:026}", str(BOB), "queued"),
    ]


def test_a_shard_that_can_not_be_read_is_named(store: Path) -> None:
    (store / "spool-01.db").write_bytes(b"no database at all" * 100)
    with pytest.raises(SpoolUnavailableError, match="spool-01"):
        list(census(store, "", "~"))
