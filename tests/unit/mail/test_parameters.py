"""Structured values: examples of RFC 2045, RFC 2183 and RFC 2231, and what is sent instead."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from katharion.mail.parameters import structured

CPU_SECONDS_MAX = 0.05


@pytest.mark.parametrize(
    ("value", "word", "parameters"),
    [
        (b"text/plain", "text/plain", {}),
        (b"Text/HTML; Charset=US-ASCII (Plain)", "text/html", {"charset": "US-ASCII"}),
        (b'text/plain; charset="us-ascii"', "text/plain", {"charset": "us-ascii"}),
        (b"text/plain;charset = utf-8 ; format=flowed", "text/plain",
         {"charset": "utf-8", "format": "flowed"}),
        (b'a/b; name="a\\"b;c"', "a/b", {"name": 'a"b;c'}),
        (b'a/b; name="open', "a/b", {"name": "open"}),
        (b"a/b; name==?utf-8?B?w7w=?=", "a/b", {"name": "ü"}),
        (b'a/b; boundary="=?x\xff"', "a/b", {"boundary": "=?x\xff"}),
        # RFC 2231 sections 3 and 4, and both.
        (b'message/external-body; URL*0="ftp://"; URL*1="example.org/pub"',
         "message/external-body", {"url": "ftp://example.org/pub"}),
        (b"a/b; title*=us-ascii'en-us'This%20is%20%2A%2A%2Afun%2A%2A%2A", "a/b",
         {"title": "This is ***fun***"}),
        ((b"a/b; title*0*=us-ascii'en'This%20is%20even%20more%20; "
         b"title*1*=%2A%2A%2Afun%2A%2A%2A%20; title*2=\"isn't it!\""), "a/b",
         {"title": "This is even more ***fun*** isn't it!"}),
        (b"a/b; name*1=b; name*0=a", "a/b", {"name": "ab"}),
        (b"a/b; name*=%C3%BC", "a/b", {"name": "ü"}),
        (b"", "", {}),
        (b";;;=;", "", {}),
    ],
)  # fmt: skip
def test_values(value: bytes, word: str, parameters: dict[str, str]) -> None:
    found = structured(value)
    assert (found.word, dict(found.parameters)) == (word, parameters)


def test_what_is_said_twice_is_told() -> None:
    found = structured(b"multipart/mixed; boundary=a; boundary=b")
    assert found.parameters["boundary"] == "a"
    assert dict(found.others) == {"boundary": "b"}


@given(st.binary(max_size=300))
def test_no_octets_raise(value: bytes) -> None:
    structured(value)
    structured(b"a/b;" + value)


@pytest.mark.parametrize("piece", [b" ", b'"\\', b"a=", b"a*0=", b";", b"=?", b"a*0*=''%", b'a="'])
def test_time_is_linear(piece: bytes) -> None:
    value = b"a/b;" + piece * (64 * 1024 // len(piece))
    started = time.process_time()
    structured(value)
    assert time.process_time() - started < CPU_SECONDS_MAX
