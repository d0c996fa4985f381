"""The results as rows of plain data, and as a page of Markdown tables."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from accuracy.corpus import Mail
from accuracy.filters import Band, Scored
from accuracy.metrics import Figure, Scores, ranked, share
from accuracy.splits import View

NOTHING = "-"
HEADS = (
    *("filter", "AUC", "caught at 0.1 %", "caught at 1 %", "caught by default"),
    *("ham held by default", "CPU ms"),
)


class Row(NamedTuple):
    """One filter on one view."""

    filter: str
    auc: Figure
    caught_at_fp_0_1: Figure
    caught_at_fp_1: Figure
    caught: Figure
    held: Figure
    unsure_spam: Figure
    unsure_ham: Figure
    cpu_ms: float


class Sides(NamedTuple):
    """The raw scores of both classes."""

    ham: Scores
    spam: Scores


def sides(mails: Sequence[Mail], scored: Scored, view: View) -> Sides:
    """What `view` speaks of."""
    ham, spam = _pairs(mails, scored, view)
    return Sides(np.array([value for value, _ in ham]), np.array([value for value, _ in spam]))


def _pairs(
    mails: Sequence[Mail], scored: Scored, view: View
) -> tuple[list[tuple[float, Band]], list[tuple[float, Band]]]:
    both = list(zip(mails, scored.scores, strict=True))
    ham = [(s.value, s.band) for m, s in both if not m.is_spam and m.set in view.ham]
    spam = [(s.value, s.band) for m, s in both if m.is_spam and m.set in view.spam]
    return ham, spam


def row(name: str, mails: Sequence[Mail], scored: Scored, view: View) -> Row:
    """The figures of one filter on one view."""
    ham, spam = _pairs(mails, scored, view)
    raw = sides(mails, scored, view)

    def shown(of: Sequence[tuple[float, Band]], band: Band) -> Figure:
        return share(sum(b is band for _, b in of), len(of))

    return Row(
        name,
        *ranked(raw.ham, raw.spam),
        caught=shown(spam, Band.HELD),
        held=shown(ham, Band.HELD),
        unsure_spam=shown(spam, Band.UNSURE),
        unsure_ham=shown(ham, Band.UNSURE),
        cpu_ms=scored.cpu_ms,
    )


def percent(figure: Figure) -> str:
    """`94.2 (91 to 96.6)`."""
    if figure.value is None or figure.low is None or figure.high is None:
        return NOTHING
    return f"{figure.value * 100:.3g} ({figure.low * 100:.3g} to {figure.high * 100:.3g})"


def _cells(found: Row) -> Iterable[str]:
    auc = found.auc
    shown = NOTHING if auc.value is None else f"{auc.value:.4f} ({auc.low:.4f} to {auc.high:.4f})"
    yield found.filter
    yield shown
    yield percent(found.caught_at_fp_0_1)
    yield percent(found.caught_at_fp_1)
    yield percent(found.caught) + _unsure(found.unsure_spam)
    yield percent(found.held) + _unsure(found.unsure_ham)
    yield f"{found.cpu_ms:.3g}"


def _unsure(figure: Figure) -> str:
    return f", unsure of {figure.value * 100:.3g}" if figure.value else ""


def markdown_table(heads: Sequence[str], rows: Iterable[Iterable[str]]) -> str:
    lines = [heads, ("---",) * len(heads), *rows]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)


def view_section(title: str, rows: Sequence[Row]) -> str:
    """A view with its filters."""
    return f"## {title}\n\n{markdown_table(HEADS, map(_cells, rows))}\n"


def online_section(title: str, rows: Sequence[Row]) -> str:
    """The online run: what the area and the curve miss."""
    heads = ("filter", "(1-ROCA) %", "missed at 0.1 %", "missed at 1 %", "CPU ms")
    cells = (
        (
            found.filter,
            _missed(found.auc),
            _missed(found.caught_at_fp_0_1),
            _missed(found.caught_at_fp_1),
            f"{found.cpu_ms:.3g}",
        )
        for found in rows
    )
    return f"## {title}\n\n{markdown_table(heads, cells)}\n"


def _missed(figure: Figure) -> str:
    if figure.value is None or figure.low is None or figure.high is None:
        return NOTHING
    return percent(Figure(1 - figure.value, 1 - figure.high, 1 - figure.low))


def page(told: Mapping[str, str], sections: Sequence[str], notes: str) -> str:
    """The whole page."""
    return f"""\
# Accuracy, measured beside other filters

{told["at"]}; {told["machine"]}.
{told["versions"]}.

Percent with intervals of 95 % (drawn anew {told["draws"]} times; Wilson's for shares). The same
messages in the same order for all: learned from {told["training"]};
judged {told["limit"]} a split, sampled evenly along time. No text stands on both sides. What is
caught at 0.1 or 1 % is read off the ROC curve at that share of ham held, whatever the threshold.
By default: what each calls spam as it comes. No filter asks the network; what other filters wrote
into the header is taken out for all. CPU: to judge a message, processes that serve it included.

{"".join(sections)}![The curves](accuracy.svg)
{notes}"""
