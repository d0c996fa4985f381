"""The SPF test suite of openspf.org for RFC 7208, as pyspf carries it: results and words."""

from ipaddress import ip_address
from pathlib import Path
from typing import Any

import yaml

from fakes.zone import Zone
from katharion.authentication import spf
from katharion.mail.address import Address

TESTS_COUNT = 203
# Of the tests for RFC 4408 those whose answer RFC 7208 changed, and why.
CHANGED: dict[str, str] = {}


def scenarios(conformance: Path, name: str) -> list[dict[str, Any]]:
    text = (conformance / "spf_pyspf" / "test" / name).read_text(encoding="utf-8")
    return list(yaml.safe_load_all(text))


def zone_of(data: dict[str, list[Any]]) -> Zone:
    return Zone({str(name): _records(records) for name, records in data.items()})


def _records(records: list[Any]) -> list[str]:
    """An SPF record stands for a TXT record as well, where no TXT record is given."""
    found: list[str] = []
    has_text = any(isinstance(record, dict) and "TXT" in record for record in records)
    for record in records:
        if record == "TIMEOUT":
            found.append(record)
            continue
        ((kind, value),) = record.items()
        if kind == "SPF":
            kind = "SPF" if has_text else "TXT"
        if value == "NONE":
            continue
        if kind == "MX":
            value = f"{value[0]} {value[1]}"
        elif isinstance(value, list):
            value = "".join(value)
        found.append(f"{kind} {_octets(value)}")
    return found


def _octets(text: str) -> str:
    """TXT as the port has it: a character an octet."""
    return text if text.isascii() else text.encode("utf-8").decode("iso8859-1")


def judged(zone: Zone, test: dict[str, Any]) -> tuple[str, str]:
    """Result and explanation."""
    local, at, domain = (test["mailfrom"] or "").rpartition("@")
    sender = Address(local, domain.lower()) if at or domain else None
    client = ip_address(test["host"])
    asked = spf.mail_from(client, sender, test["helo"] or "", receiver="receiver.example.com")
    found = zone.drive(spf.check(asked))
    return found.result.value, found.explanation


def failures(conformance: Path, name: str) -> tuple[list[str], int]:
    wrong, count = [], 0
    for scenario in scenarios(conformance, name):
        for test_name, test in scenario["tests"].items():
            count += 1
            result, words = judged(zone_of(scenario["zonedata"]), test)
            wanted = test["result"] if isinstance(test["result"], list) else [test["result"]]
            wanted_words = test.get("explanation", words)
            wanted_words = "" if wanted_words == "DEFAULT" else wanted_words
            if (result not in wanted or words != wanted_words) and test_name not in CHANGED:
                wrong.append(f"{test_name}: {result} {words!r}, not {wanted} {wanted_words!r}")
    return wrong, count


def test_rfc7208(conformance: Path) -> None:
    wrong, count = failures(conformance, "rfc7208-tests.yml")
    assert not wrong
    assert count == TESTS_COUNT


def test_rfc4408(conformance: Path) -> None:
    wrong, _ = failures(conformance, "rfc4408-tests.yml")
    assert not wrong
