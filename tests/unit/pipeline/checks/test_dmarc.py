"""What a domain asks for by DMARC, and what a tenant makes of it."""

import pytest

from fixtures.fix_transaction import transaction
from katharion.pipeline.checks import dmarc
from katharion.values.authenticity import ArcResult, Authenticity, DmarcResult, Result
from katharion.values.policy import DmarcMode, EffectivePolicy
from katharion.values.verdict import Force

DOMAIN, LIST = "sender.example", "list.example"
FAILED = {p: DmarcResult(Result.FAIL, DOMAIN, p) for p in ("none", "quarantine", "reject")}
SEALED = ArcResult(Result.PASS, (LIST,), first_results="mx.list.example; dmarc=pass header.from=x")
SCORE, HOLD, FOLLOW = DmarcMode


@pytest.mark.parametrize(
    ("policy", "mode", "wanted"),
    [
        ("reject", FOLLOW, Force.DMARC_REJECT),
        ("reject", HOLD, Force.DMARC_QUARANTINE),
        ("reject", SCORE, None),
        ("quarantine", FOLLOW, Force.DMARC_QUARANTINE),
        ("quarantine", HOLD, Force.DMARC_QUARANTINE),
        ("quarantine", SCORE, None),
        ("none", FOLLOW, None),
    ],
)
def test_modes(policy: str, mode: DmarcMode, wanted: Force | None) -> None:
    asked = transaction()._replace(authenticity=Authenticity(dmarc=FAILED[policy]))
    findings = dmarc.judge(asked, EffectivePolicy(dmarc=mode))
    assert [finding.force for finding in findings] == ([wanted] if wanted else [])


@pytest.mark.parametrize("result", [r for r in Result if r is not Result.FAIL])
def test_only_a_failure_counts(result: Result) -> None:
    found = Authenticity(dmarc=DmarcResult(result, DOMAIN, "reject"))
    assert dmarc.judge(transaction()._replace(authenticity=found), EffectivePolicy()) == ()
    assert dmarc.judge(transaction(), EffectivePolicy()) == ()


@pytest.mark.parametrize(
    ("arc", "trusted", "is_believed"),
    [
        (SEALED, (LIST,), True),
        (SEALED, (), False),
        (SEALED, ("other.example",), False),
        (None, (LIST,), False),
        (ArcResult(Result.FAIL, (LIST,), first_results=SEALED.first_results), (LIST,), False),
        (ArcResult(Result.PASS, (LIST, "b.example"), first_results="x; dkim=pass"), (LIST,), False),
        (
            ArcResult(Result.PASS, (LIST, "b.example"), first_results="x; dkim=pass"),
            ("b.example", LIST),
            True,
        ),
        (
            ArcResult(Result.PASS, (LIST,), first_results="x; spf=fail; dmarc=passable"),
            (LIST,),
            False,
        ),
        (ArcResult(Result.PASS, (), first_results="x; spf=pass"), (LIST,), False),
    ],
)
def test_trusted_sealers(
    arc: ArcResult | None, trusted: tuple[str, ...], *, is_believed: bool
) -> None:
    found = Authenticity(dmarc=FAILED["reject"], arc=arc)
    policy = EffectivePolicy(trusted_sealers=trusted)
    (finding,) = dmarc.judge(transaction()._replace(authenticity=found), policy)
    assert (finding.name == "DMARC_ARC_TRUSTED") == is_believed
    assert (finding.force is None) == is_believed
