"""Run the checks over a transaction: the pure ones inline, the waiting ones under one timer.

A check that fails or is late is a finding of its own ("not checked: …"), never an exception
and never a silent pass.
"""

import asyncio
from collections.abc import Callable
from typing import Annotated, NamedTuple

import msgspec

from katharion.pipeline.checks import registry
from katharion.pipeline.transaction import Transaction
from katharion.pipeline.verdict import decide
from katharion.ports import Resolver
from katharion.values.policy import EffectivePolicy
from katharion.values.verdict import Finding, Verdict

Report = Callable[[str, BaseException], None]
_Answer = tuple[Finding, ...]  # Of one check.


class ChecksOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which checks are asked."""

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


class Judgement(NamedTuple):
    """One verdict a recipient, in the envelope's order. Incomplete: time was over."""

    verdicts: tuple[Verdict, ...]
    is_complete: bool = True


class Pipeline:
    """The checks that are asked, and what they need."""

    def __init__(self, options: ChecksOptions, resolver: Resolver, report: Report) -> None:
        """`report` is told the name and the exception of a check that broke."""
        off = options.disabled
        self._pure = [(n, c) for n, c in registry.PURE.items() if n not in off]
        self._waiting = [(n, c) for n, c in registry.WAITING.items() if n not in off]
        self._recipient = [(n, c) for n, c in registry.RECIPIENT.items() if n not in off]
        self._resolver = resolver
        self._report = report
        self._seconds_max = options.judge_seconds_max

    @property
    def is_pure(self) -> bool:
        """Whether nothing waits: then `judge_now` says all there is to say."""
        return not self._waiting

    def judge_now(self, transaction: Transaction) -> Judgement:
        """The pure checks alone."""
        return self._conclude(transaction, self._ask_pure(transaction))

    async def judge(self, transaction: Transaction) -> Judgement:
        """All checks; incomplete where they took too long in all."""
        pure = self._ask_pure(transaction)
        if not self._waiting:
            return self._conclude(transaction, pure)
        asked = [self._ask(name, check, transaction) for name, check in self._waiting]
        try:
            async with asyncio.timeout(self._seconds_max):
                answers = await asyncio.gather(*asked)
        except TimeoutError:
            return self._conclude(transaction, pure)._replace(is_complete=False)
        return self._conclude(transaction, [*pure, *answers])

    def _ask_pure(self, transaction: Transaction) -> list[_Answer]:
        answers: list[_Answer] = []
        for name, check in self._pure:
            try:
                answers.append(check(transaction))
            except Exception as error:  # noqa: BLE001 # A broken check is a finding.
                answers.append((self._broken(name, error),))
        return answers

    async def _ask(
        self, name: str, check: registry.WaitingCheck, transaction: Transaction
    ) -> _Answer:
        try:
            return await check(transaction, self._resolver)
        except Exception as error:  # noqa: BLE001 # Likewise.
            return (self._broken(name, error),)

    def _conclude(self, transaction: Transaction, answers: list[_Answer]) -> Judgement:
        """One verdict a policy; recipients of one policy share it."""
        decided: dict[int, Verdict] = {}
        for policy in transaction.policies:
            if id(policy) not in decided:
                own = self._ask_recipient(transaction, policy)
                decided[id(policy)] = decide((*answers, *own), policy)
        return Judgement(tuple(decided[id(policy)] for policy in transaction.policies))

    def _ask_recipient(self, transaction: Transaction, policy: EffectivePolicy) -> list[_Answer]:
        answers: list[_Answer] = []
        for name, check in self._recipient:
            try:
                answers.append(check(transaction, policy))
            except Exception as error:  # noqa: BLE001 # Likewise.
                answers.append((self._broken(name, error),))
        return answers

    def _broken(self, name: str, error: BaseException) -> Finding:
        self._report(name, error)
        sentence = "not checked: the check broke; the operator's log says how."
        return Finding(name.upper(), 0.0, sentence, was_checked=False)
