"""Sections of OneNote, made here."""

from fixtures.fix_files import EICAR, EXE, examined, names_in

HEAD = bytes.fromhex("e4525c7b8cd8a74daeb15378d02996d3") + bytes(200)
MARK = bytes.fromhex("e716e3bd65261145a4c48d4d0b7a9eac")


def embedded(content: bytes) -> bytes:
    return MARK + len(content).to_bytes(8, "little") + bytes(12) + content


def test_files_in_it_are_looked_into() -> None:
    found = examined(HEAD + embedded(EXE) + bytes(7) + embedded(EICAR), "a.one")
    assert set(names_in(found)) == {"FILE_NOTE_CARRIES", "FILE_REFUSED", "EICAR"}


def test_pictures_are_what_it_shows() -> None:
    assert names_in(examined(HEAD + embedded(b"\x89PNG\r\n\x1a\n"), "a.one")) == []


def test_a_length_that_lies_ends_with_the_file() -> None:
    content = HEAD + MARK + b"\xff" * 8 + bytes(12) + EXE
    assert "FILE_REFUSED" in names_in(examined(content, "a.one"))
