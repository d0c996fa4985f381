"""What RFC 9989 says, case by case: dmarc.toml."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from fakes.text_zone import TextZone
from katharion.authentication import dmarc
from katharion.authentication.author import Author
from katharion.values.authenticity import DkimResult, DmarcResult, Result, SpfResult

CASES = tomllib.loads(Path(__file__).with_name("dmarc.toml").read_text())["case"]
KEYS = {"name", "from", "spf", "dkim", "zone", "expect", "asked"}
EXPECTED = {f for f in DmarcResult.__struct_fields__ if f not in ("domain", "reason", "record")}


def spf_of(said: str | None) -> SpfResult | None:
    if said is None:
        return None
    result, domain = said.split(" ")
    return SpfResult(Result(result), domain)


def dkim_of(said: str) -> DkimResult:
    result, domain = said.split(" ")
    return DkimResult(Result(result), domain)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_case(case: dict[str, Any]) -> None:
    assert case.keys() <= KEYS, "a word that nobody reads"
    assert case["expect"].keys() <= EXPECTED, "a word that nobody reads"
    zone = TextZone({n: None if t == "FAILED" else t for n, t in case.get("zone", {}).items()})
    author = Author((case["from"],))
    spf, dkim = spf_of(case.get("spf")), [dkim_of(said) for said in case.get("dkim", [])]
    discoveries = zone.drive(dmarc.discover(author))
    result = zone.drive(dmarc.judge(author, discoveries, spf, dkim))
    assert result.domain == case["from"]
    for name, value in case["expect"].items():
        found = getattr(result, name)
        if isinstance(found, tuple):
            found = list(found)
        assert (found.value if isinstance(found, Result) else found) == value, name
    if "aligned_by" not in case["expect"]:
        assert not result.aligned_by
    assert (result.reason == "") is (result.result is Result.PASS)
    if "asked" in case:
        assert zone.asked == case["asked"]
    assert len(zone.rounds[0]) <= 8
