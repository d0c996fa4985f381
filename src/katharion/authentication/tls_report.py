"""Reports of TLS (TLS-RPT): how others' servers fared when they sent us mail over TLS.

Sources: RFC 8460 sections 4.3 (failures), 4.4 (the JSON schema).
"""

from datetime import UTC, datetime
from typing import Annotated

import msgspec

from katharion.authentication.aggregate_parse import (
    COUNT_MAX,
    ReportUnreadableError,
    printable_line,
)
from katharion.values.dmarc_report import Received, TlsFailure, TlsPolicy

POLICIES_COUNT_MAX = 1000
FAILURES_COUNT_MAX = 1000

_Count = Annotated[int, msgspec.Meta(ge=0, le=COUNT_MAX)]


class _Failure(msgspec.Struct, frozen=True, rename="kebab"):
    result_type: str = ""
    sending_mta_ip: str = ""
    receiving_mx_hostname: str | None = ""
    failed_session_count: _Count = 0


class _Summary(msgspec.Struct, frozen=True, rename="kebab"):
    total_successful_session_count: _Count = 0
    total_failure_session_count: _Count = 0


class _Policy(msgspec.Struct, frozen=True, rename="kebab"):
    policy_type: str = ""
    policy_domain: str = ""


class _Entry(msgspec.Struct, frozen=True, rename="kebab"):
    policy: _Policy
    summary: _Summary = _Summary()
    failure_details: Annotated[list[_Failure], msgspec.Meta(max_length=FAILURES_COUNT_MAX)] = []


class _Range(msgspec.Struct, frozen=True, rename="kebab"):
    start_datetime: str = ""
    end_datetime: str = ""


class _Report(msgspec.Struct, frozen=True, rename="kebab"):
    report_id: str
    policies: Annotated[list[_Entry], msgspec.Meta(max_length=POLICIES_COUNT_MAX, min_length=1)]
    organization_name: str = ""
    contact_info: str | None = ""
    date_range: _Range = _Range()


_decode = msgspec.json.Decoder(_Report).decode


def parse(text: bytes) -> Received:
    """The report, or ReportUnreadableError; nothing else is raised."""
    try:
        report = _decode(text)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise ReportUnreadableError(f"it is no TLS report ({error})") from error
    entries = tuple(map(_policy, report.policies))
    return Received(
        kind="tls",
        reporter=printable_line(report.organization_name),
        contact=printable_line(report.contact_info or ""),
        report_id=printable_line(report.report_id),
        domain=entries[0].domain,
        begin=_seconds(report.date_range.start_datetime),
        end=_seconds(report.date_range.end_datetime),
        policy=entries[0].kind,
        tls=entries,
    )


def _policy(entry: _Entry) -> TlsPolicy:
    failures = tuple(
        TlsFailure(
            printable_line(each.result_type),
            each.failed_session_count,
            printable_line(each.receiving_mx_hostname or ""),
            printable_line(each.sending_mta_ip),
        )
        for each in entry.failure_details
    )
    return TlsPolicy(
        printable_line(entry.policy.policy_type),
        printable_line(entry.policy.policy_domain).lower(),
        entry.summary.total_successful_session_count,
        entry.summary.total_failure_session_count,
        failures,
    )


def _seconds(text: str) -> int:
    """A time of RFC 3339 as seconds since the epoch; 0 where it is none."""
    try:
        at = msgspec.convert(text, datetime)
    except msgspec.ValidationError:
        return 0
    return max(0, int((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()))
