"""The documents agree with the code: drawings, the table of standards, links."""

import csv
import re
import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SRC = ROOT / "src" / "katharion"
DOCS = sorted((ROOT / "docs").rglob("*.md"))
STATUSES = {"yes", "partly", "no"}
_LISTED = re.compile(r"RFC ((?:\d{3,5}(?:, | and | or )?)+)")


def standards() -> dict[str, dict[str, str]]:
    with (ROOT / "docs" / "rfc.tsv").open(newline="") as file:
        return {row["rfc"]: row for row in csv.DictReader(file, delimiter="\t")}


def test_the_drawing_is_up_to_date() -> None:
    drawn = runpy.run_path(str(ROOT / "scripts" / "draw-states"))["draw"]()
    assert (ROOT / "docs" / "smtp_server.md").read_text() == drawn, "run `make drawings`"


def test_each_standard_cited_is_in_the_table() -> None:
    known = standards()
    missing = {
        f"{number}, cited in {path.relative_to(ROOT)}"
        for path in SRC.rglob("*.py")
        for listed in _LISTED.findall(path.read_text())
        for number in re.findall(r"\d+", listed)
        if number not in known
    }
    assert not missing, "add it to docs/rfc.tsv"


def test_each_standard_says_what_we_do_and_why() -> None:
    for number, row in standards().items():
        assert row["status"] in STATUSES, f"{number}: one of {STATUSES}"
        assert row["title"], number
        assert row["why"], f"{number}: say why"
        assert row["where"] or row["status"] == "no", f"{number}: name the place"
        for place in row["where"].split(", "):
            assert not place or (SRC / place).exists(), f"{number}: there is no {place}"


@pytest.mark.parametrize("path", DOCS, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_lead_somewhere(path: Path) -> None:
    targets = re.findall(r"\]\(([^)#]+)[^)]*\)", path.read_text())
    broken = [t for t in targets if "://" not in t and not (path.parent / t).exists()]
    assert not broken


def test_documents_named_in_the_code_exist() -> None:
    for path in SRC.rglob("*.py"):
        for named in re.findall(r"docs/[\w./-]+\w", path.read_text()):
            assert (ROOT / named).exists(), f"{path.relative_to(ROOT)} names {named}"
