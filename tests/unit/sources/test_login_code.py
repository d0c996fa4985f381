"""What somebody waits for, and what nobody does."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from katharion.sources.login_code import looks_like_a_code

CODES = [
    ("Your verification code", "Use 482913 to sign in."),
    ("482913 is your login code", ""),
    ("Ihr Bestätigungscode", "Code: 4829"),
    ("Sign-in", "Enter the one-time password 482 913 within ten minutes."),
    ("Su código de acceso", "123456"),
    ("Reset your password", "Follow the link."),
    ("Please confirm your address", ""),
    ("Konto aktivieren", ""),
    ("Hello", "Your PIN is AB12-CD34"),
]
OTHERS = [
    ("Lunch", "Shall we meet at 12:30 on the 24th?"),
    ("Invoice 482913", "The amount of 1,234.00 is due on 2026-11-24."),
    ("Minutes", "The code of the module was reviewed."),
    ("Offer", "Only 1999 today"),
    ("", ""),
]


@pytest.mark.parametrize(("subject", "text"), CODES)
def test_codes(subject: str, text: str) -> None:
    assert looks_like_a_code(subject, text.encode())


@pytest.mark.parametrize(("subject", "text"), OTHERS)
def test_others(subject: str, text: str) -> None:
    assert not looks_like_a_code(subject, text.encode())


@given(st.text(max_size=100), st.binary(max_size=200))
def test_any_text(subject: str, body: bytes) -> None:
    looks_like_a_code(subject, body)


@pytest.mark.parametrize("piece", [b"1", b"12 ", b"A-", b"code ", b"verif", b"\xc3"])
def test_no_text_is_dear(piece: bytes) -> None:
    began = time.process_time()
    looks_like_a_code("x" * 200, piece * 100_000)
    assert time.process_time() - began < 0.02
