"""`katharion doctor` on machines that are well, and on some that are not."""

import json
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from fixtures.fix_node import Node, Plan
from fixtures.fix_ports import free_port
from fixtures.fix_sink import MailBox
from katharion.adapters.tls_server import self_signed

NO_DNS = '[resolver]\nservers = ["127.0.0.1:9"]\n'


def doctor(config: Path) -> tuple[int, dict[str, str]]:
    """Its exit status, and each state by what was looked at."""
    done = subprocess.run(
        [sys.executable, "-m", "katharion", "doctor", "--json", "--config", str(config)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    checks = json.loads(done.stdout) if done.stdout else []
    return done.returncode, {check["what"]: check["state"] for check in checks}


def configured(folder: Path, more: str, port: int = 0) -> Path:
    file = folder / "k.toml"
    file.write_text(
        'hostname = "mx.example.org"\n'
        f'store = "{folder}/store"\nruntime = "{folder}/run"\n'
        f'[listeners.public]\naddress = "127.0.0.1"\nport = {port or free_port()}\n'
        f"{NO_DNS}{more}"
    )
    return file


def state_of(checks: dict[str, str], words: str) -> str:
    (state,) = {state for what, state in checks.items() if words in what}
    return state


def test_a_node_that_runs_is_well(node: Callable[[Plan], Node], mail_box: MailBox) -> None:
    here = node(Plan(next_hops=(f"127.0.0.1:{mail_box.port}",), extra=NO_DNS))
    status, checks = doctor(here.config)
    assert status == 0, {k: v for k, v in checks.items() if v != "ok"}
    assert state_of(checks, "is served") == "ok"
    assert state_of(checks, "spool-00.db: schema") == "ok"
    assert state_of(checks, "routes.customer") == "ok"
    assert state_of(checks, "DNS gives no answer") == "warn"


@pytest.mark.parametrize(
    ("more", "words", "state"),
    [
        ('[routes.r]\nnext_hops = ["127.0.0.1:9"]\n', "routes.r: 127.0.0.1:9", "wrong"),
        ('[tls]\ncertificate = "{c}"\nkey = "{k}"\n', "lasts", "ok"),
        ('[tls]\ncertificate = "{none}"\nkey = "{k}"\n', "can't be used", "wrong"),
        ("[edge]\nconnections_count_max = 100000000\n", "open files", "warn"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, more: str, words: str, state: str) -> None:
    certificate, key = self_signed(tmp_path, "mx.example.org")
    files = more.replace("{c}", str(certificate)).replace("{k}", str(key))
    files = files.replace("{none}", str(tmp_path / "none.pem"))
    status, checks = doctor(configured(tmp_path, files))
    assert state_of(checks, words) == state
    assert status == (1 if state == "wrong" else 0), checks


def test_a_port_of_another_program_is_wrong_also_where_we_once_ran(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run/filter-00.pid").write_text("4194304 1\n")  # Of a process long gone.
    with socket.create_server(("127.0.0.1", 0)) as other:
        status, checks = doctor(configured(tmp_path, "", other.getsockname()[1]))
    assert (status, state_of(checks, "is in use")) == (1, "wrong")


def test_a_configuration_that_is_bad_is_unusable(tmp_path: Path) -> None:
    assert doctor(tmp_path / "none.toml") == (2, {})
