"""Autonomous systems by network, from a table that the operator gives."""

from collections.abc import Iterable
from ipaddress import ip_address, ip_network

LINES_COUNT_MAX = 2_000_000


class Systems:
    """The most specific network of the table counts."""

    def __init__(self, lines: Iterable[str]) -> None:
        """Lines of "network number name"; ValueError names the first that is none."""
        self._by_bits: dict[tuple[int, int], dict[int, str]] = {}
        for count, line in enumerate(lines, 1):
            words = line.split("#")[0].split()
            if not words:
                continue
            if count > LINES_COUNT_MAX:
                raise ValueError(f"more than {LINES_COUNT_MAX} lines")
            self._add(words, count)
        self._bits = sorted(self._by_bits, reverse=True)

    def of(self, address: str) -> str:
        """The number of its system, such as "64500"; "" where the table has none."""
        if not self._bits:
            return ""
        try:
            parsed = ip_address(address)
        except ValueError:
            return ""
        number = int(parsed)
        for version, bits in self._bits:
            if version == parsed.version:
                shift = parsed.max_prefixlen - bits
                found = self._by_bits[version, bits].get(number >> shift)
                if found is not None:
                    return found
        return ""

    def _add(self, words: list[str], count: int) -> None:
        try:
            network, number = ip_network(words[0], strict=False), words[1].upper().lstrip("AS")
        except (ValueError, IndexError):
            number = ""
        if not number.isdigit():
            raise ValueError(f"line {count} is no network with a number: {' '.join(words)[:60]!r}")
        shift = network.max_prefixlen - network.prefixlen
        table = self._by_bits.setdefault((network.version, network.prefixlen), {})
        table[int(network.network_address) >> shift] = number
