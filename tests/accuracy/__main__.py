"""Measure what katharion and other filters find in real mail; write bench/results/accuracy.*.

The others' scores are kept in the user's cache folder by version and messages, so that the next
run costs only ours. Stored only where all splits and filters were measured.
"""

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from accuracy import bogofilter, filters, ours, rspamd, spamassassin, table
from accuracy.corpus import PREPARED, Mail, listed, prepare
from accuracy.filters import Kind, Scored
from accuracy.metrics import DRAWS_COUNT, Curve, curve
from accuracy.plot import svg
from accuracy.splits import RULES, TRAINING_PER_TEST, Split, View, all_splits
from fixtures.fix_data import CACHE, unpacked

RESULTS = Path(__file__).parents[2] / "bench" / "results"
KINDS = (ours.KIND, ours.SHIPPED, bogofilter.KIND, spamassassin.KIND, rspamd.KIND)
ONLINE_SET, ONLINE_FIRST = "trec07p_half", 2_000
ONLINE = "online"  # As a name of a split.
FOLDER = CACHE / "accuracy"


class Asked(NamedTuple):
    """What the command line wants."""

    sets: tuple[str, ...]
    peers: tuple[str, ...]
    limit: int
    ends_at: float
    is_slow_online: bool


class Found(NamedTuple):
    """What a split gave."""

    sections: list[str]
    rows: dict[str, list[table.Row]]
    curves: dict[str, dict[str, Curve]]


def now() -> float:
    return time.monotonic()  # noqa: TID251 # Real programs take real time.


def measure(kind: Kind, split: Split, asked: Asked) -> Scored | None:
    """The scores, told as they come; None where it is not here, or there is no time left."""
    print(f"  {kind.name} ...", end=" ", flush=True)
    if not kind.version:
        print("not installed.")
        return None
    if now() > asked.ends_at:
        print("no time left; run again: what is done is kept.")
        return None
    began = now()
    scored = filters.measured(kind, split, FOLDER)
    print(f"{now() - began:.0f} s, {scored.cpu_ms:.3g} ms of CPU a message.")
    return scored


def measure_split(split: Split, kinds: Sequence[Kind], asked: Asked) -> Found:
    """All filters on one split."""
    spam = sum(mail.is_spam for mail in split.training)
    print(
        f"{split.name} ({split.says}): {len(split.training) - spam} ham and {spam} spam to learn,"
        f" {len(split.test)} to judge.",
        flush=True,
    )
    prepare((*split.training, *split.test), unpacked("corpora/dev.tar.xz", "dev"))
    scored = {kind.name: one for kind in kinds if (one := measure(kind, split, asked)) is not None}
    found = Found([], {}, {})
    for view in split.views:
        rows = [table.row(name, split.test, one, view) for name, one in scored.items()]
        title = f"{view.name}: {_counts(split.test, view)}; {split.says}"
        found.sections.append(table.view_section(title, rows))
        found.rows[view.name] = rows
        found.curves[view.name] = {
            name: curve(*table.sides(split.test, one, view)) for name, one in scored.items()
        }
    return found


def _counts(mails: Sequence[Mail], view: View) -> str:
    ham = sum(not mail.is_spam and mail.set in view.ham for mail in mails)
    spam = sum(mail.is_spam and mail.set in view.spam for mail in mails)
    return f"{ham} ham, {spam} spam"


def measure_online(mails: Sequence[Mail], kinds: Sequence[Kind], asked: Asked) -> Found:
    """TREC's protocol on the set that has an order of time."""
    chosen = [mail for mail in mails if mail.set == ONLINE_SET]
    print(f"{ONLINE}: {len(chosen)} messages of {ONLINE_SET}, each judged and then learned.")
    prepare(chosen, unpacked("corpora/dev.tar.xz", "dev"))
    found = Found([], {}, {})
    view = View(ONLINE, frozenset((ONLINE_SET,)), frozenset((ONLINE_SET,)))
    rows = []
    for kind in kinds:
        is_left = kind.is_slow and not asked.is_slow_online
        if is_left or not kind.version or kind == ours.SHIPPED or now() > asked.ends_at:
            continue
        print(f"  {kind.name} ...", end=" ", flush=True)
        began = now()
        scored = ours.online(chosen) if kind == ours.KIND else filters.online(kind, chosen, FOLDER)
        print(f"{now() - began:.0f} s.")
        later = scored._replace(scores=scored.scores[ONLINE_FIRST:])
        rows.append(table.row(kind.name, chosen[ONLINE_FIRST:], later, view))
    first = f"{ONLINE_FIRST + 1:,}"
    title = f"Online: {ONLINE_SET}, messages {first} to {len(chosen):,} in the order of time"
    found.sections.append(table.online_section(title, rows))
    found.rows[ONLINE] = rows
    return found


def told(kinds: Sequence[Kind], limit: int) -> dict[str, str]:
    """What stands above the tables."""
    versions = (f"{k.name} {k.version or 'is not here'}" for k in kinds if k != ours.SHIPPED)
    each = TRAINING_PER_TEST * limit // 2
    return {
        "at": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
        "machine": f"{_processor()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        "versions": ", ".join(versions),
        "limit": f"{limit:,}",
        "training": f"up to {each:,} ham and {each:,} spam, even among sets",
        "draws": str(DRAWS_COUNT),
    }


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


NOTES = """
foff, phishing_pot and glitchyzorua are judged by one training; their ham is that of foff, so what
is caught and what is held beside it belong together.

"As shipped" is the model that comes with the package, which has learned from all sets but
phishing_pot: elsewhere its figures say only that it remembers.

Bogofilter's "unsure" is neither held nor passed. SpamAssassin shows one decimal of its score, so
many are equal. A dash: nothing to count, or no ham and spam to rank.
"""


def run(asked: Asked) -> None:
    """Measure, print, and store where nothing was left out by wish."""
    kinds = [kind for kind in KINDS if not asked.peers or _word(kind) in asked.peers]
    mails = listed(unpacked("corpora/dev.tar.xz", "dev"), FOLDER / PREPARED)
    names = [name for name in asked.sets if name != ONLINE]
    splits = all_splits(mails, asked.limit, names) if names or not asked.sets else []
    parts = [measure_split(split, kinds, asked) for split in splits]
    panels = {name: curves for part in parts for name, curves in part.curves.items()}
    if not asked.sets or ONLINE in asked.sets:
        parts.append(measure_online(mails, kinds, asked))
    head = told(kinds, asked.limit)
    text = table.page(head, [s for part in parts for s in part.sections], NOTES)
    print(text)
    if asked.sets or asked.peers:
        print("Not stored: only a part was measured.")
        return
    RESULTS.mkdir(parents=True, exist_ok=True)
    rows = {
        name: [one._asdict() for one in rows] for part in parts for name, rows in part.rows.items()
    }
    (RESULTS / "accuracy.json").write_text(json.dumps(head | {"views": rows}, indent=1) + "\n")
    (RESULTS / "accuracy.md").write_text(text)
    (RESULTS / "accuracy.svg").write_text(svg(panels))


def _word(kind: Kind) -> str:
    return kind.name.lower().partition(",")[0]


def words(text: str) -> tuple[str, ...]:
    return tuple(text.lower().replace(",", " ").split())


def main() -> None:
    """The command line."""
    known = ", ".join([rule.name for rule in RULES] + [ONLINE])
    parser = argparse.ArgumentParser(prog="python -m tests.accuracy", description=__doc__)
    parser.add_argument("--sets", type=words, default=(), help=f"some of: {known}")
    parser.add_argument("--peers", type=words, default=(), help="some of the filters, by name")
    parser.add_argument("--limit", type=int, default=1000, help="messages judged in a split")
    parser.add_argument("--minutes", type=float, default=40.0, help="nothing is begun later")
    parser.add_argument("--slow-online", action="store_true", help="online also the slow filters")
    given = parser.parse_args()
    unknown = set(given.sets) - set(words(known))
    if unknown:
        parser.error(f"no such set: {', '.join(sorted(unknown))}; there are {known}")
    ends_at = now() + given.minutes * 60
    try:
        run(Asked(given.sets, given.peers, given.limit, ends_at, given.slow_online))
    except pytest.skip.Exception as missing:
        sys.exit(str(missing))


if __name__ == "__main__":
    main()
