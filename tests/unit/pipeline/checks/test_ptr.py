"""What is said of the name of the client's address."""

import pytest

from fixtures.fix_transaction import names, transaction
from katharion.pipeline.checks import ptr
from katharion.values.authenticity import Authenticity, IprevResult, Result


@pytest.mark.parametrize(
    ("found", "wanted"),
    [
        (None, []),
        (IprevResult(Result.PASS, "a.example"), ["PTR_CONFIRMED"]),
        (IprevResult(Result.FAIL, "a.example"), ["PTR_MISMATCH"]),
        (IprevResult(Result.PERMERROR), ["PTR_NONE"]),
        (IprevResult(Result.TEMPERROR, "n" * 999), ["PTR"]),
    ],
)
def test_findings(found: IprevResult | None, wanted: list[str]) -> None:
    findings = ptr.judge(transaction()._replace(authenticity=Authenticity(iprev=found)))
    assert names(findings) == wanted
    assert all(finding.was_checked != (finding.name == "PTR") for finding in findings)
    assert all(len(finding.evidence) <= 200 for finding in findings)
