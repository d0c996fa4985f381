"""When a server is out, and how long it is waited for."""

from katharion.adapters.dns_health import (
    PATIENCE_SECONDS_MAX,
    PATIENCE_SECONDS_MIN,
    SILENCES_COUNT_MAX,
    Health,
)


def test_silent_several_times_in_a_row_is_out_until_it_speaks() -> None:
    health = Health()
    for _ in range(SILENCES_COUNT_MAX - 1):
        health.was_silent()
    health.answered(0.01)
    for _ in range(SILENCES_COUNT_MAX):
        assert not health.is_out
        health.was_silent()
    assert health.is_out
    health.answered(0.01)
    assert not health.is_out


def test_patience_follows_what_is_usual_within_bounds() -> None:
    health = Health()
    for _ in range(50):
        health.answered(0.0001)
    assert health.patience_seconds == PATIENCE_SECONDS_MIN
    for _ in range(50):
        health.answered(0.1)
    assert 0.39 < health.patience_seconds < 0.41
    for _ in range(50):
        health.answered(5.0)
    assert health.patience_seconds == PATIENCE_SECONDS_MAX
