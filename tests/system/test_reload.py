"""A node whose configuration changes: the right is taken hitlessly, the wrong never."""

import os
import signal
import smtplib
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from fixtures.fix_node import Node, Plan
from fixtures.fix_ports import free_port, greets, wait_until

NOWHERE = ("127.0.0.1:9",)
HEARD_SECONDS = 1.5  # A reload that were taken would have been by then.


@pytest.fixture
def here(node: Callable[[Plan], Node]) -> Node:
    return node(Plan(next_hops=NOWHERE))


def change(here: Node, old: str, new: str) -> None:
    text = here.config.read_text()
    assert old in text
    here.config.write_text(text.replace(old, new))


def reload(here: Node) -> None:
    os.kill(here.pid, signal.SIGHUP)


def wait_for_another(here: Node, old: int) -> None:
    def is_another() -> bool:
        try:
            return here.pid_of("filter-00") != old
        except (OSError, ValueError, IndexError):
            return False

    wait_until(is_another, 15, "another filter")


def test_a_renamed_listener_keeps_its_socket(here: Node) -> None:
    old = here.pid_of("filter-00")
    change(here, "[listeners.public]", "[listeners.outside]")
    reload(here)
    wait_for_another(here, old)
    wait_until(lambda: greets(here.port), 10, "a greeting")


def test_a_listener_moves_to_another_port(here: Node) -> None:
    old, port = here.pid_of("filter-00"), free_port()
    change(here, f"port = {here.port}", f"port = {port}")
    reload(here)
    wait_for_another(here, old)
    wait_until(lambda: greets(port), 10, "a greeting at the new port")
    with pytest.raises(ConnectionRefusedError):
        smtplib.SMTP("127.0.0.1", here.port, timeout=2)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("[listeners.public]", "[listeners.public", "not TOML"),
        ("[limits]", '[tls]\ncertificate = "{file}"\nkey = "{file}"\n[limits]', "PEM files"),
        ('address = "127.0.0.1"', 'address = "192.0.2.1"', "address of this machine"),
        ("filters = 1", "filters = 2", "needs a stop and a start"),
    ],
)
def test_what_can_not_be_used_is_never_applied(here: Node, old: str, new: str, said: str) -> None:
    """Not at the reload, and not when a filter dies afterwards."""
    first = here.pid_of("filter-00")
    change(here, old, new.replace("{file}", str(here.config)))
    reload(here)
    time.sleep(HEARD_SECONDS)
    assert here.pid_of("filter-00") == first
    assert said in here.log()
    os.kill(first, signal.SIGKILL)
    wait_for_another(here, first)
    assert greets(here.port)


def test_a_file_that_is_being_edited_is_not_read_by_a_new_filter(here: Node) -> None:
    first = here.pid_of("filter-00")
    here.config.write_text("half of a line")
    os.kill(first, signal.SIGKILL)
    wait_for_another(here, first)
    assert greets(here.port)


def test_filters_are_replaced_one_by_one(node: Callable[[Plan], Node]) -> None:
    """While one drains, held up by a slow sender, another greets."""
    here = node(Plan(next_hops=NOWHERE, filters=2))
    slow = [in_content(here) for _ in range(12)]  # Enough that each filter has some.
    change(here, 'recipients = "all"', 'recipients = ["alice"]')
    reload(here)
    wait_until(lambda: '"replaced"' in here.log(), 10, "the first is told to go")
    assert any(greets(here.port) for _ in range(8))
    assert here.log().count('"event": "replaced"') == 1
    for session in slow:
        session.close()
    wait_until(lambda: here.log().count('"event": "replaced"') == 3, 20, "all three in turn")


def in_content(here: Node) -> smtplib.SMTP:
    session = smtplib.SMTP("127.0.0.1", here.port, "mail.sender.example", timeout=20)
    session.ehlo()
    session.mail("dora@sender.example")
    session.rcpt("alice@customer.example")
    session.docmd("DATA")
    return session


def test_a_successor_brings_what_was_changed_meanwhile(node: Callable[[Plan], Node]) -> None:
    here = node(Plan(next_hops=NOWHERE, filters=2))
    old, too_many = here.pid_of("filter-00"), here.pid_of("filter-01")
    here.kill("supervisor")
    change(here, "filters = 2", "filters = 1")
    here.start()
    wait_for_another(here, old)
    wait_until(lambda: not Path(f"/proc/{too_many}").exists(), 10, "the second is ended")
    wait_until(lambda: greets(here.port), 10, "a greeting")
    assert all(greets(here.port) for _ in range(8)), "no socket is left that nobody serves"


def test_a_filter_that_hangs_does_not_keep_a_successor_out(here: Node) -> None:
    hanging = here.pid_of("filter-00")
    os.kill(hanging, signal.SIGSTOP)
    here.kill("supervisor")
    here.start()
    assert here.pid_of("filter-00") != hanging


def test_a_tracking_store_that_is_away_stops_nothing(here: Node) -> None:
    for path in here.store.glob("tracking.db*"):
        path.unlink()
    (here.store / "tracking.db").mkdir()
    wait_until(lambda: "tracking store is away" in here.log(), 10, "it is said")
    time.sleep(HEARD_SECONDS)
    assert here.log().count("tracking store is away") == 1, "once"
    first = here.pid_of("filter-00")
    os.kill(first, signal.SIGKILL)
    wait_for_another(here, first)
    assert greets(here.port), "the supervisor still does its work"


def test_the_runtime_folder_is_ours_alone(here: Node) -> None:
    for name in ("accepted.toml", "filter-00.sock", "filter-00.fds"):
        assert (here.runtime / name).stat().st_mode & 0o077 == 0
