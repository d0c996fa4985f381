"""The systemd unit says what the supervisor relies on."""

import shutil
import subprocess
import sys
from configparser import ConfigParser
from pathlib import Path

import pytest

from katharion.config.options import SupervisorOptions
from katharion.processes.children import KILL_SECONDS

UNIT = Path(__file__).parents[2] / "deploy" / "katharion.service"


def service() -> dict[str, str]:
    unit = ConfigParser(interpolation=None, strict=False)
    unit.optionxform = str  # type: ignore[assignment,method-assign] # systemd's names have capitals.
    unit.read(UNIT)
    return dict(unit["Service"])


def test_children_outlive_a_supervisor_that_dies() -> None:
    """systemd.kill(5): with "mixed", what remains is killed when the main process exits."""
    assert service()["KillMode"] == "process"
    assert service()["Restart"] == "always"
    assert service()["RuntimeDirectoryPreserve"] == "yes"


def test_a_stop_leaves_time_for_the_drain() -> None:
    drain = SupervisorOptions().drain_seconds_max
    assert int(service()["TimeoutStopSec"]) > drain + 2 * KILL_SECONDS


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not installed")
def test_systemd_understands_it(tmp_path: Path) -> None:
    copy = tmp_path / UNIT.name
    here = str(Path(sys.executable).parent / "katharion")
    copy.write_text(UNIT.read_text().replace("/opt/katharion/.venv/bin/katharion", here))
    done = subprocess.run(["systemd-analyze", "verify", copy], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
