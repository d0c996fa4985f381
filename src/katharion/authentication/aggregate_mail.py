"""The mail that carries an aggregate report: a few words for people, and the file.

Sources: RFC 9990 section 3.5.2; RFC 2045, RFC 2183 (the file's name), RFC 3834 section 5.
"""

import base64
from typing import NamedTuple

from katharion.authentication import aggregate as reports
from katharion.authentication.aggregate import Reporter
from katharion.mail.address import Address
from katharion.mail.trace import date
from katharion.values.dmarc_report import Aggregate


class Letter(NamedTuple):
    """Who writes to whom, when; `id` is ours, of the message."""

    id: str
    at: float
    sender: Address
    to: Address


def compose(aggregate: Aggregate, reporter: Reporter, letter: Letter) -> bytes:
    """The whole message, CRLF line ends, ASCII; unsigned."""
    name = reports.file_name(aggregate, reporter)
    boundary = f"=_{letter.id}"
    file = base64.encodebytes(reports.compressed(reports.to_xml(aggregate, reporter)))
    lines = [
        f"Date: {date(letter.at)}",
        f"From: <{letter.sender}>",
        f"To: <{letter.to}>",
        f"Subject: {reports.subject(aggregate, reporter)}",
        f"Message-ID: <{letter.id}@{reporter.domain}>",
        "Auto-Submitted: auto-generated",
        "MIME-Version: 1.0",
        f'Content-Type: multipart/mixed;\r\n\tboundary="{boundary}"',
        "",
        f"--{boundary}",
        "Content-Type: text/plain",
        "",
        *_for_people(aggregate, reporter),
        f"--{boundary}",
        "Content-Type: application/gzip",
        "Content-Transfer-Encoding: base64",
        f'Content-Disposition: attachment;\r\n\tfilename="{name}"',
        "",
        file.decode().replace("\n", "\r\n") + f"--{boundary}--",
        "",
    ]
    return "\r\n".join(lines).encode("ascii", "replace")


def _for_people(aggregate: Aggregate, reporter: Reporter) -> list[str]:
    messages = sum(counted.count for counted in aggregate.rows) + aggregate.left_out_count
    return [
        f"This is a DMARC aggregate report from {reporter.domain} about",
        f"{aggregate.policy_domain}: {messages} messages",
        f"from {date(aggregate.begin)} to {date(aggregate.end)}.",
        "The domain's DMARC record asks for it.",
        "",
    ]
