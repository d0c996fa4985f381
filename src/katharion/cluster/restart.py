"""When to start a process again that has died: at once, then later and later."""

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
