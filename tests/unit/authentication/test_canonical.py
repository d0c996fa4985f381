"""Canonical forms, beside the same in the plainest of codes, wherever chunks are cut."""

import hashlib
import time
from collections.abc import Collection

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.signer import canonical_body, canonical_field
from fakes.text_zone import TextZone
from katharion.authentication.canonical import (
    CHUNK_OCTETS,
    BodyHash,
    Extent,
    Header,
    body_digest,
    hash_body,
    relaxed_field,
    simple_field,
)
from katharion.mail.message import Message

HOSTILE_SECONDS_MAX = 0.02
SIMPLE, RELAXED = Extent(is_relaxed=False), Extent(is_relaxed=True)
# Octets that matter, in any order, so that each way to end a line or a body is met.
BODIES = st.lists(st.sampled_from([b"\r\n", b"\r", b"\n", b" ", b"\t", b"a", b"bc"])).map(b"".join)


def hashes_of(
    body: bytes, *extents: Extent, chunk_octets: int = CHUNK_OCTETS
) -> dict[Extent, BodyHash]:
    hashing = hash_body(Message(b"\r\n" + body), extents, chunk_octets=chunk_octets)
    return TextZone({}).drive(hashing)


# RFC 6376 section 3.4.5: the example's body, in both forms.
RFC_BODY = b" C \r\nD \t E\r\n\r\n\r\n"
RFC_FORMS = [(RELAXED, b" C\r\nD E\r\n"), (SIMPLE, b" C \r\nD \t E\r\n")]


@pytest.mark.parametrize(("extent", "form"), RFC_FORMS)
def test_the_rfcs_body(extent: Extent, form: bytes) -> None:
    found = hashes_of(RFC_BODY, extent)[extent]
    assert found == BodyHash(hashlib.sha256(form).digest(), len(form))


def test_the_rfcs_header() -> None:
    header = Header(Message(b"A: X\r\nB : Y\t\r\n\tZ  \r\n\r\n"))
    assert header.chosen([b"a", b"b"]) == b"a:X\r\nb:Y Z\r\n"
    assert header.chosen([b"a", b"b"], is_relaxed=False) == b"A: X\r\nB : Y\t\r\n\tZ  \r\n"


def test_fields_are_chosen_from_below_and_never_the_signature_itself() -> None:
    header = Header(Message(b"S: own\r\nA: 1\r\nA: 2\r\nS: old\r\n\r\n"))
    assert header.chosen([b"a", b"a", b"a"]) == b"a:2\r\na:1\r\n"
    assert header.chosen([b"a"]) == b"a:2\r\n"
    assert header.chosen([b"s", b"s"], own_place=0) == b"s:old\r\n"
    assert (header.count(b"a"), header.count(b"b")) == (2, 0)


def test_a_field_without_a_line_end_gets_one() -> None:
    assert simple_field(b"A: b") == b"A: b\r\n"
    assert relaxed_field(b"A: b") == b"a:b\r\n"


def check_forms(body: bytes, lengths: Collection[int], chunk_octets: int = CHUNK_OCTETS) -> None:
    extents = [Extent(form, n) for form in (False, True) for n in (None, *lengths)]
    found = hashes_of(body, *extents, chunk_octets=chunk_octets)
    for extent in extents:
        form = canonical_body(body, "relaxed" if extent.is_relaxed else "simple")
        part = form if extent.length is None else form[: extent.length]
        is_there = extent.length is None or extent.length <= len(form)
        digest = hashlib.sha256(part).digest() if is_there else b""
        assert found[extent] == BodyHash(digest, len(form)), extent


@given(body=BODIES, lengths=st.sets(st.integers(0, 12)), chunk=st.integers(1, 9))
def test_any_body_in_chunks_of_any_length(body: bytes, lengths: set[int], chunk: int) -> None:
    check_forms(body, lengths, chunk)


@given(body=st.binary() | BODIES)
def test_any_body(body: bytes) -> None:
    check_forms(body, (0, 1, len(body)))
    found = hashes_of(body, RELAXED)[RELAXED]
    assert body_digest(Message(b"\r\n" + body)) == found.digest


FIELD_PARTS = st.lists(st.sampled_from([b"\r\n ", b"\r\n\t", b" ", b"\t", b"a", b":", b"B"]))


@given(value=FIELD_PARTS.map(b"".join), name=st.sampled_from([b"A", b"Sub-Ject ", b"x\t"]))
def test_any_field(value: bytes, name: bytes) -> None:
    field = name + b":" + value + b"\r\n"
    assert relaxed_field(field) == canonical_field(field, "relaxed") + b"\r\n"
    assert simple_field(field) == field


BOMBS = {
    "spaces": b" " * 1_000_000,
    "tabs and spaces": b" \t" * 500_000,
    "line ends": b"\r\n" * 500_000,
    "spaces before line ends": b"     \r\n" * 150_000,
    "lone CRs": b"\r" * 1_000_000,
    "spaces between letters": b"a  " * 330_000,
}


@pytest.mark.parametrize("name", BOMBS)
def test_others_have_their_turn_while_a_large_body_is_hashed(name: str) -> None:
    body = BOMBS[name] * 10 + b"end"
    hashing = hash_body(
        Message(b"\r\n" + body), (SIMPLE, RELAXED, Extent(is_relaxed=True, length=9))
    )
    longest, is_over = 0.0, False
    while not is_over:
        began = time.process_time()
        is_over = next(hashing, None) is None
        longest = max(longest, time.process_time() - began)
    assert longest < HOSTILE_SECONDS_MAX


def test_a_header_of_spaces_is_cheap() -> None:
    message = Message(b"A: " + b" \t" * 200_000 + b"\r\n\r\n")
    began = time.process_time()
    Header(message).chosen([b"a"] * 100)
    assert time.process_time() - began < HOSTILE_SECONDS_MAX
