"""What the fuzzer found once is found no more."""

import time
from pathlib import Path

import pytest

from fuzz.seeds import SEEDS
from fuzz.targets import TARGETS

CASES = sorted((Path(__file__).parent / "cases").glob("*/*"))
CPU_SECONDS_MAX = 0.25


def test_no_case_raises_or_takes_long() -> None:
    for case in CASES:
        octets = case.read_bytes()
        started = time.process_time()
        TARGETS[case.parent.name](octets)
        assert time.process_time() - started < CPU_SECONDS_MAX, case


@pytest.mark.parametrize("target", sorted(TARGETS))
def test_each_parser_takes_nothing_and_nonsense(target: str) -> None:
    nonsense = (b"", b"\0", b"\xff" * 100, b"\r\n\r\n", bytes(range(256)))
    for octets in (*nonsense, *SEEDS.get(target, ())):
        TARGETS[target](octets)
