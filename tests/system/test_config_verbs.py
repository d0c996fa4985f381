"""`katharion config` as a person uses it: mistakes with their lines, an example that is true."""

import subprocess
import sys
from pathlib import Path

import pytest

from katharion.config.example import example
from katharion.config.load import ConfigError, parse

ROOT = Path(__file__).parents[2]
GOOD = """\
hostname = "mx.example.org"
[listeners.public]
port = 2525
[routes.office]
next_hops = ["127.0.0.1:2600"]
[domains."example.org"]
route = "office"
recipients = ["alice"]
"""

# What is changed in GOOD, and what is then said: the line, the path, some words.
MISTAKES = [
    ('hostname = "mx.example.org"', 'hostnam = "x.org"', ["1: hostnam", "Is it 'hostname'?"]),
    ('hostname = "mx.example.org"', 'hostname = "mx"', ["1: hostname", "no full host name"]),
    ("port = 2525", "port = 99999", ["3: listeners.public.port", "65535"]),
    ("port = 2525", 'port = "25"', ["3: listeners.public.port", "Expected `int`"]),
    ("port = 2525", 'address = "here"', ["3: listeners.public.address", "no IPv4 or IPv6"]),
    ("port = 2525", 'proxy_from = ["x"]', ["3: listeners.public.proxy_from", "no network"]),
    ('["127.0.0.1:2600"]', "[]", ["4: routes.office", "needs next_hops"]),
    ('"127.0.0.1:2600"', '"a:b:c"', ["5: routes.office.next_hops", "is no server"]),
    ('route = "office"', 'route = "home"', ["7: domains.example.org.route", "no route 'home'"]),
    ('recipients = ["alice"]', "", ["6: domains.example.org.recipients", "needed"]),
    ('recipients = ["alice"]', "recipients = 3", ["8: domains.example.org.recipients"]),
    ("[routes.office]", "[routes.office", ["not TOML"]),
]


@pytest.mark.parametrize(("old", "new", "said"), MISTAKES, ids=[m[1] for m in MISTAKES])
def test_a_mistake_is_named_with_its_line(old: str, new: str, said: list[str]) -> None:
    assert old in GOOD
    with pytest.raises(ConfigError) as caught:
        parse(GOOD.replace(old, new))
    for words in said:
        assert words in str(caught.value)


def test_all_mistakes_at_once() -> None:
    """Of shape and of meaning: a key that is unknown, a server that is none, no such route."""
    text = GOOD.replace("port = 2525", "prt = 1").replace("127.0.0.1:2600", "x:y")
    with pytest.raises(ConfigError) as caught:
        parse(text.replace('route = "office"', 'route = "home"'))
    said = "\n".join(caught.value.problems)
    assert len(caught.value.problems) == 3
    assert "prt" in said
    assert "'x:y' is no server" in said
    assert "no route 'home'" in said


def test_what_is_good_is_taken() -> None:
    assert parse(GOOD).snapshot.domains["example.org"].route.next_hops[0].port == 2600


def test_example_is_up_to_date_and_good() -> None:
    text = (ROOT / "katharion.example.toml").read_text()
    assert text == example(), "run: katharion config example > katharion.example.toml"
    parse(text)


def test_example_names_every_option() -> None:
    text = example()
    for word in ("message_size_bytes_max", "retry_seconds", "journal_bytes_max", "filters"):
        assert f"{word} = " in text


def katharion(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "katharion", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)


def test_check_says_good_or_all_that_is_wrong(tmp_path: Path) -> None:
    file = tmp_path / "k.toml"
    file.write_text(GOOD)
    assert katharion("config", "check", str(file)).returncode == 0
    file.write_text(GOOD.replace("port = 2525", "port = 0x1ffff"))
    bad = katharion("config", "check", str(file))
    assert bad.returncode == 2
    assert f"{file}:3: listeners.public.port" in bad.stderr
    assert katharion("config", "check", str(tmp_path / "none.toml")).returncode == 2


def test_show_prints_what_is_in_force(tmp_path: Path) -> None:
    file = tmp_path / "k.toml"
    file.write_text(GOOD)
    shown = katharion("config", "show", str(file))
    assert "queue.expiry_days = 5.0" in shown.stdout
    assert "listeners.public.port = 2525" in shown.stdout
