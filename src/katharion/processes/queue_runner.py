"""The queue runner: delivers held mail that is due, and judges what was held unjudged.

Job: claims due rows of all shards, attempts, settles; expires and purges what is over.
Trust: reads held mail; writes only by the shards' owners, or orphaned shards.
Talks to: next hops, DNS, the shards' sockets.
Holds: leases, which run out; shards whose slot is gone.
Dies: at any moment; what it had on its way is tried again when its lease is over.
Standards: RFC 5321 section 4.5.4 (queueing strategies).
"""

import asyncio
import os
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
import structlog
import uvloop

from katharion.adapters.control import serve_control
from katharion.adapters.log import set_up_log
from katharion.adapters.store.control import Control
from katharion.config.load import Loaded
from katharion.config.options import Config
from katharion.edge.repeat import REPEAT_SECONDS_MAX
from katharion.mail.address import Address
from katharion.mail.message import Message
from katharion.pipeline.disposition import Judged, plan_late
from katharion.pipeline.transaction import Transaction
from katharion.ports import Judge, SpoolUnavailableError
from katharion.processes.dmarc_reports import ReportSender, ReportTaker
from katharion.processes.own_mail import make_own_mail
from katharion.processes.wiring import (
    Rooms,
    each_second,
    furnish,
    look_round,
    stop_on_signals,
    with_reports,
)
from katharion.quarantine.expiry import expire
from katharion.queue.bounce import HOUR_SECONDS, Allowance, Bouncer
from katharion.queue.options import DAY_SECONDS
from katharion.queue.outlook import tell
from katharion.queue.runner import QueueRunner
from katharion.values.disposition import Hold
from katharion.values.held import HeldMessage
from katharion.values.waiting import Pause

NAME = "queue-runner"
HOUSEKEEPING_SECONDS = 3600.0
NOTE_TIME_SECONDS = 300.0  # What a restart of the machine may lose of ages.


def run_queue_runner(loaded: Loaded) -> None:
    """Run until told to stop."""
    uvloop.run(_run(loaded))


async def _run(loaded: Loaded) -> None:
    config = loaded.config
    log = set_up_log(NAME)
    rooms = furnish(loaded, NAME, log, None)
    rooms = with_reports(config, rooms, make_taker(config, rooms).take)
    await rooms.spool.start()
    runner = make_runner(
        config,
        rooms,
        f"{config.node_name}/{NAME}/{os.getpid()}",
        lambda words: log.error("alarm", what=words),
    )
    stop = asyncio.Event()
    stop_on_signals(stop)
    control = await serve_control(
        Path(config.runtime) / f"{NAME}.sock",
        {
            "ping": lambda: {"pid": os.getpid(), "config": loaded.digest},
            "stats": lambda: _stats(runner),
            "destinations": lambda: msgspec.to_builtins(
                tell(runner.destinations, rooms.clock.monotonic())
            ),
            "wake": lambda: {"woken": runner.destinations.wake(rooms.clock.monotonic())},
        },
    )
    log.info("serving")
    who = (config.node_name, NAME)
    rooms.tasks.start(_keep_house(rooms, who, stop, log), "housekeeping")
    if config.dmarc.send_reports:
        sender = ReportSender(config, rooms, f"{config.node_name}/{NAME}/{os.getpid()}", log)
        rooms.tasks.start(sender.run(stop), "DMARC reports")
    rooms.tasks.start(each_second(lambda: look_round(rooms), stop), "looking round")
    await runner.run(stop)
    control.close()
    await rooms.relay.close()
    await rooms.tasks.join(1.0)
    await rooms.spool.close()
    rooms.journal.close()
    if rooms.suspects is not None:
        rooms.suspects.close()
    log.info("stopped")


def make_runner(
    config: Config, rooms: Rooms, owner: str, alarm: Callable[[str], None]
) -> QueueRunner:
    """A queue runner over the ports of one process; `owner` names it in leases.

    `alarm` is told, in a sentence, what can't be delivered and nobody may be told of.
    """
    runner = QueueRunner(owner, config.node_name, config.queue)
    runner.spool, runner.relay, runner.directory = rooms.spool, rooms.relay, rooms.directory
    runner.clock, runner.tasks, runner.journal = rooms.clock, rooms.tasks, rooms.journal
    runner.judge = late_judge(config.hostname, rooms)
    runner.bouncer = _make_bouncer(config, alarm)
    if rooms.control is not None:
        control = rooms.control

        async def pauses() -> Sequence[Pause]:
            return await asyncio.to_thread(control.pauses)

        runner.pauses = pauses
    return runner


def make_taker(config: Config, rooms: Rooms) -> ReportTaker:
    """Keeps what is sent to the reports' addresses, for the tenant of each."""

    def tenant_of(domain: str) -> str:
        served = rooms.directory.domain(domain)
        return served.tenant if served else ""

    return ReportTaker(Path(config.store), rooms.clock, tenant_of)


def _stats(runner: QueueRunner) -> dict[str, int]:
    """`undeliverable`: given up, and nobody was told; it waits in the quarantine."""
    bouncer = runner.bouncer
    assert bouncer is not None, "make_runner gave it one"
    return {
        "at_work": runner.at_work_count,
        "bounced": bouncer.bounced_count,
        "undeliverable": bouncer.silent_count,
    }


def _make_bouncer(config: Config, alarm: Callable[[str], None]) -> Bouncer:
    options = config.queue
    allowance = Allowance(options.bounces_per_hour_max, options.bounces_per_domain_hour_max)
    bouncer = Bouncer(make_own_mail(config), allowance, alarm)
    bouncer.delay_seconds = options.delay_warning_hours * HOUR_SECONDS
    bouncer.expiry_seconds = options.expiry_days * DAY_SECONDS
    return bouncer


async def _keep_house(
    rooms: Rooms, who: tuple[str, str], stop: asyncio.Event, log: structlog.stdlib.BoundLogger
) -> None:
    """Note the time, look at the clocks, and each hour clean up."""
    did_agree, clean_at = True, 0.0
    while not stop.is_set():
        try:
            if rooms.control is not None:
                await asyncio.to_thread(rooms.control.note_time)
                did_agree = _tell_clock(rooms.control, log, did_agree=did_agree)
            if rooms.clock.monotonic() >= clean_at:
                await _clean(rooms, who, log, may_give_up=did_agree)
                clean_at = rooms.clock.monotonic() + HOUSEKEEPING_SECONDS
        except (SpoolUnavailableError, OSError) as error:
            log.warning("housekeeping put off", reason=str(error))
        try:
            async with asyncio.timeout(NOTE_TIME_SECONDS):
                await stop.wait()
        except TimeoutError:
            continue


def _tell_clock(control: Control, log: structlog.stdlib.BoundLogger, *, did_agree: bool) -> bool:
    """Whether the clocks agree; said when that changes."""
    agrees = control.agrees()
    if did_agree and not agrees:
        jump_seconds = round(control.jump_seconds())
        remedy = "set the clock right, or confirm it: katharion queue confirm-clock"
        log.error("clock jumped, no mail is given up", jump_seconds=jump_seconds, remedy=remedy)
    elif agrees and not did_agree:
        log.info("the clocks agree again")
    return agrees


async def _clean(
    rooms: Rooms,
    who: tuple[str, str],
    log: structlog.stdlib.BoundLogger,
    *,
    may_give_up: bool,
) -> None:
    """What is over goes: by retention only while the clocks agree."""
    now = rooms.clock.wall()
    if may_give_up:
        await expire(rooms.spool, rooms.directory, rooms.journal, now, who)
        rooms.unheard.forget_before(now - REPEAT_SECONDS_MAX)
    while await rooms.spool.purge(now):
        pass
    for name in await rooms.spool.retire_empty():
        log.info("removed an empty shard whose filter is gone", shard=name)


def late_judge(hostname: str, rooms: Rooms) -> Judge:
    """The pipeline, as the queue asks it: for one recipient of a held message."""

    async def judge(message: HeldMessage, recipient: Address) -> Hold | None:
        domain = rooms.directory.domain(recipient.domain)
        if domain is None:
            return None
        transaction = Transaction(
            message.id,
            hostname,
            message.facts,
            message.envelope,
            Message(message.content),
            (domain.policy,),
            (),
            message.received_at,
            tenant=message.tenant,
        )
        judgement = await rooms.pipeline.judge(transaction)
        if not judgement.is_complete:
            return None
        return plan_late(Judged(recipient, domain.policy, judgement.verdicts[0]))

    return judge
