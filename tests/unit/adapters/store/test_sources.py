"""What is remembered of sources: counted once each, read beside the writer, forgotten in time."""

import resource
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from katharion.adapters.store.migrate import migrate, sources_path
from katharion.adapters.store.sources import SourceReader, SourceStore
from katharion.adapters.store.tracking import TrackingStore
from katharion.sources.memory import effects_of
from katharion.values.authenticity import Authenticity
from katharion.values.track import TrackRecord

MEMORY = "run"  # The runtime folder.
WITHOUT_SYSTEMS = partial(effects_of, system_of=lambda _: "")


def record(at: float, address: str = "192.0.2.7", **fields: str) -> TrackRecord:
    found = Authenticity(client_address=address)
    kind = {"event": "delivered", "band": "clean"} | fields
    return TrackRecord(at=at, client_address=address, authenticity=found, **kind)  # type: ignore[arg-type] # Texts.


@pytest.fixture
def store(tmp_path: Path) -> Path:
    migrate(tmp_path, 1)
    (tmp_path / MEMORY).mkdir()
    return tmp_path


def test_each_record_is_counted_once(store: Path) -> None:
    counting, tracking = SourceStore(store, store / MEMORY, WITHOUT_SYSTEMS), TrackingStore(store)
    reader = SourceReader(store / MEMORY)
    tracking.add([record(1000.0), record(1000.0, event="held", band="definite")])
    assert counting.count(0.0) == 2
    assert counting.count(0.0) == 0
    tracking.add([record(1000.0)])
    SourceStore(store, store / MEMORY, WITHOUT_SYSTEMS).count(0.0)
    past = reader.look_up(["ip:192.0.2.7"])["ip:192.0.2.7"]
    assert (past.clean, past.spam, past.first_at) == (2.0, 1.0, 1000.0)
    assert reader.look_up(["net:192.0.2.0/24", "ip:203.0.113.1"]).keys() == {"net:192.0.2.0/24"}
    reader.close()


def test_refused_recipients_count_and_others_do_not(store: Path) -> None:
    counting, tracking = SourceStore(store, store / MEMORY, WITHOUT_SYSTEMS), TrackingStore(store)
    refused = TrackRecord(
        at=5.0, event="rcpt-refused", client_address="192.0.2.7", reply="550 5.1.1 x"
    )
    tracking.add([refused, TrackRecord(at=5.0, event="attempt", client_address="192.0.2.7")])
    assert counting.count(0.0) == 2
    assert SourceReader(store / MEMORY).look_up(["ip:192.0.2.7"])["ip:192.0.2.7"].unknown == 1.0


def test_what_is_old_is_passed_over_and_forgotten(store: Path) -> None:
    counting, tracking = SourceStore(store, store / MEMORY, WITHOUT_SYSTEMS), TrackingStore(store)
    tracking.add([record(10.0, "192.0.2.1"), record(1000.0, "192.0.2.2")])
    counting.count(500.0)
    reader = SourceReader(store / MEMORY)
    assert reader.look_up(["ip:192.0.2.1", "ip:192.0.2.2"]).keys() == {"ip:192.0.2.2"}
    counting.purge_before(2000.0)
    assert not reader.look_up(["ip:192.0.2.2"])


def test_sources_have_a_bound(store: Path) -> None:
    tracking = TrackingStore(store)
    counting = SourceStore(store, store / MEMORY, WITHOUT_SYSTEMS, count_max=40)
    tracking.add([record(float(n), f"198.51.{n}.1") for n in range(1, 40)])
    counting.count(0.0)
    reader = SourceReader(store / MEMORY)
    assert not reader.look_up(["ip:198.51.1.1"])
    assert reader.look_up(["ip:198.51.39.1"])


def test_a_flood_of_strangers_drives_out_itself_and_nobody_who_sends_what_is_wanted(
    store: Path,
) -> None:
    tracking = TrackingStore(store)
    counting = SourceStore(store, store / MEMORY, WITHOUT_SYSTEMS, count_max=100)
    tracking.add([record(1.0, "192.0.2.7")])
    counting.count(0.0)
    for wave in range(3):
        for number in range(50):
            address = f"2001:db8:{wave}:{number:x}::1"
            tracking.add([record(wave + 2.0, address, event="rcpt-refused", reply="550 5.1.1 x")])
        counting.count(0.0)
        with sqlite3.connect(sources_path(store / MEMORY)) as db:
            assert db.execute("SELECT count(*) FROM past").fetchone()[0] <= 100
    reader = SourceReader(store / MEMORY)
    known = reader.look_up(["ip:192.0.2.7", "ip:2001:db8:0:1::1", "all:"])
    assert known.keys() == {"ip:192.0.2.7", "all:"}
    assert known["all:"].unknown > 149.0
    reader.close()


def test_an_emptied_tracking_store_is_counted_anew(store: Path) -> None:
    counting, tracking = SourceStore(store, store / MEMORY, WITHOUT_SYSTEMS), TrackingStore(store)
    tracking.add([record(1.0), record(1.0)])
    counting.count(0.0)
    tracking.purge_before(2.0)
    tracking.add([record(3.0)])
    counting.count(0.0)
    assert SourceReader(store / MEMORY).look_up(["ip:192.0.2.7"])["ip:192.0.2.7"].judged > 2.9


def test_no_file_is_nothing_known(tmp_path: Path) -> None:
    reader = SourceReader(tmp_path)
    assert reader.look_up(["ip:192.0.2.7"]) is None
    sources_path(tmp_path).write_bytes(b"no database" * 100)
    assert reader.look_up(["ip:192.0.2.7"]) is None
    reader.close()


def test_what_was_not_kept_is_counted_again_and_nothing_twice(store: Path) -> None:
    counting, tracking = SourceStore(store, store / MEMORY, WITHOUT_SYSTEMS), TrackingStore(store)
    tracking.add([record(1000.0)])
    counting.count(0.0)
    counting.keep()
    tracking.add([record(1000.0), record(1000.0)])
    counting.count(0.0)
    for path in (store / MEMORY).iterdir():  # The machine was restarted: memory is empty.
        path.unlink()
    counting = SourceStore(store, store / MEMORY, WITHOUT_SYSTEMS)
    reader = SourceReader(store / MEMORY)
    assert reader.look_up(["ip:192.0.2.7"])["ip:192.0.2.7"].clean == 1.0
    assert counting.count(0.0) == 2
    assert reader.look_up(["ip:192.0.2.7"])["ip:192.0.2.7"].clean == 3.0
    reader.close()


@contextmanager
def files_of(octets_max: int) -> Iterator[None]:
    """No file may grow over that, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (octets_max, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_copy_that_fails_leaves_nothing_behind_and_the_old_one_as_it_was(store: Path) -> None:
    counting, tracking = SourceStore(store, store / MEMORY, WITHOUT_SYSTEMS), TrackingStore(store)
    counting.keep()
    before = sorted(store.iterdir()), sources_path(store).read_bytes()
    tracking.add([record(1000.0, f"198.51.{n}.1") for n in range(200)])
    counting.count(0.0)
    with files_of(8192), pytest.raises(sqlite3.Error):
        counting.keep()
    assert (sorted(store.iterdir()), sources_path(store).read_bytes()) == before
    counting.keep()
    assert sources_path(store).read_bytes() != before[1]


def test_a_file_in_memory_that_can_not_be_used_is_replaced_and_readers_see_it(store: Path) -> None:
    counting, tracking = SourceStore(store, store / MEMORY, WITHOUT_SYSTEMS), TrackingStore(store)
    tracking.add([record(1000.0)])
    counting.count(0.0)
    reader = SourceReader(store / MEMORY)
    assert reader.look_up(["ip:192.0.2.7"])
    for path in (store / MEMORY).iterdir():
        path.unlink()
    (store / MEMORY / "sources.db").write_bytes(b"no database" * 100)
    counting = SourceStore(store, store / MEMORY, WITHOUT_SYSTEMS)
    reader.refresh()
    assert not reader.look_up(["ip:192.0.2.7"])
    counting.count(0.0)
    assert reader.look_up(["ip:192.0.2.7"])["ip:192.0.2.7"].clean == 1.0
    reader.refresh()
    sources_path(store / MEMORY).unlink()
    reader.refresh()
    assert not reader.look_up(["ip:192.0.2.7"])
    reader.close()
