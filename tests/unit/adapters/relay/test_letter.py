"""A delivery as octets for the wire."""

import pytest

from katharion.adapters.relay.letter import make_letter
from katharion.mail.address import Address
from katharion.ports import Delivery


@pytest.mark.parametrize(
    ("content", "sent"),
    [
        (b"a\r\n", b"T: t\r\na\r\n"),
        (b"", b"T: t\r\n"),
        (b"a", b"T: t\r\na\r\n"),
        (b".", b"T: t\r\n..\r\n"),
        (b".a\r\n..\r\nb.\r\n", b"T: t\r\n..a\r\n...\r\nb.\r\n"),
    ],
)
def test_dots_are_stuffed_and_the_last_line_ends(content: bytes, sent: bytes) -> None:
    delivery = Delivery(None, (Address("a", "b.example"),), b"T: t\r\n", content)
    letter = make_letter(delivery, is_8bit_refused=True)
    assert b"".join(letter.parts) == sent
    assert letter.size_bytes == len(b"T: t\r\n" + content)
    assert letter.is_8bit_refused


def test_content_without_leading_dots_is_not_copied() -> None:
    content = b"Subject: x\r\n\r\nx\r\n"
    delivery = Delivery(None, (Address("a", "b.example"),), b"", content)
    assert make_letter(delivery, is_8bit_refused=False).parts[0] is content
