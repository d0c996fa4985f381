"""Whether a list in the DNS that the operator lets decide alone knows a client: asked at RCPT.

Such a list could refuse everybody's mail if it broke. So only one that is healthy decides; and
before anybody is refused it is asked about an address that nobody can have listed and no cache
knows: a list that has begun to list everything refuses not even its first client.

Source: DESIGN section 2 (connect-time blocklists that the operator names, healthy ones only).
"""

from ipaddress import ip_network
from typing import NamedTuple

from katharion.authentication.look_back import is_in
from katharion.pipeline.asking import Budget, Parked, finish, go_on
from katharion.pipeline.checks.blocklists import NAME, Blocklists
from katharion.pipeline.run import ChecksOptions
from katharion.ports import Clock, Dice, Resolver
from katharion.sources.blocklist import TOKEN_OCTETS, Blocklist, is_near

QUESTIONS_COUNT_MAX = 40
KEPT_SECONDS = 60.0  # A client's further recipients ask nobody.
KEPT_COUNT_MAX = 10_000


class _Kept(NamedTuple):
    """What was found of a client. `by` None: it is welcome."""

    by: Blocklist | None
    until: float


class Doorman:
    """Knows whom lists refuse, for one process."""

    def __init__(
        self,
        lists: Blocklists,
        options: ChecksOptions,
        resolver: Resolver,
        clock: Clock,
        dice: Dice,
    ) -> None:
        self._lists = lists
        self._is_idle = NAME in options.disabled or not any(one.refuses for one in lists.lists)
        self._relays = [ip_network(text, strict=False) for text in options.trusted_relays]
        self._seconds_max = options.dns_seconds_max
        self._resolver, self._clock, self._dice = resolver, clock, dice
        self._kept: dict[str, _Kept] = {}

    def known(self, client: str) -> str | None:
        """The zone of the list that refuses a client; "" for none; None where it must be asked."""
        if self._is_idle or is_near(client) or is_in(client, self._relays):
            return ""
        kept = self._kept.get(client)
        if kept is None or kept.until <= self._clock.monotonic():
            return None
        return kept.by.zone if kept.by is not None and self._lists.decides(kept.by) else ""

    async def ask(self, client: str) -> str:
        """The same, however long it takes (bounded): who can't be asked about is welcome."""
        known = self.known(client)
        if known is not None:
            return known
        asking = self._lists.refusing(client, self._dice.token(TOKEN_OCTETS))
        found = go_on(asking, self._resolver)
        if isinstance(found, Parked):
            budget = Budget(self._clock, QUESTIONS_COUNT_MAX, self._seconds_max)
            found = await finish(found, self._resolver, budget)
        if len(self._kept) >= KEPT_COUNT_MAX:
            del self._kept[next(iter(self._kept))]
        self._kept[client] = _Kept(found, self._clock.monotonic() + KEPT_SECONDS)
        return found.zone if found is not None else ""
