"""`katharion reports`: reports of DMARC and TLS, those of others and ours."""

import sqlite3
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import click
import msgspec

from katharion.adapters.clock import SystemClock
from katharion.adapters.store.dmarc_reports import (
    DAY_SECONDS,
    DmarcReports,
    ReceivedReport,
    SentReport,
)
from katharion.adapters.store.migrate import StoreError
from katharion.authentication.aggregate_unpack import reports_of
from katharion.cli.given import config_option, end, json_option, load_or_exit
from katharion.cli.table import moment, print_table
from katharion.values.dmarc_report import Received, Row

_limit = click.option("--limit", type=click.IntRange(1, 100_000), default=50, show_default=True)


@click.group("reports")
def reports() -> None:
    """Look at reports of DMARC and TLS: what others saw of your domains, and what we sent."""


@reports.command("list")
@click.option("--tenant", help="Only those to this tenant.")
@config_option
@json_option
@_limit
def list_received(config_path: Path, *, tenant: str | None, is_json: bool, limit: int) -> None:
    """List the reports that others sent, the newest first."""
    found = _store(config_path).received(tenant, limit)
    if is_json:
        _print_json(found)
        return
    head = ("number", "received", "tenant", "kind", "from", "about", "good", "bad", "of day")
    print_table(head, [_line(one) for one in found])


def _line(one: ReceivedReport) -> tuple[str, ...]:
    report = one.report
    counts = ("", "") if report.fault else (str(report.passed_count), str(report.failed_count))
    about = report.fault or report.domain
    day = _day(report.begin) if report.begin else ""
    head = (str(one.number), moment(one.received_at), one.tenant, report.kind)
    return (*head, report.reporter, about, *counts, day)


@reports.command("show")
@click.argument("number", type=int)
@config_option
@json_option
def show(number: int, config_path: Path, *, is_json: bool) -> None:
    """Print all of one report; NUMBER is from the list."""
    one = _store(config_path).one_received(number)
    if one is None:
        end(f"There is no report {number}. `katharion reports list` has them.")
    if is_json:
        _print_json([one])
        return
    report = one.report
    print(f"{report.kind} report {report.report_id} of {report.reporter} <{report.contact}>")
    if report.fault:
        print(f"It can't be read: {report.fault}.")
        return
    print(f"about {report.domain}, {moment(report.begin)} to {moment(report.end)}")
    print(f"published: {report.policy}\n")
    print_table(*_details(report))


def _details(report: Received) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    if report.kind == "tls":
        return ("policy", "domain", "sessions", "count"), list(_sessions(report))
    head = ("count", "address", "from", "dkim", "spf", "done", "proven by")
    rows: list[tuple[str, ...]] = [
        (
            str(counted.count),
            counted.row.source_ip,
            counted.row.header_from,
            counted.row.dkim,
            counted.row.spf,
            counted.row.disposition,
            ", ".join(_proofs(counted.row)),
        )
        for counted in report.rows
    ]
    return head, rows


def _sessions(report: Received) -> Iterator[tuple[str, ...]]:
    for policy in report.tls:
        yield policy.kind, policy.domain, "good", str(policy.successes)
        yield policy.kind, policy.domain, "bad", str(policy.failed)
        for each in policy.failures:
            yield "", "", f"{each.kind} {each.server}", str(each.count)


def _proofs(row: Row) -> Iterator[str]:
    """What the checks said, without regard to DMARC."""
    for each in row.signatures:
        yield f"dkim={each.result} {each.domain}"
    if row.spf_result:
        yield f"spf={row.spf_result} {row.spf_domain}"


@reports.command("sent")
@config_option
@json_option
@_limit
def list_sent(config_path: Path, *, is_json: bool, limit: int) -> None:
    """List our own reports: those that were sent, and those that are being counted."""
    found = _store(config_path).sent(limit)
    if is_json:
        _print_json(found)
        return
    lines = [
        (_day(one.day * DAY_SECONDS), one.policy_domain, str(one.rows_count), one.ending or "waits")
        for one in found
    ]
    print_table(("day", "domain", "rows", "what became of it"), lines)


@reports.command("read")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--tenant", default="default", show_default=True, help="Whose reports they are.")
@config_option
def read(files: tuple[Path, ...], config_path: Path, *, tenant: str) -> None:
    """Keep the reports in FILES: mail as it came (.eml)."""
    store = _store(config_path)
    for file in files:
        try:
            content = file.read_bytes()
        except OSError as error:
            end(f"{file} can't be read ({error.strerror}).")
        content = content.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        found = reports_of(content)
        new_count = store.take(tenant, SystemClock().wall(), found)
        words = ", ".join(f"{one.kind} {one.domain or one.fault}" for one in found)
        print(f"{file}: {words}{'' if new_count else ' (known already)'}")


def _store(config_path: Path) -> DmarcReports:
    config = load_or_exit(config_path).config
    try:
        return DmarcReports(Path(config.store))
    except (StoreError, sqlite3.Error) as error:
        end(str(error))


def _print_json(found: Sequence[ReceivedReport] | Sequence[SentReport]) -> None:
    print(msgspec.json.format(msgspec.json.encode(_named(found))).decode())


def _named(value: object) -> object:
    """With the names of all parts: the store writes them without."""
    if isinstance(value, msgspec.Struct):
        return {name: _named(part) for name, part in msgspec.structs.asdict(value).items()}
    if isinstance(value, ReceivedReport | SentReport):
        return {name: _named(part) for name, part in value._asdict().items()}
    return [_named(part) for part in value] if isinstance(value, list | tuple) else value


def _day(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d")
