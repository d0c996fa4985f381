"""What is remembered of sources, and when what was first seen: in memory."""

from collections.abc import Sequence

from katharion.sources.campaigns import with_message
from katharion.sources.memory import Deed, add
from katharion.values.campaign import Campaign, grouped
from katharion.values.history import Past
from katharion.values.track import TrackRecord


class FakeHistory:
    """Implements ports.History; a test says what was."""

    def __init__(self) -> None:
        self.pasts: dict[str, Past] = {}
        self.asked: list[tuple[str, ...]] = []
        self.is_away = False

    def look_up(self, sources: Sequence[str]) -> dict[str, Past] | None:
        self.asked.append(tuple(sources))
        if self.is_away:
            return None
        return {source: self.pasts[source] for source in sources if source in self.pasts}

    def happened(self, source: str, deed: Deed, at: float, count: int = 1) -> None:
        for _ in range(count):
            self.pasts[source] = add(self.pasts.get(source), deed, at)


class FakeFirstSeen:
    """Implements ports.FirstSeen."""

    def __init__(self) -> None:
        self.seen: dict[str, float] = {}
        self.is_full = False

    def first_at(self, key: str, now: float) -> float | None:
        if key not in self.seen and self.is_full:
            return None
        return self.seen.setdefault(key, now)

    def forget(self, key: str) -> None:
        self.seen.pop(key, None)

    def forget_before(self, at: float) -> int:
        old = [key for key, then in self.seen.items() if then < at]
        for key in old:
            del self.seen[key]
        return len(old)


class FakeCampaigns:
    """Implements ports.Campaigns: each fingerprint leads where it was first seen to lead."""

    def __init__(self) -> None:
        self.campaigns: dict[str, Campaign] = {}
        self._ids: dict[str, str] = {}
        self.is_away = False

    def campaigns_of(self, prints: Sequence[str]) -> dict[str, Campaign] | None:
        if self.is_away:
            return None
        return {one: self.campaigns[self._ids[one]] for one in prints if one in self._ids}

    def happened(self, prints: Sequence[str], record: TrackRecord) -> None:
        """A message that has these."""
        for group in grouped(prints):
            known = next((self._ids[one] for one in group if one in self._ids), group[0])
            self.campaigns[known] = with_message(self.campaigns.get(known), known, record)
            self._ids |= dict.fromkeys(group, known)
