"""Signature fields read and judged; what each fault comes to stands in tests/tables/dkim.toml."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from katharion.authentication.canonical import Extent
from katharion.authentication.dkim_signature import (
    ALGORITHM_LENGTH_MAX,
    FIELD_OCTETS_MAX,
    FUTURE_SECONDS_MAX,
    IDENTITY_LENGTH_MAX,
    Flaw,
    Signature,
    algorithm_of,
    name_of,
    read_arc_message,
    read_arc_seal,
    read_dkim,
    short_tag,
    tags_of,
)
from katharion.values.authenticity import Result
from katharion.values.dns import Question

NOW = 1_790_000_000.0
BODY = b"A" * 43 + b"="
TAGS = {
    b"v": b"1",
    b"a": b"rsa-sha256",
    b"b": b"QUJD REVG R0hJ",
    b"bh": BODY,
    b"d": b"Signer.Example.",
    b"h": b"From:To",
    b"s": b"s1",
}
ARC = {name: value for name, value in TAGS.items() if name != b"v"} | {b"i": b"1"}
SEAL = {name: ARC[name] for name in (b"a", b"b", b"d", b"i", b"s")} | {b"cv": b"none"}


def test_all_that_a_field_says() -> None:
    assert read_dkim(TAGS, NOW) == Signature(
        algorithm="rsa-sha256",
        domain="signer.example",
        selector="s1",
        identity="@signer.example",
        names=(b"from", b"to"),
        is_relaxed=False,
        extent=Extent(is_relaxed=False),
        digest=bytes(32),
        value=b"ABCDEFGHI",
        tag="QUJDREVG",
    )


def test_where_the_key_stands() -> None:
    read = read_dkim(TAGS, NOW)
    assert isinstance(read, Signature)
    assert read.question == Question("TXT", "s1._domainkey.signer.example")


def test_arcs_message_signature_has_no_version_and_signs_no_seals() -> None:
    read = read_arc_message(ARC, NOW)
    assert isinstance(read, Signature)
    assert read.identity == "@signer.example"
    flaw = read_arc_message(ARC | {b"h": b"From:ARC-Seal"}, NOW)
    assert isinstance(flaw, Flaw)
    assert "covers seals" in flaw.reason


def test_a_seal_names_no_fields() -> None:
    assert isinstance(read_arc_seal(SEAL, NOW), Signature)
    flaw = read_arc_seal(SEAL | {b"h": b"from"}, NOW)
    assert isinstance(flaw, Flaw)
    assert "names fields" in flaw.reason


def test_a_long_field_is_not_read() -> None:
    assert isinstance(tags_of(b"S: v=1; n=" + b"a" * FIELD_OCTETS_MAX), Flaw)
    assert tags_of(b"S: v=1") == {b"v": b"1"}


def test_words_of_strangers_are_printable_and_bounded() -> None:
    assert algorithm_of({b"a": b"x" * 100}) == "x" * ALGORITHM_LENGTH_MAX
    assert algorithm_of({b"a": b"\x1b[2J\xff"}).isprintable()
    assert short_tag({b"b": b"AB C\x1bDEFGHIJ"}).isprintable()
    assert (short_tag({}), algorithm_of({}), name_of(b"")) == ("", "", "")
    assert name_of(b"a" * 10_000) == ""
    read = read_dkim(TAGS | {b"i": b"=1B" * 500 + b"@signer.example"}, NOW)
    assert isinstance(read, Signature)
    assert read.identity.isprintable()
    assert len(read.identity) == IDENTITY_LENGTH_MAX


FAULTS = [
    ({b"q": b"x509"}, Result.PERMERROR, "not kept in DNS"),
    ({b"c": b"nofws"}, Result.PERMERROR, "canonicalization"),
    ({b"c": b"simple/"}, Result.PERMERROR, "canonicalization"),
    ({b"bh": b"AAAA"}, Result.PERMERROR, "hash of the body"),
    ({b"a": b"rsa-sha1"}, Result.PERMERROR, "SHA-1"),
    ({b"a": b"what"}, Result.PERMERROR, "algorithm"),
    ({b"d": b"example"}, Result.PERMERROR, "no valid place"),
    ({b"s": b""}, Result.PERMERROR, "no valid place"),
    ({b"s": b".".join([b"a" * 60] * 4)}, Result.PERMERROR, "too long"),
    ({b"b": b"!"}, Result.PERMERROR, "not Base64"),
    ({b"i": b"@else.example"}, Result.PERMERROR, "outside of the domain"),
    ({b"l": b"-1"}, Result.PERMERROR, "no number"),
    ({b"t": b"now"}, Result.PERMERROR, "time is no number"),
    ({b"t": b"2", b"x": b"1"}, Result.PERMERROR, "before it was made"),
    ({b"x": b"1"}, Result.FAIL, "has expired"),
    ({b"t": b"%d" % (NOW + FUTURE_SECONDS_MAX + 1)}, Result.POLICY, "in the future"),
]


@pytest.mark.parametrize(("changes", "result", "words"), FAULTS)
def test_what_makes_it_unfit(changes: dict[bytes, bytes], result: Result, words: str) -> None:
    flaw = read_dkim(TAGS | changes, NOW)
    assert isinstance(flaw, Flaw)
    assert flaw.result is result
    assert words in flaw.reason


def test_what_it_may_say() -> None:
    given = {b"l": b"7", b"c": b"relaxed", b"q": b"dns/txt", b"i": b"a=2Eb@x.signer.example"}
    read = read_dkim(TAGS | given, NOW)
    assert isinstance(read, Signature)
    assert (read.is_relaxed, read.extent) == (True, Extent(is_relaxed=False, length=7))
    assert read.identity == "a.b@x.signer.example"


@pytest.mark.parametrize("text", [b"S: v", b"S: v=1; v=1"])
def test_fields_that_are_no_list(text: bytes) -> None:
    assert isinstance(tags_of(text), Flaw)


@pytest.mark.parametrize("read", [read_dkim, read_arc_message, read_arc_seal])
@given(
    changes=st.dictionaries(
        st.sampled_from(b"v a b bh c cv d h i l q s t x z".split()),
        st.binary(max_size=40) | st.sampled_from([b"1", b"relaxed/simple", b"=41@b", b"9" * 80]),
    )
)
def test_any_values(read: type, changes: dict[bytes, bytes]) -> None:
    for tags in (TAGS, ARC, SEAL):
        assert isinstance(read(tags | changes, NOW), Signature | Flaw)
