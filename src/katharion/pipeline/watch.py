"""The watch over the lists in the DNS: each is tested, and told apart from those that lie.

A test asks what nobody can have in memory as well: an address of 127/8 and a domain below
`invalid` that chance names. A list that lists everything fails with these at once.
"""

import asyncio
from collections.abc import Callable, Iterable

from katharion.pipeline.checks.blocklists import Blocklists
from katharion.ports import Clock, Dice, Resolver, Tasks
from katharion.sources.blocklist import TOKEN_OCTETS, Blocklist, Listing, read, unheard_of
from katharion.sources.health import ListHealth, Probe, State, judge_probe

JITTER_SHARE = 0.2

# Told of a change: the list's name, its state before and now.
Tell = Callable[[str, State, ListHealth], None]


class Watch:
    """Tests the lists of one process when their time has come."""

    def __init__(
        self, blocklists: Blocklists, resolver: Resolver, clock: Clock, dice: Dice
    ) -> None:
        self.blocklists = blocklists
        self._resolver = resolver
        self._clock = clock
        self._dice = dice
        self._under_way: set[str] = set()
        self.tell: Tell = lambda *_: None

    @property
    def states(self) -> dict[str, str]:
        """What each list is to us now, by name."""
        return {name: health.state.value for name, health in self.blocklists.health.items()}

    def sweep(self, tasks: Tasks) -> None:
        """Begin the tests that are due; called about once a second."""
        now = self._clock.monotonic()
        for blocklist in self.blocklists.lists:
            is_due = now >= self.blocklists.health[blocklist.name].next_probe_at
            if is_due and blocklist.name not in self._under_way:
                self._under_way.add(blocklist.name)
                tasks.start(self._test(blocklist), f"test of the list {blocklist.name}")

    async def _test(self, blocklist: Blocklist) -> None:
        health = self.blocklists.health[blocklist.name]
        try:
            probe = await self.probe(blocklist)
            now = self._clock.monotonic()
            before = health.probed(probe, now)
            wait = health.next_probe_at - now
            health.next_probe_at += wait * self._dice.uniform(-JITTER_SHARE, JITTER_SHARE)
        finally:
            self._under_way.discard(blocklist.name)
        if before is not health.state:
            self.tell(blocklist.name, before, health)

    async def probe(self, blocklist: Blocklist) -> Probe:
        """One test of a list."""
        by_chance = unheard_of(blocklist, self._dice.token(TOKEN_OCTETS))
        good = await self._ask(blocklist, (*blocklist.good, by_chance))
        bad = await self._ask(blocklist, blocklist.bad)
        return judge_probe(good, bad)

    async def _ask(self, blocklist: Blocklist, subjects: Iterable[str]) -> dict[str, Listing]:
        questions = {subject: blocklist.question(subject) for subject in subjects}
        asked = {subject: q for subject, q in questions.items() if q is not None}
        answers = await asyncio.gather(*map(self._resolver.ask, asked.values()))
        return {s: read(blocklist, answer) for s, answer in zip(asked, answers, strict=True)}
