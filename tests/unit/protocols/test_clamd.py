"""clamd's protocol: what is sent, and every kind of answer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from katharion.protocols.clamd import CHUNK_OCTETS, Scanned, answer, request


def test_a_request_is_chunks_with_their_lengths() -> None:
    assert b"".join(request(b"abc")) == b"zINSTREAM\0\0\0\0\3abc\0\0\0\0"
    assert b"".join(request(b"")) == b"zINSTREAM\0\0\0\0\0"
    long = b"x" * (CHUNK_OCTETS + 1)
    assert b"".join(request(long)).count(b"x") == len(long)


@pytest.mark.parametrize(
    ("octets", "scanned"),
    [
        (b"stream: OK\0", Scanned()),
        (b"stream: Eicar-Test-Signature FOUND\0", Scanned("Eicar-Test-Signature")),
        (b"stream:  FOUND\0", Scanned("unnamed")),
        (b"INSTREAM size limit exceeded. ERROR\0",
         Scanned(trouble="the message is larger than clamd takes")),
        (b"OK\0", Scanned(trouble="clamd answered 'OK'")),
        (b"UNKNOWN COMMAND\0", Scanned(trouble="clamd answered 'UNKNOWN COMMAND'")),
        (b"\xff\x07\0", Scanned(trouble="clamd answered '\ufffd'")),
        (b"", Scanned(trouble="clamd said nothing")),
    ],
)  # fmt: skip
def test_answers(octets: bytes, scanned: Scanned) -> None:
    assert answer(octets) == scanned


@pytest.mark.parametrize(
    ("name", "is_guess"),
    [
        ("Win.Trojan.Agent-1", False),
        ("Eicar-Test-Signature", False),
        ("Heuristics.Phishing.Email.SpoofedDomain", True),
        ("PUA.Win.Packer", True),
        ("Sanesecurity.Junk.1.UNOFFICIAL", True),
        ("Html.Phishing.Bank-2", True),
    ],
)
def test_what_is_a_guess(name: str, *, is_guess: bool) -> None:
    assert Scanned(name).is_guess is is_guess


@given(st.binary(max_size=200))
def test_no_answer_raises(octets: bytes) -> None:
    found = answer(octets)
    assert (found.virus + found.trouble).isprintable()
