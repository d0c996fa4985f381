"""The example that is made from the options."""

import re
import tomllib

from katharion.config.example import example
from katharion.config.load import parse


def test_example_is_a_configuration() -> None:
    assert parse(example()).config.hostname == "mx1.example.org"


def test_all_of_it_uncommented_is_one_too() -> None:
    """Each commented line is a default that can be written down."""
    lines = [
        line.removeprefix("# ") if re.match(r"# [a-z_0-9]+ = ", line) else line
        for line in example().splitlines()
    ]
    data = tomllib.loads("\n".join(line for line in lines if not line.startswith("#")))
    assert data["queue"]["expiry_days"] == 5
    assert data["listeners"]["public"]["proxy_from"] == []
