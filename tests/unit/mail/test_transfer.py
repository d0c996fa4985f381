"""Transfer encodings, right and wrong: whatever mail programs show is read."""

import base64
import binascii

import pytest
from hypothesis import given
from hypothesis import strategies as st

from katharion.mail.transfer import (
    UU_FILES_COUNT_MAX,
    decode,
    embedded_in,
    from_base64,
    is_base64,
)


def uuencoded(name: str, content: bytes) -> bytes:
    lines = [binascii.b2a_uu(content[at : at + 45]) for at in range(0, len(content), 45)]
    return b"begin 644 " + name.encode() + b"\n" + b"".join(lines) + b"`\nend\n"


@pytest.mark.parametrize(
    ("raw", "octets"),
    [
        (b"aGVsbG8=", b"hello"),
        (b"aGVs\r\nbG8=\r\n", b"hello"),
        (b"aGVsbG8", b"hello"),  # Padding is missing.
        (b"aGVsbG8=aGVsbG8=", b"hellohello"),  # Two pieces in one.
        (b"aGV*sb!G8=", b"hello"),  # What is no base64 does not count.
        (b"aGVsb", b"hel"),  # Six bits make no octet.
        (b"", b""),
        (b"====", b""),
    ],
)
def test_base64_is_read_leniently(raw: bytes, octets: bytes) -> None:
    assert from_base64(raw) == octets


@pytest.mark.parametrize(
    ("raw", "is_so"),
    [(b"aGVs\r\nbG8=\r\n", True), (b"aGVsbG8=x", False), (b"aG-s", False), (b"", True)],
)
def test_what_is_base64(raw: bytes, *, is_so: bool) -> None:
    assert is_base64(raw) is is_so


@pytest.mark.parametrize(
    ("raw", "encoding", "octets"),
    [
        (b"a=3Db=\r\nc", "quoted-printable", b"a=bc"),  # RFC 2045 section 6.7.
        (b"a=ZZb", "quoted-printable", b"a=ZZb"),
        (b"a=3Db", "7bit", b"a=3Db"),
        (b"a=3Db", "of-nobody", b"a=3Db"),
        (uuencoded("a.txt", b"hello"), "x-uuencode", b"hello"),
        (b"no begin", "uuencode", b"no begin"),
    ],
)
def test_decode_by_name(raw: bytes, encoding: str, octets: bytes) -> None:
    assert decode(raw, encoding) == octets


def test_files_in_a_text_are_found() -> None:
    content = bytes(range(256)) * 3
    text = b"See:\r\n" + uuencoded("a b.exe", content).replace(b"\n", b"\r\n") + b"Bye\r\n"
    text += b"begin-base64 644 c.txt\n" + base64.b64encode(b"hello") + b"\n====\n"
    first, second = embedded_in(text)
    assert (first.name, first.content) == ("a b.exe", content)
    assert text[first.start :].lstrip().startswith(b"begin 644")
    assert (second.name, second.content) == ("c.txt", b"hello")


def test_files_in_a_text_are_bounded_and_need_no_end() -> None:
    assert len(embedded_in(uuencoded("a", b"x") * 50)) == UU_FILES_COUNT_MAX
    (only,) = embedded_in(uuencoded("a", b"hello" * 30)[:120])
    assert only.content.startswith(b"hello")


@given(st.binary(max_size=300), st.sampled_from(["base64", "quoted-printable", "uuencode", "?"]))
def test_no_octets_raise(raw: bytes, encoding: str) -> None:
    decode(raw, encoding)
    embedded_in(b"begin 644 a\n" + raw)


@given(st.binary(max_size=300))
def test_what_was_encoded_comes_back(octets: bytes) -> None:
    assert decode(base64.encodebytes(octets), "base64") == octets
    assert decode(binascii.b2a_qp(octets, istext=False), "quoted-printable") == octets
    assert not octets or embedded_in(uuencoded("a", octets))[0].content == octets
