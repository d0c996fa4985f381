"""HAProxy before katharion: PROXY protocol version 2 carries the client's address."""

import shutil
import signal
import smtplib
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from fixtures.fix_letters import letter, trace_of
from fixtures.fix_node import Node, Plan
from fixtures.fix_ports import free_port, greets, wait_until
from fixtures.fix_sink import MailBox

CONFIGURATION = """\
defaults
    mode tcp
    timeout connect 5s
    timeout client 60s
    timeout server 60s
frontend mail
    bind 127.0.0.1:{port}
    default_backend filters
backend filters
    server one 127.0.0.1:{filter_port} send-proxy-v2
"""


@pytest.mark.skipif(
    shutil.which("haproxy", path="/usr/sbin:/usr/bin") is None,
    reason="haproxy is not installed (scripts/packages installs it)",
)
def test_the_clients_address_passes_haproxy(
    node: Callable[..., Node], mail_box: MailBox, tmp_path: Path
) -> None:
    here = node(Plan(next_hops=(f"127.0.0.1:{mail_box.port}",), is_proxied=True))
    port = free_port()
    path = tmp_path / "haproxy.cfg"
    path.write_text(CONFIGURATION.format(port=port, filter_port=here.port))
    balancer = subprocess.Popen(["haproxy", "-f", str(path)])
    try:
        wait_until(lambda: greets(port), what="katharion greets through HAProxy")
        source = ("127.0.0.77", 0)
        with smtplib.SMTP(
            "127.0.0.1", port, "mail.sender.example", timeout=20, source_address=source
        ) as session:
            session.sendmail("d@sender.example", ["alice@customer.example"], letter("balanced"))
        assert b"[127.0.0.77]" in trace_of(mail_box.wait_for(1)[0].content)
    finally:
        balancer.send_signal(signal.SIGTERM)
        balancer.wait(10)
