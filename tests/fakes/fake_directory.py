"""Served domains in memory; recipients may be slow to be known."""

import asyncio

from katharion.mail.address import Address
from katharion.ports import RecipientStatus
from katharion.values.snapshot import Route, ServedDomain


class FakeDirectory:
    """Implements ports.Directory. `slow` addresses must be asked, and answer what is set."""

    def __init__(self, *domains: ServedDomain) -> None:
        self.domains = {domain.name: domain for domain in domains}
        self.slow: dict[Address, asyncio.Future[RecipientStatus]] = {}
        self.is_away = False

    def domain(self, name: str) -> ServedDomain | None:
        return self.domains.get(name)

    def route(self, name: str) -> Route | None:
        return next((d.route for d in self.domains.values() if d.route.name == name), None)

    def find(self, recipient: Address) -> RecipientStatus | None:
        if self.is_away:
            return RecipientStatus.UNAVAILABLE
        domain = self.domains.get(recipient.domain)
        if domain is None:
            return RecipientStatus.NOT_SERVED
        if recipient in self.slow:
            return None
        is_known = domain.recipients is None or recipient.local in domain.recipients
        return RecipientStatus.KNOWN if is_known else RecipientStatus.UNKNOWN

    async def ask(self, recipient: Address) -> RecipientStatus:
        return await self.slow[recipient]
