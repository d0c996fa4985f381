"""What inspectors give."""

from katharion.content.attachments.values import NOTHING_SEEN


def test_nothing_seen_says_nothing() -> None:
    assert (NOTHING_SEEN.findings, NOTHING_SEEN.links, NOTHING_SEEN.files) == ((), (), ())
