"""What of a new configuration a running node can't take: said at once, nothing half done."""

from katharion.config.load import ConfigError
from katharion.config.options import Config


def check_change(old: Config, new: Config) -> None:
    """ConfigError, with a sentence for each option that needs a stop and a start."""
    pairs = [
        ("store", old.store, new.store),
        ("runtime", old.runtime, new.runtime),
        ("supervisor.filters", old.supervisor.slots, new.supervisor.slots),
    ]
    problems = [
        f"{name}: from {before} to {after} needs a stop and a start."
        for name, before, after in pairs
        if before != after
    ]
    if problems:
        raise ConfigError(problems)
