"""A DNS server on loopback that answers from a table, and counts what it is asked."""

import asyncio
from collections import Counter
from typing import Self

from dnslib import QTYPE, RCODE, RR, DNSRecord


class FakeDns(asyncio.DatagramProtocol):
    """`zone`: "name type" to records, or to a response code, or None: no answer at all.

    What is not listed is NXDOMAIN; where another type of the name is listed, NODATA.
    """

    def __init__(self, zone: dict[str, list[str] | int | None]) -> None:
        self.zone = zone
        self.asked: Counter[str] = Counter()
        self.delay_seconds = 0.0
        self.ttl_seconds = 60
        self.address = ""

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, ("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._transport.get_extra_info('sockname')[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._transport.close()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        asyncio.get_running_loop().call_later(self.delay_seconds, self._answer, data, addr)

    def _answer(self, data: bytes, addr: tuple[str, int]) -> None:
        question = DNSRecord.parse(data)
        name, kind = str(question.q.qname).lower().rstrip("."), QTYPE[question.q.qtype]
        self.asked[f"{name} {kind}"] += 1
        known = any(key.split()[0] == name for key in self.zone)
        found = self.zone.get(f"{name} {kind}", [] if known else RCODE.NXDOMAIN)
        if found is None:
            return
        reply = question.reply()
        if isinstance(found, int):
            reply.header.rcode = found
        else:
            for record in found:
                zone_line = f"{name}. {self.ttl_seconds} IN {kind} {record}"
                reply.add_answer(*RR.fromZone(zone_line))
        self._transport.sendto(reply.pack(), addr)
