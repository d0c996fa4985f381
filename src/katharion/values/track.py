"""The tracking record: one recipient's fate, or one refusal before there was a recipient.

Source: DESIGN section 5.
"""

import msgspec

from katharion.values.authenticity import Authenticity
from katharion.values.verdict import Finding


class TrackRecord(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line in the tracking journal.

    `at` seconds since the epoch; `event` is one of connect-refused, mail-refused,
    rcpt-refused, content-refused, delivered, held, rejected, deferred, repeated; of the queue
    attempt, settled, judged, notice; of persons released, deleted, undone; of retention expired.
    `message_id` is ours, `message_header_id` the Message-ID. `redirected_to` is the address
    that is held in the recipient's stead. `stages` are seconds by stage name. `authenticity`
    and `prints` (its fingerprints) stand in the first record of a message.
    """

    at: float
    event: str
    node: str = ""
    process: str = ""
    message_id: str = ""
    client_address: str = ""
    helo: str = ""
    sender: str = ""
    recipient: str = ""
    tenant: str = ""
    message_header_id: str = ""
    subject: str = ""
    size_bytes: int = 0
    state: str = ""
    reason: str = ""
    band: str = ""
    score: float = 0.0
    findings: tuple[Finding, ...] = ()
    reply: str = ""
    next_hop: str = ""
    words: str = ""
    tls: str = ""
    stages: dict[str, float] = {}
    redirected_to: str = ""
    authenticity: Authenticity | None = None
    prints: tuple[str, ...] = ()


class TrackMark(msgspec.Struct, frozen=True, gc=False):
    """What the ledger needs of a record: it is read by the hundred thousand."""

    at: float
    event: str
    node: str = ""
    message_id: str = ""
    recipient: str = ""
    redirected_to: str = ""
    state: str = ""
    reason: str = ""
    reply: str = ""
