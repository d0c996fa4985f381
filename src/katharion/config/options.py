"""All that an operator may set, in one place: what each room declares, collected."""

import os
from typing import Annotated

import msgspec

from katharion.adapters.clamd import ClamdOptions
from katharion.adapters.journal import TrackingOptions
from katharion.adapters.relay import ArcOptions, RelayOptions
from katharion.adapters.resolver import ResolverOptions
from katharion.adapters.store.dmarc_reports import DmarcOptions
from katharion.content.attachments.options import AttachmentsOptions
from katharion.content.rules.options import RulesOptions
from katharion.directory.options import DomainOptions, PolicyOptions, RouteOptions
from katharion.edge.options import EdgeOptions, ListenerOptions, TlsOptions
from katharion.pipeline.run import ChecksOptions
from katharion.protocols.smtp_events import ServerLimits
from katharion.queue.options import OwnMailOptions, QueueOptions
from katharion.sources.options import BlocklistOptions, SourcesOptions


class SupervisorOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the processes of this node are run."""

    filters: Annotated[
        int, msgspec.Meta(description="Filter processes; 0: one for each core.", ge=0, le=99)
    ] = 0
    drain_seconds_max: Annotated[
        float,
        msgspec.Meta(description="Seconds to finish what is in flight at a stop.", ge=1),
    ] = 120.0
    tick_seconds_max: Annotated[
        float,
        msgspec.Meta(description="Seconds without a sign of life until a filter is killed.", ge=2),
    ] = 10.0

    @property
    def slots(self) -> int:
        """The number of filter processes."""
        return self.filters or min(len(os.sched_getaffinity(0)), 99)


class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The configuration of one node."""

    hostname: Annotated[
        str, msgspec.Meta(description="Our name, as the DNS has it: in greetings and headers.")
    ]
    node: Annotated[
        str, msgspec.Meta(description="This node's name in records; empty: the host name.")
    ] = ""
    postmaster: Annotated[
        str,
        msgspec.Meta(
            description="Who gets mail for bare <postmaster>; empty: postmaster@ our name."
        ),
    ] = ""
    store: Annotated[str, msgspec.Meta(description="Folder of the embedded store, on a disk.")] = (
        "/var/lib/katharion"
    )
    runtime: Annotated[
        str, msgspec.Meta(description="Folder of journals and sockets, in memory (tmpfs).")
    ] = "/run/katharion"
    listeners: Annotated[
        dict[str, ListenerOptions],
        msgspec.Meta(description="Where mail is taken, by name.", min_length=1, max_length=16),
    ] = msgspec.field(default_factory=lambda: {"public": ListenerOptions()})
    routes: Annotated[
        dict[str, RouteOptions], msgspec.Meta(description="How mail goes on, by name.")
    ] = {}
    policies: Annotated[
        dict[str, PolicyOptions], msgspec.Meta(description="What is done with spam, by name.")
    ] = {}
    domains: Annotated[
        dict[str, DomainOptions], msgspec.Meta(description="What we take mail for, by name.")
    ] = {}
    blocklists: Annotated[
        dict[str, BlocklistOptions],
        msgspec.Meta(description="Lists in the DNS that are asked, by name.", max_length=32),
    ] = {}
    tls: TlsOptions = TlsOptions()
    limits: ServerLimits = ServerLimits()
    edge: EdgeOptions = EdgeOptions()
    checks: ChecksOptions = ChecksOptions()
    clamd: ClamdOptions = ClamdOptions()
    rules: RulesOptions = RulesOptions()
    sources: SourcesOptions = SourcesOptions()
    attachments: AttachmentsOptions = AttachmentsOptions()
    relay: RelayOptions = RelayOptions()
    resolver: ResolverOptions = ResolverOptions()
    queue: QueueOptions = QueueOptions()
    own_mail: OwnMailOptions = OwnMailOptions()
    arc: ArcOptions = ArcOptions()
    dmarc: DmarcOptions = DmarcOptions()
    tracking: TrackingOptions = TrackingOptions()
    supervisor: SupervisorOptions = SupervisorOptions()

    @property
    def node_name(self) -> str:
        """This node's name in records."""
        return self.node or self.hostname
