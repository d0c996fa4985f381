"""What a person said of a message: that it is spam, or wanted."""

import msgspec


class Lesson(msgspec.Struct, frozen=True):
    """One saying. `slots`: the message's features (uint32, little-endian), never its words.

    `number` is the store's, 0 before it is there; `at` in seconds since the epoch; `reporter` is
    whose word it is. `taken_back_at` is 0.0 while it holds.
    """

    tenant: str
    reporter: str
    at: float
    is_spam: bool
    slots: bytes
    number: int = 0
    message_id: str = ""
    taken_back_at: float = 0.0
