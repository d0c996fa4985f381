"""Header sanity: each fault has its finding, and no date raises."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.fix_transaction import CLEAN, HEADER, names, transaction
from katharion.mail.message import FIELDS_COUNT_MAX
from katharion.pipeline.checks import headers


def without(name: bytes) -> bytes:
    lines = HEADER.split(b"\r\n")[:-1]
    return b"".join(line + b"\r\n" for line in lines if not line.startswith(name)) + b"\r\n"


def put(name: bytes, value: bytes) -> bytes:
    return name + b": " + value + b"\r\n" + without(name)


FAULTS = [
    (CLEAN, []),
    (HEADER, []),  # No body.
    (without(b"From"), ["FROM_MISSING"]),
    (put(b"From", b""), ["FROM_MISSING"]),
    (put(b"From", b"Nobody"), ["FROM_NO_ADDRESS"]),
    (without(b"Message-ID"), ["MESSAGE_ID_MISSING"]),
    (put(b"Message-ID", b"1@sender.example"), ["MESSAGE_ID_MALFORMED"]),
    (put(b"Message-ID", b"<1>"), ["MESSAGE_ID_MALFORMED"]),
    (put(b"Message-ID", b"<\xff\x01@b"), ["MESSAGE_ID_MALFORMED", "HEADER_8BIT"]),
    (without(b"Date"), ["DATE_MISSING"]),
    (put(b"Date", b"yesterday"), ["DATE_MALFORMED"]),
    (put(b"Date", b"Fri, 15 Jan 2027 25:61:61 +0000"), ["DATE_MALFORMED"]),
    (put(b"Date", b"15 Jan 2027 07:59:00 GMT"), []),
    (put(b"Date", b"Fri, 15 Jan 2027 07:59:00 -0000 (comment)"), []),
    (put(b"Date", b"Sun, 17 Jan 2027 07:59:00 +0000"), []),
    (put(b"Date", b"Sun, 17 Jan 2027 08:01:00 +0000"), ["DATE_FUTURE"]),
    (put(b"Date", b"Mon, 12 Oct 2026 08:00:00 +0000"), ["DATE_OLD"]),
    (put(b"Date", b"Thu, 1 Jan 1970 00:00:00 +0000"), ["DATE_OLD"]),
    (b"From: b@c.example\r\n" + CLEAN, ["HEADER_TWICE"]),
    (b"subject: again\r\nDATE: x\r\n" + CLEAN, ["HEADER_TWICE", "DATE_MALFORMED"]),
    (b"Received: x\r\n" * 2 + CLEAN, []),
    (put(b"Subject", b"caf\xc3\xa9"), ["HEADER_8BIT"]),
    (put(b"Subject", b"caf\xe9"), ["HEADER_8BIT"]),
    (b"X: y\r\n" * FIELDS_COUNT_MAX + CLEAN, ["HEADER_TOO_LONG"]),
]


@pytest.mark.parametrize(("content", "wanted"), FAULTS)
def test_faults(content: bytes, wanted: list[str]) -> None:
    findings = headers.judge(transaction(content))
    if wanted == ["HEADER_TOO_LONG"]:
        assert wanted[0] in names(findings)  # And all that stands behind the cut.
        return
    assert sorted(names(findings)) == sorted(wanted)
    assert all(finding.evidence.isprintable() for finding in findings)
    assert all(len(finding.evidence) <= 200 for finding in findings)


def test_utf8_in_a_header_weighs_nothing() -> None:
    for value, weight in ((b"caf\xc3\xa9", 0.0), (b"caf\xe9", 0.5)):
        (finding,) = headers.judge(transaction(put(b"Subject", value)))
        assert finding.weight == weight


def test_nothing_at_all() -> None:
    wanted = ["FROM_MISSING", "MESSAGE_ID_MISSING", "DATE_MISSING"]
    assert names(headers.judge(transaction(b""))) == wanted


WORDS = st.sampled_from(
    [
        *("Mon,", "Feb", "1", "99999", "-9999", "+0000", "-0000", "10:00", "10:00:00", "(", '"'),
        *("24:61:61", "2026", "0", "0000", "-", "+", "1-2-3", "12.30.40", "GMT", "+99999", "."),
    ]
)


@given(st.one_of(st.binary(max_size=60), st.lists(WORDS, max_size=8).map(" ".join).map(str.encode)))
def test_no_date_raises(value: bytes) -> None:
    value = value.replace(b"\r", b"").replace(b"\n", b"")
    headers.judge(transaction(put(b"Date", value)))


@pytest.mark.parametrize(
    "value",
    [b"(" * 8000, b"1" * 8000, b"Mon, " * 1600, b"\xff" * 8000, b"=?utf-8?q?" * 800, b"<@" * 4000],
)
def test_no_value_costs_much(value: bytes) -> None:
    fields = (b"Date", b"From", b"Message-ID", b"Subject")
    asked = transaction(b"".join(name + b": " + value + b"\r\n" for name in fields) + b"\r\n")
    began = time.process_time()
    headers.judge(asked)
    assert time.process_time() - began < 0.02
