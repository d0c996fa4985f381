"""The effective policy of a recipient: what is to be done with which verdict.

Source: DESIGN sections 2 (policy actions) and 4 (levels and locks).
"""

from enum import Enum

import msgspec


class Action(Enum):
    """What a tenant may choose for detected spam."""

    DELIVER = "deliver"
    TAG = "tag"
    REDIRECT = "redirect"
    QUARANTINE = "quarantine"
    REJECT = "reject"
    DISCARD = "discard"


class FailMode(Enum):
    """What a check that could not be done means for the message."""

    IGNORE = "ignore"
    DEFER = "defer"
    HOLD = "hold"


class DmarcMode(Enum):
    """What is done with mail that fails DMARC where its author's domain asks for something."""

    SCORE = "score"  # It only counts against it.
    QUARANTINE = "quarantine"  # It is held, also where the domain asks to refuse it.
    FOLLOW = "follow"  # It is refused, or held, as asked.


class EffectivePolicy(msgspec.Struct, frozen=True):
    """One recipient's policy after all levels are resolved. Scores are points.

    A score from `probable_score` on is probable spam, from `definite_score` on definite.
    `allow` and `block` hold patterns in lower case: "user@domain", "@domain", or a client
    network such as "192.0.2.0/24". `trusted_sealers`: domains (d=) whose ARC seals excuse a
    failure of DMARC. `greylist`: unknown sources that prove nothing are asked to come again.
    """

    probable_score: float = 5.0
    definite_score: float = 10.0
    probable_action: Action = Action.QUARANTINE
    definite_action: Action = Action.QUARANTINE
    blocked_action: Action = Action.REJECT
    redirect_to: str = ""
    redirect_route: str = ""  # The route of its domain.
    subject_tag: str = "[SPAM] "
    fail_mode: FailMode = FailMode.IGNORE
    judge_seconds_max: float = 20.0
    quarantine_days: int = 30
    allow: tuple[str, ...] = ()
    block: tuple[str, ...] = ()
    dmarc: DmarcMode = DmarcMode.QUARANTINE
    trusted_sealers: tuple[str, ...] = ()
    greylist: bool = False
