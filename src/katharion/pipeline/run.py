"""Run the checks over a transaction: the pure ones inline, the others beside each other.

A check that fails or is late is a finding of its own ("not checked: …"), never an exception
and never a silent pass.
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Mapping
from ipaddress import ip_network
from typing import Annotated, NamedTuple, TypeVar

import msgspec

from katharion.authentication.look_back import Networks, look_back
from katharion.content.fingerprint import prints_of
from katharion.content.reading import read
from katharion.pipeline.asking import Budget, Parked, finish, go_on
from katharion.pipeline.authenticate import authenticate
from katharion.pipeline.checks.registry import (
    AUTHENTICITY,
    CAMPAIGN,
    CHECKS,
    Checks,
    WaitingCheck,
)
from katharion.pipeline.transaction import Transaction
from katharion.pipeline.verdict import NamedAnswers, decide
from katharion.ports import Clock, Resolver, Suspects
from katharion.values.authenticity import NOTHING_KNOWN, Authenticity
from katharion.values.dns import Asking
from katharion.values.verdict import Finding, Force, Verdict

DEATHS_COUNT_MAX = 3
FINGERPRINT_OF_OCTETS = 16 * 1024  # From its beginning and from its end.
UNSCANNABLE = Finding(
    "UNSCANNABLE",
    0.0,
    "not checked: the checks broke down over this message, several times.",
    was_checked=False,
    force=Force.UNSCANNABLE,
)

_UNSCANNABLE: NamedAnswers = (("suspects", (UNSCANNABLE,)),)

READING = "reading"  # Asked before all checks, and told like one where it breaks.

Report = Callable[[str, BaseException], None]
_Findings = tuple[Finding, ...]
_Answer = _Findings | Authenticity  # Of one check.
_Named = tuple[str, _Answer]  # With its check's name.
_Asking = Callable[[Transaction], Asking[_Answer]]
_C = TypeVar("_C")


class ChecksOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which checks are asked, and what they may cost."""

    disabled: Annotated[
        tuple[str, ...],
        msgspec.Meta(description="Names of checks that are not asked (see the manual)."),
    ] = ()
    judge_seconds_max: Annotated[
        float,
        msgspec.Meta(
            description="Seconds for all checks; then the message is held unjudged.", gt=0
        ),
    ] = 20.0
    dns_seconds_max: Annotated[
        float,
        msgspec.Meta(
            description="Seconds for a message's questions to DNS; what is not answered then"
            " counts as not checked.",
            gt=0,
        ),
    ] = 2.8
    dns_questions_count_max: Annotated[
        int,
        msgspec.Meta(
            description="Questions to DNS of one message, beside those whose answers are kept.",
            ge=0,
        ),
    ] = 150
    trusted_relays: Annotated[
        tuple[str, ...],
        msgspec.Meta(
            description="Networks of relays in front of us: judged is who handed the mail to them."
        ),
    ] = ()


class Judgement(NamedTuple):
    """One verdict a recipient, in the envelope's order. Incomplete: time was over.

    `answers`: what each verdict was made of, for whoever asks why. `prints`: the message's
    fingerprints.
    """

    verdicts: tuple[Verdict, ...]
    is_complete: bool = True
    authenticity: Authenticity = NOTHING_KNOWN
    answers: tuple[NamedAnswers, ...] = ()
    prints: tuple[str, ...] = ()


def fingerprint_of(content: bytes) -> bytes:
    """What tells a message from others, whoever brings it again."""
    ends = content[:FINGERPRINT_OF_OCTETS] + content[-FINGERPRINT_OF_OCTETS:]
    return hashlib.sha256(b"%d " % len(content) + ends).digest()[:16]


def _seen_through(transaction: Transaction, relays: Networks) -> Transaction:
    """The transaction as the first of the trusted relays had it."""
    facts = transaction.facts
    hop = look_back(transaction.message, facts.client_address, relays)
    if hop is None:
        return transaction
    seen = msgspec.structs.replace(facts, client_address=hop.address, helo=hop.helo)
    return transaction._replace(facts=seen, is_relayed=True)


class Pipeline:
    """The checks that are asked, and what they need."""

    def __init__(
        self,
        options: ChecksOptions,
        resolver: Resolver,
        clock: Clock,
        report: Report,
        checks: Checks = CHECKS,
    ) -> None:
        """`report` is told the name and the exception of a check that broke."""

        def enabled(kind: Mapping[str, _C]) -> list[tuple[str, _C]]:
            return [(name, check) for name, check in kind.items() if name not in options.disabled]

        asking: dict[str, _Asking] = {AUTHENTICITY: authenticate, **checks.asking}
        self._pure, self._known = enabled(checks.pure), enabled(checks.known)
        self._asking = enabled(asking)
        self._waiting, self._recipient = enabled(checks.waiting), enabled(checks.recipient)
        self._has_prints = CAMPAIGN in dict(self._known)
        self._options = options
        self._relays = [ip_network(text, strict=False) for text in options.trusted_relays]
        self._resolver = resolver
        self._clock = clock
        self._report = report
        self.suspects: Suspects | None = None

    async def judge(self, transaction: Transaction) -> Judgement:
        """All checks; none of them where processes have died over this very message."""
        if self._relays:
            transaction = _seen_through(transaction, self._relays)
        suspects = self.suspects
        if suspects is None:
            return await self._judge(transaction)
        fingerprint = fingerprint_of(transaction.message.content)
        if suspects.deaths_count(fingerprint) >= DEATHS_COUNT_MAX:
            verdicts = tuple(decide([(UNSCANNABLE,)], p) for p in transaction.policies)
            return Judgement(verdicts, answers=(_UNSCANNABLE,) * len(verdicts))
        slot = suspects.enter(fingerprint)
        try:
            return await self._judge(transaction)
        finally:
            suspects.leave(slot)

    async def _judge(self, transaction: Transaction) -> Judgement:
        """All checks; incomplete where they took too long in all.

        Nothing is waited for where DNS's answers are in memory, and no task is made.
        """
        answers: list[_Named] = []
        try:
            reading = read(transaction.message)
            transaction = transaction._replace(reading=reading)
            if self._has_prints:
                transaction = transaction._replace(prints=prints_of(reading))
        except Exception as error:  # noqa: BLE001 # A broken parser is a finding.
            answers.append((READING, self._broken(READING, error)))
        answers += [(each[0], self._ask_pure(*each, transaction)) for each in self._pure]
        parked: list[tuple[str, Parked]] = []
        for name, check in self._asking:
            known = self._ask_memory(name, check, transaction)
            if isinstance(known, Parked):
                parked.append((name, known))
            else:
                answers.append((name, known))
        is_complete = True
        waiting: list[tuple[str, Awaitable[_Findings]]] = []
        for name, other in self._waiting:
            found = self._ask_waiting(name, other, transaction)
            if isinstance(found, tuple):
                answers.append((name, found))
            else:
                waiting.append((name, found))
        if parked or waiting:
            is_complete = await self._wait_for(parked, waiting, answers)
        return self._conclude(transaction, answers)._replace(is_complete=is_complete)

    async def _wait_for(
        self,
        parked: list[tuple[str, Parked]],
        waiting: list[tuple[str, Awaitable[_Findings]]],
        answers: list[_Named],
    ) -> bool:
        """Add to `answers` what has to be waited for; False where some of it came too late."""
        options = self._options
        budget = Budget(self._clock, options.dns_questions_count_max, options.dns_seconds_max)

        async def wait(name: str, answer: Awaitable[_Answer]) -> None:
            try:
                answers.append((name, await answer))
            except Exception as error:  # noqa: BLE001 # A broken check is a finding.
                answers.append((name, self._broken(name, error)))

        asked = [wait(name, finish(core, self._resolver, budget)) for name, core in parked]
        asked += [wait(name, awaited) for name, awaited in waiting]
        try:
            async with asyncio.timeout(options.judge_seconds_max):
                await asyncio.gather(*asked)
        except TimeoutError:
            return False
        return True

    def _ask_pure(self, name: str, check: Callable[..., _Findings], *of: object) -> _Findings:
        try:
            return check(*of)
        except Exception as error:  # noqa: BLE001 # Likewise.
            return self._broken(name, error)

    def _ask_waiting(
        self, name: str, check: WaitingCheck, transaction: Transaction
    ) -> _Findings | Awaitable[_Findings]:
        try:
            return check(transaction)
        except Exception as error:  # noqa: BLE001 # Likewise.
            return self._broken(name, error)

    def _ask_memory(self, name: str, check: _Asking, transaction: Transaction) -> _Answer | Parked:
        try:
            return go_on(check(transaction), self._resolver)
        except Exception as error:  # noqa: BLE001 # Likewise.
            return self._broken(name, error)

    def _conclude(self, transaction: Transaction, answers: list[_Named]) -> Judgement:
        """One verdict a policy; recipients of one policy share it."""
        found: list[tuple[str, _Findings]] = []
        for name, answer in answers:
            if isinstance(answer, Authenticity):
                transaction = transaction._replace(authenticity=answer)
            else:
                found.append((name, answer))
        found += [(each[0], self._ask_pure(*each, transaction)) for each in self._known]
        decided: dict[int, tuple[Verdict, NamedAnswers]] = {}
        for policy in transaction.policies:
            if id(policy) not in decided:
                ask = self._ask_pure
                own = [(each[0], ask(*each, transaction, policy)) for each in self._recipient]
                named = (*found, *own)
                decided[id(policy)] = decide((answer for _, answer in named), policy), named
        each_decided = [decided[id(policy)] for policy in transaction.policies]
        return Judgement(
            tuple(verdict for verdict, _ in each_decided),
            authenticity=transaction.authenticity,
            answers=tuple(named for _, named in each_decided),
            prints=transaction.prints,
        )

    def _broken(self, name: str, error: BaseException) -> _Findings:
        self._report(name, error)
        sentence = "not checked: the check broke; the operator's log says how."
        return (Finding(name.upper(), 0.0, sentence, was_checked=False),)
