"""Where in a TOML text a key stands."""

from katharion.config.lines import index_lines, line_of

TEXT = """\
# comment
hostname = "a"

[listeners.public] # another
port = 25
[domains."example.org"]
route = "x"
policies.gold = 1
"""


def test_every_key_has_its_line() -> None:
    lines = index_lines(TEXT)
    assert lines["hostname",] == 2
    assert lines["listeners", "public"] == 4
    assert lines["listeners", "public", "port"] == 5
    assert lines["domains", "example.org", "route"] == 7
    assert lines["domains", "example.org", "policies", "gold"] == 8


def test_what_is_missing_points_at_what_is_above() -> None:
    lines = index_lines(TEXT)
    assert line_of(lines, ("listeners", "public", "starttls")) == 4
    assert line_of(lines, ("nothing",)) is None
