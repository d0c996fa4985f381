"""One delivery on its way through the hops: what is to be sent, by when, and to whom to tell."""

import asyncio
from collections.abc import Callable

from katharion.ports import Attempt
from katharion.protocols.smtp_client import Finished, Letter
from katharion.values.attempt import AttemptResult, Outcome, RecipientResult, Words

Done = Callable[[Attempt], None]


class Job:
    """A delivery that has not ended. Times are the loop's monotonic seconds.

    `go_on` tries the next hop; None where there is none left.
    """

    __slots__ = (
        "_done",
        "answer_deadline",
        "began_at",
        "go_on",
        "is_repeated",
        "late",
        "letter",
        "next_hop",
    )

    def __init__(self, letter: Letter, began_at: float, answer_seconds: float, done: Done) -> None:
        self.letter = letter
        self.began_at = began_at
        self.answer_deadline = began_at + answer_seconds
        self.go_on: Callable[[], None] | None = None
        self.next_hop = ""
        self.is_repeated = False  # Once repeated on a new session, after a stale one.
        self.late: asyncio.Future[AttemptResult] | None = None
        self._done: Done | None = done

    @property
    def is_answered(self) -> bool:
        """Whether the caller knows something already (uncertain, until `late` comes true)."""
        return self._done is None

    def finish(self, finished: Finished, now: float, tls: str) -> None:
        """The server has spoken."""
        self._end(self._result(finished.results, now, was_connected=True, tls=tls))

    def fail(
        self, words: Words, stage: str, now: float, outcome: Outcome = Outcome.DEFERRED
    ) -> None:
        """No session was had.

        Deferred even by a 5xx: a server that greets everybody with 554 is the destination's
        trouble, and says nothing of this letter.
        """
        results = tuple(RecipientResult(r, outcome, words, stage) for r in self.letter.recipients)
        self._end(self._result(results, now, was_connected=False))

    def answer_uncertain(self, now: float) -> None:
        """The time to answer is over, and the dot is out: say so, and hope for a late answer."""
        if self._done is None:
            return
        words = Words(0, "", ("no answer to the end of the message yet",))
        results = tuple(
            RecipientResult(r, Outcome.UNCERTAIN, words, "dot") for r in self.letter.recipients
        )
        self.late = asyncio.get_running_loop().create_future()
        done, self._done = self._done, None
        done(Attempt(self._result(results, now, was_connected=True), self.late))

    def _result(
        self,
        results: tuple[RecipientResult, ...],
        now: float,
        *,
        was_connected: bool,
        tls: str = "",
    ) -> AttemptResult:
        took_seconds = now - self.began_at
        return AttemptResult(results, self.next_hop, was_connected, tls, took_seconds)

    def _end(self, result: AttemptResult) -> None:
        if self._done is not None:
            done, self._done = self._done, None
            done(Attempt(result))
        elif self.late is not None and not self.late.done():
            self.late.set_result(result)
