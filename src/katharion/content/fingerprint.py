"""Fingerprints: what one mailing's messages have in common, though each is written differently.

A text's are few numbers that stay where a name, a number or a sentence is another (minhash over
runs of letters); a link's is its domain and the form of its path; a file's is its content's hash.
None of them tells what it was made of.

Sources: A. Broder, "On the resemblance and containment of documents" (1997).
"""

import re
from hashlib import blake2b, sha256

import numpy as np
from numpy.typing import NDArray
from publicsuffixlist import PublicSuffixList

from katharion.values.reading import Attachment, Link, LinkKind, Reading

PRINT_OCTETS = 8
TEXT_LENGTH_MAX = 8_000  # Characters, half of each end.
LETTERS_COUNT_MIN = 200  # About forty words: what is shorter, strangers write alike.
BANDS_COUNT = 6
ROWS_COUNT = 5  # Of a band: all of them must be the same.
LINKS_COUNT_MAX, LINKS_SEEN_COUNT_MAX = 3, 20
PATH_LENGTH_MAX = 300
FILES_COUNT_MAX = 3
FILES_OCTETS_MAX = 512 * 1024  # Of all files that are hashed, as they were sent.
FILE_OCTETS_MIN = 1024  # Dots and lines of pictures are everybody's.

_URL = re.compile(r"://\S++")
_LOWER = bytes(range(0x80)).lower() + bytes(range(0x80, 0x100))
_DROPPED = bytes(code for code in range(0x80) if not chr(code).isalpha())
# A run is of so many octets, of which two halves are taken as numbers.
_HALF = 8
_SAMPLED_BELOW = np.uint64(1 << 61)  # One run in eight is looked at: which, says its own hash.
_RUNS_COUNT_MIN, _RUNS_COUNT_MAX = 16, 400
_FIRST, _SECOND = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F)
_MIXED = np.uint64(0xD6E8FEB86659FD93)
# Odd numbers, always the same ones: they make of one hash as many as are needed.
_COUNT = BANDS_COUNT * ROWS_COUNT
_DRAWN = b"".join(sha256(b"katharion %d" % number).digest() for number in range(_COUNT))
_FACTORS = np.frombuffer(_DRAWN, np.uint32)[:_COUNT, None] | np.uint32(1)
_PLACES = np.frombuffer(_DRAWN, np.uint64)[-_COUNT:] | np.uint64(1)
_CLICKED = frozenset({LinkKind.TEXT, LinkKind.ANCHOR, LinkKind.FORM})
_WORD = re.compile(r"[a-z_-]{1,16}(?:\.[a-z]{1,5})?")  # Neither numbers nor what is drawn by lot.
_SCHEMES = ("http", "https")
_SUFFIXES = PublicSuffixList()
_PATH_PIECE = re.compile(r"[^/]++")


def prints_of(reading: Reading) -> tuple[str, ...]:
    """All that a message has: "text:…", "link:…", "file:…". No reading raises."""
    return (
        *(f"text:{each}" for each in text_prints(reading.text)),
        *(f"link:{each}" for each in link_prints(reading.links)),
        *(f"file:{each}" for each in file_prints(reading.attachments)),
    )


def text_prints(text: str) -> tuple[str, ...]:
    """Texts that are nearly the same share at least one of these. None where it is too short."""
    letters = _letters(text)
    if len(letters) < LETTERS_COUNT_MIN:
        return ()
    runs = _runs(letters)
    if len(runs) < _RUNS_COUNT_MIN:
        return ()  # The same few words over and over.
    least = (runs * _FACTORS).min(axis=1)
    bands = (least * _PLACES).reshape(BANDS_COUNT, ROWS_COUNT).sum(axis=1)
    return tuple([f"{band:016x}" for band in bands.tolist()])


def _letters(text: str) -> bytes:
    """What is left without links, digits, signs, spaces and capitals."""
    if len(text) > TEXT_LENGTH_MAX:
        half = TEXT_LENGTH_MAX // 2
        text = text[:half] + " " + text[-half:]
    if "://" in text:
        text = _URL.sub(" ", text)
    return text.encode("utf-8", "ignore").translate(_LOWER, _DROPPED)


def _runs(letters: bytes) -> NDArray[np.uint32]:
    """Hashes of some of the runs of letters: of the same ones in every text that has them."""
    count = (len(letters) - _HALF + 1) // _HALF
    # Row by row, each begins one octet later; their order does not matter.
    eights = np.frombuffer(
        b"".join([letters[at : at + count * _HALF] for at in range(_HALF)]), np.uint64
    )
    is_sampled = (eights * _FIRST) < _SAMPLED_BELOW
    is_sampled[count - 1 :: count] = False  # The last of a row has no second half.
    places = is_sampled.nonzero()[0]
    hashes = eights[places] * _SECOND
    hashes ^= eights[places + 1]
    hashes *= _MIXED
    runs = (hashes >> np.uint64(32)).astype(np.uint32)
    if len(runs) > _RUNS_COUNT_MAX:
        runs = np.partition(runs, _RUNS_COUNT_MAX)[:_RUNS_COUNT_MAX]
    return runs


def link_prints(links: tuple[Link, ...]) -> tuple[str, ...]:
    """Of the first links that somebody may click: the domain, and the form of the path."""
    shapes: dict[str, None] = {}
    for link in links[:LINKS_SEEN_COUNT_MAX]:
        if link.kind in _CLICKED and link.host and link.scheme in _SCHEMES:
            shapes.setdefault(_shape(link))
            if len(shapes) == LINKS_COUNT_MAX:
                break
    return tuple([_hash(shape.encode("utf-8", "replace")) for shape in shapes])


def file_prints(files: tuple[Attachment, ...]) -> tuple[str, ...]:
    """Of the first files, as far as they are small enough."""
    prints: list[str] = []
    octets_left = FILES_OCTETS_MAX
    for file in files:
        is_wanted = FILE_OCTETS_MIN <= file.octets_max <= octets_left
        if is_wanted and len(prints) < FILES_COUNT_MAX:
            octets_left -= file.octets_max
            prints.append(sha256(file.content()).digest()[:PRINT_OCTETS].hex())
    return tuple(dict.fromkeys(prints))


def _shape(link: Link) -> str:
    """The registered domain, and the path, with a star for what may be drawn by lot."""
    path = link.target.partition("://")[2].partition("/")[2]
    pieces = _PATH_PIECE.findall(path.partition("?")[0].partition("#")[0][:PATH_LENGTH_MAX])
    kinds = "/".join([piece if _WORD.fullmatch(piece) else "*" for piece in pieces])
    is_address = link.host.rpartition(".")[2].isdigit()
    domain = link.host if is_address else _SUFFIXES.privatesuffix(link.host)
    return f"{domain or link.host}/{kinds}"


def _hash(octets: bytes) -> str:
    return blake2b(octets, digest_size=PRINT_OCTETS).hexdigest()
