"""Time that passes only when a test says so."""


class FakeClock:
    """Implements ports.Clock. Both times go on together; only `wall` may jump by itself."""

    def __init__(self, wall_seconds: float = 1_800_000_000.0) -> None:
        self.wall_seconds = wall_seconds
        self.monotonic_seconds = 1000.0
        self.boot_name = "boot-1"

    def wall(self) -> float:
        return self.wall_seconds

    def monotonic(self) -> float:
        return self.monotonic_seconds

    def boot(self) -> float:
        return self.monotonic_seconds

    def boot_id(self) -> str:
        return self.boot_name

    def restart_machine(self, off_seconds: float) -> None:
        """The machine is off for a while, and counts its seconds anew."""
        self.wall_seconds += off_seconds
        self.monotonic_seconds = 10.0
        self.boot_name += "+1"

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        assert seconds >= 0
        self.wall_seconds += seconds
        self.monotonic_seconds += seconds
