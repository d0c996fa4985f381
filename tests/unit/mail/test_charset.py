"""Charsets by the names that strangers write."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from katharion.mail.charset import codec_of, decode_as

CPU_SECONDS_MAX = 0.2


@pytest.mark.parametrize(
    ("charset", "codec"),
    [
        ("UTF-8", "utf-8"),
        ('"utf8"', "utf-8"),
        ("ISO-8859-1", "windows-1252"),  # The Encoding Standard reads it so.
        ("us-ascii", "windows-1252"),
        ("gb2312", "gb18030"),
        ("ks_c_5601-1987", "cp949"),
        ("x-sjis", "shift_jis"),
        ("rot13", ""),
        ("zlib", ""),
        ("idna", ""),
        ("unicode_escape", ""),
        ("", ""),
        ("x" * 5000, ""),
    ],
)
def test_only_charsets_of_mail_are_known(charset: str, codec: str) -> None:
    assert codec_of(charset) == codec


@pytest.mark.parametrize(
    ("octets", "charset", "text", "is_right"),
    [
        (b"plain", "", "plain", True),
        (b"plain", "of-nobody", "plain", False),
        ("für".encode(), "utf-8", "für", True),
        ("für".encode("latin-1"), "iso-8859-1", "für", True),
        ("für".encode("latin-1"), "utf-8", "f\ufffdr", False),
        ("für".encode(), "", "für", True),
        ("für".encode("latin-1"), "", "für", False),
        ("für".encode(), "of-nobody", "für", False),
        (b"+ADw-script+AD4-", "utf-7", "<script>", True),
        (b"~{VPND~}", "hz-gb-2312", "中文", True),
        ("日本".encode("iso-2022-jp"), "iso-2022-jp", "日本", True),
        ("日本".encode("utf-16-le"), "utf-16le", "日本", True),
    ],
)
def test_decode(octets: bytes, charset: str, text: str, *, is_right: bool) -> None:
    assert decode_as(octets, charset) == (text, is_right)


@given(st.binary(max_size=200), st.one_of(st.text(max_size=20), st.sampled_from(["utf-7", "hz"])))
def test_no_octets_raise(octets: bytes, charset: str) -> None:
    decode_as(octets, charset)


@pytest.mark.parametrize("charset", ["utf-7", "hz", "iso-2022-kr", "gb18030", "utf-16", "utf-8"])
@pytest.mark.parametrize("piece", [b"+", b"~{", b"\x1b$)C\x0e", b"\xff\xfe\xd8", b"+AAA"])
def test_time_is_linear(charset: str, piece: bytes) -> None:
    octets = (piece * (256 * 1024 // len(piece)))[: 256 * 1024]
    started = time.process_time()
    decode_as(octets, charset)
    assert time.process_time() - started < CPU_SECONDS_MAX
