"""What RFC 6376, 8301 and 8463 say, case by case: dkim.toml."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from fakes.signer import ED25519, RSA, TAGS, signed
from fakes.text_zone import TextZone
from katharion.authentication import dkim
from katharion.mail.message import Message
from katharion.values.authenticity import DkimResult, Result

CASES = tomllib.loads(Path(__file__).with_name("dkim.toml").read_text(encoding="utf-8"))["case"]
KEYS = {"name", "message", "content", "tags", "changes", "keys", "expect"}
NOW = 1_790_000_000.0
LETTER = (
    "From: Joe <joe@signer.example>\nTo: <ann@reader.example>\nSubject: Dinner  at eight\n"
    "Date: Mon, 21 Sep 2026 14:13:20 +0000\n\nHi.\n\nWe lost  the game.\n\nJoe.\n"
)
MATERIAL = {"ed": ED25519.record.partition("p=")[2], "rsa": RSA.record.partition("p=")[2]}


def octets(text: str) -> bytes:
    return text.replace("\n", "\r\n").encode()


def content_of(case: dict[str, Any]) -> bytes:
    if "message" in case:
        return octets(case["message"])
    content = octets(case.get("content", LETTER))
    for tags in case.get("tags", [TAGS]):
        content = signed(content, tags.replace("\n", "\r\n"))
    for old, new in case.get("changes", []):
        assert octets(old) in content, "a change that changes nothing"
        content = content.replace(octets(old), octets(new), 1)
    return content


def zone_of(keys: dict[str, Any]) -> TextZone:
    texts: dict[str, list[str] | None] = {k.record_name: [k.record] for k in (ED25519, RSA)}
    for name, records in keys.items():
        fill = [re.sub(r"\{(\w+)\}", lambda m: MATERIAL[m[1]], text) for text in records]
        texts[name] = None if records == "FAILED" else fill
    return TextZone(texts)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_case(case: dict[str, Any]) -> None:
    assert case.keys() <= KEYS, "a word that nobody reads"
    zone = zone_of(case.get("keys", {}))
    results = zone.drive(dkim.verify(Message(content_of(case)), NOW))
    assert len(results) == len(case["expect"])
    for result, expected in zip(results, case["expect"], strict=True):
        assert expected.keys() <= set(DkimResult.__struct_fields__), "a word that nobody reads"
        for name, value in expected.items():
            found = getattr(result, name)
            if name == "reason":
                assert value in found
            else:
                assert (found.value if isinstance(found, Result) else found) == value, name
    assert len([questions for questions in zone.rounds if questions]) <= 1
