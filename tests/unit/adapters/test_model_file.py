"""The file of the model that ships."""

from pathlib import Path

from katharion.adapters.model_file import SHIPPED, map_file
from katharion.content.classifier.model import load


def test_the_model_that_ships_is_one_and_small() -> None:
    octets = map_file(SHIPPED)
    assert len(octets) <= 4 * 1024 * 1024
    assert load(octets).head.revision


def test_an_empty_file_is_empty(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"")
    assert bytes(map_file(tmp_path / "x")) == b""
