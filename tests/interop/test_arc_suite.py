"""The ARC test suite, read in place: 171 chains to validate, 17 messages to seal."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from fakes.text_zone import TextZone
from katharion.authentication import arc, arc_seal
from katharion.authentication.arc_seal import Signer
from katharion.authentication.dkim_sign import read_key
from katharion.mail.message import Message

VALIDATION_COUNT, SIGNING_COUNT = 171, 17
SIGNED_AT = 12345  # Of the suite's messages; nothing in them expires.


def scenarios(conformance: Path, name: str) -> list[dict[str, Any]]:
    text = (conformance / "arc_test_suite" / "tests" / name).read_text(encoding="utf-8")
    return list(yaml.safe_load_all(text))


def message_of(test: dict[str, Any]) -> Message:
    return Message(test["message"].replace("\n", "\r\n").encode())


def zone_of(records: dict[str, str] | None) -> TextZone:
    return TextZone({name: [text] for name, text in (records or {}).items()})


def test_validation(conformance: Path) -> None:
    wrong, count = [], 0
    for scenario in scenarios(conformance, "arc-draft-validation-tests.yml"):
        zone = zone_of(scenario["txt-records"])
        for name, test in scenario["tests"].items():
            count += 1
            found = zone.drive(arc.verify(message_of(test), SIGNED_AT))
            # Three of the tests leave open what is right: no more than a result is asked.
            wanted = (test["cv"] or "").strip().lower()
            if wanted and found.result.value != wanted:
                wrong.append(f"{name}: {found.result.value} ({found.reason}), not {wanted}")
    assert not wrong
    assert count == VALIDATION_COUNT


def results_of(message: Message, authserv_id: str) -> str:
    """All results that stand under that id in the message, in their order.

    In production they are our own findings: fields that claim our id are taken away.
    """
    found = []
    for value in message.values(b"authentication-results"):
        owner, _, rest = value.decode().partition(";")
        if owner.strip() == authserv_id:
            found += [part.strip() for part in rest.split(";")]
    return ";\r\n ".join([authserv_id, *found])


def bare(text: str) -> str:
    return re.sub(r"\s+", "", text)


def value_of(fields: Message, name: bytes) -> str:
    (value,) = fields.values(name)
    return bare(value.decode())


def sealed(scenario: dict[str, Any], test: dict[str, Any]) -> Message | None:
    message = message_of(test)
    chain = zone_of(scenario["txt-records"]).drive(arc.verify(message, test["t"]))
    link = arc_seal.next_link(message, chain)
    if link is None:
        return None
    key = read_key(scenario["privatekey"].encode(), scenario["domain"], scenario["sel"])
    names = test["sig-headers"].encode().split(b":")
    words = results_of(message, test["srv-id"])
    fields = arc_seal.fields(message, link, words, Signer(key, test["t"], names))
    return Message(fields)


@pytest.mark.parametrize("name", ["AS", "AMS", "AAR"])
def test_signing(conformance: Path, name: str) -> None:
    field = {
        "AS": b"arc-seal",
        "AMS": b"arc-message-signature",
        "AAR": b"arc-authentication-results",
    }[name]
    wrong, count = [], 0
    for scenario in scenarios(conformance, "arc-draft-sign-tests.yml"):
        for test_name, test in scenario["tests"].items():
            count += 1
            fields = sealed(scenario, test)
            made = value_of(fields, field) if fields else ""
            if made != bare(test[name]):
                wrong.append(f"{test_name}: {made}, not {bare(test[name])}")
    assert not wrong
    assert count == SIGNING_COUNT
