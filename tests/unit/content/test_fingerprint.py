"""Fingerprints: what stays the same while a mailing is written anew for each, and what does not."""

from hashlib import sha256
from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st

from katharion.content.fingerprint import (
    FILE_OCTETS_MIN,
    FILES_COUNT_MAX,
    FILES_OCTETS_MAX,
    LINKS_COUNT_MAX,
    TEXT_LENGTH_MAX,
    file_prints,
    link_prints,
    prints_of,
    text_prints,
)
from katharion.values.reading import Attachment, Link, LinkKind, Reading

DIGITS_TO_LETTERS = str.maketrans("0123456789", "ghijklmnop")
WORDS = [
    sha256(b"%d" % number).hexdigest()[: 3 + number % 7].translate(DIGITS_TO_LETTERS)
    for number in range(2000)
]


def letter(seed: int, words: int = 150) -> str:
    """Words in an order that is the seed's own."""
    drawn = [crc32(b"%d %d" % (seed, place)) for place in range(words)]
    return " ".join([WORDS[number % len(WORDS)] for number in drawn])


LETTER = letter(1)


@pytest.mark.parametrize(
    "other",
    [
        LETTER.upper(),
        LETTER.replace(" ", "\r\n"),
        f"Dear Annabel Smith,\n{LETTER}\nyour number is 4711-0815-33",
        f"{LETTER} https://example.com/a8f7/track?id=99812",
        LETTER.replace(" ", "\u00a0", 3).replace(" ", ", ", 9),
        " ".join(word for place, word in enumerate(LETTER.split()) if place % 60),
    ],
    ids=["capitals", "lines", "name and number", "link", "signs", "two words less"],
)
def test_one_mailing(other: str) -> None:
    assert set(text_prints(LETTER)) & set(text_prints(other))


def test_other_texts_share_nothing() -> None:
    seen: set[str] = set()
    for seed in range(200):
        prints = set(text_prints(letter(seed)))
        assert prints
        assert not prints & seen
        seen |= prints


@pytest.mark.parametrize("text", ["", "Good day, Ann.", "12345 " * 5000, "buy " * 1000])
def test_what_has_no_print(text: str) -> None:
    assert text_prints(text) == ()


def test_of_a_long_text_both_ends_are_seen() -> None:
    begin, end = letter(2, TEXT_LENGTH_MAX), letter(3, TEXT_LENGTH_MAX)
    whole = set(text_prints(f"{begin} {letter(4)} {end}"))
    assert whole & set(text_prints(f"{begin} {letter(5, 30_000)} {end}"))
    assert not whole & set(text_prints(f"{begin} {letter(6)}"))


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("http://a.example.com/win/8812?u=1", "https://b.example.com/win/77x#top", True),
        ("http://example.com/win/now.php", "http://example.com/win/then.php", False),
        ("http://example.co.uk/x", "http://other.co.uk/x", False),
        ("http://192.0.2.7/x", "http://203.0.2.7/x", False),
        ("http://example.com/", "http://example.com", True),
    ],
)
def test_links_by_domain_and_form_of_the_path(one: str, other: str, *, is_same: bool) -> None:
    assert (link_prints((made(one),)) == link_prints((made(other),))) is is_same


def made(target: str, kind: LinkKind = LinkKind.ANCHOR) -> Link:
    return Link(target, kind, "http", target.split("/")[2])


MAILTO = Link("mailto:a@sender.example", LinkKind.ANCHOR, "mailto", "sender.example")


def test_only_what_people_may_click_and_only_so_many() -> None:
    assert link_prints((made("http://example.com/a", LinkKind.LOADED), MAILTO)) == ()
    many = tuple(made(f"http://example{n}.com/") for n in range(50))
    assert len(link_prints(many)) == LINKS_COUNT_MAX


def file(octets: bytes) -> Attachment:
    return Attachment("2", "a.bin", "application/octet-stream", len(octets), lambda: octets)


def test_files_by_their_content() -> None:
    one, other = b"a" * FILE_OCTETS_MIN, b"b" * FILE_OCTETS_MIN
    assert len(file_prints((file(one), file(one), file(other)))) == 2
    assert file_prints((file(b"dot"), file(b"x" * (FILES_OCTETS_MAX + 1)))) == ()
    many = tuple(file(bytes([n]) * FILE_OCTETS_MIN) for n in range(20))
    assert len(file_prints(many)) == FILES_COUNT_MAX


def test_all_of_a_message() -> None:
    reading = Reading(
        text=LETTER,
        links=(made("http://example.com/x"),),
        attachments=(file(b"a" * FILE_OCTETS_MIN),),
    )
    kinds = [each.partition(":")[0] for each in prints_of(reading)]
    assert kinds == ["text"] * 6 + ["link", "file"]


@given(st.text(max_size=3000), st.text(max_size=400))
def test_no_text_raises(text: str, target: str) -> None:
    kinds = tuple(Link(f"http://{target}", kind, "http", target[:20]) for kind in LinkKind)
    prints_of(Reading(text=text, links=kinds))
