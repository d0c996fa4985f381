"""swaks, the postmaster's own tool, as the sender."""

import shutil
import subprocess
from collections.abc import Callable

import pytest

from fixtures.fix_letters import letter, trace_of, without_trace
from fixtures.fix_node import Node, Plan
from fixtures.fix_sink import MailBox

pytestmark = pytest.mark.skipif(
    shutil.which("swaks") is None, reason="swaks is not installed (scripts/packages installs it)"
)

BODY = b"Gr\xc3\xbc\xc3\x9fe.\r\n.a dot\r\n..two\r\n" + b"x" * 990 + b"\r\n"


def swaks(port: int, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            *(
                "swaks",
                "--server",
                "127.0.0.1",
                "--port",
                str(port),
                "--helo",
                "mail.sender.example",
            ),
            *("--from", "dora@sender.example", "--to", "alice@customer.example"),
            *options,
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        errors="replace",
    )


@pytest.mark.parametrize(
    "options",
    [
        pytest.param((), id="plain"),
        pytest.param(("--pipeline",), id="pipelining"),
        pytest.param(("--tls",), id="starttls"),
        pytest.param(("--tls", "--pipeline"), id="starttls and pipelining"),
        pytest.param(("--protocol", "SMTP"), id="HELO"),
    ],
)
def test_swaks_brings_8bit_mail(
    node: Callable[[Plan], Node],
    mail_box: MailBox,
    tmp_path_factory: pytest.TempPathFactory,
    options: tuple[str, ...],
) -> None:
    here = node(Plan(next_hops=(f"127.0.0.1:{mail_box.port}",)))
    sent = letter("by swaks", BODY)
    path = tmp_path_factory.mktemp("swaks") / "letter"
    path.write_bytes(sent.replace(b"\r\n", b"\n"))
    result = swaks(here.port, "--data", f"@{path}", *options)
    assert result.returncode == 0, result.stdout + result.stderr
    assert without_trace(mail_box.wait_for(1)[0].content).rstrip() == sent.rstrip()


@pytest.mark.parametrize("version", ["1", "2"])
def test_proxy_header_tells_the_client(
    node: Callable[[Plan], Node], mail_box: MailBox, version: str
) -> None:
    here = node(Plan(next_hops=(f"127.0.0.1:{mail_box.port}",), is_proxied=True))
    proxy = (
        *("--proxy-version", version, "--proxy-family", "TCP4" if version == "1" else "AF_INET"),
        *(("--proxy-protocol", "STREAM") if version == "2" else ()),
        *("--proxy-source", "192.0.2.77", "--proxy-source-port", "4711"),
        *("--proxy-dest", "192.0.2.1", "--proxy-dest-port", "25"),
    )
    result = swaks(here.port, *proxy)
    assert result.returncode == 0, result.stdout + result.stderr
    assert b"[192.0.2.77]" in trace_of(mail_box.wait_for(1)[0].content)


def test_unknown_recipient_is_refused(node: Callable[[Plan], Node], mail_box: MailBox) -> None:
    here = node(Plan(next_hops=(f"127.0.0.1:{mail_box.port}",), recipients='["alice"]'))
    result = swaks(here.port, "--to", "nobody@customer.example")
    assert "550 5.1.1" in result.stdout
    assert result.returncode == 24  # swaks: no recipient was accepted.
    assert not mail_box.letters
