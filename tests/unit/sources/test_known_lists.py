"""What we say of well-known lists is usable as it stands, and means what their owners document."""

from pathlib import Path

import pytest

from katharion.sources.blocklist import make, read
from katharion.sources.known_lists import KNOWN
from katharion.sources.options import BlocklistOptions
from katharion.values.dns import DnsAnswer, DnsStatus


@pytest.mark.parametrize("name", KNOWN)
def test_each_can_be_asked_and_read(name: str) -> None:
    known = KNOWN[name]
    blocklist = make(name, BlocklistOptions())
    assert known.demands.endswith(".")
    assert all(meaning.sentence.endswith(".") for meaning in blocklist.meanings)
    assert max(abs(meaning.weight) for meaning in blocklist.meanings) <= 4.0
    assert all(blocklist.question(subject) for subject in (*blocklist.good, *blocklist.bad))


def test_the_manual_names_each_and_its_zone() -> None:
    manual = Path(__file__).parents[3] / "docs" / "manual" / "blocklists.md"
    text = manual.read_text()
    for name, known in KNOWN.items():
        assert f"| `{name}` | {known.options.zone} |" in text


@pytest.mark.parametrize(
    ("name", "code", "weight", "is_lie"),
    [
        ("spamhaus-zen", "127.0.0.4", 3.5, False),
        ("spamhaus-zen", "127.0.0.11", 2.0, False),
        ("spamhaus-zen", "127.255.255.252", 0.0, True),
        ("spamhaus-dbl", "127.0.1.105", 2.0, False),
        ("spamhaus-dbl", "127.0.1.255", 0.0, True),
        ("surbl", "127.0.0.80", 4.0, False),
        ("surbl", "127.0.0.1", 0.0, True),
        ("uribl", "127.0.0.14", 3.0, False),
        ("uribl", "127.0.0.1", 0.0, True),
        ("dnswl", "127.0.5.3", -3.0, False),
        ("dnswl", "127.0.10.0", 0.0, False),
        ("dnswl", "127.0.0.255", 0.0, True),
    ],
)
def test_documented_codes(name: str, code: str, weight: float, *, is_lie: bool) -> None:
    blocklist = make(name, BlocklistOptions())
    listing = read(blocklist, DnsAnswer(DnsStatus.FOUND, (code,)))
    assert (listing.weight, bool(listing.lie)) == (weight, is_lie)
