"""The Directory port over a snapshot in memory.

Sources: RFC 5321 section 4.5.1 (postmaster), RFC 2142 (abuse), RFC 5233 (subaddresses).
"""

from katharion.mail.address import Address
from katharion.ports import RecipientStatus
from katharion.values.snapshot import Route, ServedDomain, Snapshot

ALWAYS_KNOWN = frozenset({"postmaster", "abuse"})
SUBADDRESS_SEPARATOR = "+"


class SnapshotDirectory:
    """Implements ports.Directory. Everything is known at once."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot

    def domain(self, name: str) -> ServedDomain | None:
        """The served domain of that (lower-case) name."""
        return self._snapshot.domains.get(name)

    def route(self, name: str) -> Route | None:
        """The route of that name."""
        return self._snapshot.routes.get(name)

    def find(self, recipient: Address) -> RecipientStatus | None:
        """What is known of the recipient; never None here."""
        domain = self._snapshot.domains.get(recipient.domain)
        if domain is None:
            return RecipientStatus.NOT_SERVED
        if domain.recipients is None:
            return RecipientStatus.KNOWN
        local = recipient.local.lower().strip('"')
        user = local.partition(SUBADDRESS_SEPARATOR)[0]
        is_known = local in domain.recipients or user in domain.recipients
        if is_known or local in ALWAYS_KNOWN:
            return RecipientStatus.KNOWN
        return RecipientStatus.UNKNOWN

    async def ask(self, recipient: Address) -> RecipientStatus:
        """The same."""
        return self.find(recipient) or RecipientStatus.UNAVAILABLE
