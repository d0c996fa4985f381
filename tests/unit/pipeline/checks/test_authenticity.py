"""What the methods' results say of a message: names, weights, sentences, evidence."""

import pytest

from fixtures.fix_transaction import transaction
from katharion.pipeline.checks import authenticity
from katharion.pipeline.verdict import SINGLE_SHARE_MAX
from katharion.values.authenticity import (
    ArcResult,
    Authenticity,
    DkimResult,
    DmarcResult,
    Result,
    SpfResult,
)
from katharion.values.policy import EffectivePolicy
from katharion.values.verdict import Finding

DOMAIN = "sender.example"
PASSED = DkimResult(Result.PASS, DOMAIN)
FAILED = DkimResult(Result.FAIL, "broken.example", reason="It was changed.")
PROVEN = DmarcResult(Result.PASS, DOMAIN, "reject", DOMAIN, DOMAIN, ("spf", "dkim"))


def found(**results: object) -> tuple[Finding, ...]:
    what = Authenticity(**results)  # type: ignore[arg-type] # A test's own.
    return authenticity.judge(transaction()._replace(authenticity=what))


def shown(findings: tuple[Finding, ...]) -> list[tuple[str, float]]:
    return [(finding.name, finding.weight) for finding in findings]


@pytest.mark.parametrize(
    ("result", "name", "weight"),
    [
        (Result.PASS, "SPF_PASS", 0.0),
        (Result.FAIL, "SPF_FAIL", 2.5),
        (Result.SOFTFAIL, "SPF_SOFTFAIL", 1.0),
        (Result.NEUTRAL, "SPF_NEUTRAL", 0.2),
        (Result.NONE, "SPF_NONE", 0.4),
        (Result.PERMERROR, "SPF_PERMERROR", 0.5),
        (Result.TEMPERROR, "SPF", 0.0),
    ],
)
def test_spf(result: Result, name: str, weight: float) -> None:
    first, *_ = found(spf=SpfResult(result, DOMAIN, mechanism="-all", explanation="Not ours."))
    assert (first.name, first.weight) == (name, weight)
    assert first.was_checked == (result is not Result.TEMPERROR)
    assert DOMAIN in first.evidence


def test_spf_of_forwarded_mail_weighs_little() -> None:
    first, *_ = found(spf=SpfResult(Result.FAIL, DOMAIN), dkim=(PASSED,), dmarc=PROVEN)
    assert (first.name, first.weight) == ("SPF_FAIL", 0.5)


def test_helo() -> None:
    for result, names in ((Result.FAIL, ["HELO_SPF_FAIL"]), (Result.SOFTFAIL, [])):
        findings = found(helo=SpfResult(result, DOMAIN, "helo"), dkim=(PASSED,))
        assert [f.name for f in findings if f.name.startswith("HELO")] == names


@pytest.mark.parametrize(
    ("signatures", "wanted"),
    [
        ((), [("DKIM_NONE", 0.0)]),
        ((PASSED,), [("DKIM_PASS", 0.0)]),
        ((FAILED, PASSED), [("DKIM_PASS", 0.0)]),
        ((FAILED,), [("DKIM_FAIL", 0.7)]),
        ((DkimResult(Result.POLICY, DOMAIN, reason="Short."),), [("DKIM_WEAK", 0.5)]),
        ((DkimResult(Result.PERMERROR, DOMAIN),), [("DKIM_WEAK", 0.5)]),
        ((DkimResult(Result.TEMPERROR, DOMAIN), FAILED), [("DKIM", 0.0)]),
        (
            (DkimResult(Result.PASS, DOMAIN, unsigned_octets=9),),
            [("DKIM_PASS", 0.0), ("DKIM_PART", 1.0)],
        ),
        ((DkimResult(Result.PASS, DOMAIN, unsigned_octets=9), PASSED), [("DKIM_PASS", 0.0)]),
    ],
)
def test_dkim(signatures: tuple[DkimResult, ...], wanted: list[tuple[str, float]]) -> None:
    assert shown(found(dkim=signatures)) == wanted


@pytest.mark.parametrize(
    ("dmarc", "wanted"),
    [
        (PROVEN, [("DMARC_PASS", 0.0)]),
        (DmarcResult(Result.FAIL, DOMAIN, "reject"), [("DMARC_FAIL_REJECT", 4.0)]),
        (DmarcResult(Result.FAIL, DOMAIN, "quarantine"), [("DMARC_FAIL_QUARANTINE", 3.0)]),
        (DmarcResult(Result.FAIL, DOMAIN, "none"), [("DMARC_FAIL_NONE", 1.0)]),
        (DmarcResult(Result.TEMPERROR, DOMAIN), [("DMARC", 0.0)]),
        (DmarcResult(Result.PERMERROR, "", reason="No From."), [("DMARC_NO_AUTHOR", 0.0)]),
        (DmarcResult(Result.PERMERROR, DOMAIN, reason="Two."), [("DMARC_NO_AUTHOR", 1.0)]),
        (DmarcResult(Result.NONE, DOMAIN), []),
    ],
)
def test_dmarc(dmarc: DmarcResult, wanted: list[tuple[str, float]]) -> None:
    assert shown(found(dkim=(PASSED,), dmarc=dmarc))[1:] == wanted


@pytest.mark.parametrize(
    ("arc", "wanted"),
    [
        (ArcResult(Result.PASS, ("list.example",)), [("ARC_PASS", 0.0)]),
        (ArcResult(Result.FAIL, reason="Seal 2 does not match."), [("ARC_FAIL", 0.3)]),
        (ArcResult(Result.NONE), []),
    ],
)
def test_arc(arc: ArcResult, wanted: list[tuple[str, float]]) -> None:
    assert shown(found(dkim=(PASSED,), arc=arc))[1:] == wanted


def test_all_together_decide_nothing_alone() -> None:
    worst = found(
        spf=SpfResult(Result.FAIL, DOMAIN),
        helo=SpfResult(Result.FAIL, DOMAIN, "helo"),
        dkim=(FAILED,),
        dmarc=DmarcResult(Result.FAIL, DOMAIN, "reject"),
        arc=ArcResult(Result.FAIL),
    )
    assert sum(f.weight for f in worst) > SINGLE_SHARE_MAX * EffectivePolicy().probable_score
    assert all(f.force is None and f.sentence.endswith(".") for f in worst)
    assert all(len(f.evidence) <= authenticity.EVIDENCE_LENGTH_MAX for f in worst)
