"""Viruses, by a scanner: what it knows decides alone; what it guesses counts.

Where nobody could scan, that is told, and the policy's fail mode says what is done.
"""

from collections.abc import Awaitable

from katharion.pipeline.transaction import Transaction
from katharion.ports import Scanner
from katharion.values.verdict import Finding, Force

NAME = "virus"
GUESS_POINTS = 3.0


class Virus:
    """The check, with its scanner."""

    def __init__(self, scanner: Scanner) -> None:
        self._scanner = scanner

    def judge(self, transaction: Transaction) -> Awaitable[tuple[Finding, ...]]:
        """One finding, or none."""
        return self._judge(transaction.message.content)

    async def _judge(self, content: bytes) -> tuple[Finding, ...]:
        scanned = await self._scanner.scan(content)
        if scanned.trouble:
            sentence = f"not checked: {scanned.trouble}."
            return (Finding("VIRUS_NOT_SCANNED", 0.0, sentence, was_checked=False),)
        if not scanned.virus:
            return ()
        if scanned.is_guess:
            sentence = "A virus scanner finds it suspicious."
            return (Finding("VIRUS_SUSPECTED", GUESS_POINTS, sentence, scanned.virus),)
        sentence = "It carries a virus."
        return (Finding("VIRUS", 0.0, sentence, scanned.virus, force=Force.VIRUS),)
