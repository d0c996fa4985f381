"""Reports of TLS: the example of RFC 8460 appendix B, and whatever else is sent."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from katharion.authentication.aggregate_parse import ReportUnreadableError
from katharion.authentication.tls_report import parse
from katharion.values.dmarc_report import TlsFailure, TlsPolicy

EXAMPLE = {
    "organization-name": "Company-X",
    "date-range": {
        "start-datetime": "2016-04-01T00:00:00Z",
        "end-datetime": "2016-04-01T23:59:59Z",
    },
    "contact-info": "sts-reporting@company-x.example",
    "report-id": "5065427c-23d3-47ca-b6e0-946ea0e8c4be",
    "policies": [
        {
            "policy": {
                "policy-type": "sts",
                "policy-string": ["version: STSv1", "mode: testing"],
                "policy-domain": "Company-Y.example",
                "mx-host": ["*.mail.company-y.example"],
            },
            "summary": {
                "total-successful-session-count": 5326,
                "total-failure-session-count": 303,
            },
            "failure-details": [
                {
                    "result-type": "certificate-expired",
                    "sending-mta-ip": "2001:db8:abcd:0012::1",
                    "receiving-mx-hostname": "mx1.mail.company-y.example",
                    "failed-session-count": 100,
                },
                {"result-type": "validation-failure", "failed-session-count": 3},
            ],
        }
    ],
}


def test_the_example() -> None:
    read = parse(json.dumps(EXAMPLE).encode())
    assert (read.kind, read.reporter, read.domain) == ("tls", "Company-X", "company-y.example")
    assert (read.begin, read.end) == (1_459_468_800, 1_459_555_199)
    assert (read.passed_count, read.failed_count) == (5326, 303)
    assert read.tls == (
        TlsPolicy(
            "sts",
            "company-y.example",
            5326,
            303,
            (
                TlsFailure(
                    "certificate-expired",
                    100,
                    "mx1.mail.company-y.example",
                    "2001:db8:abcd:0012::1",
                ),
                TlsFailure("validation-failure", 3),
            ),
        ),
    )


def test_with_little_in_it() -> None:
    read = parse(b'{"report-id":"1","policies":[{"policy":{}}],"contact-info":null}')
    assert (read.begin, read.domain, read.tls) == (0, "", (TlsPolicy("", "", 0, 0),))
    read = parse(
        b'{"report-id":"1","policies":[{"policy":{}}],"date-range":'
        b'{"start-datetime":"1970-01-02T00:00:00","end-datetime":"1960-01-01T00:00:00Z"}}'
    )
    assert (read.begin, read.end) == (86_400, 0)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{}",
        b'{"report-id":"1","policies":[]}',
        b'{"report-id":1,"policies":[{"policy":{}}]}',
        b'{"report-id":"1","policies":[{"policy":{},"summary":{"total-failure-session-count":-1}}]}',
        b"[" * 100_000,
        b'{"report-id":"\xff"}',
        b'{"a":' * 100_000,
    ],
)
def test_unreadable(text: bytes) -> None:
    with pytest.raises(ReportUnreadableError):
        parse(text)


@given(st.binary(max_size=100) | st.text(max_size=50).map(lambda t: json.dumps({t: t}).encode()))
def test_no_octets_raise_anything_else(text: bytes) -> None:
    with pytest.raises(ReportUnreadableError):
        parse(text)
