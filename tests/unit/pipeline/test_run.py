"""The checks are run: broken and late ones are findings, and nothing is raised."""

import asyncio

import pytest

from fakes.fake_clock import FakeClock
from fakes.fake_resolver import FakeResolver
from fakes.fake_suspects import FakeSuspects
from fixtures.fix_transaction import names, transaction
from katharion.pipeline.checks.registry import AUTHENTICITY, CHECKS, NAMES, Checks
from katharion.pipeline.run import (
    DEATHS_COUNT_MAX,
    ChecksOptions,
    Judgement,
    Pipeline,
    fingerprint_of,
)
from katharion.pipeline.transaction import Transaction
from katharion.values.authenticity import NOTHING_KNOWN, Result
from katharion.values.dns import Asking, DnsAnswer, DnsStatus, Question
from katharion.values.policy import EffectivePolicy, FailMode
from katharion.values.verdict import Band, Finding, Force

SEEN = (Finding("SEEN", 1.0, "It was seen."),)


def seen(_: Transaction) -> tuple[Finding, ...]:
    return SEEN


def broken(_: Transaction) -> tuple[Finding, ...]:
    raise RecursionError


def broken_for(_: Transaction, _policy: EffectivePolicy) -> tuple[Finding, ...]:
    raise KeyError


async def waiting(_: Transaction) -> tuple[Finding, ...]:
    await asyncio.sleep(0)
    return (Finding("WAITED", 1.0, "It was waited for."),)


async def late(_: Transaction) -> tuple[Finding, ...]:
    await asyncio.Event().wait()
    return ()


async def broken_late(_: Transaction) -> tuple[Finding, ...]:
    raise TimeoutError


def asking(_: Transaction) -> Asking[tuple[Finding, ...]]:
    (answer,) = yield (Question("TXT", "a.example"),)
    return (Finding("ASKED", 1.0, "It was asked.", answer.status.value),)


def broken_asking(_: Transaction) -> Asking[tuple[Finding, ...]]:
    yield (Question("TXT", "a.example"),)
    raise ValueError


class House:
    """A pipeline of a test's own checks."""

    def __init__(self) -> None:
        self.reported: list[tuple[str, str]] = []
        self.resolver = FakeResolver()

    def pipeline(self, checks: Checks, *disabled: str, seconds_max: float = 5.0) -> Pipeline:
        return Pipeline(
            ChecksOptions(disabled, seconds_max),
            self.resolver,
            FakeClock(),
            lambda n, e: self.reported.append((n, type(e).__name__)),
            checks,
        )

    def judge(self, pipeline: Pipeline, asked: Transaction | None = None) -> Judgement:
        return asyncio.run(pipeline.judge(asked or transaction()))


@pytest.fixture
def house() -> House:
    return House()


@pytest.mark.parametrize("is_slow", [False, True])
def test_a_broken_check_is_a_finding_and_reported(house: House, *, is_slow: bool) -> None:
    house.resolver.is_slow = is_slow
    checks = Checks(
        pure={"bad": broken, "good": seen},
        asking={"bad_question": broken_asking, "question": asking},
        waiting={"worse": broken_late, "patient": waiting},
        recipient={"worst": broken_for},
    )
    verdict = house.judge(house.pipeline(checks)).verdicts[0]
    found = names(verdict.findings)
    assert found == ["ASKED", "SEEN", "WAITED", "BAD", "BAD_QUESTION", "WORSE", "WORST"]
    assert [f.name for f in verdict.unchecked] == found[3:]
    assert all(f.sentence.startswith("not checked: ") for f in verdict.unchecked)
    assert verdict.score == 3.0
    assert sorted(house.reported) == [
        ("bad", "RecursionError"),
        ("bad_question", "ValueError"),
        ("worse", "TimeoutError"),
        ("worst", "KeyError"),
    ]


def test_what_memory_knows_needs_no_waiting(house: House) -> None:
    judging = house.pipeline(Checks(pure={"good": seen}, asking={"q": asking})).judge(transaction())
    with pytest.raises(StopIteration) as end:
        judging.send(None)
    (verdict,) = end.value.value.verdicts
    assert names(verdict.findings) == ["ASKED", "SEEN"]


def test_too_late_is_incomplete_and_keeps_what_is_known(house: House) -> None:
    checks = Checks(pure={"good": seen}, waiting={"late": late, "patient": waiting})
    judgement = house.judge(house.pipeline(checks, seconds_max=0.02))
    assert not judgement.is_complete
    assert names(judgement.verdicts[0].findings) == ["SEEN", "WAITED"]
    assert house.reported == []


@pytest.mark.parametrize("is_slow", [False, True])
def test_what_was_found_of_the_sender_is_known_to_the_last_checks(
    house: House, *, is_slow: bool
) -> None:
    house.resolver.is_slow = is_slow

    def tell(asked: Transaction) -> tuple[Finding, ...]:
        return (Finding("KNOWN", 0.0, "It is known.", str(asked.authenticity.spf)),)

    def tell_one(asked: Transaction, _: EffectivePolicy) -> tuple[Finding, ...]:
        return tell(asked)

    checks = Checks(known={"k": tell}, recipient={"r": tell_one})
    judgement = house.judge(house.pipeline(checks))
    found = judgement.authenticity.spf
    assert found is not None
    assert (found.result, found.domain) == (Result.NONE, "sender.example")
    assert [f.evidence for f in judgement.verdicts[0].findings] == [str(found)] * 2
    judgement = house.judge(house.pipeline(checks, AUTHENTICITY))
    assert judgement.authenticity is NOTHING_KNOWN


def test_the_waiting_overlap(house: House) -> None:
    both = asyncio.Barrier(2)

    async def meets(_: Transaction) -> tuple[Finding, ...]:
        await both.wait()
        return SEEN

    checks = Checks(waiting={"one": meets, "other": meets})
    assert house.judge(house.pipeline(checks, seconds_max=2)).is_complete


def test_being_cancelled_is_not_a_finding(house: House) -> None:
    pipeline = house.pipeline(Checks(waiting={"late": late}))

    async def scene() -> None:
        async with asyncio.timeout(0.02):
            await pipeline.judge(transaction())

    with pytest.raises(TimeoutError):
        asyncio.run(scene())


def test_what_is_disabled_is_not_asked(house: House) -> None:
    checks = Checks(pure={"bad": broken, "good": seen}, waiting={"late": late})
    verdict = house.judge(house.pipeline(checks, "bad", "late")).verdicts[0]
    assert names(verdict.findings) == ["SEEN"]
    assert house.reported == []


def test_no_check_says_clean(house: House) -> None:
    verdict = house.judge(house.pipeline(CHECKS, *NAMES)).verdicts[0]
    assert (verdict.band, verdict.score, verdict.findings) == (Band.CLEAN, 0.0, ())


def test_each_recipient_has_the_verdict_of_its_policy(house: House) -> None:
    strict = EffectivePolicy(probable_score=0.5, fail_mode=FailMode.HOLD)
    blocking = EffectivePolicy(block=("@sender.example",))
    lax = EffectivePolicy()
    asked = transaction(policies=(lax, strict, blocking, lax))
    verdicts = house.judge(house.pipeline(CHECKS, "ptr"), asked).verdicts
    assert [v.force for v in verdicts] == [None, None, Force.BLOCKED, None]
    assert verdicts[0] is verdicts[3]


def test_all_checks_together_say_nothing_against_clean_mail(house: House) -> None:
    house.resolver.pointers["192.0.2.7"] = DnsAnswer(DnsStatus.FOUND, ("mail.sender.example",))
    house.resolver.hosts["mail.sender.example"] = ("192.0.2.7",)
    spf = DnsAnswer(DnsStatus.FOUND, ("v=spf1 ip4:192.0.2.7 -all",))
    dmarc = DnsAnswer(DnsStatus.FOUND, ("v=DMARC1; p=reject",))
    house.resolver.answers[Question("TXT", "sender.example")] = spf
    house.resolver.answers[Question("TXT", "_dmarc.sender.example")] = dmarc
    verdict = house.judge(house.pipeline(CHECKS)).verdicts[0]
    wanted = ["DKIM_NONE", "DMARC_PASS", "PTR_CONFIRMED", "SPF_PASS"]
    assert names(verdict.findings) == wanted
    assert verdict.score == 0.0


def test_a_message_that_processes_die_over_is_judged_no_more() -> None:
    judged: list[str] = []

    def check(asked: Transaction) -> tuple[Finding, ...]:
        judged.append(asked.message_id)
        return ()

    suspects = FakeSuspects()
    pipeline = Pipeline(
        ChecksOptions(), FakeResolver(), FakeClock(), lambda *_: None, Checks(pure={"c": check})
    )
    pipeline.suspects = suspects
    poison, other = transaction(), transaction(b"\r\nanother\r\n")
    assert asyncio.run(pipeline.judge(poison)).verdicts[0].band is Band.CLEAN
    assert not suspects.judged  # Its judgement has ended.
    for _ in range(DEATHS_COUNT_MAX):
        suspects.enter(fingerprint_of(poison.message.content))
        suspects.die()
    judged.clear()
    (verdict,) = asyncio.run(pipeline.judge(poison)).verdicts
    assert (verdict.force, verdict.band) == (Force.UNSCANNABLE, Band.DEFINITE)
    assert not judged
    assert asyncio.run(pipeline.judge(other)).verdicts[0].band is Band.CLEAN


def test_behind_a_trusted_relay_who_handed_it_in_is_judged() -> None:
    def check(asked: Transaction) -> tuple[Finding, ...]:
        assert asked.is_relayed is (asked.facts.client_address == "203.0.113.9")
        return (Finding("SEEN", 0.0, f"{asked.facts.client_address} {asked.facts.helo}"),)

    options = ChecksOptions(trusted_relays=("198.51.100.0/24",))
    pipeline = Pipeline(
        options, FakeResolver(), FakeClock(), lambda *_: None, Checks(pure={"c": check})
    )
    content = b"Received: from a.example (a.example [203.0.113.9]) by relay.example; Mon\r\n\r\n"
    for client, seen in (("198.51.100.1", "203.0.113.9 a.example"), ("192.0.2.7", "192.0.2.7 h")):
        judgement = asyncio.run(pipeline.judge(transaction(content, client=client, helo="h")))
        assert [f.sentence for f in judgement.verdicts[0].findings if f.name == "SEEN"] == [seen]
        assert judgement.authenticity.client_address == seen.split()[0]


def test_fingerprints_tell_large_messages_apart() -> None:
    large = b"x" * 100_000
    assert fingerprint_of(large) == fingerprint_of(bytes(large))
    assert len({fingerprint_of(large), fingerprint_of(large + b"x"), fingerprint_of(b"")}) == 3
