"""What is learned from and what is judged: by time, and by source left out.

Never by chance: no text (`key`) stands on both sides, each text stands once on a side, and
samples are taken evenly along the manifest's order. Nothing that is newer than what is judged
is learned from in a split by time.
"""

import zlib
from collections.abc import Callable, Sequence
from typing import NamedTuple

from accuracy.corpus import Mail

# Its terms forbid that a model is made of it.
NEVER_LEARNED = frozenset(("phishing_pot",))
HAM_SHARE = 0.6  # Of what is judged: the rates of false positives are the harder to measure.
TRAINING_PER_TEST = 3
TREC_LEARNED = 6_000  # Of its messages in the order of time.
LIST_YEAR = 2020  # The last that is learned from.


class View(NamedTuple):
    """A row of the table: what of the judged it speaks of."""

    name: str
    ham: frozenset[str]  # Sets.
    spam: frozenset[str]


class Split(NamedTuple):
    """One training, and what is judged after it."""

    name: str
    training: tuple[Mail, ...]
    test: tuple[Mail, ...]
    views: tuple[View, ...]
    says: str


class _Rule(NamedTuple):
    name: str
    is_test: Callable[[int, Mail], bool]  # Given the message's place in its set.
    is_training: Callable[[int, Mail], bool]
    says: str
    views: tuple[tuple[str, str], ...] = ()  # Ham's set and spam's set; else all.


def _all_but(*sets: str) -> Callable[[int, Mail], bool]:
    return lambda _, mail: mail.set not in sets


def _of(*sets: str) -> Callable[[int, Mail], bool]:
    return lambda _, mail: mail.set in sets


def is_second_half(mail: Mail) -> bool:
    """Whether its sender's domain is of the half that is judged where senders are left out."""
    domain = ".".join(mail.mail_from.rpartition("@")[2].lower().split(".")[-2:])
    return zlib.crc32((domain or mail.key).encode()) % 2 == 1


RULES = (
    _Rule(
        "trec07p_half",
        lambda place, mail: mail.set == "trec07p_half" and place >= TREC_LEARNED,
        lambda place, mail: (
            mail.set == "spamassassin" or (mail.set == "trec07p_half" and place < TREC_LEARNED)
        ),
        f"by time: learned from spamassassin and its first {TREC_LEARNED:,} messages",
    ),
    _Rule(
        "spamassassin",
        _of("spamassassin"),
        _all_but("spamassassin", "csdmc2010"),
        "left out, and csdmc2010 with it, for half of that repeats it",
    ),
    _Rule(
        "csdmc2010",
        _of("csdmc2010"),
        _all_but("csdmc2010"),
        "left out; without its copies of spamassassin",
    ),
    _Rule(
        "listmail_modern",
        lambda _, mail: mail.set == "listmail_modern" and mail.year > LIST_YEAR,
        lambda _, mail: (
            mail.set in ("spamassassin", "csdmc2010", "trec07p_half")
            or (mail.set == "listmail_modern" and mail.year <= LIST_YEAR)
        ),
        f"by time: learned from older sets and its messages up to {LIST_YEAR}",
    ),
    _Rule(
        "modern",
        _of("foff", "phishing_pot", "glitchyzorua"),
        _all_but("foff", "phishing_pot", "glitchyzorua"),
        "all three left out; ham is that of foff",
        (("foff", "foff"), ("foff", "phishing_pot"), ("foff", "glitchyzorua")),
    ),
    _Rule(
        "foff_senders",
        lambda _, mail: mail.set == "foff" and is_second_half(mail),
        lambda _, mail: mail.set != "foff" or not is_second_half(mail),
        "half of its senders left out, by domain; the other half is learned with all other sets",
        (("foff", "foff"),),
    ),
)


def spread(mails: Sequence[Mail], count: int) -> list[Mail]:
    """`count` of them (or all), evenly along their order."""
    if count >= len(mails):
        return list(mails)
    return [mails[index * len(mails) // count] for index in range(count)]


def firsts(mails: Sequence[Mail], without: frozenset[str] = frozenset()) -> list[Mail]:
    """The first of each text, but none whose text is among `without`."""
    seen = set(without)
    kept = []
    for mail in mails:
        if mail.key not in seen:
            seen.add(mail.key)
            kept.append(mail)
    return kept


def shares(sizes: Sequence[int], count: int) -> list[int]:
    """`count` dealt out evenly among heaps of `sizes`; what a small one lacks the others give."""
    dealt = [0] * len(sizes)
    left = count
    while left and any(d < s for d, s in zip(dealt, sizes, strict=True)):
        open_heaps = [i for i, size in enumerate(sizes) if dealt[i] < size]
        each = max(1, left // len(open_heaps))
        for index in open_heaps:
            given = min(each, sizes[index] - dealt[index], left)
            dealt[index] += given
            left -= given
    return dealt


def evenly(mails: Sequence[Mail], count: int) -> list[Mail]:
    """`count` of them, as many of each set as can be, in their order."""
    sets = list(dict.fromkeys(mail.set for mail in mails))
    heaps = [[mail for mail in mails if mail.set == name] for name in sets]
    dealt = shares([len(heap) for heap in heaps], count)
    chosen = {
        mail.id for heap, given in zip(heaps, dealt, strict=True) for mail in spread(heap, given)
    }
    return [mail for mail in mails if mail.id in chosen]


def split(rule: _Rule, mails: Sequence[Mail], limit: int) -> Split:
    """The split of `rule`, with up to `limit` messages to judge."""
    placed = _places(mails)
    learnable = [m for p, m in placed if rule.is_training(p, m) and m.set not in NEVER_LEARNED]
    learned_keys = frozenset(mail.key for mail in learnable)
    judged = firsts([m for p, m in placed if rule.is_test(p, m)], learned_keys)
    training = firsts(learnable)
    test = _test(judged, limit, is_by_set=bool(rule.views))
    views = rule.views or ((rule.name, rule.name),)
    half = TRAINING_PER_TEST * limit // 2
    chosen = {m.id for is_spam in (False, True) for m in evenly(_label(training, is_spam), half)}
    return Split(
        rule.name,
        tuple(mail for mail in training if mail.id in chosen),
        tuple(test),
        tuple(_view(rule.name, ham, spam, is_alone=len(views) == 1) for ham, spam in views),
        rule.says,
    )


def _view(rule: str, ham: str, spam: str, *, is_alone: bool) -> View:
    return View(rule if is_alone else spam, frozenset((ham,)), frozenset((spam,)))


def _places(mails: Sequence[Mail]) -> list[tuple[int, Mail]]:
    counts: dict[str, int] = {}
    placed = []
    for mail in mails:
        place = counts.get(mail.set, 0)
        counts[mail.set] = place + 1
        placed.append((place, mail))
    return placed


def _label(mails: Sequence[Mail], is_spam: bool) -> list[Mail]:  # noqa: FBT001 # A label.
    return [mail for mail in mails if mail.is_spam == is_spam]


def _test(judged: Sequence[Mail], limit: int, *, is_by_set: bool) -> list[Mail]:
    """A sample of what is judged, in order. `is_by_set`: as much spam of each set as can be."""
    ham, spam = _label(judged, is_spam=False), _label(judged, is_spam=True)
    ham_count = max(int(limit * HAM_SHARE), limit - len(spam))
    chosen_ham = spread(ham, ham_count)
    rest = limit - len(chosen_ham)
    chosen = {m.id for m in chosen_ham + (evenly(spam, rest) if is_by_set else spread(spam, rest))}
    return [mail for mail in judged if mail.id in chosen]


def all_splits(mails: Sequence[Mail], limit: int, names: Sequence[str] = ()) -> list[Split]:
    """Those of `names` (or all)."""
    return [split(rule, mails, limit) for rule in RULES if not names or rule.name in names]
