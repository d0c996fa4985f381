"""What the form of the content says: each oddity is told once, and what was cut."""

import re
from pathlib import Path

import pytest

import katharion
from fixtures.fix_transaction import CLEAN, transaction
from katharion.pipeline.checks import structure
from katharion.values.reading import Oddity, Reading

SOURCE = Path(katharion.__file__).parent
READERS = (SOURCE / "mail/mime.py", SOURCE / "content/reading.py")
CUTS = {"DEPTH_GREAT", "HEADERS_LONG", "PARTS_MANY", "TEXT_LONG"}


def oddities() -> set[str]:
    """All names that the readers tell."""
    text = "".join(path.read_text(encoding="utf-8") for path in READERS)
    return set(re.findall(r'"([A-Z0-9]+_[A-Z0-9_]+)"', text))


def told(found: Reading) -> list[tuple[str, str]]:
    findings = structure.judge(transaction(CLEAN)._replace(reading=found))
    return [(finding.name, finding.evidence) for finding in findings]


def test_names_are_found() -> None:
    assert {"CHARSET_WRONG", "PARAMETER_TWICE", "TEXT_LONG"} <= oddities()


@pytest.mark.parametrize("name", sorted(oddities() - CUTS))
def test_each_oddity_is_told(name: str) -> None:
    assert told(Reading(oddities=(Oddity(name, "shown"),))) == [(name, "shown")]


def test_what_is_cut_is_told_once() -> None:
    found = Reading(oddities=(Oddity("TEXT_LONG", "9 octets"), Oddity("PARTS_MANY")), is_cut=True)
    assert told(found) == [("PARTIALLY_SCANNED", "TEXT_LONG 9 octets, PARTS_MANY")]
    assert told(Reading()) == []
