"""DMARC records: what is written, what holds of it, and what mistakes cost."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from katharion.authentication import dmarc_record
from katharion.authentication.dmarc_record import RECORD_LENGTH_MAX, Record, of, parse, uris

CPU_SECONDS_MAX = 0.02
RUA = "rua=mailto:r@example.com"


@pytest.mark.parametrize(
    "text",
    [
        *("v=DMARC1", "v=DMARC1;", "v = DMARC1 ; p=none", "V=DMARC1;p=none", "v=DMARC1\t;p=none"),
        *(" v=DMARC1; p=none", "v=DMARC1; ; ;"),
    ],
)
def test_a_record(text: str) -> None:
    assert parse(text) is not None


@pytest.mark.parametrize(
    "text",
    [
        *("", "v=dmarc1; p=none", "v=DMARC1x; p=none", "v=DMARC2", "v=DMARC 1", "v=spf1 -all"),
        *("p=none; v=DMARC1", ";v=DMARC1", "DMARC1", "v=DMARC1 p=none", "v=DMARC1," + RUA),
        "v=DMARC1; p=none; x=" + "y" * RECORD_LENGTH_MAX,
    ],
)
def test_no_record(text: str) -> None:
    assert parse(text) is None
    assert of((text,)) is None


def test_one_record_among_others() -> None:
    assert of(()) is None
    assert of(("v=spf1 -all", "v=DMARC1; p=reject")) == parse("v=DMARC1; p=reject")
    assert of(("v=DMARC1; p=reject", "v=DMARC1; p=reject")) is None
    assert of(("v=DMARC1; p=reject", "v=DMARC1; p=none")) is None


def policies(text: str) -> tuple[str, str, str, bool]:
    record = parse(text)
    assert record is not None
    return record.policy, record.subdomains, record.missing, record.is_void


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("p=reject", ("reject", "reject", "reject", False)),
        ("P = Reject ", ("reject", "reject", "reject", False)),
        ("p=reject;sp=none", ("reject", "none", "none", False)),
        ("p=reject;np=none", ("reject", "reject", "none", False)),
        ("p=none; sp=quarantine; np=reject", ("none", "quarantine", "reject", False)),
        ("p=none; reject", ("none", "none", "none", False)),  # What is no tag is ignored.
        ("p=none; 1=2; x=y; pct=0; rf=z", ("none", "none", "none", False)),
        ("p=reject; p=none", ("reject", "reject", "reject", False)),
        ("p=none; p=\N{EURO SIGN}", ("none", "none", "none", False)),
        ("p=\x00reject", ("none", "none", "none", True)),
        ("", ("none", "none", "none", True)),
        ("p=", ("none", "none", "none", True)),
        ("p=bogus", ("none", "none", "none", True)),
        ("p=reject; sp=bogus", ("none", "none", "none", True)),
        ("p=reject; np=bogus", ("none", "none", "none", True)),
        ("sp=reject", ("none", "reject", "reject", True)),
        (RUA, ("none", "none", "none", False)),
        (f"sp=reject;{RUA}", ("none", "reject", "reject", False)),
        (f"p=bogus;sp=reject;{RUA}", ("none", "none", "none", False)),
        (f"p=reject;sp=bogus;{RUA}", ("none", "none", "none", False)),
        ("p=bogus;rua=example.com", ("none", "none", "none", True)),
        (";" * 70 + "p=reject", ("none", "none", "none", True)),
    ],
)
def test_policies(text: str, expected: tuple[str, str, str, bool]) -> None:
    assert policies(f"v=DMARC1;{text}") == expected


def test_other_tags() -> None:
    text = "v=DMARC1; p=none; adkim=S; aspf=s; t=y; psd=N; fo=1:d:s; ruf=mailto:f@example.com"
    record = parse(text)
    assert record == Record(
        psd="n",
        is_dkim_strict=True,
        is_spf_strict=True,
        is_testing=True,
        failure_options="1:d:s",
        failures_to=("mailto:f@example.com",),
        text=text,
    )


def test_other_tags_malformed() -> None:
    text = "v=DMARC1; p=none; adkim=x; aspf=rs; t=1; psd=x; fo=0:1; ruf=x"
    assert parse(text) == Record(text=text)
    for options in ("", "x", "0:0", "d:", "0 : d"):
        record = parse(f"v=DMARC1;p=none;fo={options}")
        assert record is not None
        assert record.failure_options == "0"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("", ()),
        ("mailto:a@b.example", ("mailto:a@b.example",)),
        ("mailto:a@b.example!10m", ("mailto:a@b.example",)),
        ("MAILTO:a@b.example , https://x.example/r?a=b", None),
        ("mailto:", ()),
        ("mailto:!5", ()),
        ("a@b.example,mailto:c@d.example", ("mailto:c@d.example",)),
        ("mailto:a b@c.example", ()),
        ("mailto:" + "a" * 255, ()),
        (",".join(f"mailto:{n}@b.example" for n in range(12)), None),
    ],
)
def test_uris(value: str, expected: tuple[str, ...] | None) -> None:
    if expected is None:
        expected = tuple(item.strip() for item in value.split(","))[:10]
    assert uris(value) == expected


@given(st.text(max_size=200).map("v=DMARC1;".__add__))
def test_no_text_raises(text: str) -> None:
    record = parse(text)
    assert record is not None
    assert record.text.isprintable()
    assert {record.policy, record.subdomains, record.missing} <= set(dmarc_record.POLICIES)
    assert all(uri.isprintable() for uri in (*record.report_to, *record.failures_to))


@pytest.mark.parametrize(
    "unit", [";", "p", "p=none;", " ", "a=b!1", "rua=a:!1!1", "rua=a:b,", "fo=1:d", "=", "\t;"]
)
def test_no_record_costs_much(unit: str) -> None:
    text = ("v=DMARC1;" + unit * RECORD_LENGTH_MAX)[:RECORD_LENGTH_MAX]
    parse.cache_clear()
    start = time.process_time()
    assert of((text,)) is not None
    assert time.process_time() - start < CPU_SECONDS_MAX


def test_a_large_answer_costs_little() -> None:
    start = time.process_time()
    assert of(tuple("v=" + " " * 65_000 for _ in range(10))) is None
    assert time.process_time() - start < CPU_SECONDS_MAX
