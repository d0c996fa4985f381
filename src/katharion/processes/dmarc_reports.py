"""Reports of DMARC: counted by the supervisor; sent and taken by the queue runner.

The supervisor has just moved the records into the tracking store, so it counts them; the queue
runner can ask DNS and hold mail, so it sends. Between them is the reports' file.

Job: counts messages for reports; sends the reports of days that are over; keeps those of others.
Trust: that of its process; reads records, and mail that strangers sent to the reports' addresses.
Talks to: the tracking store, the reports' file, DNS, the shards' sockets.
Holds: leases of reports, which run out.
Dies: with its process; what was not sent is sent later, what was sent is known by its id.
Standards: RFC 9990, RFC 8460.
"""

import asyncio
import hashlib
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import cast

import structlog

from katharion.adapters.store.dmarc_reports import DAY_SECONDS, DmarcReports, DueReport
from katharion.adapters.store.migrate import StoreError
from katharion.authentication import aggregate_mail, dmarc_record
from katharion.authentication.aggregate import Reporter, report_id, row_of
from katharion.authentication.aggregate_rua import Destinations, destinations
from katharion.authentication.aggregate_unpack import reports_of
from katharion.config.options import Config
from katharion.mail.address import Address
from katharion.mail.envelope import Envelope
from katharion.mail.message import Message
from katharion.mail.message_id import TOKEN_OCTETS, make_id
from katharion.pipeline.asking import Budget, Parked, finish, go_on
from katharion.ports import Clock, JournalFullError, SpoolUnavailableError
from katharion.processes.own_mail import make_own_mail
from katharion.processes.wiring import Rooms
from katharion.queue.bounce import OWN_REPORT
from katharion.values.facts import ClientFacts
from katharion.values.fate import State
from katharion.values.held import HeldMessage, HeldRecipient
from katharion.values.snapshot import OWN_ROUTE
from katharion.values.track import TrackRecord

COUNT_SECONDS_MAX = 2 * DAY_SECONDS  # What is older is in no report any more.
TRANSACTIONS_COUNT_MAX = 20  # In one go of the supervisor, which comes each second.
PAUSE_SECONDS = 20.0
CLAIMS_COUNT_MAX = 20  # Each time: reports need not leave all at once.
LEASE_SECONDS = 900.0
AGAIN_SECONDS = 1800.0
GIVE_UP_SECONDS = 3 * DAY_SECONDS
QUESTIONS_COUNT_MAX = 100
DNS_SECONDS_MAX = 20.0
REASON = "dmarc report"


class ReportCounter:
    """The supervisor's part. Blocking."""

    def __init__(self, store: Path, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def count(self) -> None:
        """Count what the tracking store took since."""
        reports = DmarcReports(self._store)
        since = self._clock.wall() - COUNT_SECONDS_MAX
        for _ in range(TRANSACTIONS_COUNT_MAX):
            if not reports.count(row_of, since):
                return

    def purge(self, keep_days: int) -> None:
        """Drop what is old."""
        DmarcReports(self._store).purge_before(self._clock.wall() - keep_days * DAY_SECONDS)


class ReportSender:
    """The queue runner's part: sends what is due, each report once."""

    def __init__(
        self, config: Config, rooms: Rooms, owner: str, log: structlog.stdlib.BoundLogger
    ) -> None:
        self._rooms = rooms
        self._node = config.node_name
        self._owner = owner
        self._log = log
        self._own = make_own_mail(config)
        self._reports = DmarcReports(Path(config.store))
        organization = config.dmarc.organization or config.hostname
        self._reporter = Reporter(
            config.hostname, organization, str(self._own.sender), config.dmarc.contact
        )

    async def run(self, stop: asyncio.Event) -> None:
        """Until told to stop."""
        while not stop.is_set():
            try:
                await self.send_due()
            except (StoreError, sqlite3.Error, OSError) as error:
                self._log.warning("DMARC reports put off", reason=str(error))
            try:
                async with asyncio.timeout(PAUSE_SECONDS):
                    await stop.wait()
            except TimeoutError:
                continue

    async def send_due(self) -> int:
        """Send what is due now; returns the number of mails held."""
        now = self._rooms.clock.wall()
        claimed = await asyncio.to_thread(
            self._reports.claim, self._owner, now, CLAIMS_COUNT_MAX, LEASE_SECONDS
        )
        return sum([await self._send(due) for due in claimed])

    async def _send(self, due: DueReport) -> int:
        now, aggregate = self._rooms.clock.wall(), due.aggregate
        found = await self._destinations(due)
        if now - aggregate.end > GIVE_UP_SECONDS and not found.is_known:
            await asyncio.to_thread(self._reports.end, due, now, "given up: DNS does not answer")
            return 0
        if not found.is_known:
            await asyncio.to_thread(self._reports.put_off, due, now + AGAIN_SECONDS)
            return 0
        try:
            for address in found.addresses:
                await self._hold(due, address, now)
        except SpoolUnavailableError as error:
            self._log.warning("a DMARC report is put off", reason=str(error))
            await asyncio.to_thread(self._reports.put_off, due, now + AGAIN_SECONDS)
            return 0
        names = ", ".join(map(str, found.addresses))
        ending = f"sent to {names}" if names else "no address wants it"
        await asyncio.to_thread(self._reports.end, due, now, ending)
        return len(found.addresses)

    async def _destinations(self, due: DueReport) -> Destinations:
        record = dmarc_record.parse(due.aggregate.record)
        report_to = record.report_to if record else ()
        found = go_on(destinations(due.aggregate.policy_domain, report_to), self._rooms.resolver)
        if not isinstance(found, Parked):
            return found
        budget = Budget(self._rooms.clock, QUESTIONS_COUNT_MAX, DNS_SECONDS_MAX)
        return cast("Destinations", await finish(found, self._rooms.resolver, budget))

    async def _hold(self, due: DueReport, to: Address, now: float) -> None:
        """Its id comes from the report and the address: held again it is the same mail."""
        about = f"{report_id(due.aggregate, self._reporter)}\n{to}"
        token = hashlib.sha256(about.encode()).digest()[:TOKEN_OCTETS]
        mail_id = make_id(float(due.aggregate.end), token)
        letter = aggregate_mail.Letter(mail_id, now, self._own.sender, to)
        content = aggregate_mail.compose(due.aggregate, self._reporter, letter)
        content = self._own.sign(content, now) + content
        message = HeldMessage(
            id=mail_id,
            received_at=now,
            tenant="",
            envelope=Envelope(None, (to,)),
            facts=ClientFacts("", 0, OWN_REPORT, received_at=now),
            trace=b"",
            content=content,
            sha256=hashlib.sha256(content).digest(),
            subject=Message(content).subject,
        )
        row = HeldRecipient(to, State.QUEUED, OWN_ROUTE, REASON, due_at=now)
        await self._rooms.spool.hold(message, [row])
        record = TrackRecord(
            at=now,
            event="notice",
            node=self._node,
            process=self._owner,
            message_id=mail_id,
            recipient=str(to),
            subject=message.subject,
            state=State.QUEUED.value,
            reason=f"{REASON} about {due.aggregate.policy_domain}",
        )
        try:
            self._rooms.journal.append([record])
        except JournalFullError as error:
            self._log.warning("a DMARC report is sent, and not recorded", reason=str(error))


class ReportTaker:
    """The queue runner's part: keeps what is sent to the reports' addresses."""

    def __init__(self, store: Path, clock: Clock, tenant_of: Callable[[str], str]) -> None:
        self._store = store
        self._clock = clock
        self._tenant_of = tenant_of

    async def take(self, content: bytes, recipient: Address) -> str:
        """Keep the reports in a mail; says why where that could not be done, else ""."""
        tenant = self._tenant_of(recipient.domain)
        try:
            await asyncio.to_thread(self._keep, content, tenant)
        except (StoreError, sqlite3.Error, OSError) as error:
            return f"the reports' file is away: {error}"
        return ""

    def _keep(self, content: bytes, tenant: str) -> None:
        DmarcReports(self._store).take(tenant, self._clock.wall(), reports_of(content))
