"""The models' folder: what is replaced is taken within a look, what is torn changes nothing."""

from pathlib import Path

import numpy as np

from katharion.adapters.model_folder import ModelFolder, ModelWriter
from katharion.content.classifier.features import TABLE_LENGTH
from katharion.content.classifier.lessons import NO_DELTA, Delta
from katharion.content.classifier.model import Head, Model, dump


def model(revision: str) -> bytes:
    return dump(Model(Head(revision=revision), np.zeros(TABLE_LENGTH, np.float32)))


def delta(weight: float) -> Delta:
    return Delta(np.array([3, 7], np.uint32), np.array([weight, weight], np.float32))


class Told:
    def __init__(self) -> None:
        self.errors: list[str] = []

    def __call__(self, what: str, error: BaseException) -> None:
        self.errors.append(f"{what}: {error}")


def test_filters_follow_what_is_written(tmp_path: Path) -> None:
    told, folder = Told(), tmp_path / "models"
    reader, writer = ModelFolder(folder, told), ModelWriter(folder)
    shipped = reader.model.head.revision
    assert reader.delta("acme") is NO_DELTA
    writer.write(model("new"), {"acme": delta(1.0), "b/../c": delta(2.0)})
    reader.refresh()
    assert reader.model.head.revision == "new"
    assert reader.delta("b/../c").weights.tolist() == [2.0, 2.0]
    assert reader.delta("other") is NO_DELTA
    writer.write(model("new"), {"acme": delta(5.0)})
    reader.refresh()
    assert reader.delta("acme").weights.tolist() == [5.0, 5.0]
    assert reader.delta("b/../c") is NO_DELTA
    writer.write(b"", {})
    reader.refresh()
    assert (reader.model.head.revision, reader.delta("acme")) == (shipped, NO_DELTA)
    assert told.errors == []


def test_what_is_torn_changes_nothing_and_is_told_once(tmp_path: Path) -> None:
    told, writer = Told(), ModelWriter(tmp_path)
    reader = ModelFolder(tmp_path, told)
    shipped = reader.model
    writer.write(model("new")[:-5], {})
    reader.refresh()
    reader.refresh()
    assert reader.model is shipped
    assert told.errors == ["model: the model is damaged: its checksum is another"]


def test_what_did_not_change_is_not_written_again(tmp_path: Path) -> None:
    writer = ModelWriter(tmp_path)
    writer.write(model("a"), {"acme": delta(1.0)})
    before = {path.name: path.stat().st_ino for path in tmp_path.iterdir()}
    writer.write(model("a"), {"acme": delta(1.0)})
    assert {path.name: path.stat().st_ino for path in tmp_path.iterdir()} == before
