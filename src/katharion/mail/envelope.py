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
