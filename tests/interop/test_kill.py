"""kill -9 in the middle of the load: what got 250 is delivered, queued or quarantined.

By hash, from what the customer's server really has and from the rows of the spool.
"""

import hashlib
from collections import Counter
from collections.abc import Callable

import pytest

from fixtures.fix_letters import without_trace
from fixtures.fix_load import SESSIONS, Load
from fixtures.fix_node import Node, Plan
from fixtures.fix_sink import MailBox

KILLS = ("filter-00", "queue-runner", "supervisor")
# A dead filter's own messages in flight may be delivered and not answered, or answered
# by the next hop and not settled: one for each session and kill, and no more.
DUPLICATES_MAX = SESSIONS * len(KILLS)
QUEUE = "[queue]\nretry_seconds = [1, 2, 2, 5]"


def kill_and_restart_supervisor(here: Node) -> None:
    here.kill("supervisor")
    here.start()


@pytest.mark.parametrize(
    "count", [600, pytest.param(5000, marks=pytest.mark.long)], ids=lambda n: f"{n} messages"
)
@pytest.mark.timeout(600)
def test_what_got_250_survives_kills(
    node: Callable[[Plan], Node], mail_box: MailBox, count: int
) -> None:
    here = node(Plan(next_hops=(f"127.0.0.1:{mail_box.port}",), extra=QUEUE))
    faults = {
        count // 8: mail_box.stop,  # So that something is queued when the runner dies.
        count // 6: lambda: here.kill("filter-00"),
        count // 4: mail_box.start,
        count // 3: lambda: here.kill("queue-runner"),
        count // 2: lambda: kill_and_restart_supervisor(here),
        count * 2 // 3: lambda: here.kill("filter-00"),
    }
    sent = Load(here.port, count, pause_seconds=0.004).run(faults)

    accepted = {one.sha256 for one in sent if one.code == 250}
    arrived = Counter(
        hashlib.sha256(without_trace(letter.content)).digest() for letter in mail_box.letters
    )
    standing = {
        row[0]
        for row in here.rows(
            "SELECT m.sha256 FROM held_message m JOIN held_recipient r ON r.message_id = m.id"
            " WHERE r.state IN ('queued', 'quarantined', 'uncertain', 'unjudged')"
        )
    }
    lost = accepted - set(arrived) - standing
    again = sum(times - 1 for times in arrived.values())
    print(
        f"{count} sent: {len(accepted)} answered 250, {len(arrived)} arrived,"
        f" {len(standing)} held, {again} twice, {Counter(one.code for one in sent)}"
    )
    assert not lost, f"{len(lost)} of {len(accepted)} lost"
    assert again <= DUPLICATES_MAX
    assert set(arrived) | standing <= {one.sha256 for one in sent}, "not as it was sent"
    assert len(accepted) > count * 0.9
