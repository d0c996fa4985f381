"""DNS in memory: what is not listed does not exist."""

from ipaddress import ip_address

from katharion.values.dns import NXDOMAIN, DnsAnswer, DnsStatus, Question


class FakeResolver:
    """Implements ports.Resolver from tables, which a test may change at any time."""

    def __init__(self) -> None:
        self.hosts: dict[str, tuple[str, ...]] = {}
        self.exchangers: dict[str, DnsAnswer] = {}
        self.pointers: dict[str, DnsAnswer] = {}
        self.answers: dict[Question, DnsAnswer] = {}
        self.is_slow = False  # Then nothing is in memory.

    def known(self, question: Question) -> DnsAnswer | None:
        return None if self.is_slow else self._look_up(question)

    async def ask(self, question: Question) -> DnsAnswer:
        return self._look_up(question)

    def _look_up(self, question: Question) -> DnsAnswer:
        """From the one table of all, or from those by kind."""
        if question in self.answers:
            return self.answers[question]
        kind, name = question
        if kind == "MX":
            return self.exchangers.get(name, NXDOMAIN)
        if kind == "PTR":
            pointers = {ip_address(a).reverse_pointer: found for a, found in self.pointers.items()}
            return pointers.get(name, NXDOMAIN)
        hosts = tuple(a for a in self.hosts.get(name, ()) if (":" in a) == (kind == "AAAA"))
        return DnsAnswer(DnsStatus.FOUND, hosts) if hosts else NXDOMAIN

    async def addresses(self, name: str) -> DnsAnswer:
        if ":" in name or name.replace(".", "").isdigit():
            return DnsAnswer(DnsStatus.FOUND, (name,))
        records = self.hosts.get(name)
        return DnsAnswer(DnsStatus.FOUND, records) if records else NXDOMAIN

    async def mail_exchangers(self, domain: str) -> DnsAnswer:
        return self.exchangers.get(domain, NXDOMAIN)

    async def names(self, address: str) -> DnsAnswer:
        return self.pointers.get(address, NXDOMAIN)
