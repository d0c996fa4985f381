"""The table of inspectors."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from katharion.content.attachments.inspectors import INSPECTORS
from katharion.content.attachments.kinds import INSPECTED
from katharion.values.examination import File


def test_filters_know_the_kinds_that_somebody_looks_into() -> None:
    assert set(INSPECTORS) == INSPECTED
    assert all(INSPECTORS.values())


@pytest.mark.parametrize("kind", sorted(INSPECTORS))
@given(content=st.binary(max_size=300))
def test_no_octets_raise(kind: str, content: bytes) -> None:
    for inspect in INSPECTORS[kind]:
        inspect(File("2", "file", kind, content))
