"""The operator's table of autonomous systems, read from its file."""

from pathlib import Path

from katharion.sources.systems import Systems


class SystemsFileError(Exception):
    """The file can't be used; says why and what to do, for people."""


def read_systems(path: str) -> Systems:
    """The table; an empty one where no file is named."""
    if not path:
        return Systems(())
    try:
        with Path(path).open(encoding="utf-8", errors="replace") as lines:
            return Systems(lines)
    except OSError as error:
        raise SystemsFileError(
            f"sources.systems_file: {path} can't be read ({error.strerror})."
        ) from error
    except ValueError as error:
        raise SystemsFileError(
            f'sources.systems_file: {path}: {error}; wanted is "192.0.2.0/24 64500 Example".'
        ) from error
