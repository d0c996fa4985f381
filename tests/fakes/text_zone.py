"""DNS of TXT records from a table, and a driver for cores that ask."""

from collections.abc import Mapping
from typing import TypeVar

from katharion.values.dns import FAILED, NXDOMAIN, Asking, DnsAnswer, DnsStatus, Question

_T = TypeVar("_T")


class TextZone:
    """`texts`: TXT records by name; None: DNS fails. A name exists with all above it.

    `rounds`: what was asked, round by round.
    """

    def __init__(self, texts: Mapping[str, list[str] | None]) -> None:
        self.texts = dict(texts)
        self.rounds: list[tuple[Question, ...]] = []

    def answer(self, question: Question) -> DnsAnswer:
        texts = self.texts.get(question.name, [])
        if texts is None:
            return FAILED
        if texts and question.kind == "TXT":
            return DnsAnswer(DnsStatus.FOUND, tuple(texts))
        exists = any(f".{name}".endswith(f".{question.name}") for name in self.texts)
        return DnsAnswer(DnsStatus.NODATA) if exists else NXDOMAIN

    def drive(self, asking: Asking[_T]) -> _T:
        """Answer all that the core asks, and give its result."""
        try:
            questions = next(asking)
            while True:
                self.rounds.append(questions)
                questions = asking.send(tuple(map(self.answer, questions)))
        except StopIteration as end:
            result: _T = end.value
            return result

    @property
    def asked(self) -> list[str]:
        """All names asked for, in order."""
        return [question.name for questions in self.rounds for question in questions]
