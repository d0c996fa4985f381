"""Octets to text by the name of a charset that a stranger wrote.

Only charsets of mail are known: some codecs that a name can choose cost without bound.

Source: the WHATWG's Encoding Standard, whose labels are what mail programs go by.
"""

import re
from functools import lru_cache

_KNOWN = {
    "utf-8": "utf8 unicode-1-1-utf-8 utf8mb4 utf-8-sig",
    "windows-1252": "us-ascii ascii iso-8859-1 iso8859-1 latin1 l1 cp1252 x-cp1252 ansi_x3.4-1968"
    " iso_8859-1 646 ansi 8859-1",
    "iso-8859-2": "iso8859-2 latin2 l2 iso_8859-2",
    "iso-8859-3": "latin3",
    "iso-8859-4": "latin4",
    "iso-8859-5": "cyrillic",
    "iso-8859-6": "arabic",
    "iso-8859-7": "greek",
    "iso-8859-8": "hebrew iso-8859-8-i iso-8859-8-e logical",
    "iso-8859-10": "latin6",
    "iso-8859-13": "",
    "iso-8859-14": "",
    "iso-8859-15": "iso8859-15 latin-9 latin9",
    "iso-8859-16": "",
    "windows-1250": "cp1250 x-cp1250",
    "windows-1251": "cp1251 x-cp1251",
    "windows-1253": "cp1253",
    "windows-1254": "cp1254 iso-8859-9 latin5",
    "windows-1255": "cp1255",
    "windows-1256": "cp1256",
    "windows-1257": "cp1257",
    "windows-1258": "cp1258",
    "cp874": "windows-874 tis-620 iso-8859-11",
    "koi8-r": "koi koi8 koi8r",
    "koi8-u": "koi8-ru",
    "cp866": "ibm866 866",
    "cp437": "ibm437 437",
    "cp850": "ibm850 850 cp-850",
    "cp852": "ibm852",
    "mac-roman": "macintosh mac x-mac-roman",
    "big5hkscs": "big5 big5-hkscs cn-big5 x-x-big5",
    "gb18030": "gb2312 gbk gb_2312-80 x-gbk cp936 ms936 chinese euc-cn",
    "hz": "hz-gb-2312",
    "shift_jis": "sjis ms_kanji shift-jis x-sjis ms932 windows-31j cp932",
    "euc-jp": "eucjp x-euc-jp",
    "iso-2022-jp": "csiso2022jp iso-2022-jp-1 iso-2022-jp-ms",
    "cp949": "euc-kr ks_c_5601-1987 ks_c_5601-1989 ksc5601 ksc_5601 windows-949 korean",
    "iso-2022-kr": "csiso2022kr",
    "utf-16": "utf16 unicode ucs-2 iso-10646-ucs-2",
    "utf-16-le": "utf-16le utf16le",
    "utf-16-be": "utf-16be utf16be",
    "utf-7": "utf7 unicode-1-1-utf-7 x-utf-7 unicode-2-0-utf-7",
}
_CODECS = {label: codec for codec, labels in _KNOWN.items() for label in (codec, *labels.split())}
_NOT_A_LABEL = re.compile(r"[^a-z0-9._:-]+")
_LABEL_LENGTH_MAX = 40


@lru_cache(maxsize=1024)
def codec_of(charset: str) -> str:
    """The codec for a charset's name; "" where we know none."""
    label = _NOT_A_LABEL.sub("", charset[: 2 * _LABEL_LENGTH_MAX].lower())[:_LABEL_LENGTH_MAX]
    return _CODECS.get(label, "")


def decode_as(octets: bytes, charset: str) -> tuple[str, bool]:
    """The text, and whether the octets are what `charset` says.

    Where they are not, or the charset is unknown, they are read as UTF-8 if they are that, else
    as Windows-1252, as mail programs do.
    """
    if octets.isascii() and b"\x1b" not in octets:
        codec = codec_of(charset) if charset else ""
        # Of pure ASCII, few charsets make anything else.
        if codec not in ("utf-7", "utf-16", "utf-16-le", "utf-16-be", "hz"):
            return octets.decode("ascii"), bool(codec) or not charset
    else:
        codec = codec_of(charset) if charset else ""
    for candidate in (codec, "utf-8"):
        if candidate:
            try:
                return octets.decode(candidate), candidate == codec or not charset
            except (UnicodeDecodeError, UnicodeError):
                continue
    if codec:
        return octets.decode(codec, "replace"), False
    return octets.decode("windows-1252", "replace"), False
