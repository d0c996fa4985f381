"""What the processes have in common when they are put together from rooms and adapters.

Job: none of its own; it is read by filter and queue_runner.
Trust: that of the process that uses it.
Talks to: nothing by itself.
Holds: nothing.
Dies: with its process.
Standards: none.
"""

import asyncio
import signal
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import structlog

from katharion.adapters.clamd import Clamd, make_scanner
from katharion.adapters.clock import SystemClock
from katharion.adapters.dice import SystemDice
from katharion.adapters.examiner import WorkerExaminer, make_examiner
from katharion.adapters.first_seen import FirstSeenFolder
from katharion.adapters.journal import FileJournal
from katharion.adapters.model_file import SHIPPED, map_file
from katharion.adapters.model_folder import ModelFolder
from katharion.adapters.relay import PooledRelay
from katharion.adapters.relay.to_reports import ReportsRelay, Take
from katharion.adapters.resolver import CachedResolver
from katharion.adapters.rules_folder import compiled, load_rules, ready_rules
from katharion.adapters.store.control import Control
from katharion.adapters.store.dating import Dating
from katharion.adapters.store.sources import SourceReader
from katharion.adapters.store.spool import ShardedSpool
from katharion.adapters.suspects import SuspectFiles
from katharion.adapters.systems_file import read_systems
from katharion.adapters.tasks import LoopTasks
from katharion.adapters.unheard import UnheardFolder
from katharion.config.load import Loaded
from katharion.config.options import Config
from katharion.content.classifier.model import load as load_model
from katharion.content.rules.engine import RuleSet
from katharion.content.rules.options import RulesOptions
from katharion.directory.lookup import SnapshotDirectory
from katharion.pipeline.checks.attachments import Attachments
from katharion.pipeline.checks.blocklists import Blocklists
from katharion.pipeline.checks.campaign import Mailings
from katharion.pipeline.checks.classifier import Classifier
from katharion.pipeline.checks.greylist import Greylist
from katharion.pipeline.checks.registry import (
    Checks,
    with_files,
    with_mailings,
    with_scanner,
    with_sources,
)
from katharion.pipeline.checks.reputation import Reputation
from katharion.pipeline.checks.rules import RulesCheck
from katharion.pipeline.doorman import Doorman
from katharion.pipeline.run import Pipeline
from katharion.pipeline.watch import Watch
from katharion.ports import Clock, Dice, Resolver
from katharion.processes.own_mail import make_seal
from katharion.sources.blocklist import make as make_blocklist
from katharion.sources.health import ListHealth, State

JOURNAL_FOLDER = "journal"
UNHEARD_FOLDER = "unheard"
SUSPECTS_FOLDER = "suspects"
GREYLIST_FOLDER = "greylist"
MODELS_FOLDER = "models"


class Rooms(NamedTuple):
    """The ports of one process, all real."""

    clock: SystemClock
    dice: SystemDice
    tasks: LoopTasks
    resolver: CachedResolver
    relay: PooledRelay | ReportsRelay
    spool: ShardedSpool
    journal: FileJournal
    unheard: UnheardFolder
    directory: SnapshotDirectory
    pipeline: Pipeline
    watch: Watch
    control: Control | None = None
    suspects: SuspectFiles | None = None
    history: SourceReader | None = None
    models: ModelFolder | None = None
    doorman: Doorman | None = None
    examiner: WorkerExaminer | None = None
    scanner: Clamd | None = None


def furnish(
    loaded: Loaded, process: str, log: structlog.stdlib.BoundLogger, own_slot: int | None
) -> Rooms:
    """Make the ports of a process, on the running loop."""
    config = loaded.config
    clock = SystemClock()

    def report(what: str, error: BaseException) -> None:
        log.error("failed", what=what, exc_info=error)

    tasks = LoopTasks(report)
    resolver = CachedResolver(config.resolver, clock, SystemDice())
    live_slots = frozenset(range(config.supervisor.slots))
    runtime = Path(config.runtime)
    relay = PooledRelay(config.hostname, config.relay, resolver, tasks, SystemDice())
    relay.seal = make_seal(config, clock)
    spool = ShardedSpool(Path(config.store), runtime, clock, own_slot, live_slots)
    control = Control(Path(config.store), clock)
    spool.dating = Dating(control)
    spool.held_by = f"{config.node_name}/{process}"
    watch = make_watch(config, resolver, clock, SystemDice())
    watch.tell = teller(log)
    history = SourceReader(runtime) if config.sources.remember else None
    models = ModelFolder(runtime / MODELS_FOLDER, report)
    examiner = make_examiner(config.attachments)
    scanner = make_scanner(config.clamd, clock)
    means = Means(models, ready_rules(config.rules, runtime), examiner, scanner)
    checks = make_checks(config, watch, history, means)
    pipeline = Pipeline(config.checks, resolver, clock, report, checks)
    suspects = pipeline.suspects = SuspectFiles(runtime / SUSPECTS_FOLDER, process, clock)
    return Rooms(
        clock=clock,
        dice=SystemDice(),
        tasks=tasks,
        resolver=resolver,
        relay=relay,
        spool=spool,
        control=control,
        journal=FileJournal(runtime / JOURNAL_FOLDER, process, config.tracking),
        unheard=UnheardFolder(runtime / UNHEARD_FOLDER),
        directory=SnapshotDirectory(loaded.snapshot),
        pipeline=pipeline,
        suspects=suspects,
        history=history,
        models=models,
        examiner=examiner,
        scanner=scanner,
        watch=watch,
        doorman=Doorman(watch.blocklists, config.checks, resolver, clock, SystemDice()),
    )


def teller(log: structlog.stdlib.BoundLogger) -> Callable[[str, State, ListHealth], None]:
    """Who says what becomes of a list in the DNS."""

    def tell(name: str, before: State, health: ListHealth) -> None:
        state, is_out = health.state.value, not health.is_counted
        say = log.warning if is_out else log.info
        say("blocklist", name=name, state=state, before=before.value, reason=health.reason)

    return tell


def make_watch(config: Config, resolver: Resolver, clock: Clock, dice: Dice) -> Watch:
    """The watch over the lists in the DNS that the operator names."""
    lists = [make_blocklist(name, options) for name, options in config.blocklists.items()]
    return Watch(Blocklists(lists, clock), resolver, clock, dice)


class Means(NamedTuple):
    """What content is judged by: models and rules, and who looks into it."""

    models: ModelFolder
    rules: RuleSet
    examiner: WorkerExaminer | None
    scanner: Clamd | None


def make_checks(config: Config, watch: Watch, history: SourceReader | None, means: Means) -> Checks:
    """All checks: with the lists, with what is remembered of sources, and for content."""
    checks = _make_sourced(config, watch, history, means)
    files = Attachments(means.examiner, config.attachments.rules)
    return with_scanner(with_files(checks, files), means.scanner)


def _make_sourced(
    config: Config, watch: Watch, history: SourceReader | None, means: Means
) -> Checks:
    models = means.models
    learned = Classifier(lambda: models.model, models.delta)
    ruled = RulesCheck(lambda: means.rules)
    if history is None:
        return with_sources(watch.blocklists, learned=learned, ruled=ruled)
    systems = read_systems(config.sources.systems_file)
    first_seen = FirstSeenFolder(Path(config.runtime) / GREYLIST_FOLDER)
    checks = with_sources(
        watch.blocklists,
        Reputation(history, systems.of),
        Greylist(history, first_seen, config.sources),
        learned,
        ruled,
    )
    tenants_min = config.sources.mailing_tenants_min
    return with_mailings(checks, Mailings(history, history, tenants_min))


def make_classifier() -> Classifier:
    """The classifier with the model that ships, where no node is running."""
    model = load_model(map_file(SHIPPED))
    return Classifier(lambda: model)


def make_rules(options: RulesOptions) -> RulesCheck:
    """The check of rules, where no node is running."""
    ready = compiled(load_rules(options))
    return RulesCheck(lambda: ready)


def with_reports(config: Config, rooms: Rooms, take: Take | None) -> Rooms:
    """The same rooms, where some addresses take reports. `take` None: they are put off here."""
    addresses = frozenset(address.lower() for address in config.dmarc.take_reports_at)
    if not addresses or isinstance(rooms.relay, ReportsRelay):
        return rooms
    return rooms._replace(relay=ReportsRelay(rooms.relay, rooms.tasks, addresses, take))


def look_round(rooms: Rooms) -> None:
    """What a process that judges does each second: test the lists, hear of deaths."""
    rooms.watch.sweep(rooms.tasks)
    if rooms.suspects is not None:
        rooms.suspects.refresh()
    if rooms.history is not None:
        rooms.history.refresh()
    if rooms.models is not None:
        rooms.models.refresh()


def stop_on_signals(stop: asyncio.Event) -> None:
    """SIGTERM and SIGINT ask for an end in order."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)


async def each_second(work: Callable[[], None], stop: asyncio.Event) -> None:
    """Call `work` about once a second until `stop`."""
    while not stop.is_set():
        work()
        try:
            async with asyncio.timeout(1.0):
                await stop.wait()
        except TimeoutError:
            continue
