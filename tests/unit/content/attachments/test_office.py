"""Office documents of the new form, tables in text, RTF."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.fix_files import zipped
from fixtures.fix_office import ole, vba_project
from katharion.content.attachments.office import inspect_package, inspect_rtf, inspect_table
from katharion.content.attachments.ole import EQUATION
from katharion.content.attachments.values import File, Inspected

RELATIONS = '<Relationships><Relationship Type="http://x/{}" Target="{}" {}/></Relationships>'
EXTERNAL = 'TargetMode="External"'


def package(parts: dict[str, bytes]) -> bytes:
    return zipped({"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<w/>", **parts})


def seen(parts: dict[str, bytes]) -> Inspected:
    return inspect_package(File("2", "a.docx", "docx", package(parts)))


def names(found: Inspected) -> list[str]:
    return [finding.name for finding in found.findings]


def test_macros_that_run() -> None:
    project = vba_project('Sub Document_Open()\r\nCreateObject("x")\r\n')
    assert names(seen({"word/vbaProject.bin": project})) == ["FILE_MACRO_RUNS"]


@pytest.mark.parametrize(
    ("kind", "target", "mode", "expected"),
    [
        ("attachedTemplate", "https://x.example/t.dotm", EXTERNAL, ["FILE_FETCHES"]),
        ("oleObject", "mhtml:https://x.example/a.html!x", EXTERNAL, ["FILE_FETCHES"]),
        ("attachedTemplate", "file:///C:/Users/a/Normal.dotm"[8:], EXTERNAL, []),
        ("hyperlink", "https://x.example/", EXTERNAL, []),
        ("oleObject", "https://x.example/", "", []),
    ],
)
def test_what_is_fetched(kind: str, target: str, mode: str, expected: list[str]) -> None:
    rels = RELATIONS.format(kind, target, mode).encode()
    found = seen({"word/_rels/document.xml.rels": rels})
    assert names(found) == expected
    assert found.links == ((target,) if mode else ())


def test_a_field_in_pieces() -> None:
    runs = b"<w:instrText>DD</w:instrText><w:r/><w:instrText>EAUTO cmd.exe</w:instrText>"
    assert names(seen({"word/document.xml": runs})) == ["FILE_DDE"]
    simple = b'<w:fldSimple w:instr="DDE excel a"/>'
    assert names(seen({"word/document.xml": simple})) == ["FILE_DDE"]
    assert names(seen({"word/document.xml": b"<w:instrText> PAGE </w:instrText>"})) == []


def test_tables() -> None:
    link = b'<ddeLink ddeService="cmd" ddeTopic="/c calc"/>'
    assert names(seen({"xl/externalLinks/externalLink1.xml": link})) == ["FILE_DDE"]
    assert names(seen({"xl/macrosheets/sheet1.xml": b"<x/>"})) == ["FILE_MACRO_OLD"]


def test_formulas_in_text() -> None:
    for line, count in ((b"a,=cmd|'/c calc'!A1", 1), (b"a,=SUM(A1:A2)", 0), (b"-1|2", 0)):
        assert len(inspect_table(File("2", "a.csv", "text", line)).findings) == count


def test_embedded_files_are_handed_on() -> None:
    assert seen({"word/embeddings/a.exe": b"MZ"}).files == (("word/embeddings/a.exe", b"MZ"),)


def test_rtf() -> None:
    digits = ole({"Equation Native": b"x"}, class_id=EQUATION).hex()
    spread = "".join(f"{{\\*\\x}}\r\n{digits[i : i + 99]}" for i in range(0, len(digits), 99))
    text = "{\\rtf1{\\object\\objupdate{\\*\\objdata " + spread + "}}"
    found = inspect_rtf(File("2", "a.rtf", "rtf", text.encode()))
    assert {"FILE_EQUATION", "FILE_OBJECT_LOADS"} <= set(names(found))
    template = b"{\\rtf1{\\*\\template http://x.example/t.dotm}}"
    assert names(inspect_rtf(File("2", "a.rtf", "rtf", template))) == ["FILE_FETCHES"]


def test_what_is_cut_off_does_not_raise() -> None:
    whole = package({"word/vbaProject.bin": vba_project("Sub AutoOpen()")})
    for end in range(0, len(whole), 37):
        inspect_package(File("2", "a", "docx", whole[:end]))
        inspect_package(File("2", "a", "docx", whole[:end] + b"\xff\xff" + whole[end + 2 :]))


@given(st.binary(max_size=500))
def test_no_octets_raise(octets: bytes) -> None:
    file = File("2", "a.csv", "text", b"{\\rtf \\objdata " + octets)
    inspect_rtf(file)
    inspect_table(file)
    inspect_package(file)
