"""Who may come in: connections in all, and of one network. Counts, and nothing else."""

from functools import lru_cache
from ipaddress import IPv6Address, IPv6Network, ip_address

from katharion.edge.options import EdgeOptions
from katharion.mail import reply as replies
from katharion.mail.reply import Reply

IPV6_PREFIX_BITS = 64  # What one customer of a provider usually has.


class Admission:
    """Counts open connections."""

    def __init__(self, options: EdgeOptions) -> None:
        self._options = options
        self._by_network: dict[str, int] = {}
        self.count = 0

    def enter(self, client_address: str) -> Reply | None:
        """Count a connection in; or the reply that refuses it (then it is not counted)."""
        if self.count >= self._options.connections_count_max:
            return replies.SERVER_BUSY
        network = network_of(client_address)
        here = self._by_network.get(network, 0)
        if here >= self._options.connections_per_network_max:
            return replies.TOO_MANY_CONNECTIONS
        self._by_network[network] = here + 1
        self.count += 1
        return None

    def leave(self, client_address: str) -> None:
        """Count out a connection that was counted in."""
        network = network_of(client_address)
        here = self._by_network.get(network, 0) - 1
        assert here >= 0, "who leaves has entered"
        if here:
            self._by_network[network] = here
        else:
            del self._by_network[network]
        self.count -= 1


@lru_cache(maxsize=4096)
def network_of(client_address: str) -> str:
    """The network that connections are counted by: an IPv4 address, an IPv6 /64."""
    try:
        address = ip_address(client_address)
    except ValueError:
        return client_address
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(IPv6Network((address, IPV6_PREFIX_BITS), strict=False))
    return client_address


def plain_address(address: str) -> str:
    """Without an IPv6 zone; an IPv4 address that came mapped into IPv6 as itself."""
    plain = address.partition("%")[0]
    if plain.startswith("::ffff:"):
        mapped = IPv6Address(plain).ipv4_mapped
        return str(mapped) if mapped is not None else plain
    return plain
