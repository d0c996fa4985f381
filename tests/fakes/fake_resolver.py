"""DNS in memory: what is not listed does not exist."""

from katharion.ports import DnsAnswer, DnsStatus

NXDOMAIN = DnsAnswer(DnsStatus.NXDOMAIN)


class FakeResolver:
    """Implements ports.Resolver from tables, which a test may change at any time."""

    def __init__(self) -> None:
        self.hosts: dict[str, tuple[str, ...]] = {}
        self.exchangers: dict[str, DnsAnswer] = {}
        self.pointers: dict[str, DnsAnswer] = {}

    async def addresses(self, name: str) -> DnsAnswer:
        if ":" in name or name.replace(".", "").isdigit():
            return DnsAnswer(DnsStatus.FOUND, (name,))
        records = self.hosts.get(name)
        return DnsAnswer(DnsStatus.FOUND, records) if records else NXDOMAIN

    async def mail_exchangers(self, domain: str) -> DnsAnswer:
        return self.exchangers.get(domain, NXDOMAIN)

    async def names(self, address: str) -> DnsAnswer:
        return self.pointers.get(address, NXDOMAIN)
