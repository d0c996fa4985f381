"""`katharion check` as a person uses it: a message, DNS from a file, a verdict for all time."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from fakes.sealers import Sealers
from fakes.signer import ED25519, RSA, TAGS, signed

LETTER = (
    b"From: Ann <ann@signer.example>\r\nTo: bob@reader.example\r\nSubject: Hello\r\n"
    b"Date: Mon, 21 Sep 2026 14:13:20 +0000\r\nMessage-ID: <1@signer.example>\r\n\r\nHello.\r\n"
)
RSA_TAGS = TAGS.replace("ed25519-sha256", "rsa-sha256").replace("s=ed", "s=rsa")
AT = "2026-09-21T14:13:20Z"
ZONES = f"""
["signer.example"]
TXT = ["v=spf1 mx -all"]
MX = ["10 mail.signer.example"]
["mail.signer.example"]
A = "192.0.2.1"
["192.0.2.1"]
PTR = "mail.signer.example"
["_dmarc.signer.example"]
TXT = ["v=DMARC1; p=reject"]
["{ED25519.record_name}"]
TXT = ["{ED25519.record}"]
["{RSA.record_name}"]
TXT = [["{RSA.record[:200]}", "{RSA.record[200:]}"]]
["slow.example"]
TXT = "TIMEOUT"
"""
HONEST = ("--client-ip", "192.0.2.1", "--helo", "mail.signer.example")
HONEST += ("--mail-from", "ann@signer.example", "--at", AT)


def run(
    tmp_path: Path, *options: str, content: bytes = LETTER, zones: str = ZONES
) -> subprocess.CompletedProcess[str]:
    (tmp_path / "letter.eml").write_bytes(content)
    (tmp_path / "zones.toml").write_text(zones)
    command = [sys.executable, "-m", "katharion", "check", "--dns", "zones.toml", *options]
    return subprocess.run(
        [*command, "letter.eml"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        timeout=30,
        check=False,
    )


def judged(tmp_path: Path, *options: str, content: bytes = LETTER) -> dict[str, Any]:
    result = run(tmp_path, *options, "--json", content=content)
    assert result.returncode in {0, 1}, result.stderr
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_all_that_is_found_of_an_honest_sender(tmp_path: Path) -> None:
    found = judged(tmp_path, *HONEST, content=signed(signed(LETTER), RSA_TAGS))
    assert (found["spf"]["result"], found["spf"]["domain"]) == ("pass", "signer.example")
    assert [(one["result"], one["selector"]) for one in found["dkim"]] == [
        ("pass", "rsa"),
        ("pass", "ed"),
    ]
    assert (found["dmarc"]["result"], found["dmarc"]["policy"]) == ("pass", "reject")
    assert found["dmarc"]["aligned_by"] == ["spf", "dkim"]
    assert (found["arc"]["result"], found["iprev"]["result"]) == ("none", "pass")
    methods = [found["spf"], *found["dkim"], found["dmarc"], found["arc"], found["iprev"]]
    assert all(one["reason"] for one in methods)
    assert found["verdicts"][0]["band"] == "clean"


def test_a_stranger_who_changed_it(tmp_path: Path) -> None:
    options = ("--client-ip", "2001:db8::7", *HONEST[2:])
    found = judged(tmp_path, *options, content=signed(LETTER).replace(b"Hello.", b"Pay."))
    assert (found["spf"]["result"], found["dkim"][0]["result"]) == ("fail", "fail")
    assert found["dkim"][0]["reason"] == "The body of the message was changed after it was signed."
    assert found["dmarc"]["result"] == "fail"
    names = {finding["name"] for finding in found["verdicts"][0]["findings"]}
    assert {"SPF_FAIL", "DKIM_FAIL", "DMARC_FAIL_REJECT"} <= names


def test_dns_that_does_not_answer(tmp_path: Path) -> None:
    options = (*HONEST[:4], "--mail-from", "ann@slow.example", "--at", AT)
    found = judged(tmp_path, *options)
    assert found["spf"]["result"] == "temperror"
    assert found["spf"]["reason"]


def test_a_chain_of_seals(tmp_path: Path) -> None:
    sealers = Sealers()
    content = sealers.pass_on(LETTER, "a.example", "b.example")
    keys = "".join(f'["{name}"]\nTXT = {texts}\n' for name, texts in sealers.zone.texts.items())
    result = run(tmp_path, "--json", "--at", AT, content=content, zones=keys)
    found = json.loads(result.stdout)
    assert (found["arc"]["result"], found["arc"]["sealers"]) == ("pass", ["a.example", "b.example"])


def test_without_a_client_nothing_is_claimed_of_it(tmp_path: Path) -> None:
    found = judged(tmp_path, "--mail-from", "ann@signer.example")
    for name in ("spf", "helo", "iprev"):
        assert found[name]["result"] == "none"
        assert "--client-ip" in found[name]["reason"]
    assert not [f for f in found["verdicts"][0]["findings"] if f["name"].startswith("SPF")]


def test_in_words(tmp_path: Path) -> None:
    said = run(tmp_path, *HONEST, content=signed(LETTER)).stdout
    assert "SPF_PASS: The sender's domain says that this server may send for it." in said
    assert "  Authentication-Results: localhost.localdomain;\n" in said
    assert "dkim=pass header.d=signer.example" in said


def test_a_file_with_lf_from_standard_input(tmp_path: Path) -> None:
    (tmp_path / "zones.toml").write_text(ZONES)
    result = subprocess.run(
        [sys.executable, "-m", "katharion", "check", "--dns", "zones.toml", "--json", "-"],
        input=signed(LETTER).replace(b"\r\n", b"\n"),
        capture_output=True,
        cwd=tmp_path,
        timeout=30,
        check=False,
    )
    assert json.loads(result.stdout)["dkim"][0]["result"] == "pass"


@pytest.mark.parametrize(
    ("options", "zones", "words"),
    [
        (("--client-ip", "300.1.1.1"), ZONES, "'300.1.1.1' is no IP address"),
        (("--mail-from", "a@b@c"), ZONES, "'a@b@c' is no mail address"),
        (("--at", "noon"), ZONES, "'noon' is no time"),
        ((), "nonsense", "zones.toml is no TOML"),
        ((), '["a.example"]\nSPF2 = ["x"]', "a.example: 'SPF2' is no type of record"),
        (("--dns", "away.toml"), ZONES, "away.toml can't be read: No such file"),
    ],
)
def test_what_can_not_be_understood(
    tmp_path: Path, options: tuple[str, ...], zones: str, words: str
) -> None:
    result = run(tmp_path, *options, zones=zones)
    assert result.returncode == 2
    assert words in result.stderr
    assert "Traceback" not in result.stderr
