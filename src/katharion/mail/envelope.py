"""The envelope of a transaction: who sends, to whom, and what the client declared.

Sources: RFC 5321 sections 2.3.1 and 3.3, RFC 6152 (8BITMIME), RFC 6531 (SMTPUTF8),
RFC 1870 (SIZE).
"""

import msgspec

from katharion.mail.address import Address


class Envelope(msgspec.Struct, frozen=True):
    """One transaction's envelope. `sender` is None for the null reverse-path `<>`."""

    sender: Address | None
    recipients: tuple[Address, ...]
    is_8bit: bool = False
    is_smtputf8: bool = False
    is_prdr: bool = False
    size_bytes_declared: int | None = None

    def needs_smtputf8(self, content: bytes) -> bool:
        """Whether a server without SMTPUTF8 can't take it (RFC 6531 section 3.4).

        Many clients ask for it always; then mail that is plain ASCII may go anywhere.
        """
        if not self.is_smtputf8:
            return False
        addresses = (*self.recipients, *((self.sender,) if self.sender else ()))
        is_plain = all(address.is_ascii for address in addresses)
        header = content.partition(b"\r\n\r\n")[0]
        return not (is_plain and header.isascii()) or b"message/global" in content.lower()
