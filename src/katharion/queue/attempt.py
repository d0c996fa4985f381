"""What an attempt comes to for a claimed row: pure.

Source: DESIGN section 3 (transitions); RFC 5321 section 4.5.4.1 (expiry).
"""

from zlib import crc32

from katharion.queue.options import DAY_SECONDS, QueueOptions
from katharion.queue.schedule import retry_seconds
from katharion.values.attempt import Outcome, RecipientResult
from katharion.values.fate import State
from katharion.values.held import Claim, Settlement

UNCERTAIN_SECONDS = 660.0


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
    """Whether it has waited too long since it entered the queue."""
    return now - claim.queued_at > options.expiry_days * DAY_SECONDS


def _chance(claim: Claim) -> float:
    """From 0 to 1, other for each row and attempt, and the same when asked again."""
    return crc32(f"{claim.lease.message_id} {claim.attempts}".encode()) % 1000 / 1000
