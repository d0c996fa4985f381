"""PDF files, written by hand."""

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from katharion.content.attachments.pdf import inspect_pdf
from katharion.content.attachments.values import File, Inspected


def pdf(*objects: bytes) -> bytes:
    body = b"".join(b"%d 0 obj\n%s\nendobj\n" % (n, each) for n, each in enumerate(objects, 1))
    return b"%PDF-1.7\n" + body + b"trailer << /Root 1 0 R >>\n%%EOF"


def stream(head: bytes, content: bytes) -> bytes:
    packed = zlib.compress(content)
    return b"<< %s /Filter /FlateDecode /Length %d >>\nstream\n%s\nendstream" % (
        *(head, len(packed)),
        packed,
    )


def seen(content: bytes) -> Inspected:
    return inspect_pdf(File("2", "a.pdf", "pdf", content))


def names(content: bytes) -> list[str]:
    return [finding.name for finding in seen(content).findings]


PAGE = b"<< /Type /Page /Annots [<< /A << /S /URI /URI (https://x.example/a\\)b) >> >>] >>"
IMAGE = b"<< /Subtype /Image >>\nstream\n\x00\x01\nendstream"
SCRIPT = b"<< /OpenAction << /S /JavaScript /JS (app.alert(1)) >> >>"


@pytest.mark.parametrize(
    ("objects", "expected"),
    [
        ([SCRIPT], ["FILE_PDF_SCRIPT"]),
        ([b"<< /S /J#61vaScript >>"], ["FILE_PDF_SCRIPT"]),
        ([stream(b"/Type /ObjStm", SCRIPT)], ["FILE_PDF_SCRIPT"]),
        ([b"<< /S /Launch /Win << /F (cmd.exe) >> >>"], ["FILE_PDF_LAUNCH"]),
        (
            [b"<< /EmbeddedFiles 1 0 R >>"],
            ["FILE_PDF_CARRIES"],
        ),
        ([b"<< /S /SubmitForm /F (x) >>"], ["FILE_PDF_SENDS"]),
        ([PAGE, IMAGE], ["FILE_PDF_LURE"]),
        ([PAGE, IMAGE, stream(b"", b"BT (" + b"text " * 50 + b") Tj ET")], []),
        ([PAGE], []),
    ],
)
def test_what_it_would_do(objects: list[bytes], expected: list[str]) -> None:
    assert names(pdf(*objects)) == expected


def test_links_also_in_object_streams() -> None:
    assert seen(pdf(PAGE)).links == ("https://x.example/a)b",)
    assert seen(pdf(stream(b"/Type /ObjStm", PAGE))).links == ("https://x.example/a)b",)
    assert seen(pdf(b"<< /URI <68747470733a2f2f782e79> >>")).links == ("https://x.y",)


def test_embedded_files_are_handed_on() -> None:
    assert seen(pdf(stream(b"/Type /EmbeddedFile", b"MZ"))).files == (("embedded", b"MZ"),)


def test_a_password() -> None:
    found = seen(pdf(b"<< >>") + b"trailer << /Encrypt 9 0 R >>")
    assert found.is_encrypted


def test_a_bomb_is_inflated_in_part() -> None:
    bomb = stream(b"", bytes(50_000_000))
    assert names(pdf(*[bomb] * 20)) == []


def test_what_is_cut_off_does_not_raise() -> None:
    whole = pdf(SCRIPT, PAGE, IMAGE, stream(b"/Type /ObjStm", SCRIPT))
    for end in range(len(whole)):
        seen(whole[:end])


@given(st.binary(max_size=1000))
def test_no_octets_raise(octets: bytes) -> None:
    seen(b"%PDF-1.7 << >> stream\n" + octets)
