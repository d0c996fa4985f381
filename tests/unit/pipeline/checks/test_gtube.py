"""GTUBE: found plain, in quoted-printable and in base64, wherever it stands; cheap otherwise."""

import base64
import quopri
import time

import pytest

from fixtures.fix_transaction import HEADER, names, transaction
from katharion.pipeline.checks import gtube


def wrapped(octets: bytes, width: int) -> bytes:
    """In base64, with lines of `width`."""
    text = base64.b64encode(octets)
    lines = [text[at : at + width] for at in range(0, len(text), width)]
    return b"\r\n".join(lines) + b"\r\n"


def is_found(body: bytes) -> bool:
    return names(gtube.judge(transaction(HEADER + b"\r\n" + body))) == ["GTUBE"]


@pytest.mark.parametrize("before", range(80))
def test_base64_at_any_place(before: int) -> None:
    octets = b"x" * before + gtube.GTUBE + b"\r\nthe end\r\n"
    for width in (60, 64, 72, 76, 10_000):
        assert is_found(
            b"--b\r\nContent-Transfer-Encoding: base64\r\n\r\n" + wrapped(octets, width)
        )


def test_alone_at_the_end_in_base64() -> None:
    assert is_found(wrapped(gtube.GTUBE, 76).rstrip())


def test_plain() -> None:
    assert is_found(gtube.GTUBE)
    assert is_found(b"<p>" + gtube.GTUBE + b"</p>\r\n")


def test_quoted_printable_with_soft_line_ends() -> None:
    text = b"x" * 60 + gtube.GTUBE
    body = quopri.encodestring(text).replace(b"\n", b"\r\n")
    assert gtube.GTUBE not in body
    assert is_found(body)


def test_not_found_where_it_is_not() -> None:
    assert not is_found(gtube.GTUBE[:-1])
    assert not is_found(wrapped(gtube.GTUBE[:40], 76))
    assert names(gtube.judge(transaction(b"Subject: " + gtube.GTUBE + b"\r\n\r\n"))) == []


def test_not_looked_for_beyond_the_cap() -> None:
    room = gtube.SEARCHED_OCTETS_MAX - len(gtube.GTUBE)
    assert is_found(b" " * room + gtube.GTUBE)
    assert not is_found(b" " * (room + 1) + gtube.GTUBE)


@pytest.mark.parametrize("line", [b"=\r\n", b"A" * 76 + b"\r\n", b"WEpT" * 19 + b"\r\n", b"\r\n"])
def test_the_cap_bounds_the_cost(line: bytes) -> None:
    asked = transaction(HEADER + b"\r\n" + line * (gtube.SEARCHED_OCTETS_MAX // len(line)))
    began = time.process_time()
    gtube.judge(asked)
    assert time.process_time() - began < 0.02  # What may run on the loop.
