"""Authentication-Results: others can read them, strangers can't write into them or forge them."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.results_reader import Reader
from katharion.authentication import results
from katharion.authentication.results import field, strip_forged, value
from katharion.mail.message import Message
from katharion.values.authenticity import (
    ArcResult,
    Authenticity,
    DkimResult,
    DmarcResult,
    IprevResult,
    Result,
    SpfResult,
)

CPU_SECONDS_MAX = 0.02
OURS = "mx.example"
ALL = Authenticity(
    spf=SpfResult(Result.PASS, "example.com", reason="not shown"),
    helo=SpfResult(Result.NONE, "mail.example.com", scope="helo"),
    dkim=(
        DkimResult(
            Result.PASS,
            "example.com",
            selector="s1",
            identity="@mail.example.com",
            algorithm="rsa-sha256",
            tag="ab/+12==",
        ),
        DkimResult(Result.FAIL, "example.org", reason='The "body" hash does not match.'),
        DkimResult(Result.PERMERROR),
    ),
    dmarc=DmarcResult(Result.PASS, "example.com", policy="reject"),
    arc=ArcResult(Result.PASS, oldest_pass=0),
    iprev=IprevResult(Result.PASS, "mail.example.com"),
)


def test_all_results() -> None:
    assert field(OURS, ALL, "2001:db8::1").decode().split("\r\n\t") == [
        "Authentication-Results: mx.example;",
        "spf=pass smtp.mailfrom=example.com;",
        "spf=none smtp.helo=mail.example.com;",
        "dkim=pass header.d=example.com header.s=s1 header.i=@mail.example.com",
        ' header.a=rsa-sha256 header.b="ab/+12==";',
        'dkim=fail reason="The \\"body\\" hash does not match." header.d=example.org;',
        "dkim=permerror;",
        "dmarc=pass header.from=example.com policy.dmarc=reject;",
        'arc=pass smtp.remote-ip="2001:db8::1" header.oldest-pass=0;',
        'iprev=pass policy.iprev="2001:db8::1"\r\n',
    ]


def test_all_results_are_read_by_the_grammar() -> None:
    read = Reader(value(OURS, ALL, "192.0.2.1"))
    assert read.authserv_id == OURS
    assert [f"{one.method}={one.result}" for one in read.results] == [
        *("spf=pass", "spf=none", "dkim=pass", "dkim=fail", "dkim=permerror"),
        *("dmarc=pass", "arc=pass", "iprev=pass"),
    ]
    assert read.results[2].properties["header.b"] == "ab/+12=="
    assert read.results[3].reason == 'The "body" hash does not match.'
    assert read.results[6].properties["smtp.remote-ip"] == "192.0.2.1"


def test_nothing_found() -> None:
    assert field(OURS, Authenticity(), "192.0.2.1") == (
        b"Authentication-Results: mx.example;\r\n\tnone\r\n"
    )
    assert Reader(value(OURS, Authenticity(), "")).results == []


def test_arc_that_fails_has_no_oldest_pass() -> None:
    found = Authenticity(arc=ArcResult(Result.FAIL, reason="The seal is broken."))
    (read,) = Reader(value(OURS, found, "192.0.2.1")).results
    assert read.properties == {"smtp.remote-ip": "192.0.2.1"}
    assert read.reason == "The seal is broken."


def test_signatures_are_bounded() -> None:
    many = Authenticity(dkim=(DkimResult(Result.NEUTRAL, "example.com"),) * 100)
    read = Reader(value(OURS, many, ""))
    assert len(read.results) == results.SIGNATURES_COUNT_MAX


WORDS = st.text(max_size=400) | st.sampled_from(
    ['a"; dkim=pass header.d="b', "x\r\nFrom: y", "(c", "a@b.example", "@b", "\\", '"', "a b", "é"]
)


@given(WORDS, WORDS, st.sampled_from(Result))
def test_strangers_words_stay_in_their_place(one: str, other: str, result: Result) -> None:
    found = Authenticity(
        spf=SpfResult(result, one, reason=other),
        dkim=(DkimResult(result, one, other, one, other, tag=one, reason=other),),
        dmarc=DmarcResult(result, one, reason=other),
        arc=ArcResult(result, reason=one),
    )
    line = field(OURS, found, "192.0.2.1")
    assert line.endswith(b"\r\n")
    assert line.count(b"\r") == line.count(b"\n") == line.count(b"\r\n")
    assert max(map(len, line.split(b"\r\n"))) < 998
    assert len(Message(line).fields) == 1
    read = Reader(line.decode("ascii").removeprefix("Authentication-Results: ").rstrip("\r\n"))
    assert [r.method for r in read.results] == ["spf", "dkim", "dmarc", "arc"]
    assert {r.result for r in read.results} == {result.value}
    if one.isascii() and one.isprintable() and one:
        assert read.results[0].properties == {"smtp.mailfrom": one[: results.VALUE_LENGTH_MAX]}


FORGED = [
    "mx.example; spf=pass",
    " MX.Example ; none",
    "mx.example 1; spf=pass",
    "mx.example.; spf=pass",
    "(x) mx.example; spf=pass",
    "((x)\\)) mx.example(y); spf=pass",
    '"mx.example"; spf=pass',
    '"mx\\.example" ; spf=pass',
    "\r\n\tmx.example;\r\n\tspf=pass",
    "mx.example",
    "mx.example spf=pass",
    "mx.(c)example; spf=pass",
    'mx."example"; spf=pass',
    "mx .example 1; spf=pass",
    "(x mx.example; spf=pass",
    '"mx.example; spf=pass',
    ") mx.example; spf=pass",
    "mx.example\r\n (x)\r\n 1\r\n ;spf=pass",
]
OTHERS = [
    "other.example; spf=pass",
    "other.example; spf=pass smtp.mailfrom=mx.example",
    "(mx.example) other.example; spf=pass",
    "a.mx.example; none",
    "mx.example.org; none",
    '"mx example"; none',
    "(x other.example; none",
    '"; none',
    "",
]


@pytest.mark.parametrize("text", FORGED)
@pytest.mark.parametrize(
    "name", ["Authentication-Results", "AUTHENTICATION-results ", "authentication-results\r\n\t"]
)
def test_forged(text: str, name: str) -> None:
    before, after = b"Received: x\r\n", b"Subject: y\r\n\r\nAuthentication-Results: mx.example\r\n"
    forged = f"{name}:{text}\r\n".encode()
    assert strip_forged(before + forged + after, OURS) == before + after
    assert strip_forged(forged * 2 + after, "MX.EXAMPLE") == after
    assert strip_forged(forged.removesuffix(b"\r\n"), OURS) == b""


@pytest.mark.parametrize("text", OTHERS)
def test_of_others(text: str) -> None:
    content = (
        f"Authentication-Results:{text}\r\nX-Authentication-Results: mx.example;\r\n"
        "Authentication-Results-X: mx.example; none\r\nAuthentication-Results\r\n\r\nbody"
    ).encode()
    assert strip_forged(content, OURS) == content


def test_a_continuation_can_not_go_on_in_our_field() -> None:
    assert strip_forged(b" ; spf=pass\r\nFrom: a\r\n", OURS) == b"\r\n ; spf=pass\r\nFrom: a\r\n"


def test_too_many_are_taken_away_unread() -> None:
    other = b"Authentication-Results: other.example; none\r\n"
    kept = other * results.FIELDS_READ_COUNT_MAX
    assert strip_forged(kept + b"A: b\r\n" + other + b"C: d\r\n" + other, OURS) == (
        kept + b"A: b\r\nC: d\r\n"
    )


def test_an_endless_id_is_taken_away_unread() -> None:
    padding = "(" + "x" * results.ID_OCTETS_MAX + ")"
    content = f"Authentication-Results: {padding} other.example; none\r\nA: b\r\n".encode()
    assert strip_forged(content, OURS) == b"A: b\r\n"


PIECES = st.sampled_from(
    [
        *("Authentication-Results:", "authentication-Results", " ", "\t", "\r\n", "\r\n ", ":"),
        *("mx.example", "MX.", "example", "other.example", ";", "1", "(", ")", '"', "\\", "none"),
        *("spf=pass", "From: x\r\n", "\r", "\n"),
    ]
)


@given(st.lists(PIECES, max_size=30).map("".join))
def test_no_reader_sees_our_id(text: str) -> None:
    content = text.encode()
    left = strip_forged(content, OURS)
    assert strip_forged(left, OURS) == left
    for one in Message(left).fields:
        if one.name == b"authentication-results":
            try:
                read = Reader(one.value.decode())
            except (ValueError, AssertionError, IndexError):
                continue
            assert read.authserv_id.lower() != OURS
    if b"mx." not in content.lower() and not content.startswith((b" ", b"\t")):
        assert left == content


@given(st.binary(max_size=200).map(b"Authentication-Results:".__add__))
def test_no_octets_raise(content: bytes) -> None:
    strip_forged(content, OURS)


@pytest.mark.parametrize(
    "unit", ["(", '"', "\\", "x ", "(x)", '"x"', "\r\n ", "x", ":", "mx.example ", ")"]
)
def test_no_field_costs_much(unit: str) -> None:
    content = b"Authentication-Results:" + unit.encode() * (60_000 // len(unit)) + b"\r\n\r\n"
    start = time.process_time()
    strip_forged(content, OURS)
    assert time.process_time() - start < CPU_SECONDS_MAX


def test_many_fields_cost_little() -> None:
    content = b"Authentication-Results: other.example; none\r\n" * 20_000
    start = time.process_time()
    strip_forged(content, OURS)
    assert time.process_time() - start < CPU_SECONDS_MAX
