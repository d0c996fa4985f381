"""The demonstration itself: names, sink, node and samples, from the start to a clean end."""

import asyncio
import contextlib
import math
import signal
from collections.abc import AsyncIterator

import msgspec

from katharion.adapters.clock import SystemClock
from katharion.adapters.store.spool import ShardedSpool
from katharion.demo.client import send
from katharion.demo.ledger import Figures, Key, Ledger, number_of
from katharion.demo.names import Names
from katharion.demo.node import (
    Node,
    Place,
    configuration,
    make_folders,
    remove_folders,
    require_free,
)
from katharion.demo.samples import Sample, samples
from katharion.demo.screen import Screen
from katharion.demo.sink import Arrival, MailSink
from katharion.values.held import Query

ROWS_MAX = 10_000
# One round of the customer's server, in samples: up, then down while mail goes on coming.
ROUND_SAMPLES = 18
DOWN_FROM, DOWN_TO = 8, 12
SETTLE_SECONDS_MAX = 8.0
HEADER_OCTETS_MAX = 8192


class ShowOptions(msgspec.Struct, frozen=True):
    """`seconds` 0: until Ctrl-C. `pause_seconds` between two samples."""

    smtp_port: int = 2525
    seconds: float = 0.0
    pause_seconds: float = 1.0


class Show:
    """One demonstration: tells what happens, keeps the ledger."""

    def __init__(self, screen: Screen, options: ShowOptions) -> None:
        self._screen = screen
        self._options = options
        self._ledger = Ledger()
        self._sink = MailSink(self._arrived)
        self._queued: set[Key] = set()  # Told as queued, not yet as delivered.
        self._came = asyncio.Event()  # One of these has.

    async def run(self, stop: asyncio.Event) -> Figures:
        """From the start to a clean end; `stop` or the options' seconds bring it about."""
        require_free(self._options.smtp_port)
        async with self._place() as place:
            self._spool = ShardedSpool(place.store, place.runtime, SystemClock())
            place.config.write_text(configuration(place))
            node = Node(place.config, place.smtp_port)
            await node.start()
            try:
                self._screen.welcome(place)
                await self._trickle(stop)
                await self._settle()
            finally:
                await node.stop()
        figures = self._ledger.figures()
        self._screen.sums(figures)
        return figures

    @contextlib.asynccontextmanager
    async def _place(self) -> AsyncIterator[Place]:
        """The folders, the names and the customer's server, while they are needed."""
        names = Names()
        store, runtime = make_folders()
        try:
            yield Place(
                store=store,
                runtime=runtime,
                smtp_port=self._options.smtp_port,
                sink_port=await self._sink.come_up(),
                names_port=await names.start(),
            )
        finally:
            self._sink.go_down()
            names.close()
            remove_folders(store, runtime)

    async def _trickle(self, stop: asyncio.Event) -> None:
        """Send sample after sample; the customer's server goes down for some of each round."""
        loop = asyncio.get_running_loop()
        ends_at = loop.time() + (self._options.seconds or math.inf)
        for sample in samples():
            if stop.is_set() or loop.time() >= ends_at:
                return
            if sample.number % ROUND_SAMPLES in {DOWN_FROM, DOWN_TO}:
                await self._turn_sink()
            await self._try(sample)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), self._options.pause_seconds)

    async def _turn_sink(self) -> None:
        if self._sink.is_up:
            self._sink.go_down()
            self._screen.line("-- the customer's server goes down: mail for it is to wait")
        else:
            await self._sink.come_up()
            self._screen.line("-- the customer's server is back")

    async def _try(self, sample: Sample) -> None:
        answers = await send(sample, self._options.smtp_port)
        self._ledger.replies |= {(sample.number, a.recipient): a.code for a in answers}
        await self._look()
        for answer in answers:
            key = (sample.number, answer.recipient)
            fate = self._ledger.fate(key)
            if fate == "queued":
                self._queued.add(key)
            words = f"{answer.code} {answer.words}"
            self._screen.event(sample.kind.name, answer.recipient, fate, words)

    async def _look(self) -> None:
        """Read the spool's rows as they stand."""
        self._ledger.saw_rows(await self._spool.search(Query(limit=ROWS_MAX)))

    def _arrived(self, arrival: Arrival) -> None:
        number = number_of(arrival.content[:HEADER_OCTETS_MAX].decode("utf-8", "replace"))
        for recipient in arrival.recipients:
            if number is None:
                self._screen.event("yours", recipient, "delivered", f"from {arrival.sender}")
                continue
            self._ledger.arrivals[number, recipient] += 1
            if (number, recipient) in self._queued:
                self._queued.discard((number, recipient))
                self._came.set()
                self._screen.event("from queue", recipient, "delivered", f"sample {number}")

    async def _settle(self) -> None:
        """Let what is queued go out to the customer's server, for a while."""
        if not self._sink.is_up:
            await self._turn_sink()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(SETTLE_SECONDS_MAX):
                while self._queued:
                    self._came.clear()
                    await self._came.wait()
        await self._look()


async def show(screen: Screen, options: ShowOptions) -> Figures:
    """Run the demonstration until its end, SIGINT or SIGTERM. Raises DemoError."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    return await Show(screen, options).run(stop)
