"""What an attempt comes to for a claimed row: pure.

Source: DESIGN section 3 (transitions); RFC 5321 section 4.5.4.1 (expiry).
"""

from zlib import crc32

from katharion.queue.options import DAY_SECONDS, QueueOptions
from katharion.queue.schedule import retry_seconds
from katharion.values.attempt import AttemptResult, Outcome, RecipientResult, Words
from katharion.values.disposition import Hold
from katharion.values.fate import State
from katharion.values.held import Claim, Settlement

UNCERTAIN_SECONDS = 660.0
JUDGE_AGAIN_SECONDS = 60.0
JUDGE_SECONDS_MAX = 3600.0  # Then it is held for a person (DESIGN section 2).


def decide(
    claim: Claim, result: RecipientResult, next_hop: str, now: float, options: QueueOptions
) -> Settlement:
    """The settlement of one row after an attempt.

    What is refused for good or too old goes to the quarantine, with the next hop's words:
    so that somebody sees it, and no stranger gets a bounce.
    """
    lease, words = claim.lease, result.words
    if result.outcome is Outcome.ACCEPTED:
        return Settlement(lease, State.DELIVERED, now, words, next_hop)
    if result.outcome is Outcome.REFUSED:
        return Settlement(lease, State.QUARANTINED, now, words, next_hop, "undeliverable")
    if is_expired(claim, now, options):
        return Settlement(lease, State.QUARANTINED, now, words, next_hop, "expired")
    if result.outcome is Outcome.UNCERTAIN:
        # The next hop may still take it: a second copy is not sent before it has given up.
        return Settlement(lease, State.QUEUED, now + UNCERTAIN_SECONDS, words, next_hop)
    due_at = now + retry_seconds(options.retry_seconds, claim.attempts + 1, _chance(claim))
    return Settlement(lease, State.QUEUED, due_at, words, next_hop)


def is_expired(claim: Claim, now: float, options: QueueOptions) -> bool:
    """Whether it has waited too long since it entered the queue, or a person gives it up.

    By two clocks: the machine's may have jumped, and the store's stands while we are off.
    """
    if claim.is_given_up:
        return True
    seconds_max = options.expiry_days * DAY_SECONDS
    is_vouched = claim.vouched_seconds is None or claim.vouched_seconds > seconds_max
    return is_vouched and now - claim.queued_at > seconds_max


def again(claim: Claim, now: float) -> Settlement:
    """What was uncertain is queued: nobody has spoken in time."""
    return Settlement(claim.lease, State.QUEUED, now, reason="no answer", is_attempt=False)


def later(claim: Claim, due_at: float) -> Settlement:
    """The row waits on, as it is."""
    return Settlement(claim.lease, claim.state, due_at, is_attempt=False)


def judged(claim: Claim, hold: Hold | None, now: float) -> Settlement:
    """What a late judgement comes to for one row."""
    lease = claim.lease
    if hold is None or hold.state is State.UNJUDGED:
        if now - claim.received_at < JUDGE_SECONDS_MAX:
            return later(claim, now + JUDGE_AGAIN_SECONDS)
        return Settlement(lease, State.QUARANTINED, now, reason="not checked", is_attempt=False)
    if hold.redirect_to is not None:
        # The row keeps its recipient, so a person sends it on.
        return Settlement(lease, State.QUARANTINED, now, reason="redirect", is_attempt=False)
    return Settlement(
        lease,
        hold.state,
        now,
        reason=hold.reason,
        verdict=hold.verdict,
        subject_tag=hold.subject_tag,
        is_attempt=False,
    )


def all_alike(claims: list[Claim], outcome: Outcome, words: Words) -> AttemptResult:
    """What is said for all rows where the next hop was not asked."""
    results = tuple(RecipientResult(c.lease.recipient, outcome, words, "route") for c in claims)
    return AttemptResult(results, "", was_connected=False)


def _chance(claim: Claim) -> float:
    """From 0 to 1, other for each message and attempt, and the same when asked again."""
    return crc32(f"{claim.lease.message_id} {claim.attempts}".encode()) % 1000 / 1000
