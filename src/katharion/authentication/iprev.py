"""iprev: has the client's address a name that leads back to it. A core that asks DNS.

Source: RFC 8601 sections 2.7.3 and 3.
"""

from ipaddress import IPv4Address, IPv6Address

from katharion.values.authenticity import IprevResult, Result
from katharion.values.dns import Asking, DnsStatus, Kind, Question

NAMES_COUNT_MAX = 10  # "Implementations … limit the number of names" (section 3).
IPV4 = 4


def check(client: IPv4Address | IPv6Address) -> Asking[IprevResult]:
    """The result, with the name that leads back, or the first that does not."""
    client = (isinstance(client, IPv6Address) and client.ipv4_mapped) or client
    (answer,) = yield (Question("PTR", client.reverse_pointer),)
    if answer.status is DnsStatus.FAILED:
        return IprevResult(Result.TEMPERROR)
    names = [name for name in answer.records[:NAMES_COUNT_MAX] if name]
    if not names:
        return IprevResult(Result.PERMERROR)  # There is nothing that could be compared.
    kind: Kind = "A" if client.version == IPV4 else "AAAA"
    found = yield tuple(Question(kind, name.lower()) for name in names)
    for name, addresses in zip(names, found, strict=True):
        if str(client) in addresses.records:
            return IprevResult(Result.PASS, name)
    if any(one.status is DnsStatus.FAILED for one in found):
        return IprevResult(Result.TEMPERROR, names[0])  # Not known to lie.
    return IprevResult(Result.FAIL, names[0])
