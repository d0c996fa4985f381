"""Reports out of mail: gzip, zip and plain, and every bomb refused."""

import base64
import gzip
import io
import zipfile
import zlib
from contextlib import suppress
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from katharion.authentication import aggregate_unpack
from katharion.authentication.aggregate import Reporter, to_xml
from katharion.authentication.aggregate_unpack import (
    REPORT_OCTETS_MAX,
    ReportUnreadableError,
    reports_of,
    unpacked,
)
from katharion.values.dmarc_report import Aggregate, Counted, Row

ROW = Row("192.0.2.1", "none", "fail", "fail", "example.com")
XML = to_xml(
    Aggregate("example.com", "v=DMARC1; p=none", 0, 86_399, (Counted(ROW, 3),)),
    Reporter("mx.example", "Example", "p@mx.example"),
)
TLS = b'{"report-id":"1","policies":[{"policy":{"policy-domain":"x.example"}}]}'


def zipped(text: bytes = XML, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        archive.writestr("r.xml", text)
    return file.getvalue()


def mail(*parts: bytes, subject: str = "Report domain: example.com") -> bytes:
    message = EmailMessage()
    message["From"] = "Reports <r@reporter.example>"
    message["Subject"] = subject
    message.set_content("See the attachment.")
    for part in parts:
        message.add_attachment(part, maintype="application", subtype="x", filename="r")
    return bytes(message).replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


@pytest.mark.parametrize(
    "part",
    [
        gzip.compress(XML),
        zipped(),
        zipped(method=zipfile.ZIP_STORED),
        XML,
        b"\xef\xbb\xbf" + XML,
        b"\r\n" + XML,
    ],
)
def test_packed(part: bytes) -> None:
    (read,) = reports_of(mail(b"\x89PNG", part))
    assert (read.kind, read.domain, read.rows) == ("dmarc", "example.com", (Counted(ROW, 3),))


def test_the_whole_mail_is_the_report() -> None:
    plain = b"From: a@b.example\r\nContent-Type: text/xml\r\n\r\n" + XML
    assert reports_of(plain)[0].kind == "dmarc"
    encoded = base64.encodebytes(gzip.compress(XML)).replace(b"\n", b"\r\n")
    head = b"Content-Type: application/gzip\r\nContent-Transfer-Encoding: BASE64\r\n\r\n"
    assert reports_of(head + encoded)[0].kind == "dmarc"


def test_a_tls_report() -> None:
    (read,) = reports_of(mail(gzip.compress(TLS)))
    assert (read.kind, read.domain) == ("tls", "x.example")


def test_several_are_bounded() -> None:
    assert len(reports_of(mail(XML, XML))) == 2
    assert len(reports_of(mail(*[XML] * 9))) == aggregate_unpack.REPORTS_COUNT_MAX


def bomb(octets_count: int) -> bytes:
    deflate = zlib.compressobj(level=9, wbits=31)
    pieces = [deflate.compress(b" " * 1_000_000) for _ in range(octets_count // 1_000_000)]
    return b"".join([*pieces, deflate.flush()])


@pytest.mark.parametrize(
    ("part", "fault"),
    [
        (bomb(100_000_000), "larger than"),
        (gzip.compress(XML)[:-20], "end is missing"),
        (gzip.compress(XML)[:10] + b"\xff" * 50, "damaged"),
        (zipped(b" " * (REPORT_OCTETS_MAX + 1)), "larger than"),
        (zipped()[:20], "end is missing"),
        (zipped()[:6] + b"\x01" + zipped()[7:], "encrypted"),
        (zipped()[:8] + b"\x63" + zipped()[9:], "not known"),
        (b"<?xml", "no XML"),
        (b"{", "no TLS report"),
        (b"\x89PNG", "no report in it"),
    ],
)
def test_unreadable(part: bytes, fault: str) -> None:
    (read,) = reports_of(mail(part))
    assert read.kind == "unreadable"
    assert fault in read.fault
    assert read.reporter == "Reports <r@reporter.example>"
    assert read.report_id == "Report domain: example.com"


def test_a_mail_too_large() -> None:
    (read,) = reports_of(mail() + b"x" * aggregate_unpack.MAIL_OCTETS_MAX)
    assert read.fault == "it is too large"


def nested(depth: int) -> bytes:
    content = b"\r\n" + XML
    for number in range(depth):
        head = b'Content-Type: multipart/mixed; boundary="%d"\r\n\r\n' % number
        content = head + b"--%d\r\n" % number + content + b"\r\n--%d--\r\n" % number
    return content


def test_parts_within_parts() -> None:
    assert reports_of(nested(3))[0].kind == "dmarc"
    assert reports_of(nested(5))[0].kind == "unreadable"
    assert reports_of(nested(2).partition(b"\r\n--0--")[0])[0].kind == "dmarc"
    assert unpacked(b"x") is None


def test_not_base64() -> None:
    head = b"Content-Transfer-Encoding: base64\r\n\r\n"
    assert reports_of(head + b"a")[0].kind == "unreadable"


@given(st.binary(max_size=300))
def test_no_octets_raise(content: bytes) -> None:
    for prefix in (b"", b"\r\n", b"\r\n\x1f\x8b", b"\r\nPK\x03\x04"):
        assert reports_of(prefix + content)


@given(st.binary(max_size=60))
def test_no_part_raises_anything_else(part: bytes) -> None:
    for prefix in (b"", b"\x1f\x8b\x08", zipped()[:30]):
        with suppress(ReportUnreadableError):
            unpacked(prefix + part)
