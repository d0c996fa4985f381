"""Others' reports: what the standard has is read, and nothing that they write does harm."""

import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from katharion.authentication import aggregate_parse
from katharion.authentication.aggregate_parse import (
    ReportUnreadableError,
    number_of,
    parse,
    printable_line,
)
from katharion.values.dmarc_report import Counted, Row, Signature

ROW = (
    "<record><row><source_ip>192.0.2.1</source_ip><count>2</count><policy_evaluated>"
    "<disposition>none</disposition><dkim>pass</dkim><spf>fail</spf>"
    "<reason><type>forwarded</type><comment>x</comment></reason></policy_evaluated></row>"
    "<identifiers><header_from>example.com</header_from></identifiers><auth_results>"
    "<dkim><domain>example.com</domain><result>pass</result><selector>s</selector></dkim>"
    "<dkim><domain>other.example</domain><result>fail</result></dkim>"
    "<spf><domain>x.example</domain><result>softfail</result></spf></auth_results></record>"
)


def report(rows: str = ROW, namespace: str = "", before: str = "") -> bytes:
    return (
        f"{before}<feedback{namespace}><version>1.0</version><report_metadata>"
        "<org_name>Example Inc.</org_name><email>r@example.net</email><report_id>7</report_id>"
        "<date_range><begin>1000</begin><end>2000</end></date_range></report_metadata>"
        "<policy_published><domain>Example.COM</domain><p>reject</p><sp>none</sp><pct>100</pct>"
        f"</policy_published>{rows}</feedback>"
    ).encode()


@pytest.mark.parametrize(
    "octets",
    [
        report(),
        report(namespace=' xmlns="urn:ietf:params:xml:ns:dmarc-2.0"'),
        report(before='<?xml version="1.0" encoding="UTF-8" ?>\n<!-- x -->'),
        report(ROW.replace("<row>", "<row>\n  <unknown><count>9</count></unknown>")),
        report(rows="<extension><a:b xmlns:a='x'>y</a:b></extension>" + ROW),
    ],
)
def test_a_report(octets: bytes) -> None:
    read = parse(octets)
    assert (read.kind, read.reporter, read.contact) == ("dmarc", "Example Inc.", "r@example.net")
    assert (read.report_id, read.domain, read.begin, read.end) == ("7", "example.com", 1000, 2000)
    assert read.policy == "p=reject sp=none pct=100"
    row = Row(
        source_ip="192.0.2.1",
        disposition="none",
        dkim="pass",
        spf="fail",
        header_from="example.com",
        override="forwarded",
        signatures=(Signature("example.com", "s", "pass"), Signature("other.example", "", "fail")),
        spf_domain="x.example",
        spf_result="softfail",
    )
    assert read.rows == (Counted(row, 2),)
    assert (read.passed_count, read.failed_count) == (2, 0)


def test_rows_do_not_mix() -> None:
    bare = "<record><row><source_ip>2001:db8::1</source_ip><count>x</count></row></record>"
    read = parse(report(ROW + bare))
    assert read.rows[1] == Counted(Row("2001:db8::1", "", "", "", ""), 0)


def test_many_signatures_are_bounded() -> None:
    more = "<auth_results>" + "<dkim><domain>a</domain></dkim>" * 60
    rows = ROW.replace("<auth_results>", more)
    assert len(parse(report(rows)).rows[0].row.signatures) == aggregate_parse.SIGNATURES_COUNT_MAX


def test_long_text_is_cut_and_on_one_line() -> None:
    rows = ROW.replace("softfail", "a\n\x85" + "b " * 10_000)
    found = parse(report(rows)).rows[0].row.spf_result
    assert len(found) <= aggregate_parse.TEXT_LENGTH_MAX
    assert found.isprintable()


LAUGHS = (
    '<!DOCTYPE f [<!ENTITY a "ha">'
    + "".join(
        f'<!ENTITY {b} "{f"&{a};" * 20}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    )
    + "]>"
)


@pytest.mark.parametrize(
    ("octets", "why"),
    [
        (b"", "no XML"),
        (b"<feedback>", "no XML"),
        (b"<feedback/>", "no report_id"),
        (report(before=LAUGHS), "document type"),
        (report(before='<!DOCTYPE f SYSTEM "file:///etc/passwd">'), "document type"),
        (report(rows="<a>" * 20 + "</a>" * 20), "too many elements"),
        (report(rows="<record/>" * (aggregate_parse.ROWS_COUNT_MAX + 1)), "more than"),
        (b'<?xml version="1.0" encoding="x-unknown"?><a/>', "no "),
        (b'<?xml version="1.0" encoding="utf-16"?><a/>', "no "),
        (b"\xff\xfe<\x00a\x00", "no "),
    ],
)
def test_unreadable(octets: bytes, why: str) -> None:
    with pytest.raises(ReportUnreadableError, match=why):
        parse(octets)


def test_elements_are_counted() -> None:
    with pytest.raises(ReportUnreadableError, match="too many elements"):
        parse(report(rows="<a/>" * (aggregate_parse.ELEMENTS_COUNT_MAX + 1)))


@given(st.binary(max_size=200) | st.text(max_size=200).map(report))
def test_no_octets_raise_anything_else(octets: bytes) -> None:
    with suppress(ReportUnreadableError):
        parse(octets)


def test_bombs_cost_little() -> None:
    start = time.process_time()
    with pytest.raises(ReportUnreadableError):
        parse(report(before=LAUGHS))
    assert time.process_time() - start < 0.02


def test_numbers() -> None:
    assert [number_of(text) for text in ("12", "12.0", "-1", "", "1e9", "9" * 13, "\u0663")] == [
        *(12, 12, 0, 0, 0, 0, 0)
    ]
    assert printable_line(" a\r\nb ") == "a b"
