"""SpamAssassin as a peer: Debian's rules and settings, `-L`, Bayes trained through spamd.

Nothing is learned but what it is told, and nothing expires; else its defaults.
"""

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from accuracy.corpus import Mail
from accuracy.daemons import folder_for, give, running
from accuracy.filters import Band, Filter, Kind, Score
from accuracy.packages import version
from bench.tree import cpu_seconds

CHILDREN = 2
ANSWER_SECONDS_MAX = 300.0
LEARN_SECONDS_MAX = 1800.0
OWNER = "nobody"
SETTINGS = """\
use_bayes 1
bayes_path {folder}/bayes/bayes
bayes_auto_learn 0
bayes_auto_expire 0
"""


class SpamAssassin:
    """spamd on a socket of its own."""

    def __init__(self, folder: Path, pid: int) -> None:
        self._folder = folder
        self._pid = pid

    def learn(self, mails: Sequence[Mail]) -> None:
        """Many through sa-learn, a few through spamd."""
        if len(mails) <= CHILDREN:
            for mail in mails:
                kind = "spam" if mail.is_spam else "ham"
                self._ask("TELL", mail, f"Message-class: {kind}", "Set: local")
            return
        for option, is_spam in (("--spam", True), ("--ham", False)):
            names = self._folder / "names"
            names.write_text("".join(f"{m.path}\n" for m in mails if m.is_spam == is_spam))
            site = f"--siteconfigpath={self._folder}/etc"
            command = ["sa-learn", site, "-L", "--no-sync", option, "-f", str(names)]
            self._finish(command)
        self._finish(["sa-learn", f"--siteconfigpath={self._folder}/etc", "--sync"])
        give(self._folder / "bayes", OWNER)

    def judge(self, mails: Sequence[Mail]) -> list[Score]:
        with ThreadPoolExecutor(CHILDREN) as pool:
            return list(pool.map(lambda mail: parsed(self._ask("CHECK", mail)), mails))

    def cpu_seconds(self) -> float:
        return cpu_seconds(self._pid)

    def _finish(self, command: Sequence[str]) -> None:
        done = subprocess.run(
            command, capture_output=True, timeout=LEARN_SECONDS_MAX, check=False, text=True
        )
        assert done.returncode == 0, f"sa-learn: {done.stderr[-500:]}"

    def _ask(self, verb: str, mail: Mail, *fields: str) -> str:
        content = mail.path.read_bytes()
        head = "\r\n".join((f"{verb} SPAMC/1.5", f"Content-length: {len(content)}", *fields))
        with socket.socket(socket.AF_UNIX) as peer:
            peer.settimeout(ANSWER_SECONDS_MAX)
            peer.connect(str(socket_of(self._folder)))
            peer.sendall(head.encode() + b"\r\n\r\n" + content)
            peer.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: peer.recv(65536), b"")).decode("latin-1")


def parsed(answer: str) -> Score:
    """The score in `Spam: True ; 7.2 / 5.0`."""
    assert answer.startswith("SPAMD/"), f"spamd: {answer[:200]!r}"
    line = next(line for line in answer.splitlines() if line.startswith("Spam:"))
    verdict, _, figures = line.removeprefix("Spam:").partition(";")
    value = float(figures.partition("/")[0])
    return Score(value, Band.HELD if verdict.strip() == "True" else Band.PASSED)


def socket_of(folder: Path) -> Path:
    return folder / "spamd.sock"


@contextmanager
def _opened() -> Iterator[Filter]:
    with folder_for("spamassassin", OWNER) as folder:
        # With Debian's own: without its .pre files no plug-in would be loaded, Bayes among them.
        shutil.copytree("/etc/spamassassin", folder / "etc")
        (folder / "bayes").mkdir()
        (folder / "etc" / "zz_accuracy.cf").write_text(SETTINGS.format(folder=folder))
        give(folder, OWNER)
        options = ["-L", "-x", "--allow-tell", f"--max-children={CHILDREN}", "-s", "stderr"]
        options += [f"--min-children={CHILDREN}", f"--siteconfigpath={folder}/etc"]
        options += [f"--socketpath={socket_of(folder)}", f"--helper-home-dir={folder}"]
        options += [f"--pidfile={folder}/pid"] + (["-u", OWNER] if os.geteuid() == 0 else [])
        command = ["spamd", *options]
        with running(command, folder / "log", lambda: _pings(folder)) as child:
            yield SpamAssassin(folder, child.pid)


def _pings(folder: Path) -> bool:
    try:
        with socket.socket(socket.AF_UNIX) as peer:
            peer.settimeout(ANSWER_SECONDS_MAX)
            peer.connect(str(socket_of(folder)))
            peer.sendall(b"PING SPAMC/1.2\r\n\r\n")
            return b"PONG" in peer.recv(100)
    except OSError:
        return False


KIND = Kind(
    "SpamAssassin", version("spamd") and version("spamassassin"), _opened, SETTINGS, is_slow=True
)
