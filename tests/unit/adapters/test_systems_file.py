"""The table of systems, read from a file."""

from pathlib import Path

import pytest

from katharion.adapters.systems_file import SystemsFileError, read_systems


def test_a_file_or_none(tmp_path: Path) -> None:
    (tmp_path / "systems").write_text("192.0.2.0/24 64500 Example\n")
    assert read_systems(str(tmp_path / "systems")).of("192.0.2.1") == "64500"
    assert read_systems("").of("192.0.2.1") == ""


def test_what_is_wrong_is_said(tmp_path: Path) -> None:
    with pytest.raises(SystemsFileError, match=r"can't be read \(No such file"):
        read_systems(str(tmp_path / "away"))
    (tmp_path / "systems").write_text("nonsense\n")
    with pytest.raises(SystemsFileError, match="line 1 is no network"):
        read_systems(str(tmp_path / "systems"))
