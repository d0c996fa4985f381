"""The examiner: looks into the files of one message at a time, and says what it saw.

Job: one or more per filter; unpacks archives and reads documents, so that what breaks is this.
Trust: reads what strangers send, by code of which some is C; can open no file and no socket,
    has so much memory and so much CPU time a message, and leaves no core.
Talks to: the filter that started it, by the socket that is its standard input.
Holds: the files of one message.
Dies: with its filter (the socket ends); by its limits, or by SIGKILL from the filter, over a
    message that costs too much: that is a finding. The filter starts another.
Standards: those that content/attachments names.
"""

import ctypes
import encodings
import importlib
import locale
import logging
import pkgutil
import resource
import socket
import sys
from pathlib import Path

import msgspec

from katharion.content.attachments.examine import examine
from katharion.content.attachments.options import Settings
from katharion.content.attachments.signatures import use_rules
from katharion.values.examination import File

LENGTH_OCTETS = 4
READY = b"\0\0\0\0"
REQUEST_OCTETS_MAX = 1024 * 1024 * 1024
RULES_FILES_COUNT_MAX = 200
RULES_LENGTH_MAX = 4 * 1024 * 1024
FDS_COUNT = 3  # Standard input, which is the socket, output and error: no further one.
_PR_SET_NO_NEW_PRIVS = 38
# Codecs are loaded when they are asked for, which can't be done without opening a file.
_CODECS_NOT_HERE = ("mbcs", "oem", "cp65001", "idna", "punycode", "undefined")


def main() -> None:
    """Serve until the filter is gone."""
    settings = msgspec.json.decode(sys.argv[1], type=Settings)
    _load_codecs()
    locale.setlocale(locale.LC_ALL, "C.UTF-8")  # So that libarchive can tell names.
    _take_signatures(settings.signatures_folder)
    logging.disable()
    _confine(settings)
    with socket.socket(fileno=0) as peer:
        peer.sendall(READY)
        while _serve_one(peer, settings):
            pass


def _load_codecs() -> None:
    for module in pkgutil.iter_modules(encodings.__path__):
        if module.name not in _CODECS_NOT_HERE:
            importlib.import_module(f"encodings.{module.name}")


def _take_signatures(folder: str) -> None:
    """An operator's rules, where there are some; what is no rule is told, and left out."""
    if not folder:
        return
    paths = sorted(each for each in Path(folder).glob("*.yar*") if each.is_file())
    sources = [
        (path.name, path.read_text("utf-8", "replace")[:RULES_LENGTH_MAX])
        for path in paths[:RULES_FILES_COUNT_MAX]
    ]
    for broken in use_rules(sources):
        sys.stderr.write(f"signatures: {broken}\n")


def _confine(settings: Settings) -> None:
    """Give up what is not needed, for good."""
    for limit, value in (
        (resource.RLIMIT_AS, settings.memory_octets_max),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, FDS_COUNT),
    ):
        resource.setrlimit(limit, (value, value))
    ctypes.CDLL(None).prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def _serve_one(peer: socket.socket, settings: Settings) -> bool:
    """Answer one request; False where there is none."""
    length = _read(peer, LENGTH_OCTETS)
    if not length:
        return False
    body = _read(peer, int.from_bytes(length))
    files = msgspec.msgpack.decode(body, type=tuple[File, ...])
    del body
    _allow_cpu(settings.cpu_seconds_max)
    answer = msgspec.msgpack.encode(examine(files, settings.rules))
    peer.sendall(len(answer).to_bytes(LENGTH_OCTETS) + answer)
    return True


def _allow_cpu(seconds: int) -> None:
    """So much more from now on; then the kernel ends us."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    until = int(usage.ru_utime + usage.ru_stime) + seconds + 1
    resource.setrlimit(resource.RLIMIT_CPU, (until, resource.RLIM_INFINITY))


def _read(peer: socket.socket, octets: int) -> bytes:
    """So many; fewer where the filter is gone."""
    assert octets <= REQUEST_OCTETS_MAX
    buffer = bytearray(octets)
    view, done = memoryview(buffer), 0
    while done < octets:
        count = peer.recv_into(view[done:])
        if not count:
            return b""
        done += count
    return bytes(buffer)


if __name__ == "__main__":
    main()
