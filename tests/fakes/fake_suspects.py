"""Messages whose judgement ended a process, in memory: a death is what a test calls one."""


class FakeSuspects:
    """Implements ports.Suspects for one process; `deaths` may be shared by several."""

    def __init__(self, deaths: dict[bytes, int] | None = None) -> None:
        self.deaths: dict[bytes, int] = {} if deaths is None else deaths
        self.judged: dict[int, bytes] = {}
        self._count = 0

    def enter(self, fingerprint: bytes) -> int:
        self._count += 1
        self.judged[self._count] = fingerprint
        return self._count

    def leave(self, slot: int) -> None:
        del self.judged[slot]

    def deaths_count(self, fingerprint: bytes) -> int:
        return self.deaths.get(fingerprint, 0)

    def die(self) -> None:
        """The process is killed."""
        for fingerprint in self.judged.values():
            self.deaths[fingerprint] = self.deaths.get(fingerprint, 0) + 1
        self.judged.clear()
