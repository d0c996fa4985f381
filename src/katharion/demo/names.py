"""The demonstration's DNS: answers for the sample senders, and NXDOMAIN for all else.

Source: RFC 1035 section 4.1.1 (the response codes).
"""

import asyncio
from collections.abc import Mapping
from typing import cast

from dnslib import QTYPE, RCODE, RR, DNSError, DNSRecord

# An honest server has a name that leads back to its address; the spammer has none.
ZONE: Mapping[str, tuple[str, ...]] = {
    "mail.sender.example.": ("A 127.0.0.2",),
    "2.0.0.127.in-addr.arpa.": ("PTR mail.sender.example.",),
    "sender.example.": ("MX 10 mail.sender.example.",),
    "customer.example.": ("MX 10 mail.customer.example.",),
    "mail.customer.example.": ("A 127.0.0.1",),
    "1.0.0.127.in-addr.arpa.": ("PTR localhost.",),
    "localhost.": ("A 127.0.0.1", "AAAA ::1"),
}


def answer(question: bytes, zone: Mapping[str, tuple[str, ...]] = ZONE) -> bytes | None:
    """The answer on the wire to a question on the wire; None where it is not one."""
    try:
        asked = DNSRecord.parse(question)
    except DNSError:
        return None
    reply = asked.reply()
    name = str(asked.q.qname).lower()
    if name not in zone:
        reply.header.rcode = RCODE.NXDOMAIN
    for record in zone.get(name, ()):
        if record.split()[0] == QTYPE[asked.q.qtype]:
            reply.add_answer(*RR.fromZone(f"{name} 60 IN {record}"))
    return bytes(reply.pack())


class _Answerer(asyncio.DatagramProtocol):
    """One UDP socket that answers from the zone."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # Not all loops' transports have the abstract class among their parents.
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        reply = answer(data)
        if reply is not None:
            self._transport.sendto(reply, addr)


class Names:
    """The answerer on a port of loopback."""

    async def start(self) -> int:
        """Listen; returns the port."""
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(
            _Answerer, local_addr=("127.0.0.1", 0)
        )
        return int(self._transport.get_extra_info("sockname")[1])

    def close(self) -> None:
        """Answer no more."""
        self._transport.close()
