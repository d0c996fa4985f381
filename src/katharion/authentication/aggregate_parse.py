"""Aggregate reports of others: XML in, a value out; whatever they wrote.

Reports come from anybody, so the reader takes no document type and no entities, keeps nothing
but the elements it knows, and stops at its bounds. RFC 9990 and the older form of RFC 7489
differ in little that is read here; namespaces are not looked at.

Sources: RFC 9990 section 3.1.1 and appendix A (the elements); section 3.1 ("Report Consumers
[...] discard" what does not fit).
"""

import re
from typing import NamedTuple
from xml.parsers import expat  # Without entities, see below.

from katharion.values.dmarc_report import Counted, Received, Row, Signature

ROWS_COUNT_MAX = 10_000
ELEMENTS_COUNT_MAX = 400_000
DEPTH_MAX = 16
TEXT_LENGTH_MAX = 255
SIGNATURES_COUNT_MAX = 20
COUNT_MAX = 10**12

_UNPRINTABLE = re.compile(r"[^ -~\u00a0-\U0010ffff]+")
_DIGITS = re.compile(r"[0-9]{1,12}(?:\.0+)?\Z")
_POLICY_NAMES = ("p", "sp", "np", "adkim", "aspf", "fo", "testing", "pct")


class ReportUnreadableError(Exception):
    """What was sent is no report, or exceeds a bound; says why, for people."""


class _Found(NamedTuple):
    """What was found of the elements, by path."""

    report: dict[str, str]
    rows: list[Counted]


def parse(xml: bytes) -> Received:
    """The report, or ReportUnreadableError; nothing else is raised."""
    found = _read(xml)
    report = found.report
    if "report_metadata/report_id" not in report or "policy_published/domain" not in report:
        raise ReportUnreadableError("it has no report_id, or no domain")
    policy = " ".join(
        f"{name}={text}"
        for name in _POLICY_NAMES
        if (text := report.get(f"policy_published/{name}"))
    )
    return Received(
        kind="dmarc",
        reporter=report.get("report_metadata/org_name", ""),
        contact=report.get("report_metadata/email", ""),
        report_id=report["report_metadata/report_id"],
        domain=report["policy_published/domain"].lower(),
        begin=number_of(report.get("report_metadata/date_range/begin", "")),
        end=number_of(report.get("report_metadata/date_range/end", "")),
        policy=policy,
        rows=tuple(found.rows),
    )


def number_of(text: str) -> int:
    """The whole number that `text` is; 0 where it is none."""
    return int(text.partition(".")[0]) if _DIGITS.match(text) else 0


def printable_line(text: str) -> str:
    """On one line, and not too long."""
    return _UNPRINTABLE.sub(" ", text[: 4 * TEXT_LENGTH_MAX]).strip()[:TEXT_LENGTH_MAX]


def _read(xml: bytes) -> _Found:
    reader = _Reader()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    try:
        parser.Parse(xml, True)  # noqa: FBT003 # Expat's way to say that this is all.
    except expat.ExpatError as error:
        raise ReportUnreadableError(f"it is no XML ({error})") from error
    except (ValueError, LookupError) as error:
        # A character set that is not known, or not what it says.
        raise ReportUnreadableError(f"it is no text ({error})") from error
    return _Found(reader.report, reader.rows)


def _refuse_doctype(*_: object) -> None:
    """Without a document type there are no entities: neither bombs nor others' files."""
    raise ReportUnreadableError("it declares a document type")


class _Reader:
    """Takes expat's events. Paths begin behind the root element."""

    def __init__(self) -> None:
        self.report: dict[str, str] = {}
        self.rows: list[Counted] = []
        self._path: list[str] = []
        self._row: dict[str, str] = {}
        self._signatures: list[Signature] = []
        self._dkim: dict[str, str] = {}
        self._words: list[str] = []
        self._elements_count = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:  # noqa: ARG002 # Expat's signature.
        """An element begins."""
        self._elements_count += 1
        if len(self._path) >= DEPTH_MAX or self._elements_count > ELEMENTS_COUNT_MAX:
            raise ReportUnreadableError("it has too many elements")
        self._path.append(name.rpartition(" ")[2])
        self._words = []

    def text(self, data: str) -> None:
        """Some text of it; there can't be more of it than of the whole report."""
        self._words.append(data)

    def end(self, name: str) -> None:  # noqa: ARG002 # Expat's signature.
        """It ends."""
        text = printable_line("".join(self._words))
        self._words = []
        path = "/".join(self._path[1:])
        self._path.pop()
        if not path.startswith("record"):
            if text:
                self.report.setdefault(path, text)
        elif path == "record":
            self._end_row()
        elif path == "record/auth_results/dkim":
            self._end_signature()
        elif path.startswith("record/auth_results/dkim/"):
            self._dkim.setdefault(path.rpartition("/")[2], text)
        else:
            self._row.setdefault(path.removeprefix("record/"), text)

    def _end_signature(self) -> None:
        found, self._dkim = self._dkim, {}
        if len(self._signatures) < SIGNATURES_COUNT_MAX:
            names = ("domain", "selector", "result")
            self._signatures.append(Signature(*(found.get(name, "") for name in names)))

    def _end_row(self) -> None:
        if len(self.rows) >= ROWS_COUNT_MAX:
            raise ReportUnreadableError(f"it has more than {ROWS_COUNT_MAX} records")
        found, self._row = self._row, {}
        signatures, self._signatures = tuple(self._signatures), []
        evaluated = "row/policy_evaluated/"
        row = Row(
            source_ip=found.get("row/source_ip", ""),
            disposition=found.get(f"{evaluated}disposition", ""),
            dkim=found.get(f"{evaluated}dkim", ""),
            spf=found.get(f"{evaluated}spf", ""),
            header_from=found.get("identifiers/header_from", ""),
            override=found.get(f"{evaluated}reason/type", ""),
            envelope_from=found.get("identifiers/envelope_from", ""),
            envelope_to=found.get("identifiers/envelope_to", ""),
            signatures=signatures,
            spf_domain=found.get("auth_results/spf/domain", ""),
            spf_result=found.get("auth_results/spf/result", ""),
        )
        self.rows.append(Counted(row, number_of(found.get("row/count", ""))))
