"""An examiner in this very process: the same work, and no limits but those of the walk."""

from collections.abc import Sequence

from katharion.content.attachments.examine import examine
from katharion.content.attachments.options import Rules
from katharion.values.examination import Examination, File


class FakeExaminer:
    """Implements ports.Examiner. `answers` are given first, in their order."""

    def __init__(self, rules: Rules | None = None, answers: Sequence[Examination] = ()) -> None:
        self._rules = rules or Rules()
        self._answers = list(answers)
        self.asked: list[tuple[File, ...]] = []

    async def examine(self, files: Sequence[File]) -> Examination:
        self.asked.append(tuple(files))
        return self._answers.pop(0) if self._answers else examine(files, self._rules)
