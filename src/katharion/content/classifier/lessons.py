"""A tenant's own part of the classifier: what its people said of single messages.

It moves the score of messages that are like those, by points, and leaves all others alone:
features that much mail has do not count, so two messages that have nothing to do with each
other share almost none (docs/decisions/0021-lessons.md). It is made anew from the lessons
that hold, so each can be taken back, and nobody can teach it away.
"""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from katharion.content.classifier.features import Features, features_of
from katharion.content.classifier.hashing import Indices
from katharion.content.reading import read
from katharion.mail.message import Message
from katharion.values.lesson import Lesson

POINTS_MAX = 3.0  # Together less than what holds a message.
REPORTER_DAY_COUNT_MAX = 20
TENANT_DAY_COUNT_MAX = 200
REPORTER_COUNT_MAX = 100  # Of those that hold, the newest.
TENANT_COUNT_MAX = 1000
KEEP_SECONDS = 180 * 86_400.0
SLOTS_COUNT_MAX = 8000  # Of one message.
DAY_SECONDS = 86_400.0
_ROUNDS_COUNT = 4


class Delta(NamedTuple):
    """Weights of some slots, in the slots' order. Nothing in it: nobody has said anything."""

    slots: Indices
    weights: NDArray[np.float32]


NO_DELTA = Delta(np.zeros(0, np.uint32), np.zeros(0, np.float32))


def rare_slots(features: Features, common: Indices) -> Indices:
    """Features that not much mail has, in order. `common`: those of much mail, in order."""
    slots = np.concatenate((features.text, *features.form))
    slots.sort()
    return _without(slots, common)[:SLOTS_COUNT_MAX]


def taught_by(message: Message, common: Indices) -> bytes:
    """What a lesson keeps of a message."""
    features = features_of(read(message), message)
    return rare_slots(features, common).astype("<u4").tobytes()


def _without(slots: Indices, others: Indices) -> Indices:
    if not len(others):
        return slots
    at = np.searchsorted(others, slots)
    at[at == len(others)] = 0
    rare: Indices = slots[others[at] != slots]
    return rare


def refusal(lesson: Lesson, others: Iterable[Lesson]) -> str:
    """Why a lesson is not taken, in a sentence; "" where it is.

    `others`: those that the tenant was given in the last day.
    """
    if not lesson.slots:
        return "There is too little in the message to learn from."
    recent = [other for other in others if lesson.at - other.at < DAY_SECONDS]
    if any(o.slots == lesson.slots and _is_same(o, lesson) for o in recent):
        return "This was said of this message already."
    if sum(other.reporter == lesson.reporter for other in recent) >= REPORTER_DAY_COUNT_MAX:
        return f"{lesson.reporter} has said enough today ({REPORTER_DAY_COUNT_MAX} messages)."
    if len(recent) >= TENANT_DAY_COUNT_MAX:
        return f"{lesson.tenant} has said enough today ({TENANT_DAY_COUNT_MAX} messages)."
    return ""


def _is_same(one: Lesson, other: Lesson) -> bool:
    holds = not one.taken_back_at
    return holds and one.reporter == other.reporter and one.is_spam == other.is_spam


def that_hold(lessons: Sequence[Lesson], now: float) -> list[Lesson]:
    """Those that count, oldest first: none of one person beyond their share, none too old."""
    of_reporter: Counter[str] = Counter()
    found: list[Lesson] = []
    for lesson in sorted(lessons, key=lambda one: -one.at):
        if lesson.taken_back_at or now - lesson.at > KEEP_SECONDS:
            continue
        of_reporter[lesson.reporter] += 1
        if of_reporter[lesson.reporter] <= REPORTER_COUNT_MAX:
            found.append(lesson)
    return found[:TENANT_COUNT_MAX][::-1]


def delta_of(lessons: Sequence[Lesson]) -> Delta:
    """What `lessons` come to: each message gets POINTS_MAX, as far as others do not gainsay it."""
    taught = [np.frombuffer(lesson.slots, "<u4").astype(np.uint32) for lesson in lessons]
    if not taught:
        return NO_DELTA
    slots = np.unique(np.concatenate(taught))
    weights = np.zeros(len(slots), np.float32)
    places = [np.searchsorted(slots, each) for each in taught]
    for _ in range(_ROUNDS_COUNT):
        for lesson, at in zip(lessons, places, strict=True):
            root = math.sqrt(len(at)) or 1.0
            wanted = POINTS_MAX if lesson.is_spam else -POINTS_MAX
            weights[at] += np.float32((wanted - float(weights[at].sum()) / root) / root)
    return Delta(slots, weights)


def points(delta: Delta, slots: Indices) -> float:
    """The points for a message with these rare slots: POINTS_MAX at most, either way."""
    if not len(delta.slots) or not len(slots):
        return 0.0
    at = np.searchsorted(delta.slots, slots)
    at[at == len(delta.slots)] = 0
    known = delta.slots[at] == slots
    total = float(delta.weights[at[known]].sum()) / math.sqrt(len(slots))
    return max(-POINTS_MAX, min(POINTS_MAX, total))


def dump(delta: Delta) -> bytes:
    """As a file has it: the number of slots, the slots, the weights; little-endian."""
    count = len(delta.slots).to_bytes(4, "little")
    return count + delta.slots.astype("<u4").tobytes() + delta.weights.astype("<f4").tobytes()


def load(octets: bytes | memoryview) -> Delta:
    """The delta in `octets`; NO_DELTA where they are none."""
    count = int.from_bytes(octets[:4], "little")
    if len(octets) != 4 + 8 * count:
        return NO_DELTA
    slots = np.frombuffer(octets, "<u4", count, 4)
    weights = np.frombuffer(octets, "<f4", count, 4 + 4 * count)
    is_ordered = bool((slots[1:] > slots[:-1]).all()) and bool(np.isfinite(weights).all())
    return Delta(slots, weights) if is_ordered else NO_DELTA
