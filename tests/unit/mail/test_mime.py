"""The parts of messages: RFC 2046's own examples, then what is sent and should not be."""

import time
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from katharion.mail.message import Message
from katharion.mail.mime import DEPTH_MAX, PARTS_COUNT_MAX, TAIL_PARTS_COUNT, parse, with_crlf

CPU_SECONDS_MAX = 0.25


def message(text: str) -> Message:
    return Message(with_crlf(text.encode("latin-1")))


def multipart(body: str, boundary: str = "b", kind: str = "mixed") -> Message:
    return message(f'Content-Type: multipart/{kind}; boundary="{boundary}"\n\n{body}')


def contents(found: Message) -> list[tuple[str, str, bytes]]:
    parts = parse(found).parts
    return [(part.path, part.media_type, part.content()) for part in parts if part.is_leaf]


def test_the_simple_example() -> None:
    """RFC 2046 section 5.1.1."""
    found = multipart(
        "This is the preamble.\n\n--simple boundary\n\nThis is implicitly typed.\n"
        "--simple boundary\nContent-type: text/plain; charset=us-ascii\n\n"
        "This is explicitly typed.\n\n--simple boundary--\n\nThis is the epilogue.\n",
        "simple boundary",
    )
    assert contents(found) == [
        ("1", "text/plain", b"This is implicitly typed."),
        ("2", "text/plain", b"This is explicitly typed.\r\n"),
    ]
    assert parse(found).oddities == ()


def test_numbers_are_those_of_imap() -> None:
    """RFC 3501 section 6.4.5 (RFC 9051 has the same)."""
    found = multipart(
        "--b\n\n1\n--b\nContent-Type: application/octet-stream\n\n2\n"
        "--b\nContent-Type: message/rfc822\n\nSubject: x\nContent-Type: multipart/mixed;"
        " boundary=c\n\n--c\n\n31\n--c\n\n32\n--c--\n"
        "--b\nContent-Type: multipart/mixed; boundary=d\n\n"
        "--d\nContent-Type: image/gif\n\n41\n"
        "--d\nContent-Type: message/rfc822\n\nContent-Type: text/html\n\n421\n--d--\n--b--\n"
    )
    assert [(part.path, part.media_type) for part in parse(found).parts] == [
        ("", "multipart/mixed"),
        ("1", "text/plain"),
        ("2", "application/octet-stream"),
        ("3", "message/rfc822"),
        ("3", "multipart/mixed"),
        ("3.1", "text/plain"),
        ("3.2", "text/plain"),
        ("4", "multipart/mixed"),
        ("4.1", "image/gif"),
        ("4.2", "message/rfc822"),
        ("4.2.1", "text/html"),
    ]


def test_a_digest_holds_messages() -> None:
    """RFC 2046 section 5.1.5."""
    found = multipart("--b\n\nSubject: one\n\nfirst\n--b--\n", kind="digest")
    assert contents(found) == [("1.1", "text/plain", b"first")]


@pytest.mark.parametrize(
    ("body", "texts", "oddities"),
    [
        ("--b\n\none\n--b--", [b"one"], ()),
        ("--b\n\none\n--b  \n\ntwo\n--b--  \n", [b"one", b"two"], ()),  # Padding.
        ("--b\n\none\n--b\n\ntwo\n", [b"one", b"two\r\n"], ("BOUNDARY_UNCLOSED",)),
        ("--b\n\none\n--bc\n\n--b--\n", [b"one\r\n--bc\r\n"], ()),  # A longer line is text.
        ("--b\n\none\n--b--\n--b\n\ntwo\n--b--\n", [b"one", b"two"], ("PART_BEHIND_END",)),
        ("--b\nno header here\nmore\n--b--\n", [b"no header here\r\nmore"], ("HEADER_MISSING",)),
        ("--c\n\none\n--c--\n", [b"one"], ("BOUNDARY_UNUSED",)),  # It is guessed.
        ("nothing", [], ("BOUNDARY_UNUSED",)),
        ("--b\nContent-Type: text\n\none\n--b--\n", [b"one"], ("TYPE_MALFORMED",)),
        ("--b\nContent-Transfer-Encoding: x\n\none\n--b--\n", [b"one"], ("ENCODING_UNKNOWN",)),
        ("--b\nContent-Type: a/b\nContent-Type: c/d\n\none\n--b--\n", [b"one", b"one"],
         ("PART_FIELD_TWICE",)),
        (("--b\nContent-Type: a/b; name=a.exe\nContent-Disposition: attachment; filename=a.txt\n"
         "\none\n--b--\n"), [b"one"], ("NAMES_DISAGREE",)),
        ("--b\n--b--\n", [b""], ()),
        ("", [], ("BOUNDARY_UNUSED",)),
    ],
)  # fmt: skip
def test_bodies(body: str, texts: list[bytes], oddities: tuple[str, ...]) -> None:
    found = multipart(body)
    parts = parse(found).parts[1:]
    assert [part.content() for part in parts] == texts
    assert parse(found).oddities == oddities


@pytest.mark.parametrize(
    ("header", "texts", "oddity"),
    [
        ("Content-Type: multipart/mixed; boundary=a; boundary=b", [b"one", b"two"],
         "PARAMETER_TWICE"),
        ("Content-Type: multipart/mixed; boundary=a\nContent-Type: multipart/mixed; boundary=b",
         [b"one", b"two"], "PART_FIELD_TWICE"),
        ("Content-Type: multipart/mixed; boundary=a\nContent-Type: multipart/mixed; boundary=a",
         [b"one"], "PART_FIELD_TWICE"),
        ("Content-Type: multipart/mixed; boundary=a; charset=x; charset=y", [b"one"],
         "PARAMETER_TWICE"),
    ],
)  # fmt: skip
def test_two_boundaries_are_both_read(header: str, texts: list[bytes], oddity: str) -> None:
    found = message(header + "\n\n--a\n\none\n--a--\n--b\n\ntwo\n--b--\n")
    assert list(dict.fromkeys(content for _, _, content in contents(found))) == texts
    assert parse(found).oddities == (oddity,)


def test_two_encodings_are_both_read() -> None:
    found = message(
        "Content-Transfer-Encoding: 7bit\nContent-Transfer-Encoding: base64\n\naGVsbG8=\n"
    )
    assert [content for *_, content in contents(found)] == [b"aGVsbG8=\r\n", b"hello"]


def test_an_encoded_message_is_opened() -> None:
    inner = "U3ViamVjdDogeAoKaGVsbG8K"  # "Subject: x", an empty line, "hello".
    found = message(f"Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n{inner}\n")
    assert contents(found) == [("1.1", "text/plain", b"hello\r\n")]


def nested(depth: int) -> Iterator[str]:
    for level in range(depth):
        yield f"Content-Type: multipart/mixed; boundary=x{level}y\n\n--x{level}y\n"
    yield "\ntext\n"


def test_bounds_are_told() -> None:
    deep = parse(message("".join(nested(DEPTH_MAX + 5))))
    assert deep.is_cut
    assert "DEPTH_GREAT" in deep.oddities
    many = parse(multipart("--b\n\nx\n" * (2 * PARTS_COUNT_MAX) + "--b\n\nlast\n--b--\n"))
    assert many.is_cut
    assert "PARTS_MANY" in many.oddities
    assert len(many.parts) <= PARTS_COUNT_MAX + TAIL_PARTS_COUNT + 1
    long = parse(multipart("--b\nX: " + "x" * 300_000 + "\n\nbody\n--b--\n"))
    assert "HEADERS_LONG" in long.oddities


PIECES = st.sampled_from(
    [
        *("\n", "\n\n", "--b", "--b--", "--b\n", "Content-Type: ", "multipart/mixed; boundary=b"),
        *("message/rfc822", "text/html", "; boundary=", "Content-Transfer-Encoding: base64\n"),
        *("=", " ", "x", '"', "\t", "Content-Disposition: attachment; filename*0*=utf-8''%"),
    ]
)


@given(st.lists(PIECES, max_size=60).map("".join))
def test_no_pieces_raise_and_parts_lie_within(text: str) -> None:
    found = message(text)
    for part in parse(found).parts:
        assert 0 <= part.header_start <= part.body_start <= part.end <= len(part.source)
        part.content()


@pytest.mark.parametrize(
    "piece",
    [
        *("--b\n", "\n--b", "--b--\n", "--bb\n", "--b" + " " * 150 + "x\n", "\r", "\n", "a: b\n"),
        "--b\nContent-Type: multipart/mixed; boundary=b\n\n",
        "--b\nContent-Type: message/rfc822\n\n",
        "--b\nContent-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n",
        "--b\nContent-Type: multipart/mixed; boundary=b\nContent-Transfer-Encoding: base64\n\n",
    ],
)
def test_time_is_linear(piece: str) -> None:
    found = multipart(piece * (1024 * 1024 // len(piece)))
    started = time.process_time()
    parse(found)
    assert time.process_time() - started < CPU_SECONDS_MAX


@pytest.mark.parametrize(
    ("octets", "lines"),
    [(b"a\nb\n", b"a\r\nb\r\n"), (b"a\r\nb\n", b"a\r\nb\r\n"), (b"a\r\n", b"a\r\n"), (b"", b"")],
)
def test_with_crlf(octets: bytes, lines: bytes) -> None:
    assert with_crlf(octets) == lines
