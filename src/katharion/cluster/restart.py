"""When to start a process again that has died, and which to replace after a reload."""

from collections.abc import Mapping

DEATHS_WINDOW_SECONDS = 120.0
FIRST_DELAY_SECONDS = 0.25
DELAY_SECONDS_MAX = 30.0


def restart_delay(deaths: tuple[float, ...], now: float) -> float:
    """Seconds to wait, where the process died at `deaths` (the last is the newest).

    A first death is followed by a start at once: whoever waits for the process should not
    wait for us.
    """
    recent = [at for at in deaths if now - at < DEATHS_WINDOW_SECONDS]
    if len(recent) <= 1:
        return 0.0
    return min(FIRST_DELAY_SECONDS * 2.0 ** (len(recent) - 2), DELAY_SECONDS_MAX)


def whom_to_replace(running: Mapping[str, str | None], wanted: str) -> str | None:
    """The next process to end, so that its successor runs the configuration `wanted`.

    `running`: what each says that it runs; None where it has not said so yet. While one is
    on its way nobody else leaves: so a configuration that a process can't start with stops
    at the first, and the others serve on.
    """
    if None in running.values():
        return None
    return next((name for name, config in running.items() if config != wanted), None)
