"""Aggregate reports: how a message is counted, and XML by the standard's own schema order."""

import gzip
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from katharion.authentication import aggregate
from katharion.authentication.aggregate import Reporter, row_of, to_xml
from katharion.authentication.aggregate_parse import parse
from katharion.values.authenticity import (
    Authenticity,
    DkimResult,
    DmarcResult,
    Result,
    SpfResult,
)
from katharion.values.dmarc_report import Aggregate, Counted, Row, Signature
from katharion.values.track import TrackRecord

REPORTER = Reporter("mx.example", "Example & Sons", "postmaster@mx.example", "https://mx.example/")
RECORD = "v=DMARC1; p=reject; sp=none; np=quarantine; adkim=s; rua=mailto:r@example.com"
NS = "{" + aggregate.NAMESPACE + "}"


def dmarc(result: Result = Result.FAIL, policy: str = "reject", **more: object) -> DmarcResult:
    facts: dict[str, object] = {
        "policy_domain": "example.com",
        "organization": "example.com",
        "report_to": ("mailto:r@example.com",),
        "record": f"v=DMARC1; p={policy}",
        **more,
    }
    return DmarcResult(result, "mail.example.com", policy, **facts)  # type: ignore[arg-type] # Facts of a test.


def record(event: str, found: DmarcResult | None, **more: object) -> TrackRecord:
    facts: dict[str, object] = {
        "client_address": "192.0.2.1",
        "sender": "eve@Sender.example",
        "recipient": "ann@customer.example",
        "authenticity": Authenticity(
            spf=SpfResult(Result.PASS, "sender.example"),
            dkim=(
                DkimResult(Result.FAIL, "fail.example", "f"),
                DkimResult(Result.PASS, "other.example", "o"),
                DkimResult(Result.PASS, "example.com", "r"),
                DkimResult(Result.PASS, "mail.example.com", "s"),
                DkimResult(Result.PERMERROR),
            ),
            dmarc=found,
        ),
        **more,
    }
    return TrackRecord(0.0, event, **facts)  # type: ignore[arg-type] # Facts of a test.


def test_all_of_a_row() -> None:
    assert row_of(record("delivered", dmarc(Result.PASS, aligned_by=("dkim",)))) == Row(
        source_ip="192.0.2.1",
        disposition="pass",
        dkim="pass",
        spf="fail",
        header_from="mail.example.com",
        envelope_from="sender.example",
        envelope_to="customer.example",
        signatures=(
            Signature("mail.example.com", "s", "pass"),
            Signature("example.com", "r", "pass"),
            Signature("other.example", "o", "pass"),
            Signature("fail.example", "f", "fail"),
        ),
        spf_domain="sender.example",
        spf_result="pass",
    )


def test_what_is_not_reported() -> None:
    assert row_of(record("delivered", None)) is None
    assert row_of(record("delivered", dmarc(report_to=()))) is None
    assert row_of(record("delivered", dmarc(Result.TEMPERROR))) is None
    assert row_of(TrackRecord(0.0, "delivered")) is None


def test_without_spf_and_with_a_null_sender() -> None:
    found = Authenticity(dmarc=dmarc())
    row = row_of(record("delivered", None, authenticity=found, sender=""))
    assert row is not None
    assert (row.spf_domain, row.spf_result, row.envelope_from) == ("", "", "")


@pytest.mark.parametrize(
    ("event", "state", "found", "expected"),
    [
        ("delivered", "", dmarc(Result.PASS, "none"), ("none", "")),
        ("delivered", "", dmarc(Result.PASS, "reject"), ("pass", "")),
        ("rejected", "", dmarc(), ("reject", "")),
        ("held", "quarantined", dmarc(policy="quarantine"), ("quarantine", "")),
        ("held", "quarantined", dmarc(), ("quarantine", "local_policy")),
        ("held", "queued", dmarc(), ("none", "local_policy")),
        ("delivered", "", dmarc(), ("none", "local_policy")),
        ("delivered", "", dmarc(policy="none"), ("none", "")),
        ("rejected", "", dmarc(policy="none"), ("none", "")),  # For another reason.
        (
            "held",
            "quarantined",
            dmarc(policy="quarantine", is_testing=True),
            ("quarantine", "policy_test_mode"),
        ),
    ],
)
def test_dispositions(
    event: str, state: str, found: DmarcResult, expected: tuple[str, str]
) -> None:
    row = row_of(record(event, found, state=state))
    assert row is not None
    assert (row.disposition, row.override) == expected


ROW = Row(
    source_ip="2001:db8::1",
    disposition="none",
    dkim="fail",
    spf="fail",
    header_from="mail.example.com",
    override="local_policy",
    envelope_from="sender.example",
    envelope_to="customer.example",
    signatures=(Signature("other.example", "s<&>", "pass"),),
    spf_domain="sender.example",
    spf_result="softfail",
)
REPORT = Aggregate("example.com", RECORD, 86_400, 172_799, (Counted(ROW, 3),), 7)


def test_xml() -> None:
    root = ET.fromstring(to_xml(REPORT, REPORTER))  # noqa: S314 # Our own.
    assert [child.tag.removeprefix(NS) for child in root] == [
        *("version", "report_metadata", "policy_published", "record")
    ]

    def text(path: str) -> str | None:
        return root.findtext("/".join(NS + name for name in path.split("/")))

    assert text("report_metadata/org_name") == "Example & Sons"
    assert text("report_metadata/extra_contact_info") == "https://mx.example/"
    assert text("report_metadata/date_range/begin") == "86400"
    assert (text("report_metadata/error") or "").startswith("7 messages are left out")
    policy = {child.tag.removeprefix(NS): child.text for child in root[2]}
    assert policy == {
        "domain": "example.com",
        "discovery_method": "treewalk",
        "p": "reject",
        "sp": "none",
        "np": "quarantine",
        "fo": "0",
        "adkim": "s",
        "aspf": "r",
        "testing": "n",
    }
    assert text("record/row/count") == "3"
    evaluated = root[3][0][2]
    assert [child.tag.removeprefix(NS) for child in evaluated] == [
        *("disposition", "dkim", "spf", "reason")
    ]
    assert text("record/auth_results/dkim/selector") == "s<&>"
    assert text("record/auth_results/spf/scope") == "mfrom"


def test_what_is_written_is_read_again() -> None:
    read = parse(to_xml(REPORT, REPORTER))
    assert read.rows == REPORT.rows
    assert (read.domain, read.begin, read.end) == ("example.com", 86_400, 172_799)
    assert read.report_id == aggregate.report_id(REPORT, REPORTER)
    short = Aggregate("example.com", "", 0, 1, (Counted(Row("", "none", "fail", "fail", "x"), 1),))
    assert parse(to_xml(short, Reporter("a", "b", "c"))).rows == short.rows


def test_names() -> None:
    name = aggregate.file_name(REPORT, REPORTER)
    assert name.startswith("mx.example!example.com!86400!172799!")
    assert name.endswith(".xml.gz")
    assert aggregate.subject(REPORT, REPORTER).replace("\r\n\t", " ") == (
        "Report Domain: example.com Submitter: mx.example Report-ID:"
        f" <86400.{aggregate.unique_id(REPORT)}@mx.example>"
    )
    other = Aggregate("example.com", "v=DMARC1; p=none", 86_400, 172_799)
    assert aggregate.unique_id(other) != aggregate.unique_id(REPORT)
    assert aggregate.day_of(86_400.5) == 1


def test_compressed() -> None:
    xml = to_xml(REPORT, REPORTER)
    assert gzip.decompress(aggregate.compressed(xml)) == xml
    assert aggregate.compressed(xml) == aggregate.compressed(xml)


@given(st.text(max_size=300))
def test_strangers_text_stays_text(text: str) -> None:
    row = Row(text, text, text, text, text, text, text, text, (Signature(text, text, text),), text)
    report = Aggregate(text, text, 0, 1, (Counted(row, 1),))
    root = ET.fromstring(to_xml(report, Reporter(text, text, text, text)))  # noqa: S314 # Ours.
    assert len(root.findall(f"{NS}record")) == 1
    assert len(root) == 4
