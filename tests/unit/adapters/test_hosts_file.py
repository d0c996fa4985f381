"""The machine's own list of names."""

import os
from pathlib import Path

from fakes.fake_clock import FakeClock
from katharion.adapters.hosts_file import LOOK_SECONDS, HostsFile

TEXT = """
# a comment
127.0.0.1 localhost
192.0.2.1\tMail.example mail # its name
2001:DB8::1 mail.example
nonsense mail.example
"""


def test_names(tmp_path: Path) -> None:
    (tmp_path / "hosts").write_text(TEXT)
    hosts = HostsFile(tmp_path / "hosts", FakeClock())
    assert hosts.addresses("MAIL.example") == ("192.0.2.1", "2001:db8::1")
    assert hosts.addresses("localhost") == ("127.0.0.1",)
    assert hosts.addresses("nobody") == ()


def test_a_change_is_seen(tmp_path: Path) -> None:
    path, clock = tmp_path / "hosts", FakeClock()
    hosts = HostsFile(path, clock)
    assert hosts.addresses("a") == ()
    path.write_text("192.0.2.1 a\n")
    assert hosts.addresses("a") == ()
    clock.advance(LOOK_SECONDS)
    assert hosts.addresses("a") == ("192.0.2.1",)
    path.write_text("192.0.2.2 a\n")
    os.utime(path, (1, 1))
    clock.advance(LOOK_SECONDS)
    assert hosts.addresses("a") == ("192.0.2.2",)
    path.unlink()
    clock.advance(LOOK_SECONDS)
    assert hosts.addresses("a") == ()
