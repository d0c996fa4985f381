"""What is remembered of sources: counted from the tracking records, forgotten in time.

Job: the supervisor's part of it; the filters read what it writes.
Trust: that of its process; reads records.
Talks to: the tracking store, the sources' file in memory and its copy, the greylist's folder.
Holds: nothing.
Dies: with its process; what was not counted is counted later, what was is not counted twice.
Standards: none.
"""

from pathlib import Path

from katharion.adapters.first_seen import FirstSeenFolder
from katharion.adapters.store.campaigns import CampaignRules
from katharion.adapters.store.sources import SourceStore
from katharion.adapters.systems_file import read_systems
from katharion.config.options import Config
from katharion.ports import Clock
from katharion.processes.wiring import GREYLIST_FOLDER
from katharion.sources.campaigns import with_message, with_release
from katharion.sources.memory import effects_of

DAY_SECONDS = 86_400.0
KEEP_SECONDS = 600.0
PURGE_SECONDS = 3600.0
TRANSACTIONS_COUNT_MAX = 20  # In one go of the supervisor, which comes each second.


class SourceMemory:
    """One configuration's. Blocking. SystemsFileError where its table can't be used."""

    def __init__(self, config: Config, clock: Clock) -> None:
        self._config = config
        self._clock = clock
        self._systems = read_systems(config.sources.systems_file)
        self._keep_at = clock.monotonic() + KEEP_SECONDS
        self._purge_at = 0.0

    def count(self) -> None:
        """Count what the tracking store took since; at times forget what is old, keep a copy.

        What fails is tried again when it is due the next time, and not each second.
        """
        if not self._config.sources.remember:
            return
        store = self._store()
        for _ in range(TRANSACTIONS_COUNT_MAX):
            if not store.count(self._oldest):
                break
        now = self._clock.monotonic()
        if now >= self._purge_at:
            self._purge_at = now + PURGE_SECONDS
            self._purge(store)
        if now >= self._keep_at:
            self.keep()

    def keep(self) -> None:
        """Copy what is known into the store; at a stop, and now and then."""
        if self._config.sources.remember:
            self._keep_at = self._clock.monotonic() + KEEP_SECONDS
            self._store().keep()

    def _purge(self, store: SourceStore) -> None:
        store.purge_before(self._oldest)
        greylist = FirstSeenFolder(Path(self._config.runtime) / GREYLIST_FOLDER)
        greylist.forget_before(self._clock.wall() - self._config.sources.greylist_hours * 3600)

    def _store(self) -> SourceStore:
        systems = self._systems
        return SourceStore(
            Path(self._config.store),
            Path(self._config.runtime),
            lambda record: effects_of(record, systems.of),
            rules=CampaignRules(with_message, with_release),
        )

    @property
    def _oldest(self) -> float:
        return self._clock.wall() - self._config.sources.keep_days * DAY_SECONDS
