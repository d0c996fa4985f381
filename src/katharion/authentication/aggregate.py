"""Aggregate reports: messages in, rows counted, and the XML that a domain's owner asked for out.

Sources: RFC 9990 sections 3.1.1 (the elements and their order), 3.1.3 (which signatures), 3.1.6
(why a policy was not applied), 3.5.1 (the report's id), 3.5.2 (file name and subject).
"""

import hashlib
import re
import zlib
from collections.abc import Iterator
from typing import NamedTuple

from katharion.authentication import dmarc_record
from katharion.values.authenticity import Authenticity, DkimResult, DmarcResult, Result
from katharion.values.dmarc_report import Aggregate, Counted, Row, Signature
from katharion.values.track import TrackRecord

DAY_SECONDS = 86_400
SIGNATURES_COUNT_MAX = 10  # RFC 9990 would bear a hundred in a row; more rows say less.
TEXT_LENGTH_MAX = 255
NAMESPACE = "urn:ietf:params:xml:ns:dmarc-2.0"

_UNPRINTABLE = re.compile(r"[^ -~]")
_MARKUP = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"})
_GZIP_WINDOW = 31  # zlib's way to say: gzip, the largest window.
# What we did to a message that failed, by what the tracking says became of it.
_DONE = {"rejected": "reject", "held": "quarantine"}


class Reporter(NamedTuple):
    """Who reports. `domain` is our own name; the others are what the operator calls us."""

    domain: str
    organization: str
    email: str
    contact: str = ""


def row_of(record: TrackRecord) -> Row | None:
    """How a message is counted; None where no report is to speak of it."""
    found = record.authenticity
    dmarc = found.dmarc if found else None
    if found is None or dmarc is None or not dmarc.report_to:
        return None
    if dmarc.result not in (Result.PASS, Result.FAIL):
        return None  # DMARC came to nothing (RFC 9989 section 5.3.6).
    disposition, override = _disposition(record, dmarc)
    return Row(
        source_ip=record.client_address,
        disposition=disposition,
        dkim="pass" if "dkim" in dmarc.aligned_by else "fail",
        spf="pass" if "spf" in dmarc.aligned_by else "fail",
        header_from=dmarc.domain,
        override=override,
        envelope_from=_domain_of(record.sender),
        envelope_to=_domain_of(record.recipient),
        signatures=_signatures(found, dmarc),
        spf_domain=found.spf.domain if found.spf else "",
        spf_result=found.spf.result.value if found.spf else "",
    )


def _disposition(record: TrackRecord, dmarc: DmarcResult) -> tuple[str, str]:
    """What became of the message, and why that is not what its domain asks for (3.1.6)."""
    if dmarc.result is Result.PASS:
        enforced = dmarc_record.parse(dmarc.record)
        return ("pass" if enforced and enforced.policy != "none" else "none"), ""
    done = _DONE.get(record.event, "none")
    if record.event == "held" and record.state != "quarantined":
        done = "none"  # It waits for its next hop.
    asked = dmarc.policy
    if dmarc_record.POLICIES.index(done) > dmarc_record.POLICIES.index(asked):
        done = asked  # Other findings did more; that is not DMARC's.
    if done == asked:
        return done, "policy_test_mode" if dmarc.is_testing else ""
    return done, "local_policy"


def _signatures(found: Authenticity, dmarc: DmarcResult) -> tuple[Signature, ...]:
    """Those that tell most first (3.1.3), so that the bound takes the others away."""

    def rank(dkim: DkimResult) -> int:
        if dkim.result is not Result.PASS:
            return 3
        if dkim.domain == dmarc.domain:
            return 0
        return 1 if f".{dkim.domain}".endswith(f".{dmarc.organization}") else 2

    told = sorted((dkim for dkim in found.dkim if dkim.domain), key=rank)[:SIGNATURES_COUNT_MAX]
    return tuple(Signature(each.domain, each.selector, each.result.value) for each in told)


def _domain_of(address: str) -> str:
    return address.rpartition("@")[2].lower() if "@" in address else ""


def day_of(at: float) -> int:
    """The number of the UTC day, since the epoch."""
    return int(at // DAY_SECONDS)


# The report.


def report_id(aggregate: Aggregate, reporter: Reporter) -> str:
    """The same for the same report, another for every other (3.5.1)."""
    return f"{aggregate.begin}.{unique_id(aggregate)}@{reporter.domain}"


def unique_id(aggregate: Aggregate) -> str:
    """Tells the reports of a day apart: by domain, and by record where it was changed."""
    about = f"{aggregate.policy_domain}\n{aggregate.record}\n{aggregate.begin}"
    return hashlib.sha256(about.encode()).hexdigest()[:16]


def file_name(aggregate: Aggregate, reporter: Reporter) -> str:
    """3.5.2; the same again for the same report."""
    span = f"{aggregate.begin}!{aggregate.end}"
    return f"{reporter.domain}!{aggregate.policy_domain}!{span}!{unique_id(aggregate)}.xml.gz"


def subject(aggregate: Aggregate, reporter: Reporter) -> str:
    """3.5.2, folded: names may be long."""
    return (
        f"Report Domain: {aggregate.policy_domain}\r\n"
        f"\tSubmitter: {reporter.domain}\r\n"
        f"\tReport-ID: <{report_id(aggregate, reporter)}>"
    )


def compressed(xml: bytes) -> bytes:
    """In gzip format, without a time: the same report is the same octets."""
    deflate = zlib.compressobj(level=9, wbits=_GZIP_WINDOW)
    return deflate.compress(xml) + deflate.flush()


def to_xml(aggregate: Aggregate, reporter: Reporter) -> bytes:
    """The report (3.1.1). All text is printable ASCII."""
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<feedback xmlns="{NAMESPACE}">',
        "<version>1.0</version>",
        *_metadata(aggregate, reporter),
        *_policy(aggregate),
    ]
    for counted in aggregate.rows:
        lines += _record(counted)
    lines.append("</feedback>")
    return "\n".join([*lines, ""]).encode("ascii")


def _metadata(aggregate: Aggregate, reporter: Reporter) -> Iterator[str]:
    yield "<report_metadata>"
    yield _element("org_name", reporter.organization)
    yield _element("email", reporter.email)
    if reporter.contact:
        yield _element("extra_contact_info", reporter.contact)
    yield _element("report_id", report_id(aggregate, reporter))
    yield f"<date_range><begin>{aggregate.begin}</begin><end>{aggregate.end}</end></date_range>"
    if aggregate.left_out_count:
        words = f"{aggregate.left_out_count} messages are left out: too many different rows"
        yield _element("error", words)
    yield _element("generator", "katharion")
    yield "</report_metadata>"


def _policy(aggregate: Aggregate) -> Iterator[str]:
    record = dmarc_record.parse(aggregate.record) or dmarc_record.Record()
    yield "<policy_published>"
    yield _element("domain", aggregate.policy_domain)
    yield _element("discovery_method", "treewalk")
    yield _element("p", record.policy)
    yield _element("sp", record.subdomains)
    yield _element("np", record.missing)
    yield _element("fo", record.failure_options)
    yield _element("adkim", "s" if record.is_dkim_strict else "r")
    yield _element("aspf", "s" if record.is_spf_strict else "r")
    yield _element("testing", "y" if record.is_testing else "n")
    yield "</policy_published>"


def _record(counted: Counted) -> Iterator[str]:
    row = counted.row
    yield "<record>"
    yield f"<row>{_element('source_ip', row.source_ip)}<count>{counted.count}</count>"
    yield "<policy_evaluated>"
    yield _element("disposition", row.disposition)
    yield _element("dkim", row.dkim)
    yield _element("spf", row.spf)
    if row.override:
        yield f"<reason>{_element('type', row.override)}</reason>"
    yield "</policy_evaluated></row>"
    yield f"<identifiers>{_element('header_from', row.header_from)}"
    yield _element("envelope_from", row.envelope_from)
    if row.envelope_to:
        yield _element("envelope_to", row.envelope_to)
    yield "</identifiers>"
    yield "<auth_results>"
    for each in row.signatures:
        yield f"<dkim>{_element('domain', each.domain)}{_element('selector', each.selector)}"
        yield f"{_element('result', each.result)}</dkim>"
    if row.spf_result:
        yield f"<spf>{_element('domain', row.spf_domain)}<scope>mfrom</scope>"
        yield f"{_element('result', row.spf_result)}</spf>"
    yield "</auth_results>"
    yield "</record>"


def _element(name: str, text: str) -> str:
    """Nothing from strangers can end an element: what is markup is written as text."""
    safe = _UNPRINTABLE.sub("?", text[:TEXT_LENGTH_MAX]).translate(_MARKUP)
    return f"<{name}>{safe}</{name}>"
