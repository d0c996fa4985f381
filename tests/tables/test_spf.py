"""What RFC 7208 says, case by case: spf.toml."""

import tomllib
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest

from fakes.zone import Zone
from katharion.authentication import spf
from katharion.mail.address import Address

TABLE = tomllib.loads(Path(__file__).with_name("spf.toml").read_text(encoding="utf-8"))
KEYS = {"section", "record", "zone", "zone_more", "client", "helo", "local", "is_bounce"} | {
    *("result", "mechanism", "explanation", "asked")
}


def zone_of(case: dict[str, Any]) -> Zone:
    records = {name: list(texts) for name, texts in TABLE["hosts"].items()}
    if "record" in case:
        records["example.com"] = [f"TXT v=spf1 {case['record']}"]
    for name, texts in [*case.get("zone", {}).items(), *case.get("zone_more", {}).items()]:
        records.setdefault(name, []).extend(texts)
    return Zone(records)


@pytest.mark.parametrize("case", TABLE["case"], ids=lambda case: case["section"])
def test_case(case: dict[str, Any]) -> None:
    assert case.keys() <= KEYS, "a word that nobody reads"
    sender = None if case.get("is_bounce") else Address(case.get("local", "ann"), "example.com")
    client = ip_address(case.get("client", "192.0.2.7"))
    asked = spf.mail_from(client, sender, case.get("helo", "mail.example.com"))
    zone = zone_of(case)
    found = zone.drive(spf.check(asked))
    assert found.result.value == case["result"], found.reason
    assert found.mechanism == case.get("mechanism", found.mechanism)
    assert found.explanation == case.get("explanation", found.explanation)
    assert len(zone.asked) == case.get("asked", len(zone.asked))
