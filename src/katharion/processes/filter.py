"""The filter: speaks SMTP, judges, carries the disposition out, and only then answers.

Job: one per core; takes mail on inherited sockets, and passes it on or holds it.
Trust: reads what strangers send; has no privilege, writes only its shard and its journal.
Talks to: clients, next hops, DNS; the supervisor by its control socket; the queue runner
    and the command line by its shard's socket.
Holds: messages in flight, not yet acknowledged; its shard of the spool.
Dies: by SIGTERM in order (what is in flight is finished, 421 to the idle); by SIGKILL
    without a loss: what it had not acknowledged, the senders still have.
Standards: RFC 5321 and those that protocols/ names.
"""

import asyncio
import gc
import os
from contextlib import suppress
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import uvloop

from katharion.adapters.control import serve_control
from katharion.adapters.handover import serve_handover
from katharion.adapters.listen import inherited, is_broken, is_unheard
from katharion.adapters.log import set_up_log
from katharion.adapters.tls_server import Certificates, self_signed
from katharion.config.load import Loaded
from katharion.config.options import Config
from katharion.edge.account import Account
from katharion.edge.carry_out import Effects
from katharion.edge.front import FrontDoor, Listener
from katharion.mail.address import Address, parse_address
from katharion.processes.wiring import (
    Rooms,
    each_second,
    furnish,
    look_round,
    stop_on_signals,
    with_reports,
)

DRAIN_POLL_SECONDS = 0.05


def name_of(slot: int) -> str:
    """The process's name by its slot."""
    return f"filter-{slot:02}"


def run_filter(loaded: Loaded, slot: int) -> None:
    """Run until told to stop."""
    uvloop.run(_run(loaded, slot))


async def _run(loaded: Loaded, slot: int) -> None:
    config = loaded.config
    process = name_of(slot)
    log = set_up_log(process)
    rooms = with_reports(loaded.config, furnish(loaded, process, log, slot), None)
    await rooms.spool.start()
    certificates = make_certificates(config)
    front = make_front(config, process, rooms, certificates)
    sockets = inherited()
    runtime = Path(config.runtime)
    serve_handover(runtime / f"{process}.fds", {n: s.fileno() for n, s in sockets.items()})
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    stop_on_signals(stop)
    servers = []
    for name, listening in sockets.items():
        listener = Listener(name, config.listeners[name], has_tls=certificates is not None)
        # A duplicate: the loop closes its own, and the hand-over keeps the other.
        servers.append(
            await loop.create_server(
                lambda listener=listener: front.session(listener),  # type: ignore[arg-type,misc] # Shaped like a protocol.
                sock=listening.dup(),
            )
        )
    control = await serve_control(
        runtime / f"{process}.sock",
        {
            "ping": lambda: {"pid": os.getpid(), "config": loaded.digest},
            "stats": lambda: (
                _stats(front)
                | {"blocklists": rooms.watch.states}
                | ({"attachments": rooms.examiner.states} if rooms.examiner else {})
                | ({"clamd": rooms.scanner.states} if rooms.scanner else {})
            ),
        },
    )
    gc.freeze()  # What was made by now stays: the collector need not look at it again.
    log.info("serving", listeners=sorted(sockets))

    def sweep() -> None:
        front.sweep()
        look_round(rooms)

    await each_second(sweep, stop)
    for server in servers:
        server.close()
    await drain(front, rooms, config.supervisor.drain_seconds_max)
    control.close()
    log.info("stopped", **_stats(front))


async def drain(
    front: FrontDoor, rooms: Rooms, seconds_max: float, poll_seconds: float = DRAIN_POLL_SECONDS
) -> None:
    """Finish what is in flight."""
    front.drain()
    deadline = rooms.clock.monotonic() + seconds_max
    while front.sessions and rooms.clock.monotonic() < deadline:
        front.sweep()
        await asyncio.sleep(poll_seconds)
    await rooms.relay.close()
    await rooms.tasks.join(max(deadline - rooms.clock.monotonic(), 1.0))
    await rooms.spool.close()
    rooms.journal.close()
    if rooms.suspects is not None:
        rooms.suspects.close()
    if rooms.examiner is not None:
        rooms.examiner.close()
    with suppress(Exception):
        await rooms.resolver.close()


def make_front(
    config: Config, process: str, rooms: Rooms, certificates: Certificates | None
) -> FrontDoor:
    """The front door of one process, over its ports."""
    front = FrontDoor(config.edge)
    front.hostname = config.hostname
    front.limits = config.limits
    front.postmaster = parse_address(config.postmaster) or Address(
        "postmaster", config.hostname.lower()
    )
    front.clock, front.dice, front.tasks = rooms.clock, rooms.dice, rooms.tasks
    front.directory, front.journal = rooms.directory, rooms.journal
    front.pipeline, front.doorman = rooms.pipeline, rooms.doorman
    front.unheard = rooms.unheard
    front.relays = [ip_network(text, strict=False) for text in config.checks.trusted_relays]
    front.history = rooms.history
    front.is_unheard, front.is_broken = is_unheard, is_broken
    owner = f"{config.node_name}/{process}/{os.getpid()}"
    front.effects = Effects(owner, rooms.spool, rooms.relay, rooms.clock, rooms.tasks)
    front.effects.first_retry_seconds = config.queue.retry_seconds[0]
    front.account = Account(config.node_name, process)
    front.effects.tell_late = front.record_late
    if certificates is not None:
        front.start_tls = certificates.start_tls
    return front


def make_certificates(config: Config) -> Certificates | None:
    """Our certificates; None where there are none, and none is to be made."""
    tls = config.tls
    by_name = {name: (Path(c), Path(k)) for name, (c, k) in tls.by_name.items()}
    if tls.certificate:
        return Certificates((Path(tls.certificate), Path(tls.key)), by_name)
    if not tls.self_signed:
        return None
    return Certificates(self_signed(Path(config.runtime), config.hostname), by_name)


def _stats(front: FrontDoor) -> dict[str, Any]:
    return {
        "connections": front.admission.count,
        "content_bytes": front.budget.bytes_used,
        "fates": dict(front.fates),
        "lost_records": front.lost_records_count,
        "failed_settles": front.effects.failed_settles_count,
        "repeats": front.repeats_count,
    }
