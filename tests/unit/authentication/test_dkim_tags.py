"""Lists of tags, as strangers write them."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from katharion.authentication.dkim_tags import (
    NOT_A_LIST,
    TWICE,
    number,
    octets,
    read_tags,
    without_signature,
)

LISTS = [
    (b"v=1; a=b", {b"v": b"1", b"a": b"b"}),
    (b" v = 1 ;\r\n\ta=b c ; ", {b"v": b"1", b"a": b"b c"}),
    (b"v=1;a=", {b"v": b"1", b"a": b""}),
    (b"v=1;a==;", {b"v": b"1", b"a": b"="}),
    (b"long_name2=\xc3\xbc", {b"long_name2": b"\xc3\xbc"}),
    (b"", {}),
    (b"v", NOT_A_LIST),
    (b"v=1;;a=b", NOT_A_LIST),
    (b"=1", NOT_A_LIST),
    (b"1v=1", NOT_A_LIST),
    (b"v w=1", NOT_A_LIST),
    (b"v=1\x00", NOT_A_LIST),
    (b"v=1\n", NOT_A_LIST),
    (b"v=1\r;", NOT_A_LIST),
    (b"v=1; V=2; v=1", TWICE),
]


@pytest.mark.parametrize(("text", "tags"), LISTS)
def test_lists(text: bytes, tags: dict[bytes, bytes] | str) -> None:
    assert read_tags(text) == tags


FIELDS = [
    (b"S: a=1; b=xyz; c=2\r\n", b"S: a=1; b=; c=2"),
    (b"S: a=1; b = x\r\n yz ;c=2\r\n", b"S: a=1; b =;c=2"),
    (b"S: b=x\r\n", b"S: b="),
    (b"S: bh=x; b=y", b"S: bh=x; b="),
    (b"S: a=1; bb=2\r\n", b"S: a=1; bb=2"),
    (b"S: a=1;\r\n", b"S: a=1;"),
    (b"S b=1", b"S b=1"),
]


@pytest.mark.parametrize(("field", "bare"), FIELDS)
def test_a_signature_does_not_sign_its_value(field: bytes, bare: bytes) -> None:
    assert without_signature(field) == bare


def test_numbers() -> None:
    assert number(b"12", 2) == 12
    assert [number(value, 2) for value in (b"", b"123", b"-1", b"1.", b"\xb2")] == [None] * 5


@given(st.binary(min_size=1), st.booleans())
def test_base64(value: bytes, is_padded: bool) -> None:  # noqa: FBT001 # From hypothesis.
    text = base64.b64encode(value)
    assert octets(b" ".join([text[:3], text[3:]]) if is_padded else text.rstrip(b"=")) == value


@pytest.mark.parametrize("text", [b"", b"=", b"A", b"AAA===", b"AA=A", b"A-_A", b"!"])
def test_what_is_no_base64(text: bytes) -> None:
    assert octets(text) is None


@given(st.binary())
def test_any_octets(octets_of_strangers: bytes) -> None:
    read_tags(octets_of_strangers)
    without_signature(octets_of_strangers)
    octets(octets_of_strangers)
