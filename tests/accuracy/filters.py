"""What a measured filter is to us, and the scores that were kept of an earlier run."""

import hashlib
import json
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple, Protocol

from accuracy.corpus import PREPARED, Mail
from accuracy.splits import Split


class Band(StrEnum):
    """What it would do by its own defaults."""

    HELD = "held"
    UNSURE = "unsure"  # Bogofilter's own third class.
    PASSED = "passed"


class Score(NamedTuple):
    """What it says of one message: the higher, the more like spam."""

    value: float
    band: Band


class Filter(Protocol):
    """One that has learned nothing yet; it lives in a folder of its own until it is closed."""

    def learn(self, mails: Sequence[Mail]) -> None:
        """Learn these, as their labels say."""

    def judge(self, mails: Sequence[Mail]) -> list[Score]:
        """A score each, in their order; nothing is learned from them."""

    def cpu_seconds(self) -> float:
        """What it has spent until now."""


class Kind(NamedTuple):
    """A filter that can be started. `version` "" where it is not installed."""

    name: str
    version: str
    opened: Callable[[], AbstractContextManager[Filter]]
    settings: str = ""  # Of ours for it; with others its scores are made anew.
    is_kept: bool = True  # Its scores are kept from run to run.
    is_slow: bool = False  # Online only where it is asked for.


class Scored(NamedTuple):
    """The scores of what was judged, in its order."""

    scores: list[Score]
    cpu_ms: float  # A message judged.


def measured(kind: Kind, split: Split, cache: Path) -> Scored:
    """Let it learn and judge; or what it said the last time."""
    kept = cache / f"{_key(kind, split.name, split.training, split.test)}.json"
    if kind.is_kept and kept.exists():
        return _read(kept)
    with kind.opened() as filter_:
        filter_.learn(split.training)
        before = filter_.cpu_seconds()
        scores = filter_.judge(split.test)
        spent = filter_.cpu_seconds() - before
    return _keep(Scored(scores, spent / len(split.test) * 1e3), kept if kind.is_kept else None)


def online(kind: Kind, mails: Sequence[Mail], cache: Path) -> Scored:
    """TREC's protocol: each message is judged, and then learned, in the order in which it came."""
    kept = cache / f"{_key(kind, 'online', (), mails)}.json"
    if kind.is_kept and kept.exists():
        return _read(kept)
    scores = []
    with kind.opened() as filter_:
        before = filter_.cpu_seconds()
        for mail in mails:
            scores += filter_.judge([mail])
            filter_.learn([mail])
        spent = filter_.cpu_seconds() - before
    return _keep(Scored(scores, spent / len(mails) * 1e3), kept if kind.is_kept else None)


def _key(kind: Kind, name: str, training: Sequence[Mail], test: Sequence[Mail]) -> str:
    told = [
        kind.name,
        kind.version,
        kind.settings,
        PREPARED,
        name,
        [m.id for m in training],
        [m.id for m in test],
    ]
    digest = hashlib.sha256(json.dumps(told).encode()).hexdigest()[:16]
    return f"{kind.name.lower()}-{name}-{digest}"


def _read(path: Path) -> Scored:
    told = json.loads(path.read_text())
    return Scored([Score(value, Band(band)) for value, band in told["scores"]], told["cpu_ms"])


def _keep(scored: Scored, path: Path | None) -> Scored:
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".part")
        told = {"at": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()), **scored._asdict()}
        partial.write_text(json.dumps(told))
        partial.rename(path)
    return scored
