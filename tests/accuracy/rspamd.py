"""Rspamd as a peer: Debian's rules and scores without those that ask the network; Bayes in redis.

Old mail is not judged by its age (DATE_IN_PAST counts nothing), and a score is always the whole
one, also past what is refused.
"""

import http.client
import json
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from accuracy.corpus import Mail
from accuracy.daemons import folder_for, give, running
from accuracy.filters import Band, Filter, Kind, Score
from accuracy.packages import version
from bench.tree import cpu_seconds
from fixtures.fix_ports import free_port

ANSWER_SECONDS_MAX = 60.0
OWNER = "_rspamd"
HELD = frozenset(("add header", "rewrite subject", "reject"))
# Learned; known already; its own condition says that it would learn nothing new.
LEARNED = frozenset((200, 204, 208))
# What asks DNS or another host, or remembers senders from message to message.
NETWORK = (
    *("antivirus", "arc", "asn", "dkim", "dkim_signing", "dmarc", "fuzzy_check", "greylist"),
    *(
        "hfilter",
        "history_redis",
        "mx_check",
        "neural",
        "p0f",
        "phishing",
        "ratelimit",
        "rbl",
        "replies",
    ),
    *("reputation", "rspamd_update", "spf", "surbl", "url_redirector", "whitelist"),
)
LOCAL = {
    "options.inc": "check_all_filters = true;\ndns { nameserver = []; }\n",
    "headers_group.conf": 'symbols = { "DATE_IN_PAST" { weight = 0.0; } }\n',
    "worker-proxy.inc": "enabled = false;\n",
    "worker-fuzzy.inc": "enabled = false;\n",
    "logging.inc": 'level = "error";\n',
} | {f"{name}.conf": "enabled = false;\n" for name in NETWORK}


class Rspamd:
    """The worker that judges and the one that learns, on loopback, and redis behind them."""

    def __init__(self, ports: tuple[int, int], pids: tuple[int, int]) -> None:
        self._normal, self._control = ports
        self._pids = pids

    def learn(self, mails: Sequence[Mail]) -> None:
        for mail in mails:
            status, answer = _post(self._control, f"/learn{mail.label}", mail)
            assert status in LEARNED, f"rspamd: {status} {answer[:300]!r} for {mail.id}"

    def judge(self, mails: Sequence[Mail]) -> list[Score]:
        return [parsed(_post(self._normal, "/checkv2", mail)[1]) for mail in mails]

    def cpu_seconds(self) -> float:
        return sum(cpu_seconds(pid) for pid in self._pids)


def parsed(answer: bytes) -> Score:
    """The score in its JSON."""
    told = json.loads(answer)
    band = Band.HELD if told["action"] in HELD else Band.PASSED
    return Score(float(told["score"]), band)


def _post(port: int, verb: str, mail: Mail) -> tuple[int, bytes]:
    content = mail.path.read_bytes().replace(b"\n", b"\r\n")  # As a milter gives it.
    peer = http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWER_SECONDS_MAX)
    try:
        # The sender of the envelope, where it is known; else its header's is taken.
        peer.request("POST", verb, content, {"From": mail.mail_from} if mail.mail_from else {})
        reply = peer.getresponse()
        return reply.status, reply.read()
    finally:
        peer.close()


def _pings(port: int) -> bool:
    peer = http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWER_SECONDS_MAX)
    try:
        peer.request("GET", "/ping")
        return peer.getresponse().read().startswith(b"pong")
    except OSError:
        return False
    finally:
        peer.close()


def settings(folder: Path, ports: tuple[int, int]) -> dict[str, str]:
    """The files of its local.d."""
    normal, control = ports
    return LOCAL | {
        "redis.conf": f'servers = "{folder}/redis.sock";\n',
        "worker-normal.inc": f'bind_socket = "127.0.0.1:{normal}";\ncount = 1;\n',
        "worker-controller.inc": f'bind_socket = "127.0.0.1:{control}";\n'
        'secure_ip = "127.0.0.1";\n',
    }


@contextmanager
def _opened() -> Iterator[Filter]:
    with folder_for("rspamd", OWNER) as folder:
        ports = (free_port(), free_port())
        for name in ("db", "run", "log", "etc/local.d", "etc/override.d"):
            (folder / name).mkdir(parents=True)
        for name, text in settings(folder, ports).items():
            (folder / "etc" / "local.d" / name).write_text(text)
        give(folder, OWNER)
        redis = ["redis-server", "--port", "0", "--unixsocket", f"{folder}/redis.sock"]
        redis += ["--unixsocketperm", "777", "--save", "", "--dir", str(folder)]
        command = ["rspamd", "-f"] + (["-u", OWNER, "-g", OWNER] if os.geteuid() == 0 else [])
        for name, part in (("LOCAL_CONFDIR", "etc"), ("DBDIR", "db"), ("RUNDIR", "run")):
            command += ["--var", f"{name}={folder}/{part}"]
        command += ["--var", f"LOGDIR={folder}/log"]
        up = (folder / "redis.sock").exists
        with (
            running(redis, folder / "redis.log", up) as store,
            running(command, folder / "rspamd.log", lambda: all(map(_pings, ports))) as child,
        ):
            yield Rspamd(ports, (child.pid, store.pid))


_BOTH = version("rspamd") if shutil.which("redis-server") else ""
KIND = Kind("Rspamd", _BOTH, _opened, str(sorted(LOCAL.items())), is_slow=True)
