"""Rules by the command line: those that ship are right, and what is wrong in one's own is told."""

import subprocess
import sys
from pathlib import Path

OWN = """
[[rule]]
name = "OWN_GOLD"
in = "subject"
pattern = '''gold'''
weight = 1.5
group = "own"
sentence = "It speaks of gold."
hits = ["gold"]
"""


def said(*words: str, status: int = 0) -> str:
    command = [sys.executable, "-m", "katharion", "rules", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == status, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout + done.stderr


def test_rules_are_listed_and_tried(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(OWN)
    assert "OWN_GOLD" in said("list", str(tmp_path))
    assert '"REPLY_FAKE"' in said("list", "--json")
    assert "0 examples are wrong" in said("lint", str(tmp_path))
    (tmp_path / "own.toml").write_text(OWN.replace('hits = ["gold"]', 'hits = ["tin"]'))
    assert "OWN_GOLD: it does not find 'tin'." in said("lint", str(tmp_path), status=1)
    (tmp_path / "own.toml").write_text(OWN.replace("'''gold'''", "'''gold.*'''"))
    assert "a repetition without an end" in said("lint", str(tmp_path), status=2)
