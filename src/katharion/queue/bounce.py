"""Whether the sender of what could not be delivered may be told.

A notification to a sender who was forged is backscatter: it goes to one who has sent nothing.
So it goes only where the sender is authentic, and never without bound. Who may not be told is
not forgotten: the mail is put into quarantine as undeliverable, and somebody is alarmed.

Sources: DESIGN section 2 (one reply, many recipients); RFC 5321 sections 4.5.5 and 6.2.
"""

from collections import deque
from collections.abc import Callable, Sequence

import msgspec

from katharion.mail.report import Action, Missed
from katharion.queue.notice import Notice, OwnMail, When, notice_of
from katharion.values.attempt import Words
from katharion.values.authenticity import DmarcResult, Result, SpfResult
from katharion.values.fate import State
from katharion.values.held import Claim, HeldMessage, Settlement
from katharion.values.verdict import Band, Verdict

HOUR_SECONDS = 3600.0
WARNED_COUNT_MAX = 10_000
RELEASED = "released"
OWN_REPORT = "own-report"  # The listener that stands in reports of ours, such as DMARC's.


def why_not(message: HeldMessage, claim: Claim) -> str:
    """Why the sender may not be told; "" where he may."""
    if message.envelope.sender is None:
        return "the sender is null: a notification is never answered"
    if claim.reason == RELEASED:
        return "it was released: the one who released it is told"
    if not is_authentic(message, claim.verdict):
        return "the sender may be forged"
    return ""


def is_authentic(message: HeldMessage, verdict: Verdict | None) -> bool:
    """Whether the sender is who he says: his domain proves it.

    Where neither SPF nor DMARC says anything of him: clean mail of a server whose name leads
    back to it. An author's proof (DMARC) counts only for a sender of the same domain, for it
    is the sender of the envelope who is told.
    """
    sender, found = message.envelope.sender, message.facts.authenticity
    if verdict is None or verdict.band is not Band.CLEAN or verdict.force is not None:
        return False
    if sender is None or found is None:
        return False
    if found.proves(sender.domain):
        return True
    is_silent = _says_nothing(found.spf) and _says_nothing(found.dmarc)
    return is_silent and found.iprev is not None and found.iprev.result is Result.PASS


def _says_nothing(result: SpfResult | DmarcResult | None) -> bool:
    return result is None or result.result is Result.NONE


class Bouncer:
    """Turns what is given up into notifications, where these may be sent.

    `alarm` is told of what nobody may be told of, in a sentence.
    """

    def __init__(self, own: OwnMail, allowance: "Allowance", alarm: Callable[[str], None]) -> None:
        self._own = own
        self._allowance = allowance
        self._alarm = alarm
        self.delay_seconds = self.expiry_seconds = 0.0  # 0: nobody is warned.
        self._warned: dict[str, None] = {}
        self.bounced_count = self.silent_count = 0

    def bounce(
        self, message: HeldMessage, given_up: Sequence[tuple[Claim, Settlement]], now: float
    ) -> tuple[list[Settlement], Notice | None]:
        """The settlements as they then are, and the notification to be held with them."""
        if message.facts.listener == OWN_REPORT:
            # Its reader is away: nobody misses it, and there is another tomorrow.
            return [msgspec.structs.replace(s, state=State.EXPIRED) for _, s in given_up], None
        why_nots = [why_not(message, claim) for claim, _ in given_up]
        to = message.envelope.sender
        may_tell = [pair for pair, why in zip(given_up, why_nots, strict=True) if not why]
        if may_tell and to is not None and not self._allowance.take(to.domain, now):
            may_tell, why_nots = [], ["too many notifications within the hour"] * len(given_up)
        settlements = []
        for pair, why in zip(given_up, why_nots, strict=True):
            if pair in may_tell:
                settlements.append(msgspec.structs.replace(pair[1], state=State.BOUNCED))
            else:
                settlements.append(pair[1])
                self._be_alarmed(pair[1], why)
        if not may_tell:
            return settlements, None
        self.bounced_count += len(may_tell)
        missed = [_missed(settlement) for _, settlement in may_tell]
        return settlements, notice_of(message, missed, Action.FAILED, self._own, When(now))

    def warn(
        self, message: HeldMessage, waiting: Sequence[tuple[Claim, Settlement]], now: float
    ) -> Notice | None:
        """The one warning that a message takes long; None where there is nothing to say."""
        late = [
            pair
            for pair in waiting
            if 0 < self.delay_seconds <= now - pair[0].queued_at and not why_not(message, pair[0])
        ]
        to = message.envelope.sender
        if not late or to is None or message.id in self._warned:
            return None
        if not self._allowance.take(to.domain, now):
            return None
        self._warned[message.id] = None
        if len(self._warned) > WARNED_COUNT_MAX:
            del self._warned[next(iter(self._warned))]
        until = min(claim.queued_at for claim, _ in late) + self.expiry_seconds
        missed = [_missed(settlement) for _, settlement in late]
        return notice_of(message, missed, Action.DELAYED, self._own, When(now, until))

    def _be_alarmed(self, settlement: Settlement, why: str) -> None:
        self.silent_count += 1
        lease = settlement.lease
        self._alarm(
            f"message {lease.message_id} for {lease.recipient} can't be delivered"
            f" ({settlement.words or settlement.reason}), and its sender is not told: {why}."
            " It waits in the quarantine."
        )


def _missed(settlement: Settlement) -> Missed:
    words = settlement.words or Words(0, "", ())
    return Missed(settlement.lease.recipient, words, settlement.next_hop)


class Allowance:
    """How many notifications may be sent in an hour: in all, and to one domain."""

    def __init__(self, per_hour_max: int, per_domain_hour_max: int) -> None:
        self._per_hour_max = per_hour_max
        self._per_domain_max = per_domain_hour_max
        self._sent: deque[tuple[float, str]] = deque()

    def take(self, domain: str, now: float) -> bool:
        """Count one to `domain`; False (and none is counted) where it would be too many."""
        while self._sent and self._sent[0][0] <= now - HOUR_SECONDS:
            self._sent.popleft()
        to_domain = sum(1 for _, each in self._sent if each == domain)
        if len(self._sent) >= self._per_hour_max or to_domain >= self._per_domain_max:
            return False
        self._sent.append((now, domain))
        return True
