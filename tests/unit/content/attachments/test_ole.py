"""Office documents of the old form."""

import struct

from hypothesis import given
from hypothesis import strategies as st

from fixtures.fix_office import ole, vba_project
from katharion.content.attachments.ole import EQUATION, inspect_ole, native_file
from katharion.content.attachments.values import File, Inspected

DROPPER = 'Sub AutoOpen()\r\nShell "powershell -enc AAAA"\r\nEnd Sub\r\n'


def seen(content: bytes) -> Inspected:
    return inspect_ole(File("2", "a.doc", "ole", content))


def names(content: bytes) -> list[str]:
    return [finding.name for finding in seen(content).findings]


def record(kind: int, body: bytes) -> bytes:
    return struct.pack("<HH", kind, len(body)) + body


def test_macros_that_run() -> None:
    assert names(vba_project(DROPPER)) == ["FILE_MACRO_RUNS"]


def test_macros_taken_out() -> None:
    assert names(ole({"VBA/dir": b"\x01"})) == ["FILE_MACRO_HIDDEN"]


def test_a_document_without_macros_is_nothing() -> None:
    text = b"See https://example.org/a ".ljust(600)
    found = seen(ole({"WordDocument": text}))
    assert not found.findings
    assert found.links == ("https://example.org/a",)


def test_old_macros_and_their_beginning() -> None:
    sheet = record(0x85, struct.pack("<IBB", 0, 0, 1) + b"\x01\x00A")
    name = record(0x18, struct.pack("<HBB", 0x20, 0, 1) + bytes(11) + b"\x01")
    plain = seen(ole({"Workbook": sheet})).findings[0]
    auto = seen(ole({"Workbook": sheet + name})).findings[0]
    assert (plain.name, plain.weight, auto.weight) == ("FILE_MACRO_OLD", 3.0, 4.5)


def test_fields_that_start_programs() -> None:
    field = '\x13 DDEAUTO c:\\\\windows\\\\cmd.exe "/k calc" \x14'
    assert names(ole({"WordDocument": bytes(32) + field.encode("latin-1")})) == ["FILE_DDE"]
    assert names(ole({"WordDocument": bytes(32) + field.encode("utf-16-le")})) == ["FILE_DDE"]


def test_a_password() -> None:
    assert seen(ole({"EncryptedPackage": b"x", "EncryptionInfo": b"y"})).is_encrypted


def test_the_equation_editor() -> None:
    assert "FILE_EQUATION" in names(ole({"x": b"y"}, class_id=EQUATION))


def test_a_packaged_program_is_handed_on() -> None:
    head = b"\x02\x00a.exe\x00C:\\a.exe\x00\x00\x00\x03\x00" + struct.pack("<I", 3) + b"t\\\x00"
    native = bytes(4) + head + struct.pack("<I", 4) + b"MZ!!"
    assert native_file(native) == ("a.exe", b"MZ!!")
    assert seen(ole({"\x01Ole10Native": native})).files == (("a.exe", b"MZ!!"),)


def test_what_is_cut_off_does_not_raise() -> None:
    whole = vba_project(DROPPER)
    for end in range(0, len(whole), 61):
        seen(whole[:end])


@given(st.binary(max_size=2000), st.integers(0, 4000))
def test_no_octets_raise(octets: bytes, at: int) -> None:
    whole = vba_project(DROPPER)
    seen(whole[:at] + octets + whole[at + len(octets) :])
    native_file(octets)
