"""VBA: decompression, and what macros do."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.fix_office import vba_compressed
from katharion.content.attachments.vba import decompress, judge_macros, sources_of

HEAD = b'Attribute VB_Name = "ThisDocument"\r\n'


def test_the_specifications_example() -> None:
    """[MS-OVBA] 3.2.1, 3.2.2."""
    plain = bytes.fromhex(
        "0119B000616263646566676800696A6B6C6D6E6F7000717273747576 2E".replace(" ", "")
    )
    assert decompress(plain) == b"abcdefghijklmnopqrstuv."
    same = bytes.fromhex("012FB000236161616263646582666700617461 686901".replace(" ", ""))
    assert decompress(same).startswith(b"#aaabcde")


@given(st.binary(max_size=10_000))
def test_what_was_compressed_comes_back(source: bytes) -> None:
    assert decompress(vba_compressed(source)) == source


@given(st.binary(max_size=3000))
def test_no_octets_raise(octets: bytes) -> None:
    decompress(octets)
    sources_of(b"\x01\x00\xb0\x00Attribut" + octets)


def test_sources_are_found_behind_anything() -> None:
    source = HEAD + b"Sub A()\r\nEnd Sub\r\n" * 500
    assert sources_of(b"performance cache" + vba_compressed(source)) == source


@pytest.mark.parametrize(
    ("code", "name"),
    [
        (b'Sub AutoOpen()\r\nShell "calc"\r\nEnd Sub', "FILE_MACRO_RUNS"),
        (b'Sub Auto_Open()\r\nSet x = CreateObject _\r\n ("WScript.Shell")', "FILE_MACRO_RUNS"),
        (b"Private Sub Workbook_Open()\r\nURLDownloadToFileA 0", "FILE_MACRO_RUNS"),
        (b"Sub Document_Open()\r\nMsgBox 1", "FILE_MACRO_AUTO"),
        (b'Sub Tidy()\r\nx = Environ("TEMP")', "FILE_MACRO_ACTS"),
        (b'Sub Tidy()\r\nRange("A1").Clear', "FILE_MACRO"),
    ],
)
def test_what_macros_do(code: bytes, name: str) -> None:
    assert judge_macros(HEAD + code, "1").name == name


def test_macros_without_source() -> None:
    assert judge_macros(b"", "1").name == "FILE_MACRO_HIDDEN"
