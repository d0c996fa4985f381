"""Moments as people write them: how long ago (15m, 2h), or a date and time (UTC)."""

import re
from datetime import UTC, datetime

_AGO = re.compile(r"(\d{1,9})([smhd])\Z")
_UNIT_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def ago_seconds(text: str) -> int | None:
    """The seconds that "15m" means; None where it is no such thing."""
    found = _AGO.match(text)
    return int(found[1]) * _UNIT_SECONDS[found[2]] if found else None


def moment_of(text: str) -> float | None:
    """The seconds since the epoch of an ISO date or time; None where it is none."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
