"""Lines and octets from the front of what was read."""

from hypothesis import given
from hypothesis import strategies as st

from katharion.protocols.read_buffer import ReadBuffer


@given(st.lists(st.binary(max_size=20)))
def test_lines_are_those_of_the_whole(reads: list[bytes]) -> None:
    buffer, lines = ReadBuffer(), []
    for octets in reads:
        buffer.add(octets)
        while (line := buffer.take_line()) is not None:
            lines.append(line)
    whole = b"".join(reads)
    assert b"".join(lines) + buffer.take_all() == whole
    assert all(line.count(b"\n") == 1 and line.endswith(b"\n") for line in lines)


def test_octets_in_order() -> None:
    buffer = ReadBuffer()
    buffer.add(b"abc")
    assert buffer.take(2) == b"ab"
    buffer.add(b"def")
    assert len(buffer) == 4
    assert buffer.take(10) == b"cdef"
    assert not buffer
    buffer.add(b"x")
    buffer.clear()
    assert buffer.take_all() == b""


def test_what_was_taken_is_let_go() -> None:
    buffer = ReadBuffer()
    buffer.add(b"x" * 100_000 + b"\nNOOP")
    buffer.take_line()
    assert buffer.take_line() is None
    assert buffer._octets == b"NOOP"
    buffer.add(b"\r\n")
    buffer.take_line()
    assert buffer._octets == b""
