"""What goes together in one delivery, and what is put before the content."""

import msgspec
import pytest

from fixtures.fix_held import ANN, BOB, RECEIVED_AT, held_message
from katharion.mail.address import Address
from katharion.queue.letter import RELEASED, alike, delivery
from katharion.values.fate import State
from katharion.values.held import Claim, Lease
from katharion.values.verdict import Band, Verdict


def _claim(recipient: Address = ANN, **changes: object) -> Claim:
    lease = Lease("message", "spool-00", recipient, 1)
    claim = Claim(lease, State.QUEUED, "customer", "", 0, RECEIVED_AT, RECEIVED_AT, 10)
    return msgspec.structs.replace(claim, **changes)


def test_rows_that_differ_in_recipient_alone_go_together() -> None:
    assert alike(_claim(ANN)) == alike(_claim(BOB, attempts=3))


@pytest.mark.parametrize(
    "changes",
    [
        {"route": "other"},
        {"state": State.UNJUDGED},
        {"subject_tag": "[spam]"},
        {"verdict": Verdict(1.0, Band.CLEAN, None, ())},
        {"reason": RELEASED},
    ],
)
def test_rows_that_differ_in_what_is_sent_do_not(changes: dict[str, object]) -> None:
    assert alike(_claim(ANN)) != alike(_claim(BOB, **changes))


def test_what_is_sent_of_a_released_and_tagged_row() -> None:
    message = held_message(content=b"Subject: hello\r\n\r\nbody\r\n")
    claims = [_claim(ANN, reason=RELEASED, subject_tag="[spam]"), _claim(BOB)]
    sent = delivery(message, claims, RECEIVED_AT)
    assert sent.recipients == (ANN, BOB)
    assert sent.trace.startswith(b"X-Katharion-Released: ")
    assert sent.trace.endswith(message.trace)
    assert sent.content.startswith(b"Subject: [spam]")
