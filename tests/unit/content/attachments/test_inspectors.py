"""The table of inspectors."""

import subprocess
import sys
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from katharion.content.attachments.inspectors import INSPECTORS
from katharion.content.attachments.kinds import INSPECTED
from katharion.values.examination import File

OCTETS = 256 * 1024
SECONDS_MAX = 0.25
REPEATED = (
    *(
        b"\n",
        b" \t",
        b"A",
        b"%41",
        b"url=",
        b"url\n",
        b"<url> ",
        b"<input ",
        b"<script ",
        b"http://",
    ),
    *(b"href = ", b"location = ", b"full address:s:", b"createobject ", b"TVqQ" * 60 + b" "),
    bytes.fromhex("e716e3bd65261145a4c48d4d0b7a9eac"),
)


def test_filters_know_the_kinds_that_somebody_looks_into() -> None:
    assert set(INSPECTORS) == INSPECTED
    assert all(INSPECTORS.values())


@pytest.mark.parametrize("kind", sorted(INSPECTORS))
@given(content=st.binary(max_size=300))
def test_no_octets_raise(kind: str, content: bytes) -> None:
    for inspect in INSPECTORS[kind]:
        inspect(File("2", "file", kind, content))


@pytest.mark.parametrize("kind", sorted(INSPECTORS))
def test_what_repeats_costs_no_more_than_its_length(kind: str) -> None:
    for seed in REPEATED:
        file = File("2", "file", kind, b"<script>" + seed * (OCTETS // len(seed)))
        for inspect in INSPECTORS[kind]:
            began = process_time()
            inspect(file)
            assert process_time() - began < SECONDS_MAX, (inspect, seed)


def test_a_filter_loads_none_of_the_decoders() -> None:
    heavy = "{'olefile', 'PIL', 'pypdfium2', 'yara_x', 'zxingcpp'}"
    code = f"import sys, katharion.processes.filter; sys.exit(bool({heavy} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0
