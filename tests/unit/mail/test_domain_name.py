"""Domain names as DNS has them: letters mapped as browsers do, and no text raises or costs much."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from katharion.mail.domain_name import DOMAIN_LENGTH_MAX, a_labels

CPU_SECONDS_MAX = 0.02


@pytest.mark.parametrize(
    ("written", "domain"),
    [
        ("Example.COM.", "example.com"),
        ("b\u00fccher.example", "xn--bcher-kva.example"),
        ("\uff45\uff58ample\uff0ecom", "example.com"),
        ("exam\u200bple.com", "example.com"),
        ("_dmarc.example.com", "_dmarc.example.com"),
        ("", ""),
        ("a..b", ""),
        ("a b.example", ""),
        ("a" * 64 + ".example", ""),
        (".".join(["a" * 60] * 5), ""),
    ],
)
def test_a_name_is_lower_case_and_ascii_or_none(written: str, domain: str) -> None:
    assert a_labels(written) == domain


@given(st.text(max_size=300))
def test_no_text_raises(text: str) -> None:
    found = a_labels(text)
    assert found.isascii()
    assert len(found) <= DOMAIN_LENGTH_MAX


def test_many_letters_beyond_ascii_cost_little() -> None:
    a_labels.cache_clear()
    letters = "".join(map(chr, range(0x4E00, 0x4E00 + 59)))
    start = time.process_time()
    a_labels(".".join([letters] * 4))
    assert time.process_time() - start < CPU_SECONDS_MAX
