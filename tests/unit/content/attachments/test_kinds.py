"""A table of beginnings, and what they are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.fix_files import COMPRESSIONS, EXE, tarred, zipped
from katharion.content.attachments.kinds import extension_of, kind_of

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(22) + b"\x09\x00" + bytes(480)


@pytest.mark.parametrize(
    ("content", "name", "kind"),
    [
        (b"", "a", "empty"),
        (EXE, "a.jpg", "exe"),
        (b"\x7fELF\x02", "a", "elf"),
        (b"\xca\xfe\xba\xbe\x00\x00\x00\x34", "A.class", "class"),
        (b"\xca\xfe\xba\xbe\x00\x00\x00\x02", "a", "macho"),
        (b"\x89PNG\r\n\x1a\n", "a.png", "png"),
        (b"\xff\xd8\xff\xe0", "a.jpg", "jpg"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "a", "webp"),
        (b"\0\0\0\x18ftypheic", "a", "heic"),
        (b"junk\n%PDF-1.7\n", "a.pdf", "pdf"),
        (b"{\\rtf1", "a.doc", "rtf"),
        (OLE + "WordDocument".encode("utf-16-le"), "a.doc", "doc"),
        (OLE + "Workbook".encode("utf-16-le"), "a", "xls"),
        (OLE + "PowerPoint Document".encode("utf-16-le"), "a", "ppt"),
        (OLE + "__properties_version1.0".encode("utf-16-le"), "a", "msg"),
        (OLE + "EncryptedPackage".encode("utf-16-le"), "a", "encrypted-office"),
        (OLE, "a", "ole"),
        (zipped({"a.txt": b"x"}), "a", "zip"),
        (zipped({"[Content_Types].xml": b"", "word/document.xml": b""}), "a", "docx"),
        (zipped({"[Content_Types].xml": b"", "xl/workbook.xml": b""}), "a", "xlsx"),
        (zipped({"[Content_Types].xml": b"", "ppt/presentation.xml": b""}), "a", "pptx"),
        (zipped({"META-INF/MANIFEST.MF": b""}), "a", "jar"),
        (zipped({"AndroidManifest.xml": b"", "META-INF/MANIFEST.MF": b""}), "a", "apk"),
        (tarred({"a": b"x"}), "a", "tar"),
        (COMPRESSIONS["gz"](b"x"), "a", "gz"),
        (COMPRESSIONS["bz2"](b"x"), "a", "bz2"),
        (COMPRESSIONS["xz"](b"x"), "a", "xz"),
        (b"7z\xbc\xaf\x27\x1c", "a", "7z"),
        (b"Rar!\x1a\x07\x01\x00", "a", "rar"),
        (b"MSCF\0\0\0\0", "a", "cab"),
        (bytes(32769) + b"CD001", "a", "iso"),
        (b"vhdxfile", "a", "vhd"),
        (b"L\0\0\0\x01\x14\x02\0", "a.lnk", "lnk"),
        (bytes.fromhex("e4525c7b8cd8a74daeb15378d02996d3"), "a", "one"),
        (b"ITSF\x03", "a", "chm"),
        (b"<!DOCTYPE html><p>x", "a.pdf", "html"),
        (b"<p>x", "a.htm", "html"),
        (b"<html><script>x</script>", "a.hta", "hta"),
        (b"<html><hta:application>", "a.txt", "hta"),
        (b"<?xml version='1.0'?>\n<svg xmlns=''>", "a", "svg"),
        (b"\xff\xfe" + "<html>".encode("utf-16-le"), "a", "html"),
        (b"[InternetShortcut]\r\nURL=x", "a", "url"),
        (b"screen mode id:i:2\r\nfull address:s:h\r\n", "a.rdp", "rdp"),
        (b"<libraryDescription>", "a", "library-ms"),
        (b"<?xml?><PCSettings>", "a", "settingcontent-ms"),
        (b"Windows Registry Editor Version 5.00", "a", "reg"),
        (b"var x = 1;", "a.js", "script"),
        (b"@echo off", "a.bat", "script"),
        (b"#@~^AAAA", "a.txt", "script"),
        (b"var x = 1;", "a.txt", "text"),
        (b"BEGIN:VCALENDAR", "a", "ics"),
        (b"Received: from x", "a", "eml"),
        (b"\x00\x99\x98", "a", "data"),
    ],
)
def test_content_tells_the_kind(content: bytes, name: str, kind: str) -> None:
    assert kind_of(content, name) == kind


@pytest.mark.parametrize(
    ("name", "extension"),
    [("a.PDF", "pdf"), ("a.exe. ", "exe"), ("a", ""), ("a.tar.gz", "gz"), ("", "")],
)
def test_the_extension_is_what_windows_takes(name: str, extension: str) -> None:
    assert extension_of(name) == extension


@given(st.binary(max_size=200), st.sampled_from([b"PK\x03\x04", b"", OLE[:8], b"\xff\xfe"]))
def test_no_octets_raise(content: bytes, head: bytes) -> None:
    assert kind_of(head + content, "a.b")
