"""What an envelope asks of the servers on the way."""

import pytest

from katharion.mail.address import Address
from katharion.mail.envelope import Envelope

EVE, ANN = Address("eve", "sender.example"), Address("ann", "customer.example")
AENNE = Address("änne", "customer.example")
PLAIN = b"Subject: hello\r\n\r\ngr\xc3\xbc\xc3\x9fe\r\n"
UTF8 = b"Subject: gr\xc3\xbc\xc3\x9fe\r\n\r\nhello\r\n"
INNER = b"Subject: fwd\r\nContent-Type: Message/Global\r\n\r\nSubject: \xc3\xbc\r\n\r\nx\r\n"

# Declared, sender, recipient, content; and whether it is needed (RFC 6531 section 3.4).
CASES = [
    (True, EVE, ANN, PLAIN, False),
    (True, None, ANN, PLAIN, False),
    (True, EVE, AENNE, PLAIN, True),
    (True, AENNE, ANN, PLAIN, True),
    (True, EVE, ANN, UTF8, True),
    (True, EVE, ANN, INNER, True),
    (False, EVE, ANN, UTF8, False),  # Never asked for: it goes as it came.
]


@pytest.mark.parametrize(("is_declared", "sender", "recipient", "content", "is_needed"), CASES)
def test_smtputf8_is_asked_for_where_it_is_needed(
    sender: Address | None,
    recipient: Address,
    content: bytes,
    *,
    is_declared: bool,
    is_needed: bool,
) -> None:
    envelope = Envelope(sender, (recipient,), is_smtputf8=is_declared)
    assert envelope.needs_smtputf8(content) == is_needed
