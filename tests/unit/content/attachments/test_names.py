"""Names of files, and what is found in them."""

import pytest

from katharion.content.attachments.names import REFUSED_DEFAULT, judge_name

REFUSED = frozenset(REFUSED_DEFAULT)


@pytest.mark.parametrize(
    ("name", "kind", "found"),
    [
        ("minutes.pdf", "pdf", []),
        ("photo.jpg", "png", []),
        ("archive.tar.gz", "gz", []),
        ("v1.2.pdf", "pdf", []),
        ("table.xls", "html", []),
        ("setup.exe", "exe", ["FILE_REFUSED"]),
        ("noname", "exe", ["FILE_REFUSED"]),
        ("Setup.EXE. ", "exe", ["FILE_REFUSED"]),
        ("invoice.pdf.exe", "exe", ["FILE_REFUSED", "FILE_NAME_DOUBLE"]),
        ("photo.jpg", "exe", ["FILE_REFUSED", "FILE_LIES"]),
        ("invoice\u202efdp.exe", "exe", ["FILE_REFUSED", "FILE_NAME_TURNED"]),
        ("invoice\u202exe.pdf", "pdf", ["FILE_NAME_TURNED"]),
        ("שלום\u200f.pdf", "pdf", []),
        (f"invoice{' ' * 60}.exe", "exe", ["FILE_REFUSED", "FILE_NAME_PADDED"]),
        ("disk.img", "data", ["FILE_REFUSED"]),
    ],
)
def test_names(name: str, kind: str, found: list[str]) -> None:
    assert [finding.name for finding in judge_name(name, kind, REFUSED)] == found


def test_what_is_refused_is_the_operators() -> None:
    assert not judge_name("setup.exe", "exe", frozenset())
    assert judge_name("a.txt", "text", frozenset(["txt"]), 1.0)[0].weight == 1.0


def test_evidence_is_printable_and_short() -> None:
    finding = judge_name("a\r\n" * 1000 + ".exe", "exe", REFUSED)[0]
    assert finding.evidence.isprintable()
    assert len(finding.evidence) <= 200
