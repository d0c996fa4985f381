"""A real node: started, stopped, killed in parts, refused with a sentence."""

import os
import signal
import smtplib
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from fixtures.fix_letters import letter
from fixtures.fix_load import Load
from fixtures.fix_node import Node, Plan
from fixtures.fix_ports import free_port, wait_until
from fixtures.fix_sink import MailBox
from katharion.adapters.clock import SystemClock

CLOCK = SystemClock()
FROM, ALICE = "dora@sender.example", "alice@customer.example"


def send(here: Node, subject: str) -> None:
    with smtplib.SMTP("127.0.0.1", here.port, "mail.sender.example", timeout=20) as session:
        session.sendmail(FROM, [ALICE], letter(subject))


@pytest.fixture
def here(node: Callable[[Plan], Node], mail_box: MailBox) -> Node:
    return node(Plan(next_hops=(f"127.0.0.1:{mail_box.port}",)))


def test_a_killed_filter_is_back_within_two_seconds(here: Node, mail_box: MailBox) -> None:
    old = here.pid_of("filter-00")
    os.kill(old, signal.SIGKILL)
    began_at = CLOCK.monotonic()
    send(here, "while it starts again")  # The connection waits in the supervisor's socket.
    assert CLOCK.monotonic() - began_at < 2
    assert here.pid_of("filter-00") != old
    assert mail_box.wait_for(1)


def test_a_killed_supervisor_refuses_nobody_and_is_succeeded(here: Node, mail_box: MailBox) -> None:
    filters = here.pid_of("filter-00")
    here.kill("supervisor")
    send(here, "without a supervisor")
    here.start()
    send(here, "with its successor")
    assert here.pid_of("filter-00") == filters, "adopted, not replaced"
    os.kill(filters, signal.SIGKILL)
    send(here, "by a filter on the sockets that were given back")
    assert len(mail_box.wait_for(3)) == 3


def test_stop_finishes_what_is_in_flight(here: Node, mail_box: MailBox) -> None:
    busy = smtplib.SMTP("127.0.0.1", here.port, "mail.sender.example", timeout=20)
    idle = smtplib.SMTP("127.0.0.1", here.port, "mail.sender.example", timeout=20)
    idle.ehlo()
    busy.ehlo()
    busy.mail(FROM)
    busy.rcpt(ALICE)
    busy.docmd("DATA")
    supervisor = here.pid_of("supervisor")
    os.kill(supervisor, signal.SIGTERM)
    assert idle.getreply()[0] == 421
    busy.send(letter("in flight") + b".\r\n")
    assert busy.getreply()[0] == 250
    assert busy.getreply()[0] == 421, "and only then goodbye"
    assert mail_box.wait_for(1)
    wait_until(lambda: not Path(f"/proc/{supervisor}").exists() or _is_zombie(supervisor), 10)
    idle.close()
    busy.close()


def _is_zombie(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"


def test_stop_lets_the_queue_note_what_it_has_done(
    node: Callable[[Plan], Node], mail_box: MailBox
) -> None:
    """The queue's deliveries are written by the filters' processes: these go last.

    Else what the next hop took just now is sent once more after the next start.
    """
    mail_box.stop()
    here = node(
        Plan(
            next_hops=(f"127.0.0.1:{mail_box.port}",),
            extra="[queue]\nretry_seconds = [1]\nbackoff_seconds_max = 1",
        )
    )
    count = 300
    Load(here.port, count).run({})
    mail_box.start()
    mail_box.wait_for(20)  # It is in the middle of it.
    began_at = CLOCK.monotonic()
    os.kill(here.pid, signal.SIGTERM)
    wait_until(lambda: here.has_ended, 60, "the node stops")
    assert CLOCK.monotonic() - began_at < 10
    delivered = here.rows("SELECT count(*) FROM held_recipient WHERE state = 'delivered'")
    assert sum(int(str(row[0])) for row in delivered) == len(mail_box.letters)
    assert '"killed"' not in here.log()


def test_a_hanging_filter_is_killed(node: Callable[[Plan], Node], mail_box: MailBox) -> None:
    here = node(
        Plan(next_hops=(f"127.0.0.1:{mail_box.port}",), supervisor="tick_seconds_max = 2"),
    )
    old = here.pid_of("filter-00")
    os.kill(old, signal.SIGSTOP)
    wait_until(lambda: _pid_or_none(here) not in (None, old), 15, "another filter")
    send(here, "after the hang")
    assert mail_box.wait_for(1)


def _pid_or_none(here: Node) -> int | None:
    try:
        return here.pid_of("filter-00")
    except (OSError, ValueError, IndexError):
        return None


def test_reload_takes_a_good_configuration_and_refuses_a_bad_one(
    here: Node, mail_box: MailBox
) -> None:
    supervisor, old = here.pid_of("supervisor"), here.pid_of("filter-00")
    good = here.config.read_text()
    here.config.write_text("nonsense = [")
    os.kill(supervisor, signal.SIGHUP)
    time.sleep(0.5)
    assert here.pid_of("filter-00") == old
    here.config.write_text(good.replace('recipients = "all"', 'recipients = ["alice"]'))
    os.kill(supervisor, signal.SIGHUP)
    wait_until(lambda: _pid_or_none(here) not in (None, old), 15, "a filter with it")
    with smtplib.SMTP("127.0.0.1", here.port, "mail.sender.example", timeout=20) as session:
        session.ehlo()
        session.mail(FROM)
        assert session.rcpt("bob@customer.example")[0] == 550
        assert session.rcpt(ALICE)[0] == 250
    send(here, "after the reload")
    assert mail_box.wait_for(1)


def up(config: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "katharion", "up", "--config", str(config)]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)


def configured(folder: Path, **changed: object) -> Path:
    given = {"store": folder / "store", "runtime": folder / "run", "port": free_port(), **changed}
    config = folder / "k.toml"
    config.write_text(
        'hostname = "mx.example.org"\n'
        f'store = "{given["store"]}"\nruntime = "{given["runtime"]}"\n'
        f'[listeners.public]\naddress = "127.0.0.1"\nport = {given["port"]}\n'
        f"{given.get('more', '')}"
    )
    return config


def test_a_port_in_use_is_one_sentence_and_starts_nothing(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = up(configured(tmp_path, port=taken.getsockname()[1]))
    assert done.returncode == 2
    assert "in use by another program" in done.stderr
    assert "Traceback" not in done.stderr
    assert not list((tmp_path / "run").glob("filter-*.pid"))


def test_a_folder_that_can_not_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for option in ("store", "runtime"):
        done = up(configured(tmp_path, **{option: tmp_path / "file" / "below"}))
        assert done.returncode == 2
        assert f"{option} folder" in done.stderr
        assert "Traceback" not in done.stderr


def test_a_second_supervisor_is_refused(here: Node) -> None:
    done = up(here.config)
    assert done.returncode == 2
    assert "runs already" in done.stderr


def test_a_store_of_a_newer_schema_is_refused(tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    with sqlite3.connect(tmp_path / "store/spool-00.db") as db:
        db.execute("CREATE TABLE alembic_version (version_num TEXT)")
        db.execute("INSERT INTO alembic_version VALUES ('spool_9999')")
    done = up(configured(tmp_path))
    assert done.returncode == 2
    assert "spool_9999" in done.stderr
    assert "newer katharion" in done.stderr


def test_a_certificate_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "c.pem").write_text("nonsense")
    files = f'[tls]\ncertificate = "{tmp_path}/c.pem"\nkey = "{tmp_path}/c.pem"\n'
    done = up(configured(tmp_path, more=files))
    assert done.returncode == 2
    assert "PEM files that belong together" in done.stderr


def test_a_filter_loads_only_what_it_needs() -> None:
    program = "import sys, katharion.processes.filter; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert not {b"sqlalchemy", b"alembic", b"dnslib"} & set(done.stdout.split())


def test_a_filter_stays_small(
    node: Callable[[Plan], Node], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As where only what katharion needs is installed: structlog loads rich where it finds it."""
    (tmp_path / "rich.py").write_text("raise ImportError\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    here = node(Plan(next_hops=("127.0.0.1:9",)))
    status = Path(f"/proc/{here.pid_of('filter-00')}/status").read_text()
    kilobytes = {line.split()[0]: line.split()[1] for line in status.splitlines() if "kB" in line}
    # Mapped files (libraries, the model) are in memory once for all filters.
    assert int(kilobytes["RssAnon:"]) < 40 * 1024, kilobytes
    assert int(kilobytes["VmRSS:"]) < 72 * 1024, kilobytes
