"""What RFC 8617 says of chains of seals, case by case: arc.toml."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from fakes.sealers import LETTER, Sealers

CASES = tomllib.loads(Path(__file__).with_name("arc.toml").read_text())["case"]
KEYS = {"section", "sealers", "changes", "keys", "result", "reason", "oldest_pass"}
FIFTY = [f"d{number}.example" for number in range(50)]


def octets(text: str) -> bytes:
    return text.replace("\n", "\r\n").encode()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["section"])
def test_case(case: dict[str, Any]) -> None:
    assert case.keys() <= KEYS, "a word that nobody reads"
    sealers = Sealers()
    names = FIFTY if case["sealers"] == "fifty" else case["sealers"]
    content = sealers.pass_on(LETTER, *names)
    for old, new in case.get("changes", []):
        assert octets(old) in content, "a change that changes nothing"
        content = content.replace(octets(old), octets(new), 1)
    for domain, state in case.get("keys", {}).items():
        sealers.zone.texts[f"arc._domainkey.{domain}"] = [] if state == "gone" else None
    found = sealers.verify(content)
    assert found.result.value == case["result"], found.reason
    assert case.get("reason", "") in found.reason
    assert found.oldest_pass == case.get("oldest_pass", found.oldest_pass)
    if found.result.value == "pass":
        assert found.sealers == tuple(names)
