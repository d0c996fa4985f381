"""Replies that no client heard, in memory."""


class FakeUnheard:
    """Implements ports.UnheardReplies."""

    def __init__(self) -> None:
        self.known: dict[str, tuple[str, float]] = {}

    def remember(self, key: str, message_id: str, now: float) -> None:
        self.known.setdefault(key, (message_id, now))

    def take(self, key: str, since: float) -> str | None:
        message_id, at = self.known.pop(key, ("", 0.0))
        return message_id if message_id and at >= since else None

    def forget_before(self, at: float) -> int:
        old = [key for key, (_, then) in self.known.items() if then < at]
        for key in old:
            del self.known[key]
        return len(old)
