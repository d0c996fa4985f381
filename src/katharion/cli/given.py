"""What many verbs are given: the configuration, and a way to end with one sentence."""

import sys
from pathlib import Path
from typing import NoReturn

import click

from katharion.config.load import ConfigError, Loaded, load

DEFAULT_CONFIG = "/etc/katharion/katharion.toml"

config_option = click.option(
    "--config",
    "config_path",
    type=click.Path(path_type=Path),
    envvar="KATHARION_CONFIG",
    default=DEFAULT_CONFIG,
    show_default=True,
    help="The node's configuration file.",
)
json_option = click.option("--json", "is_json", is_flag=True, help="Print JSON.")


def load_or_exit(config_path: Path) -> Loaded:
    """The configuration; all that is wrong with it, and exit status 2."""
    try:
        return load(config_path)
    except ConfigError as error:
        for problem in error.problems:
            print(problem, file=sys.stderr)
        sys.exit(2)


def end(sentence: str, status: int = 2) -> NoReturn:
    """Say what is wrong and what to do, and end."""
    print(f"katharion: {sentence}", file=sys.stderr)
    sys.exit(status)
