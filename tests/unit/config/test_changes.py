"""What of a new configuration a running node takes, and what it does not."""

import pytest

from katharion.config.changes import check_change
from katharion.config.load import ConfigError, parse

HEAD = 'hostname = "mx.example.org"\n'
OLD = parse(f"{HEAD}[supervisor]\nfilters = 1\n").config


@pytest.mark.parametrize("text", ["[listeners.public]\nport = 26\n", "[queue]\n", ""])
def test_a_reload_will_do(text: str) -> None:
    check_change(OLD, parse(f"{HEAD}{text}[supervisor]\nfilters = 1\n").config)


def test_all_that_needs_a_start_is_named() -> None:
    text = f'store = "/a"\nruntime = "/b"\n{HEAD}[supervisor]\nfilters = 3\n'
    with pytest.raises(ConfigError) as caught:
        check_change(OLD, parse(text).config)
    assert [p.partition(":")[0] for p in caught.value.problems] == [
        "store",
        "runtime",
        "supervisor.filters",
    ]
