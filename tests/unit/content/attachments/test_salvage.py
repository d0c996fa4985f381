"""Blocks of base64, wherever they stand."""

from base64 import encodebytes

from hypothesis import given
from hypothesis import strategies as st

from fixtures.fix_files import EICAR
from katharion.content.attachments.salvage import FILES_COUNT_MAX, salvage

BLOCK = encodebytes(EICAR).replace(b"\n", b"\r\n")


def test_a_block_is_a_file() -> None:
    assert list(salvage(b"--x\r\nA: b\r\n\r\n" + BLOCK + b"--x--\r\n")) == [EICAR]
    assert list(salvage(BLOCK)) == [EICAR]


def test_text_is_none() -> None:
    assert not list(salvage(b"Good day,\r\n\r\nall the best.\r\n\r\nYours\r\n"))


def test_not_more_than_so_many() -> None:
    assert len(list(salvage((BLOCK + b"\r\n") * 100))) == FILES_COUNT_MAX


@given(st.text(alphabet="A=/+ \r\n\t-", max_size=300))
def test_no_octets_raise(text: str) -> None:
    list(salvage(text.encode()))
