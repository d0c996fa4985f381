"""What a file is, by its content: a table of beginnings, and some structure.

A name says what a program will do with a file, its content what the file is; where they differ,
somebody lies. Bounded: of a file its beginning, its end and few places between are looked at.

Sources: the formats' own descriptions; PKWARE APPNOTE 4.3 (zip), [MS-CFB] 2.2, [MS-SHLLINK] 2.1,
[MS-ONESTORE] 2.3.1, ECMA-119 8.1 (ISO 9660).
"""

import re

HEAD_OCTETS = 4096
TAIL_OCTETS = 256 * 1024
OLE_OCTETS = 512 * 1024
TEXT_OCTETS = 4096
ISO_MARK_AT = 32769
COMPRESSED = frozenset(("gz", "bz2", "xz"))
ARCHIVES = COMPRESSED | {
    *("zip", "jar", "apk", "xpi", "appx", "epub", "7z", "rar", "tar", "cab", "iso", "lzh")
}

# Kinds that somebody looks into (`inspectors.py`); it stands here, so that a filter need not load
# those who look.
INSPECTED = frozenset(
    (
        *("html", "svg", "hta", "lnk", "one", "url", "rdp", "library-ms", "settingcontent-ms"),
        *("reg", "script", "doc", "xls", "ppt", "ole", "vsd", "encrypted-office"),
        *("docx", "xlsx", "pptx", "rtf", "text", "pdf", "png", "jpg", "gif", "bmp", "webp"),
        *("exe", "iso", "img", "vhd", "msi", "data"),
    )
)

# At the very beginning.
_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"MZ", "exe"),
    (b"\x7fELF", "elf"),
    (b"\xfe\xed\xfa\xce", "macho"),
    (b"\xfe\xed\xfa\xcf", "macho"),
    (b"\xce\xfa\xed\xfe", "macho"),
    (b"\xcf\xfa\xed\xfe", "macho"),
    (b"\xca\xfe\xba\xbe\x00\x00\x00\x02", "macho"),
    (b"\xca\xfe\xba\xbe", "class"),
    (b"dex\n", "dex"),
    (b"\x00asm", "wasm"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"Rar!\x1a\x07", "rar"),
    (b"\x1f\x8b\x08", "gz"),
    (b"BZh", "bz2"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"\x28\xb5\x2f\xfd", "zst"),
    (b"\x1f\x9d", "z"),
    (b"LZIP", "lz"),
    (b"MSCF", "cab"),
    (b"\x60\xea", "arj"),
    (b"MSWIM\x00\x00\x00", "wim"),
    (b"vhdxfile", "vhd"),
    (b"conectix", "vhd"),
    (b"KDMV", "vmdk"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"\xff\xd8\xff", "jpg"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"II*\x00", "tiff"),
    (b"MM\x00*", "tiff"),
    (b"\x00\x00\x01\x00", "ico"),
    (b"8BPS", "psd"),
    (b"\xd7\xcd\xc6\x9a", "wmf"),
    (b"ID3", "mp3"),
    (b"\xff\xfb", "mp3"),
    (b"OggS", "ogg"),
    (b"fLaC", "flac"),
    (b"\x1aE\xdf\xa3", "mkv"),
    (b"{\\rt", "rtf"),
    (b"%!PS", "ps"),
    (b"\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d\xae\xb1\x53\x78\xd0\x29\x96\xd3", "one"),
    (b"L\x00\x00\x00\x01\x14\x02\x00", "lnk"),
    (b"ITSF", "chm"),
    (b"?_\x03\x00", "hlp"),
    (b"FWS", "swf"),
    (b"CWS", "swf"),
    (b"ZWS", "swf"),
    (b"Cr24", "crx"),
    (b"!<arch>\n", "deb"),
    (b"\xed\xab\xee\xdb", "rpm"),
    (b"SQLite format 3\x00", "sqlite"),
    (b"wOFF", "font"),
    (b"wOF2", "font"),
    (b"\x00\x01\x00\x00Standard", "mdb"),
    (b"\x00\x01\x00\x00\x00", "font"),
    (b"OTTO", "font"),
    (b"!BDN", "pst"),
    (b"x\x9f>\x22", "tnef"),
    (b"#@~^", "script"),
)
# At a place of their own.
_PLACED: tuple[tuple[int, bytes, str], ...] = (
    (257, b"ustar", "tar"),
    (ISO_MARK_AT, b"CD001", "iso"),
    (ISO_MARK_AT, b"BEA01", "iso"),
    (7, b"**ACE**", "ace"),
    (4, b"ftypheic", "heic"),
    (4, b"ftyp", "mp4"),
    (8, b"WEBP", "webp"),
    (8, b"WAVE", "wav"),
    (8, b"AVI ", "avi"),
    (40, b" EMF", "emf"),
)
_BY_FIRST: dict[int, list[tuple[bytes, str]]] = {}
for _magic, _kind in _MAGIC:
    _BY_FIRST.setdefault(_magic[0], []).append((_magic, _kind))

# What its text says of itself, the first that is found; lower case.
_TEXTS = tuple(
    (re.compile(pattern), kind)
    for pattern, kind in (
        (rb"<hta:application", "hta"),
        (rb"<librarydescription", "library-ms"),
        (rb"<searchconnectordescription", "library-ms"),
        (rb"<pcsettings", "settingcontent-ms"),
        (rb"<scriptlet|<component\b[^>]{0,200}id=", "script"),
        (rb"^\s*(?:<\?xml[^>]{0,200}\?>\s*)?<(?:package>\s*<)?job\b", "script"),
        (rb"<svg[\s>]", "svg"),
        (rb"<!doctype html|<html[\s>]|<head[\s>]|<body[\s>]|<script[\s>]|<meta\s|<iframe", "html"),
        (rb"^\s*<\?xml", "xml"),
        (rb"^\s*\[internetshortcut\]", "url"),
        (rb"^\s*(?:windows registry editor|regedit4)", "reg"),
        (rb"(?:^|\n)(?:full address|alternate full address|remoteapplicationprogram):s:", "rdp"),
        (rb"^\s*begin:vcalendar", "ics"),
        (rb"^\s*begin:vcard", "vcf"),
        (rb"^-----begin pgp", "pgp"),
        (rb"^-----begin ", "pem"),
        (rb"^#![ \t]*/", "shell"),
    )
)
SCRIPT_EXTENSIONS = frozenset(
    (
        *("js", "jse", "mjs", "vbs", "vbe", "vb", "wsf", "wsh", "wsc", "sct", "ps1", "ps1xml"),
        *("ps2", "psm1", "psd1", "bat", "cmd", "hta"),
    )
)
_SHORT_MAIL = re.compile(
    rb"(?:from|received|return-path|date|message-id|mime-version|subject):", re.IGNORECASE
)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# Streams of an OLE file that say what it is, in the order they are looked for.
_STREAMS = tuple(
    (name.encode("utf-16-le"), kind)
    for name, kind in (
        ("EncryptedPackage", "encrypted-office"),
        ("__properties_version1.0", "msg"),
        ("WordDocument", "doc"),
        ("Workbook", "xls"),
        ("PowerPoint Document", "ppt"),
        ("VisioDocument", "vsd"),
        ("\u4840\u3f3f", "msi"),
        ("\u4840\u3b3f", "msi"),
        ("Book", "xls"),
    )
)
_MSI_CLASS = b"\x84\x10\x0c\x00\x00\x00\x00\x00\xc0\x00\x00\x00\x00\x00\x00\x46"
# Names in a zip's directory that say what it is.
_ZIPPED = (
    (b"word/document", "docx"),
    (b"xl/workbook", "xlsx"),
    (b"ppt/presentation", "pptx"),
    (b"AndroidManifest.xml", "apk"),
    (b"AppxManifest.xml", "appx"),
    (b"META-INF/mozilla.", "xpi"),
    (b"META-INF/MANIFEST.MF", "jar"),
)
_MIMETYPES = (
    (b"application/epub+zip", "epub"),
    (b"application/vnd.oasis.opendocument.", "odf"),
)
_HTML_EXTENSIONS = ("html", "htm", "shtml", "xhtml", "xht", "mht", "mhtml")


def extension_of(name: str) -> str:
    """What stands behind the last dot, in lower case, without what Windows drops."""
    return name.rstrip(" .\t\u00a0").rpartition(".")[2].strip().lower() if "." in name else ""


def kind_of(content: bytes, name: str = "") -> str:
    """What `content` is; "text" or "data" where nothing more is known. No octets raise.

    `name` decides only between kinds of text, which are what a program takes them for.
    """
    if content[:4] in (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08"):
        return _zip_kind(content)
    if content.startswith(_OLE):
        return _ole_kind(content)
    if not content:
        return "empty"
    for magic, kind in _BY_FIRST.get(content[0], ()):
        if content.startswith(magic):
            return kind
    for place, mark, kind in _PLACED:
        if content.startswith(mark, place):
            return kind
    return _by_structure(content) or _text_kind(content, extension_of(name))


def _by_structure(content: bytes) -> str:
    if b"%PDF-" in content[:1024]:
        return "pdf"  # Readers look for it in the first 1,024 octets.
    if content[:2] == b"BM" and content[6:10] == bytes(4):
        return "bmp"
    if content[2:5] == b"-lh" and content[6:7] == b"-":
        return "lzh"
    if content[-512:].startswith((b"koly", b"conectix")):
        return "dmg" if content[-512:].startswith(b"koly") else "vhd"
    if content[510:512] == b"\x55\xaa" and len(content) > 64 * 1024:
        return "img"
    return ""


def _text_kind(content: bytes, extension: str) -> str:
    head = content[:TEXT_OCTETS]
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        head = head.decode("utf-16", "replace").encode()
    elif b"\x00" in head:
        return "data"
    low = head.removeprefix(b"\xef\xbb\xbf").lower()
    found = next((kind for pattern, kind in _TEXTS if pattern.search(low)), "")
    if found in ("html", "xml", "") and extension in SCRIPT_EXTENSIONS:
        return "hta" if extension == "hta" else "script"
    if not found and extension in _HTML_EXTENSIONS:
        return "html"
    if not found and _SHORT_MAIL.match(low):
        return "eml"
    return found or "text"


def _zip_kind(content: bytes) -> str:
    head, tail = content[:HEAD_OCTETS], content[-TAIL_OCTETS:]
    if content[30:38] == b"mimetype":
        declared = content[38:120]
        return next((kind for mark, kind in _MIMETYPES if mark in declared), "zip")
    return next((kind for mark, kind in _ZIPPED if mark in tail or mark in head), "zip")


def _ole_kind(content: bytes) -> str:
    """By the names in the directory, whose first sector the header names."""
    shift = int.from_bytes(content[30:32], "little")
    size = 1 << shift if shift in (9, 12) else 512
    start = (int.from_bytes(content[48:52], "little") + 1) * size
    root = content[start : start + HEAD_OCTETS]
    for seen in (root, content[:OLE_OCTETS], content[-TAIL_OCTETS:]):
        found = next((kind for mark, kind in _STREAMS if mark in seen), "")
        if found:
            return found
        if seen is root and _MSI_CLASS in root:
            return "msi"
    return "ole"
