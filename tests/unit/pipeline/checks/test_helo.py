"""HELO: what each name comes to."""

import pytest

from fixtures.fix_transaction import names, transaction
from katharion.pipeline.checks import helo

NAMES = [
    ("mail.sender.example", "192.0.2.7", []),
    ("MAIL.sender.example", "192.0.2.7", []),
    ("xn--mnchen-3ya.example", "192.0.2.7", []),
    ("mx.example", "192.0.2.7", ["HELO_IS_US"]),
    ("MX.Example", "192.0.2.7", ["HELO_IS_US"]),
    ("", "192.0.2.7", ["HELO_NO_NAME"]),
    ("-bad-.example", "192.0.2.7", ["HELO_NO_NAME"]),
    ("two words", "192.0.2.7", ["HELO_NO_NAME"]),
    ("a" * 64 + ".example", "192.0.2.7", ["HELO_NO_NAME"]),
    ("localhost", "192.0.2.7", ["HELO_NOT_FQDN"]),
    ("192.0.2.7", "192.0.2.7", ["HELO_BARE_ADDRESS"]),
    ("[192.0.2.7]", "192.0.2.7", ["HELO_LITERAL"]),
    ("[192.0.2.8]", "192.0.2.7", ["HELO_WRONG_LITERAL"]),
    ("[IPv6:2001:db8::7]", "2001:db8::7", ["HELO_LITERAL"]),
    ("[IPv6:2001:DB8:0:0::7]", "2001:db8::7", ["HELO_LITERAL"]),  # The same, written otherwise.
    ("[IPv6:2001:db8::8]", "2001:db8::7", ["HELO_WRONG_LITERAL"]),
    ("[IPv6:2001:db8::8]", "no address", ["HELO_WRONG_LITERAL"]),
    ("[192.0.2]", "192.0.2.7", ["HELO_NO_NAME"]),
]


@pytest.mark.parametrize(("name", "client", "wanted"), NAMES)
def test_names(name: str, client: str, wanted: list[str]) -> None:
    findings = helo.judge(transaction(helo=name, client=client))
    assert names(findings) == wanted
    assert [finding.evidence for finding in findings] == [name] * len(wanted)


def test_evidence_is_bounded() -> None:
    (finding,) = helo.judge(transaction(helo="h h" * 100))
    assert len(finding.evidence) == helo.EVIDENCE_LENGTH_MAX
