"""Each finding that exists has a sentence for the stranger, or is said to need none."""

import re
from pathlib import Path

import pytest

import katharion
from katharion.pipeline.advice import advice, is_known
from katharion.values.authenticity import Result
from katharion.values.verdict import Finding

PIPELINE = Path(katharion.__file__).parent / "pipeline"
# Names of checks that could not be asked: "not checked" findings, made in one place each.
UNCHECKED = {"DKIM", "DMARC", "PTR", "SPF"}
MADE = {
    "SOURCE_BAD_{name}": "SOURCE_BAD_IP",
    "SOURCE_GOOD_{name}": "SOURCE_GOOD_DOMAIN",
    "DMARC_FAIL_{policy.upper()}": "DMARC_FAIL_REJECT",
}


def names() -> set[str]:
    """All names that stand in the code."""
    found: set[str] = set()
    for path in PIPELINE.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        found.update(re.findall(r'Finding\(\s*f?"([A-Z_]+(?:\{[^"]+)?)"', text))
        found.update(re.findall(r'_name\("([A-Z_]+)"', text))
    found |= {
        f"SPF_{result.name}" for result in Result if result.name not in ("TEMPERROR", "POLICY")
    }
    return {MADE.get(name, name) for name in found if name != "SPF_{spf.result.name}"}


def test_names_are_found() -> None:
    assert {"GTUBE", "EARLY_TALKER", "LISTED", "UNSCANNABLE", "SPF_FAIL"} <= names()


@pytest.mark.parametrize("name", sorted(names() - UNCHECKED))
def test_each_has_a_sentence_or_needs_none(name: str) -> None:
    assert is_known(name if name not in ("LISTED", "LIST_OUT") else f"{name}_X")


@pytest.mark.parametrize(
    ("name", "weight", "begins"),
    [
        ("SPF_FAIL", 2.5, "Let the SPF record"),
        ("HELO_SPF_FAIL", 1.0, "Let the SPF record of your server's own name"),
        ("HELO_NOT_FQDN", 1.0, "Let your server say its full host name"),
        ("LISTED_ZEN", 3.0, "See what the list has against you"),
        ("DKIM_PASS", 0.0, ""),
        ("WHAT_NOBODY_KNOWS", 1.0, ""),
    ],
)
def test_sentences(name: str, weight: float, begins: str) -> None:
    found = advice(Finding(name, weight, "A sentence."))
    assert found.startswith(begins)
    assert bool(found) is bool(begins)


def test_what_could_not_be_checked_is_no_fault_of_his() -> None:
    assert advice(Finding("SPF", 0.0, "not checked: …", was_checked=False)) == ""
