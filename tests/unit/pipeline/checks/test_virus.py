"""What a scanner says of a message: known, guessed, nothing, or that nobody could scan."""

import asyncio
from collections.abc import Coroutine
from typing import Any, cast

from fakes.fake_scanner import FakeScanner
from fixtures.fix_transaction import CLEAN, transaction
from katharion.pipeline.checks.virus import Virus
from katharion.values.verdict import Finding, Force


def judged(content: bytes, trouble: str = "") -> tuple[Finding, ...]:
    scanner = FakeScanner({b"worm": "Win.Worm-1", b"bank": "Heuristics.Phishing.Bank"}, trouble)
    asked = Virus(scanner).judge(transaction(content))
    return asyncio.run(cast("Coroutine[Any, Any, tuple[Finding, ...]]", asked))


def test_what_is_known_decides_alone() -> None:
    (found,) = judged(CLEAN + b"worm")
    assert (found.name, found.force, found.evidence) == ("VIRUS", Force.VIRUS, "Win.Worm-1")


def test_what_is_guessed_counts() -> None:
    (found,) = judged(CLEAN + b"bank")
    assert (found.name, found.force) == ("VIRUS_SUSPECTED", None)
    assert 0 < found.weight < 4.75


def test_a_clean_message_and_one_that_nobody_scanned() -> None:
    assert judged(CLEAN) == ()
    (found,) = judged(CLEAN, "no clamd can be reached")
    assert (found.was_checked, found.sentence) == (False, "not checked: no clamd can be reached.")
