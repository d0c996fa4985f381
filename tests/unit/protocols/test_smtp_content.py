"""Content after DATA and in chunks: its end, its dots, its line ends; smuggling."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from katharion.mail import reply as replies
from katharion.protocols.smtp_content import BARE_LF, LONG_LINE, ContentReader, ContentVerdict

END = b"\r\n.\r\n"


def reader(*, is_data: bool = True, strict: bool = False, size_max: int = 10**6) -> ContentReader:
    return ContentReader(size_max, is_bare_lf_refused=strict, is_data=is_data)


def read(chunks: list[bytes], **how: bool) -> tuple[bytes, bytes | None, ContentVerdict]:
    """Feed chunks until the end: the content, what followed it (None: no end), the verdict."""
    one, content = reader(**how), b""
    for number, chunk in enumerate(chunks):
        part, rest = one.read_data(chunk)
        content += part
        if rest is not None:
            return content, rest + b"".join(chunks[number + 1 :]), one.verdict()
    return content, None, one.verdict()


# Octets after DATA, and what is left of them: content, rest, findings.
CASES = [
    (b".\r\n", b"", b"", ()),
    (b"\r\n.\r\n", b"\r\n", b"", ()),
    (b"a\r\n.\r\nQUIT\r\n", b"a\r\n", b"QUIT\r\n", ()),
    (b"..\r\n.\r\n", b".\r\n", b"", ()),
    (b".a\r\n...\r\n.\r\n", b"a\r\n..\r\n", b"", ()),
    (b"a\r\n..b\r\n.\r\n", b"a\r\n.b\r\n", b"", ()),
    (b"a\nb\r\n.\r\n", b"a\r\nb\r\n", b"", (BARE_LF,)),
    (b"x" * 998 + b"\r\n.\r\n", b"x" * 998 + b"\r\n", b"", ()),
    (b"x" * 999 + b"\r\n.\r\n", b"x" * 999 + b"\r\n", b"", (LONG_LINE,)),
    (b"\xff\xfe\r\n.\r\n", b"\xff\xfe\r\n", b"", ()),
]


@pytest.mark.parametrize(("octets", "content", "rest", "findings"), CASES, ids=range(len(CASES)))
def test_whole_and_octet_by_octet(
    octets: bytes, content: bytes, rest: bytes, findings: tuple[str, ...]
) -> None:
    for chunks in ([octets], [octets[at : at + 1] for at in range(len(octets))]):
        assert read(chunks) == (content, rest, ContentVerdict(len(content), None, findings))


# CVE-2023-51764 and its like: what others took for the end of data. Each is followed by a
# command and by a true end; none may let the command out.
FAKE_ENDS = [
    b"\n.\n",
    b"\n.\r\n",
    b"\r\n.\n",
    b"\r.\r",
    b"\r.\r\n",
    b"\n.\r",
    b"\r\n.\r",
    b"\r\n\0.\r\n",
    b"\r\n.\0\r\n",
    b"\r\n.\r\r\n",
    b"\r\r\n.\r\r\n",
    b"\r\n\x0b.\r\n",
]


@pytest.mark.parametrize("fake", FAKE_ENDS, ids=repr)
@pytest.mark.parametrize("strict", [False, True])
def test_no_fake_end_lets_a_command_out(fake: bytes, *, strict: bool) -> None:
    octets = b"Subject: x\r\n\r\nbody" + fake + b"MAIL FROM:<evil@a.example>\r\n" + END
    for cut in range(len(octets) + 1):
        content, rest, verdict = read([octets[:cut], octets[cut:]], strict=strict)
        assert rest == b"", "only CRLF.CRLF ends"
        if verdict.refusal is None:
            assert b"MAIL FROM" in content
            assert content.count(b"\r") == content.count(b"\n") == content.count(b"\r\n")


@pytest.mark.parametrize("bad", [b"a\rb", b"a\0b", b"\r\r\n", b"a\r"])
def test_bare_cr_and_nul_are_refused(bad: bytes) -> None:
    content, _, verdict = read([bad + END])
    assert verdict.refusal == replies.BARE_CONTROL
    assert content == b""


def test_a_bare_lf_is_refused_where_the_listener_says_so() -> None:
    assert read([b"a\nb" + END], strict=True)[2].refusal == replies.BARE_LINE_FEED


def test_too_much_is_read_to_its_end_and_refused() -> None:
    one = reader(size_max=10)
    assert one.read_data(b"x" * 100) == (b"", None)
    assert one.read_data(b"y\r\n.\r\nNOOP\r\n") == (b"", b"NOOP\r\n")
    assert one.verdict().refusal == replies.TOO_LARGE


def test_the_first_refusal_stands() -> None:
    one = reader(size_max=10)
    one.refuse(replies.MEMORY_SHORT)
    one.read_data(b"x" * 100 + b"\r" + END)
    assert one.verdict().refusal == replies.MEMORY_SHORT


@pytest.mark.parametrize(
    ("chunks", "content", "findings"),
    [
        ([b"a\r\n.\r\nb"], b"a\r\n.\r\nb", ()),
        ([b"a\r", b"\nb\r\n"], b"a\r\nb\r\n", ()),
        ([b"a\n", b"b"], b"a\r\nb", (BARE_LF,)),
        ([b"", b"x"], b"x", ()),
    ],
)
def test_chunks_are_not_unstuffed(
    chunks: list[bytes], content: bytes, findings: tuple[str, ...]
) -> None:
    one = reader(is_data=False)
    got = b"".join(
        one.read_chunk(chunk, is_end=number == len(chunks) - 1)
        for number, chunk in enumerate(chunks)
    )
    assert (got, one.verdict()) == (content, ContentVerdict(len(content), None, findings))


def test_a_cr_that_ends_the_last_chunk_is_bare() -> None:
    one = reader(is_data=False)
    one.read_chunk(b"a\r", is_end=True)
    assert one.verdict().refusal == replies.BARE_CONTROL


@given(st.lists(st.sampled_from([b".", b"\r\n", b"\n", b"a", b"..", b"x" * 600])), st.data())
def test_any_cut_gives_the_same(pieces: list[bytes], data: st.DataObject) -> None:
    octets = b"".join(pieces) + END
    cuts = sorted(data.draw(st.lists(st.integers(0, len(octets)), max_size=6)))
    marks = [0, *cuts, len(octets)]
    chunks = [octets[a:b] for a, b in pairwise(marks)]
    assert read(chunks) == read([octets])


@given(st.lists(st.text("ab.", max_size=5)))
def test_stuffed_content_comes_back(lines: list[str]) -> None:
    content = "".join(f"{line}\r\n" for line in lines).encode()
    stuffed = "".join(f"{'.' * line.startswith('.')}{line}\r\n" for line in lines).encode()
    assert read([stuffed + b".\r\n"])[0] == content


def test_findings_stand_in_one_order_whatever_the_cut() -> None:
    octets = b"x" * 1001 + b"\n.\r\n\r\n.\r\n"
    assert read([octets], strict=False)[2].findings == (BARE_LF, LONG_LINE)
    assert read([octets[:1001], octets[1001:]], strict=False)[2].findings == (BARE_LF, LONG_LINE)
