"""katharion as a filter beside the others: all content checks, with a classifier learned anew.

A model is trained and judged as `katharion model train` and `katharion model evaluate` do it.
"""

import resource
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import katharion
from accuracy.corpus import Mail
from accuracy.filters import Band, Filter, Kind, Score, Scored

try:
    from katharion.cli import manifest, model_judging, model_verbs
    from katharion.content.classifier.features import features_of
    from katharion.content.classifier.learn import Example, balanced, train
    from katharion.content.classifier.model import Head, Model, dump

    VERSION = katharion.__version__
except ImportError:
    VERSION = ""  # The classifier is not here yet: the others are measured alone.


class Katharion:
    """A model in a folder; None learned: the one that ships."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._model: Path | None = None

    def learn(self, mails: Sequence[Mail]) -> None:
        listed = [_listed(mail) for mail in mails]
        weights = balanced([(mail.set, mail.is_spam) for mail in mails])
        examples = [
            Example(features_of(one.reading(), one.message()), one.is_spam, weight)
            for one, weight in zip(listed, weights, strict=True)
        ]
        made = train(examples)
        head = Head(
            "accuracy",
            made.head.bias,
            model_verbs.TEXT_EVEN,
            model_verbs.FORM_EVEN,
            model_verbs.POINTS_PER_NAT,
            model_verbs.SLOPE,
        )
        self._model = self._folder / "model.bin"
        self._model.write_bytes(dump(Model(head, made.weights)))

    def judge(self, mails: Sequence[Mail]) -> list[Score]:
        listed = [_listed(mail) for mail in mails]
        judged = model_judging.judge_all(listed, self._model, is_alone=False)
        return [_score(one) for one in judged]

    def cpu_seconds(self) -> float:
        spent = resource.getrusage(resource.RUSAGE_SELF)
        return spent.ru_utime + spent.ru_stime


def online(mails: Sequence[Mail]) -> Scored:
    """It judges and learns in turns by itself."""
    before = _cpu_seconds()
    judged = model_judging.judge_online([_listed(mail) for mail in mails], is_alone=False)
    spent = _cpu_seconds() - before
    return Scored([_score(one) for one in judged], spent / len(mails) * 1e3)


def _cpu_seconds() -> float:
    spent = resource.getrusage(resource.RUSAGE_SELF)
    return spent.ru_utime + spent.ru_stime


def _listed(mail: Mail) -> "manifest.Mail":
    line = manifest.Line(mail.id, mail.label, mail.set, mail_from=mail.mail_from)
    return manifest.Mail(line, mail.path.parents[len(Path(mail.id).parts) - 1])


def _score(one: "model_judging.Judged") -> Score:
    return Score(one.raw, Band.HELD if one.is_held else Band.PASSED)


@contextmanager
def _opened() -> Iterator[Filter]:
    folder = Path(tempfile.mkdtemp(prefix="accuracy-katharion-"))
    try:
        yield Katharion(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class _Shipped(Katharion):
    def learn(self, mails: Sequence[Mail]) -> None:
        """Nothing: it is measured as it comes."""


@contextmanager
def _shipped() -> Iterator[Filter]:
    yield _Shipped(Path())


KIND = Kind("katharion", VERSION, _opened, is_kept=False)
SHIPPED = Kind("katharion, as shipped", VERSION, _shipped, is_kept=False)
