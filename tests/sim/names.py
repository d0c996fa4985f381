"""DNS for the simulator: right answers, late answers, no answers."""

import asyncio
from ipaddress import ip_address

from katharion.values.dns import FAILED, NXDOMAIN, DnsAnswer, DnsStatus, Question
from sim.faults import Faults

SLOW_SECONDS_MAX = 40.0  # Longer than a message's questions may take.


class SimResolver:
    """Implements ports.Resolver over the world's names."""

    def __init__(self, hosts: dict[str, tuple[str, ...]], faults: Faults) -> None:
        self._hosts, self._faults = hosts, faults

    def known(self, question: Question) -> DnsAnswer | None:  # noqa: ARG002 # A port's.
        return None  # No memory: all is asked, and may fail.

    async def ask(self, question: Question) -> DnsAnswer:
        key = question.name if question.kind == "A" else f"{question.kind.lower()} {question.name}"
        return await self._answer(self._hosts.get(key))

    async def addresses(self, name: str) -> DnsAnswer:
        if name.replace(".", "").isdigit():
            return DnsAnswer(DnsStatus.FOUND, (name,))
        return await self._answer(self._hosts.get(name))

    async def mail_exchangers(self, domain: str) -> DnsAnswer:
        return await self._answer(self._hosts.get(f"mx {domain}"))

    async def names(self, address: str) -> DnsAnswer:
        return await self._answer(self._hosts.get(f"ptr {ip_address(address).reverse_pointer}"))

    async def _answer(self, records: tuple[str, ...] | None) -> DnsAnswer:
        await asyncio.sleep(self._faults.dice.uniform(0.0005, 0.02))
        if self._faults.happens("dns-slow"):
            await asyncio.sleep(self._faults.dice.uniform(1.0, SLOW_SECONDS_MAX))
        if self._faults.happens("dns-fails"):
            return FAILED
        return DnsAnswer(DnsStatus.FOUND, records) if records else NXDOMAIN

    async def close(self) -> None:
        """Nothing is open."""
