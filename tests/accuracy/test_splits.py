"""Splits: no text on both sides, nothing newer learned, samples in order."""

from pathlib import Path

import pytest

from accuracy.corpus import Mail
from accuracy.splits import (
    LIST_YEAR,
    RULES,
    TREC_LEARNED,
    all_splits,
    evenly,
    firsts,
    is_second_half,
    shares,
    spread,
)

SIZES = {
    "spamassassin": (60, 30),
    "csdmc2010": (40, 20),
    "trec07p_half": (2000, 6000),
    "listmail_modern": (80, 20),
    "phishing_pot": (0, 50),
    "foff": (13, 14),
    "glitchyzorua": (0, 21),
}


def letter(set_name: str, label: str, place: int, key: str) -> Mail:
    year = 2019 + place % 4 if set_name == "listmail_modern" else 2000
    sender = f"a@{set_name}{place}.example"
    return Mail(f"{set_name}/{label}/{place}", label, set_name, key, year, sender, Path())


def world() -> list[Mail]:
    """All sets in small; each fifth text is a copy, some across sets."""
    mails = []
    for name, (ham, spam) in SIZES.items():
        labels = [
            "ham" if place * ham // (ham + spam) < (place + 1) * ham // (ham + spam) else "spam"
            for place in range(ham + spam)
        ]
        for place, label in enumerate(labels):
            source = "spamassassin" if name == "csdmc2010" and place % 2 else name
            mails.append(letter(name, label, place, f"{source}{label}{place - (place % 5 == 0)}"))
    return mails


WORLD = world()
SPLITS = {split.name: split for split in all_splits(WORLD, 40)}


@pytest.mark.parametrize("name", SPLITS)
def test_no_text_stands_on_both_sides_or_twice_on_one(name: str) -> None:
    split = SPLITS[name]
    training, test = ([m.key for m in side] for side in (split.training, split.test))
    assert training
    assert test
    assert not set(training) & set(test)
    assert len(set(training)) == len(training)
    assert len(set(test)) == len(test)


@pytest.mark.parametrize("name", SPLITS)
def test_sides_are_of_the_asked_size_and_in_order(name: str) -> None:
    split = SPLITS[name]
    order = {mail.id: place for place, mail in enumerate(WORLD)}
    for side, count_max in ((split.training, 120), (split.test, 40)):
        places = [order[mail.id] for mail in side]
        assert places == sorted(places)
        assert 0 < len(side) <= count_max


@pytest.mark.parametrize("name", SPLITS)
def test_nothing_is_learned_from_what_its_terms_forbid(name: str) -> None:
    assert "phishing_pot" not in {mail.set for mail in SPLITS[name].training}


@pytest.mark.parametrize("name", ["spamassassin", "csdmc2010", "modern"])
def test_a_source_left_out_is_not_learned_from(name: str) -> None:
    split = SPLITS[name]
    assert not {m.set for m in split.training} & {m.set for m in split.test}


def test_no_sender_stands_on_both_sides() -> None:
    split = SPLITS["foff_senders"]
    learned = {m.mail_from for m in split.training}
    assert any(m.set == "foff" for m in split.training)
    assert not learned & {m.mail_from for m in split.test}
    one, other = (SPLITS["modern"].test[0]._replace(mail_from=f"{n}@mail.a.example") for n in "ab")
    assert is_second_half(one) == is_second_half(other._replace(mail_from="c@A.Example"))


def test_by_time_nothing_newer_is_learned() -> None:
    split = SPLITS["trec07p_half"]
    own = [m for m in WORLD if m.set == "trec07p_half"]
    first = {m.id for m in own[:TREC_LEARNED]}
    assert {m.id for m in split.training if m.set == "trec07p_half"} <= first
    assert not {m.id for m in split.test} & first
    lists = SPLITS["listmail_modern"]
    own_years = {m.year for m in lists.training if m.set == "listmail_modern"}
    assert max(own_years) <= LIST_YEAR < min(m.year for m in lists.test)
    for newer in ("foff", "glitchyzorua"):
        assert newer not in {m.set for m in (*lists.training, *split.training)}


def test_views_are_of_what_is_judged() -> None:
    for split in SPLITS.values():
        judged = {(m.set, m.label) for m in split.test}
        for view in split.views:
            assert {(name, "ham") for name in view.ham} <= judged
            assert {(name, "spam") for name in view.spam} <= judged


def test_the_same_mail_gives_the_same_split() -> None:
    assert all_splits(WORLD, 40, ["modern"]) == [SPLITS["modern"]]
    assert [split.name for split in all_splits(WORLD, 40)] == [rule.name for rule in RULES]


def test_a_sample_is_even() -> None:
    mails = [letter("foff", "ham", place, str(place)) for place in range(10)]
    assert [m.key for m in spread(mails, 5)] == ["0", "2", "4", "6", "8"]
    assert spread(mails, 99) == mails
    assert spread(mails, 0) == []
    assert firsts([*mails, *mails], frozenset("37")) == [m for m in mails if m.key not in "37"]


@pytest.mark.parametrize(
    ("sizes", "count", "expected"),
    [
        ((10, 10), 10, [5, 5]),
        ((2, 10), 10, [2, 8]),
        ((2, 3), 10, [2, 3]),
        ((5, 5, 5), 4, [2, 1, 1]),
        ((0, 9), 3, [0, 3]),
        ((), 3, []),
    ],
)
def test_shares_are_dealt_evenly(sizes: tuple[int, ...], count: int, expected: list[int]) -> None:
    assert shares(sizes, count) == expected


def test_no_set_outweighs_another() -> None:
    mails = [letter("trec07p_half", "ham", place, f"t{place}") for place in range(100)]
    mails += [letter("foff", "ham", place, f"f{place}") for place in range(10)]
    chosen = evenly(mails, 20)
    assert [m.set for m in chosen] == ["trec07p_half"] * 10 + ["foff"] * 10
