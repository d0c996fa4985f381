"""Campaigns in the file of sources: joined by fingerprint, bounded, released by people."""

import sqlite3
from pathlib import Path

import msgspec
import pytest

from katharion.adapters.store.campaigns import CampaignRules
from katharion.adapters.store.migrate import migrate, migrate_to, sources_path
from katharion.adapters.store.sources import SourceReader, SourceStore
from katharion.adapters.store.tracking import TrackingStore
from katharion.sources.campaigns import with_message, with_release
from katharion.values.authenticity import Authenticity
from katharion.values.track import TrackRecord

MEMORY = "run"
RULES = CampaignRules(with_message, with_release)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    migrate(tmp_path, 1)
    (tmp_path / MEMORY).mkdir()
    return tmp_path


def counting(store: Path, rules: CampaignRules = RULES) -> SourceStore:
    return SourceStore(store, store / MEMORY, lambda _: (), rules=rules)


def record(*prints: str, at: float = 1000.0, id: str = "m1", band: str = "definite") -> TrackRecord:  # noqa: A002 # Short.
    return TrackRecord(
        at=at,
        event="held",
        message_id=id,
        band=band,
        score=12.0,
        tenant="one",
        authenticity=Authenticity(),
        prints=prints,
    )


def test_messages_join_by_any_fingerprint_of_their_text(store: Path) -> None:
    tracking, reader = TrackingStore(store), SourceReader(store / MEMORY)
    tracking.add([record("text:a", "text:b"), record("text:b", "text:c"), record("text:x")])
    counting(store).count(0.0)
    found = reader.campaigns_of(["text:a", "text:b", "text:c", "text:other"])
    assert found
    assert found.keys() == {"text:a", "text:b", "text:c"}
    assert {(one.id, one.messages_count) for one in found.values()} == {("text:a", 2)}
    assert [one.id for one in reader.newest_campaigns(0.0, 2, 10) or ()] == ["text:a"]
    assert [one.id for one in reader.newest_campaigns(0.0, 1, 10) or ()] == ["text:a", "text:x"]
    assert reader.newest_campaigns(1001.0, 1, 10) == []
    assert [one.id for one in reader.campaigns_named("text:x", 10) or ()] == ["text:x"]
    reader.close()


def test_links_and_files_are_counted_each_by_itself(store: Path) -> None:
    tracking, reader = TrackingStore(store), SourceReader(store / MEMORY)
    tracking.add([record("text:a", "link:l", "file:f"), record("text:z", "link:l")])
    counting(store).count(0.0)
    found = reader.campaigns_of(["text:a", "text:z", "link:l", "file:f"]) or {}
    assert {name: one.messages_count for name, one in found.items()} == {
        "text:a": 1,
        "text:z": 1,
        "link:l": 2,
        "file:f": 1,
    }
    reader.close()


def test_without_rules_nothing_is_counted(store: Path) -> None:
    TrackingStore(store).add([record("text:a")])
    SourceStore(store, store / MEMORY, lambda _: ()).count(0.0)
    assert SourceReader(store / MEMORY).campaigns_of(["text:a"]) == {}


def test_each_is_counted_once_and_survives_a_restart(store: Path) -> None:
    tracking = TrackingStore(store)
    tracking.add([record("text:a")])
    first = counting(store)
    first.count(0.0)
    first.keep()
    tracking.add([record("text:a")])
    first.count(0.0)
    for path in (store / MEMORY).iterdir():  # The machine was restarted: memory is empty.
        path.unlink()
    again = counting(store)
    again.count(0.0)
    again.count(0.0)
    found = SourceReader(store / MEMORY).campaigns_of(["text:a"])
    assert found
    assert found["text:a"].messages_count == 2


def test_a_release_speaks_for_the_campaign(store: Path) -> None:
    tracking = TrackingStore(store)
    tracking.add([record("text:a", "text:b", "link:l", id="m7")])
    tracking.add([TrackRecord(at=1001.0, event="released", message_id="m7")])
    tracking.add([TrackRecord(at=1001.0, event="released", message_id="unknown")])
    counting(store).count(0.0)
    found = SourceReader(store / MEMORY).campaigns_of(["text:a", "link:l"])
    assert found
    assert {(one.past.spam, one.past.clean) for one in found.values()} == {(0.0, 3.0)}


def test_what_is_put_off_is_counted_when_it_comes_again(store: Path) -> None:
    put_off = msgspec.structs.replace(record("text:a"), event="deferred")
    TrackingStore(store).add([put_off, put_off, record("text:a")])
    counting(store).count(0.0)
    found = SourceReader(store / MEMORY).campaigns_of(["text:a"])
    assert found
    assert found["text:a"].messages_count == 1


def test_a_flood_drives_out_itself(store: Path) -> None:
    rules = RULES._replace(prints_count_max=400, campaigns_count_max=100)
    tracking, memory = TrackingStore(store), counting(store, rules)
    tracking.add([record("text:a") for _ in range(5)])
    for wave in range(5):
        tracking.add(
            [
                record(*(f"text:{wave}-{n}-{band}" for band in range(6)), at=2000.0 + n)
                for n in range(60)
            ]
        )
        tracking.add([record("text:a", at=2050.0)])
        memory.count(0.0)
        with sqlite3.connect(sources_path(store / MEMORY)) as db:
            assert db.execute("SELECT count(*) FROM campaign").fetchone()[0] <= 100
            assert db.execute("SELECT count(*) FROM print").fetchone()[0] <= 400
    found = SourceReader(store / MEMORY).campaigns_of(["text:a"])
    assert found
    assert found["text:a"].messages_count == 10


def test_what_is_old_is_forgotten(store: Path) -> None:
    TrackingStore(store).add([record("text:a", at=10.0), record("text:b", at=1000.0)])
    memory = counting(store)
    memory.count(0.0)
    memory.purge_before(500.0)
    found = SourceReader(store / MEMORY).campaigns_of(["text:a", "text:b"])
    assert found
    assert found.keys() == {"text:b"}


def test_no_file_is_nothing_known(tmp_path: Path) -> None:
    reader = SourceReader(tmp_path)
    assert reader.campaigns_of(["text:a"]) is None
    assert reader.newest_campaigns(0.0, 1, 1) is None


def test_a_file_of_the_first_version_is_migrated_with_what_it_knows(tmp_path: Path) -> None:
    path = sources_path(tmp_path)
    migrate_to(path, "sources_0001")
    with sqlite3.connect(path) as db:
        db.execute("INSERT INTO past VALUES ('ip:192.0.2.7', 1.0, 0, 0, 0, 5.0, 5.0)")
    migrate(tmp_path, 1)
    (tmp_path / MEMORY).mkdir()
    counting(tmp_path)
    found = SourceReader(tmp_path / MEMORY).look_up(["ip:192.0.2.7"])
    assert found
    assert found["ip:192.0.2.7"].clean == 1.0
