"""The first of an address field, as mail programs show it."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from katharion.mail.mailbox import address_of, first_mailbox

CPU_SECONDS_MAX = 0.05


@pytest.mark.parametrize(
    ("value", "name", "address"),
    [
        (b"jane@example.com", "", "jane@example.com"),
        (b"Jane Doe <Jane@Example.COM>", "Jane Doe", "jane@example.com"),
        (b'"Doe, Jane" <jane@example.com>', "Doe, Jane", "jane@example.com"),
        (b"Doe, Jane <jane@example.com>", "Doe, Jane", "jane@example.com"),
        (b'"Jane \\"JD\\" Doe" <j@example.com>', 'Jane "JD" Doe', "j@example.com"),
        (b"jane@example.com (Jane Doe)", "Jane Doe", "jane@example.com"),
        (b"=?utf-8?Q?J=C3=BCrgen?= <j@example.com>", "Jürgen", "j@example.com"),
        (b"Jane <j@b\xc3\xbccher.example>, Joe <joe@example.org>", "Jane",
         "j@xn--bcher-kva.example"),
        (b'"boss@example.com" <x@example.net>', "boss@example.com", "x@example.net"),
        (b"<@a.example:jane@example.com>", "", "jane@example.com"),
        (b"Jane <jane@example.com", "Jane", "jane@example.com"),
        (b"nobody", "", ""),
        (b"", "", ""),
    ],
)  # fmt: skip
def test_first_mailbox(value: bytes, name: str, address: str) -> None:
    assert first_mailbox(value) == (name, address)


def test_an_address_needs_an_at() -> None:
    assert address_of(b" Jane @ Example.com ") == "jane@example.com"
    assert address_of(b"jane") == ""


@given(st.binary(max_size=300))
def test_no_octets_raise(value: bytes) -> None:
    first_mailbox(value)


@pytest.mark.parametrize("piece", [b"(", b'"', b"\\", b"<", b"@", b",", b" ", b"a<", b"()"])
def test_time_is_linear(piece: bytes) -> None:
    value = piece * (8 * 1024 // len(piece))
    started = time.process_time()
    first_mailbox(value)
    assert time.process_time() - started < CPU_SECONDS_MAX
