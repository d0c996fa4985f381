"""One delivery on its way: it is answered once, and perhaps once more, late."""

import asyncio

from katharion.adapters.relay.job import Job
from katharion.mail.address import Address
from katharion.ports import Attempt
from katharion.protocols.smtp_client import Finished, Letter
from katharion.values.attempt import Outcome, RecipientResult, Words

ANN = Address("ann", "customer.example")
BOB = Address("bob", "customer.example")
LETTER = Letter(None, (ANN, BOB), (b"x\r\n",), 3)
GOOD = Words(250, "2.0.0", ("ok",))


def finished() -> Finished:
    return Finished(
        tuple(RecipientResult(r, Outcome.ACCEPTED, GOOD, "dot") for r in LETTER.recipients)
    )


def test_finish_tells_once() -> None:
    told: list[Attempt] = []
    job = Job(LETTER, 10.0, 5.0, told.append)
    assert job.answer_deadline == 15.0
    job.next_hop = "mail:25"
    assert not job.is_answered
    job.finish(finished(), 12.5, "TLSv1.3")
    job.finish(finished(), 13.0, "")
    assert len(told) == 1
    result = told[0].result
    assert (result.next_hop, result.tls, result.took_seconds) == ("mail:25", "TLSv1.3", 2.5)
    assert result.was_connected
    assert told[0].late is None


def test_without_a_session_all_are_deferred_even_by_a_5xx() -> None:
    told: list[Attempt] = []
    job = Job(LETTER, 0.0, 5.0, told.append)
    job.fail(Words(554, "", ("no",)), "greeting", 1.0)
    assert [r.outcome for r in told[0].result.results] == [Outcome.DEFERRED] * 2
    assert not told[0].result.was_connected


def test_uncertain_then_known_or_uncertain_still() -> None:
    async def scene(end: str) -> Outcome:
        told: list[Attempt] = []
        job = Job(LETTER, 0.0, 5.0, told.append)
        job.answer_uncertain(5.0)
        job.answer_uncertain(5.5)
        assert job.is_answered
        assert [r.outcome for r in told[0].result.results] == [Outcome.UNCERTAIN] * 2
        if end == "answer":
            job.finish(finished(), 7.0, "")
        else:
            job.fail(Words(0, "", ("lost",)), "dot", 7.0, Outcome.UNCERTAIN)
        assert len(told) == 1
        assert told[0].late is not None
        return (await told[0].late).results[1].outcome

    assert asyncio.run(scene("answer")) is Outcome.ACCEPTED
    assert asyncio.run(scene("loss")) is Outcome.UNCERTAIN


def test_a_late_answer_that_nobody_waits_for_any_more() -> None:
    async def scene() -> None:
        job = Job(LETTER, 0.0, 5.0, lambda _attempt: None)
        job.answer_uncertain(5.0)
        assert job.late is not None
        job.late.cancel()
        job.finish(finished(), 7.0, "")

    asyncio.run(scene())
