"""Dispositions: what the transaction is to carry out. Data, not action.

Source: DESIGN section 2 (dispositions; one reply, many recipients).
"""

import msgspec

from katharion.mail.address import Address
from katharion.mail.reply import Reply
from katharion.values.fate import State
from katharion.values.verdict import Verdict


class Deliver(msgspec.Struct, frozen=True, tag=True):
    """Hand to the next hop now. `subject_tag` is put before the subject, "" for none."""

    recipients: tuple[Address, ...]
    verdict: Verdict
    subject_tag: str = ""


class Hold(msgspec.Struct, frozen=True, tag=True):
    """Commit durably in `state` (quarantined, discarded, queued or unjudged) before any reply.

    `reason` is a stable word: the band, a force, "redirect", "mixed", "unjudged", … .
    `redirect_to` replaces the recipient where it is set (state queued), by `redirect_route`.
    """

    recipients: tuple[Address, ...]
    state: State
    reason: str
    verdict: Verdict | None
    redirect_to: Address | None = None
    redirect_route: str = ""
    is_sender_told: bool = False
    subject_tag: str = ""


class Reject(msgspec.Struct, frozen=True, tag=True):
    """Refuse for good with `reply`; nothing is kept."""

    recipients: tuple[Address, ...]
    reply: Reply
    verdict: Verdict | None = None


class Defer(msgspec.Struct, frozen=True, tag=True):
    """Refuse for now with `reply`; nothing is kept."""

    recipients: tuple[Address, ...]
    reply: Reply
    verdict: Verdict | None = None


Disposition = Deliver | Hold | Reject | Defer


class Plan(msgspec.Struct, frozen=True):
    """All dispositions of one transaction; each recipient stands in exactly one of them."""

    dispositions: tuple[Disposition, ...]

    @property
    def deliveries(self) -> tuple[Deliver, ...]:
        """Those that go to the next hop now."""
        return tuple(d for d in self.dispositions if isinstance(d, Deliver))

    @property
    def holds(self) -> tuple[Hold, ...]:
        """Those that are committed first."""
        return tuple(d for d in self.dispositions if isinstance(d, Hold))
