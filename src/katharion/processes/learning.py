"""What the filters judge by: models and lessons go from the store to where filters read them.

Job: the supervisor's part of it.
Trust: that of its process; reads what persons have said of messages.
Talks to: the learning store; the models' folder in memory.
Holds: the number of the last change that it has handed on.
Dies: with its process; the next one hands on all of it once more.
Standards: none.
"""

from collections import defaultdict
from pathlib import Path

from katharion.adapters.model_folder import ModelWriter
from katharion.adapters.store.learning import LearningStore
from katharion.content.classifier.lessons import Delta, delta_of, that_hold
from katharion.ports import Clock
from katharion.processes.wiring import MODELS_FOLDER
from katharion.values.lesson import Lesson

AGE_SECONDS = 3600.0  # So often it is looked which lessons have become too old.


class Learning:
    """One node's. Blocking."""

    def __init__(self, store: Path, runtime: Path, clock: Clock) -> None:
        self._store = store
        self._writer = ModelWriter(runtime / MODELS_FOLDER)
        self._clock = clock
        self._revision = -1
        self._age_at = clock.monotonic() + AGE_SECONDS

    def hand_on(self) -> None:
        """Where anything has changed, let the filters have it."""
        store = LearningStore(self._store)
        revision = store.revision()
        is_aged = self._clock.monotonic() >= self._age_at
        if revision == self._revision and not is_aged:
            return
        if is_aged:
            store.purge(self._clock.wall())
            self._age_at = self._clock.monotonic() + AGE_SECONDS
        self._writer.write(store.model(), self._deltas(store))
        self._revision = revision

    def _deltas(self, store: LearningStore) -> dict[str, Delta]:
        of_tenant: dict[str, list[Lesson]] = defaultdict(list)
        for lesson in store.lessons():
            of_tenant[lesson.tenant].append(lesson)
        now = self._clock.wall()
        found = {tenant: that_hold(lessons, now) for tenant, lessons in of_tenant.items()}
        return {tenant: delta_of(lessons) for tenant, lessons in found.items() if lessons}
