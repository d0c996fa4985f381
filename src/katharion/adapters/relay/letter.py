"""A delivery as octets for the wire: dots stuffed, the last line ended.

Source: RFC 5321 section 4.5.2 (transparency).
"""

from katharion.ports import Delivery
from katharion.protocols.smtp_client import Letter


def make_letter(delivery: Delivery, *, is_8bit_refused: bool) -> Letter:
    """The letter of a delivery. Content that has no line with a leading dot is not copied."""
    content = delivery.content
    if b"\r\n." in content:
        content = content.replace(b"\r\n.", b"\r\n..")
    parts = [delivery.trace, content]
    if content.startswith(b"."):
        parts.insert(1, b".")
    if content and not content.endswith(b"\r\n"):
        parts.append(b"\r\n")  # BDAT may bring content without a last line end.
    return Letter(
        delivery.sender,
        delivery.recipients,
        tuple(part for part in parts if part),
        len(delivery.trace) + len(delivery.content),
        delivery.is_8bit,
        delivery.is_smtputf8,
        is_8bit_refused,
    )
