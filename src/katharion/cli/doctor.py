"""`katharion doctor`: what is wrong with this machine and this configuration, and what to do."""

import os
import resource
import shutil
import socket
import ssl
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import click
import msgspec

from katharion.adapters.child import adopt
from katharion.adapters.clock import SystemClock
from katharion.adapters.listen import is_taken
from katharion.adapters.store.control import Control
from katharion.adapters.store.migrate import HEADS, StoreError, control_path, version_of
from katharion.adapters.tls_server import CertificateError, expiry_of
from katharion.cli.doctor_dns import Check, names
from katharion.cli.given import config_option, json_option, load_or_exit
from katharion.cli.table import ago
from katharion.config.load import Loaded
from katharion.config.options import Config
from katharion.processes.own_mail import OwnMailError, signing_key

DISK_FREE_BYTES_MIN = 1_000_000_000
CONNECT_SECONDS_MAX = 3.0
DESCRIPTORS_BESIDE_CONNECTIONS = 500
EXPIRY_DAYS_MIN = 14
LIBRARIES = ("katharion", "uvloop", "cryptography", "msgspec", "zstandard")
YEAR_2024 = 1_704_067_200.0


@click.command("doctor")
@config_option
@json_option
def doctor(config_path: Path, *, is_json: bool) -> None:
    """Say what is wrong. Exit status: 0 nothing, 1 something, 2 the configuration is bad."""
    loaded = load_or_exit(config_path)
    checks = list(_all_checks(loaded))
    if is_json:
        print(msgspec.json.format(msgspec.json.encode([c._asdict() for c in checks])).decode())
    else:
        for check in checks:
            remedy = f"\n       → {check.remedy}" if check.remedy else ""
            print(f"{check.state:<6} {check.what}{remedy}")
    sys.exit(1 if any(check.state == "wrong" for check in checks) else 0)


def _all_checks(loaded: Loaded) -> Iterator[Check]:
    config = loaded.config
    yield Check("ok", f"Python {sys.version.split()[0]}, {ssl.OPENSSL_VERSION}")
    yield Check("ok", ", ".join(f"{name} {version(name)}" for name in LIBRARIES))
    yield Check("ok", f"configuration: {len(loaded.snapshot.domains)} domains")
    yield from _folders(config)
    yield from _store(config)
    yield from _machine(config)
    yield from _listeners(config)
    yield _postmaster(loaded)
    yield from _certificates(config)
    yield _own_mail(config)
    yield from names(config)
    for name, route in loaded.snapshot.routes.items():
        for hop in route.next_hops:
            yield _next_hop(name, hop.host, hop.port)


def _folders(config: Config) -> Iterator[Check]:
    for name, folder in (("store", Path(config.store)), ("runtime", Path(config.runtime))):
        if not folder.exists():
            yield Check("warn", f"{name} folder {folder} is not there", "`katharion up` makes it.")
        elif not os.access(folder, os.W_OK):
            remedy = f"chown it to the user that runs katharion (now: uid {os.getuid()})."
            yield Check("wrong", f"{name} folder {folder} can't be written", remedy)
        else:
            yield Check("ok", f"{name} folder {folder}")
    runtime = Path(config.runtime)
    if runtime.exists() and _filesystem(runtime) not in ("tmpfs", "ramfs"):
        remedy = "Put it on tmpfs (/run, /dev/shm): journals are to touch no disk."
        yield Check("warn", f"runtime folder {runtime} is on {_filesystem(runtime)}", remedy)


def _store(config: Config) -> Iterator[Check]:
    store = Path(config.store)
    for path in sorted(store.glob("*.db")):
        kind = path.stem if path.stem in HEADS else "spool"
        try:
            version = version_of(path)
        except StoreError as error:
            yield Check("wrong", str(error), "Restore it from a backup, or move it aside.")
            continue
        if version == HEADS[kind]:
            yield Check("ok", f"{path.name}: schema {version}")
        else:
            yield Check("wrong", f"{path.name}: schema {version or 'none'}", "Run `katharion up`.")
    if version_of(control_path(store)) == HEADS["control"]:
        yield _clock(Control(store, SystemClock()))
    if store.exists():
        free = shutil.disk_usage(store).free
        state = "ok" if free >= DISK_FREE_BYTES_MIN else "wrong"
        remedy = "" if state == "ok" else "Free some: held mail would be refused for now."
        yield Check(state, f"disk of the store: {free // 1_000_000} MB free", remedy)


def _clock(control: Control) -> Check:
    jump = control.jump_seconds()
    if control.agrees():
        return Check("ok", "the machine's clock agrees with the store's")
    which = "ahead of" if jump > 0 else "behind"
    remedy = "Set it right, or confirm it: katharion queue confirm-clock. Until then no mail"
    what = f"the machine's clock is {ago(abs(jump))} {which} the store's"
    return Check("wrong", what, f"{remedy} is given up.")


def _machine(config: Config) -> Iterator[Check]:
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = config.edge.connections_count_max + DESCRIPTORS_BESIDE_CONNECTIONS
    if soft < wanted:
        remedy = f"Raise LimitNOFILE to {wanted}, or lower edge.connections_count_max."
        yield Check("warn", f"open files: {soft} allowed, {wanted} may be needed", remedy)
    else:
        yield Check("ok", f"open files: {soft} allowed")
    swaps = Path("/proc/swaps").read_text().splitlines()[1:]
    plain = [line.split()[0] for line in swaps if "zram" not in line and "dm-" not in line]
    if plain:
        remedy = "Encrypt it or turn it off: content in memory could reach the disk."
        yield Check("warn", f"swap that may be unencrypted: {', '.join(plain)}", remedy)
    else:
        yield Check("ok", "no unencrypted swap")
    core, _ = resource.getrlimit(resource.RLIMIT_CORE)
    if core:
        remedy = "Set LimitCORE=0: a core dump would hold mail."
        yield Check("warn", "core dumps are allowed", remedy)
    if SystemClock().wall() < YEAR_2024:
        yield Check("wrong", "the clock is years behind", "Set it, and run an NTP client.")


def _postmaster(loaded: Loaded) -> Check:
    """RFC 5321 section 4.5.1: mail for <postmaster> is to be taken."""
    config = loaded.config
    address = config.postmaster or f"postmaster@{config.hostname}"
    domain = address.rpartition("@")[2].lower()
    if domain in loaded.snapshot.domains:
        return Check("ok", f"mail for <postmaster> goes to {address}")
    remedy = 'Set postmaster = "you@a-domain-you-serve".'
    return Check("warn", f"mail for bare <postmaster> is refused: {domain} is not served", remedy)


def _listeners(config: Config) -> Iterator[Check]:
    child = adopt(Path(config.runtime), "filter-00")
    if child is not None:
        os.close(child.pidfd)
    for name, listener in config.listeners.items():
        where = f"listeners.{name}: {listener.address} port {listener.port}"
        if not is_taken(listener.address, listener.port):
            yield Check("ok", f"{where} is free")
        elif child is not None:
            yield Check("ok", f"{where} is served")
        else:
            yield Check("wrong", f"{where} is in use", "Stop that program, or choose another port.")


def _certificates(config: Config) -> Iterator[Check]:
    pairs = [(config.tls.certificate, config.tls.key)] if config.tls.certificate else []
    for certificate, key in [*pairs, *config.tls.by_name.values()]:
        where = f"certificate {certificate}"
        try:
            end = expiry_of(Path(certificate), Path(key))
        except CertificateError as error:
            yield Check("wrong", f"{where} can't be used", str(error))
            continue
        days = int((end - SystemClock().wall()) // 86_400)
        if days < 0:
            yield Check("wrong", f"{where} expired {-days} days ago", "Renew it.")
        elif days < EXPIRY_DAYS_MIN:
            yield Check("warn", f"{where} expires in {days} days", "Renew it.")
        else:
            yield Check("ok", f"{where} lasts {days} days")


def _own_mail(config: Config) -> Check:
    try:
        key = signing_key(config)
    except OwnMailError as error:
        return Check("wrong", "our own mail can't be signed", str(error))
    if key is None:
        remedy = "Set own_mail.dkim_key, or have your smart host sign."
        return Check("warn", "our own mail is not signed", remedy)
    return Check("ok", f"our own mail is signed by {key.record_name}")


def _next_hop(route: str, host: str, port: int) -> Check:
    where = f"routes.{route}: {host}:{port}"
    try:
        with socket.create_connection((host, port), CONNECT_SECONDS_MAX) as connection:
            connection.settimeout(CONNECT_SECONDS_MAX)
            banner = connection.recv(512).decode("ascii", "replace").strip()
    except OSError as error:
        reason = error.strerror or str(error)
        return Check("wrong", f"{where}: {reason}", "Its mail would wait in the queue.")
    if not banner.startswith("220"):
        return Check("wrong", f"{where} said {banner[:80]!r}", "That is no mail server.")
    return Check("ok", f"{where} said {banner[:80]!r}")


def _filesystem(path: Path) -> str:
    """The type of the file system that `path` lies on."""
    best, kind = "", "?"
    for line in Path("/proc/mounts").read_text().splitlines():
        _, mount, found, *_ = line.split()
        inside = mount == "/" or path == Path(mount) or Path(mount) in path.absolute().parents
        if inside and len(mount) >= len(best):
            best, kind = mount, found
    return kind
