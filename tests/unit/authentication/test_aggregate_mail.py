"""The mail of a report: what another reader makes of it."""

import gzip
from email import message_from_bytes

from katharion.authentication.aggregate import Reporter, to_xml
from katharion.authentication.aggregate_mail import Letter, compose
from katharion.authentication.aggregate_unpack import reports_of
from katharion.mail.address import Address
from katharion.values.dmarc_report import Aggregate, Counted, Row

REPORTER = Reporter("mx.example", "Example", "postmaster@mx.example")
ROW = Row("192.0.2.1", "none", "fail", "fail", "example.com")
REPORT = Aggregate("example.com", "v=DMARC1; p=none", 0, 86_399, (Counted(ROW, 3),))
LETTER = Letter("ID", 90_000.0, Address("r", "mx.example"), Address("dmarc", "example.com"))


def test_the_standard_library_reads_it() -> None:
    content = compose(REPORT, REPORTER, LETTER)
    assert content.isascii()
    assert content.count(b"\n") == content.count(b"\r\n") == content.count(b"\r")
    mail = message_from_bytes(content)
    assert mail["To"] == "<dmarc@example.com>"
    assert mail["Message-ID"] == "<ID@mx.example>"
    words, file = mail.get_payload()  # type: ignore[misc] # It is a multipart.
    assert "about\r\nexample.com: 3 messages" in words.get_payload()  # type: ignore[union-attr] # A part.
    assert file.get_content_type() == "application/gzip"  # type: ignore[union-attr] # A part.
    assert file.get_filename().startswith("mx.example!example.com!0!86399!")  # type: ignore[union-attr] # A part.
    octets = file.get_payload(decode=True)  # type: ignore[union-attr] # A part.
    assert gzip.decompress(octets) == to_xml(REPORT, REPORTER)  # type: ignore[arg-type] # Octets.


def test_our_own_reader_reads_it() -> None:
    (read,) = reports_of(compose(REPORT, REPORTER, LETTER))
    assert (read.kind, read.rows) == ("dmarc", REPORT.rows)
