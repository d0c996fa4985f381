"""The transaction: what the checks see of a message and its client. Read-only."""

from typing import NamedTuple

from katharion.mail.envelope import Envelope
from katharion.mail.message import Message
from katharion.values.authenticity import NOTHING_KNOWN, Authenticity
from katharion.values.facts import ClientFacts
from katharion.values.policy import EffectivePolicy
from katharion.values.reading import NOTHING_READ, Reading


class Transaction(NamedTuple):
    """One message at its end of data. `session_findings`: names such as BARE_LF.

    `hostname` is our own name, as our Received lines say it; `policies` are those of the
    recipients, in the envelope's order; `now` is in seconds since the epoch. `facts` are of
    whoever handed the message in: behind relays that the operator trusts, of the hop before
    them, and then `is_relayed`. `reading` is what the content says; `authenticity` is there for
    the checks that are asked when it is known. `tenant`: whose mail it is; one transaction has
    one tenant. `prints`: the fingerprints of what was read, where campaigns are remembered.
    """

    message_id: str
    hostname: str
    facts: ClientFacts
    envelope: Envelope
    message: Message
    policies: tuple[EffectivePolicy, ...]
    session_findings: tuple[str, ...]
    now: float
    authenticity: Authenticity = NOTHING_KNOWN
    is_relayed: bool = False
    reading: Reading = NOTHING_READ
    tenant: str = ""
    prints: tuple[str, ...] = ()
