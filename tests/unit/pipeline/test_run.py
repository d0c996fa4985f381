"""The checks are run: broken and late ones are findings, and nothing is raised."""

import asyncio

import pytest

from fakes.fake_resolver import FakeResolver
from fixtures.fix_transaction import names, transaction
from katharion.pipeline.checks import registry
from katharion.pipeline.run import ChecksOptions, Judgement, Pipeline
from katharion.pipeline.transaction import Transaction
from katharion.ports import Resolver
from katharion.values.dns import DnsAnswer, DnsStatus
from katharion.values.policy import EffectivePolicy, FailMode
from katharion.values.verdict import Band, Finding, Force

SEEN = (Finding("SEEN", 1.0, "It was seen."),)


def seen(_: Transaction) -> tuple[Finding, ...]:
    return SEEN


def broken(_: Transaction) -> tuple[Finding, ...]:
    raise RecursionError


def broken_for(_: Transaction, _policy: EffectivePolicy) -> tuple[Finding, ...]:
    raise KeyError


async def waiting(_: Transaction, _resolver: Resolver) -> tuple[Finding, ...]:
    await asyncio.sleep(0)
    return (Finding("WAITED", 1.0, "It was waited for."),)


async def late(_: Transaction, _resolver: Resolver) -> tuple[Finding, ...]:
    await asyncio.Event().wait()
    return ()


async def broken_late(_: Transaction, _resolver: Resolver) -> tuple[Finding, ...]:
    raise TimeoutError


class Checks:
    """The registry, as one test has it."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.reported: list[tuple[str, str]] = []
        self._patch = patch

    def set(self, **checks: dict[str, object]) -> None:
        for kind in ("pure", "waiting", "recipient"):
            self._patch.setattr(registry, kind.upper(), checks.get(kind, {}))

    def pipeline(self, *disabled: str, seconds_max: float = 5.0) -> Pipeline:
        options = ChecksOptions(disabled, seconds_max)
        return Pipeline(
            options, FakeResolver(), lambda n, e: self.reported.append((n, type(e).__name__))
        )

    def judge(self, pipeline: Pipeline, asked: Transaction | None = None) -> Judgement:
        return asyncio.run(pipeline.judge(asked or transaction()))


@pytest.fixture
def checks(monkeypatch: pytest.MonkeyPatch) -> Checks:
    return Checks(monkeypatch)


def test_a_broken_check_is_a_finding_and_reported(checks: Checks) -> None:
    checks.set(
        pure={"bad": broken, "good": seen},
        waiting={"worse": broken_late, "patient": waiting},
        recipient={"worst": broken_for},
    )
    verdict = checks.judge(checks.pipeline()).verdicts[0]
    assert names(verdict.findings) == ["SEEN", "WAITED", "BAD", "WORSE", "WORST"]
    assert [f.name for f in verdict.unchecked] == ["BAD", "WORSE", "WORST"]
    assert all(f.sentence.startswith("not checked: ") for f in verdict.unchecked)
    assert verdict.score == 2.0
    told = [("bad", "RecursionError"), ("worse", "TimeoutError"), ("worst", "KeyError")]
    assert checks.reported == told


def test_too_late_is_incomplete_and_keeps_what_is_known(checks: Checks) -> None:
    checks.set(pure={"good": seen}, waiting={"late": late, "patient": waiting})
    judgement = checks.judge(checks.pipeline(seconds_max=0.02))
    assert not judgement.is_complete
    assert names(judgement.verdicts[0].findings) == ["SEEN"]
    assert checks.reported == []


def test_the_waiting_overlap(checks: Checks) -> None:
    both = asyncio.Barrier(2)

    async def meets(_: Transaction, _resolver: Resolver) -> tuple[Finding, ...]:
        await both.wait()
        return SEEN

    checks.set(waiting={"one": meets, "other": meets})
    assert checks.judge(checks.pipeline(seconds_max=2)).is_complete


def test_being_cancelled_is_not_a_finding(checks: Checks) -> None:
    checks.set(waiting={"late": late})

    async def scene() -> None:
        async with asyncio.timeout(0.02):
            await checks.pipeline().judge(transaction())

    with pytest.raises(TimeoutError):
        asyncio.run(scene())


def test_what_is_disabled_is_not_asked(checks: Checks) -> None:
    checks.set(pure={"bad": broken, "good": seen}, waiting={"late": late})
    pipeline = checks.pipeline("bad", "late")
    assert pipeline.is_pure
    assert pipeline.judge_now(transaction()) == checks.judge(pipeline)
    assert not checks.pipeline("bad").is_pure


def test_no_check_says_clean(checks: Checks) -> None:
    verdict = checks.judge(checks.pipeline(*registry.NAMES)).verdicts[0]
    assert (verdict.band, verdict.score, verdict.findings) == (Band.CLEAN, 0.0, ())


def test_each_recipient_has_the_verdict_of_its_policy(checks: Checks) -> None:
    strict = EffectivePolicy(probable_score=0.5, fail_mode=FailMode.HOLD)
    blocking = EffectivePolicy(block=("@sender.example",))
    lax = EffectivePolicy()
    asked = transaction(policies=(lax, strict, blocking, lax))
    pipeline = checks.pipeline("ptr")
    verdicts = pipeline.judge_now(asked).verdicts
    assert [v.force for v in verdicts] == [None, None, Force.BLOCKED, None]
    assert verdicts[0] is verdicts[3]


def test_all_checks_together_say_nothing_against_clean_mail(checks: Checks) -> None:
    resolver = FakeResolver()
    resolver.pointers["192.0.2.7"] = DnsAnswer(DnsStatus.FOUND, ("mail.sender.example",))
    resolver.hosts["mail.sender.example"] = ("192.0.2.7",)
    pipeline = Pipeline(ChecksOptions(), resolver, lambda *_: None)
    (finding,) = checks.judge(pipeline).verdicts[0].findings
    assert (finding.name, finding.weight) == ("PTR_CONFIRMED", 0.0)
