"""A DNS server on loopback that answers from a table, and counts what it is asked."""

import asyncio
from collections import Counter
from typing import Self

from dnslib import QTYPE, RCODE, RR, SOA, DNSRecord


class FakeDns(asyncio.DatagramProtocol):
    """`zone`: "name type" to records, or to a response code, or None: no answer at all.

    What is not listed is NXDOMAIN; where another type of the name is listed, NODATA.
    """

    def __init__(self, zone: dict[str, list[str] | int | None]) -> None:
        self.zone = zone
        self.asked: Counter[str] = Counter()
        self.by_tcp: Counter[str] = Counter()
        self.delay_seconds = 0.0
        self.ttl_seconds = 60
        self.absence_seconds: int | None = None  # What an SOA record says of what is not there.
        self.is_silent = self.is_authentic = self.is_lying = self.cuts_tcp = False
        self.cut: set[str] = set()  # Names whose answers do not fit into a datagram.
        self.lists_all_below = ""  # A zone in which every name has a listing's address.
        self.address = ""

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        while not self.address:  # Until a port is free for both.
            self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
            where = self._server.sockets[0].getsockname()
            try:
                self._transport, _ = await loop.create_datagram_endpoint(lambda: self, where)
            except OSError:
                self._server.close()
            else:
                self.address = f"127.0.0.1:{where[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._transport.close()
        self._server.close()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        asyncio.get_running_loop().call_later(self.delay_seconds, self._answer, data, addr)

    def _answer(self, data: bytes, addr: tuple[str, int]) -> None:
        question = DNSRecord.parse(data)
        name, kind = str(question.q.qname).lower().rstrip("."), QTYPE[question.q.qtype]
        self.asked[f"{name} {kind}"] += 1
        if self._transport.is_closing() or self.is_silent:
            return
        reply = self.reply(question)
        if reply is None:
            return
        if self.is_lying:
            for lie in self._lies(question):
                self._transport.sendto(lie, addr)
        if name in self.cut:
            reply = question.reply()
            reply.header.tc = 1
        self._transport.sendto(reply.pack(), addr)

    def reply(self, question: DNSRecord) -> DNSRecord | None:
        """The whole answer; None: silence."""
        name, kind = str(question.q.qname).lower().rstrip("."), QTYPE[question.q.qtype]
        known = any(key.split()[0] == name for key in self.zone)
        alias = self.zone.get(f"{name} CNAME")
        found = self.zone.get(f"{name} {kind}", [] if known else RCODE.NXDOMAIN)
        if self.lists_all_below and name.endswith(f".{self.lists_all_below}"):
            found = ["127.0.0.2"]
        if found is None:
            return None
        reply = question.reply()
        reply.header.ad = int(self.is_authentic)
        if isinstance(alias, list):
            reply.add_answer(*RR.fromZone(f"{name}. {self.ttl_seconds} IN CNAME {alias[0]}"))
            target = alias[0].rstrip(".").lower()
            name, found = target, self.zone.get(f"{target} {kind}", [])
        if isinstance(found, int):
            reply.header.rcode = found
        for record in found if isinstance(found, list) else ():
            reply.add_answer(*RR.fromZone(f"{name}. {self.ttl_seconds} IN {kind} {record}"))
        if not reply.rr and self.absence_seconds is not None:
            times = (1, 2, 3, 4, self.absence_seconds)
            reply.add_auth(
                RR(".", QTYPE.SOA, ttl=9000, rdata=SOA("ns.example", "h.example", times))
            )
        return reply

    def _lies(self, question: DNSRecord) -> list[bytes]:
        """Answers that a stranger could send, each with an address that is not the right one."""
        lie = question.reply()
        lie.add_answer(*RR.fromZone(f"{question.q.qname} 60 IN A 203.0.113.66"))
        lie.header.id ^= 1
        wrong_id = lie.pack()
        other = DNSRecord.question("other.example").reply()
        other.header.id = question.header.id
        return [wrong_id, other.pack(), question.pack(), b"", b"\0" * 11, question.pack()[:2]]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        length = int.from_bytes(await reader.readexactly(2), "big")
        question = DNSRecord.parse(await reader.readexactly(length))
        self.by_tcp[str(question.q.qname).rstrip(".")] += 1
        reply = self.reply(question)
        if reply is not None and not self.cuts_tcp:
            data = reply.pack()
            writer.write(len(data).to_bytes(2, "big") + data)
        writer.close()
