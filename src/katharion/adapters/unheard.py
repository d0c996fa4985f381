"""Replies that no client heard, shared by the filters of a node in the runtime folder."""

from pathlib import Path

from katharion.adapters.link_folder import LinkFolder

UNHEARD_COUNT_MAX = 20_000


class UnheardFolder:
    """Implements ports.UnheardReplies. A fact is "ID TIME"."""

    def __init__(self, folder: Path, count_max: int = UNHEARD_COUNT_MAX) -> None:
        self._links = LinkFolder(folder, count_max)

    def remember(self, key: str, message_id: str, now: float) -> None:
        """Where that can't be done nothing is lost: a repeat is then delivered once more."""
        self._links.keep(key, f"{message_id} {now:.0f}")

    def take(self, key: str, since: float) -> str | None:
        """The message's id, once; None where there is none so young."""
        message_id, _, at = (self._links.take(key) or "").partition(" ")
        return message_id if message_id and float(at) >= since else None

    def forget_before(self, at: float) -> int:
        """Drop what is older; returns how many."""
        return self._links.drop(lambda fact: float(fact.partition(" ")[2]) < at)
