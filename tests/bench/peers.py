"""Who is measured: a direct delivery, Postfix as before-queue proxy, and katharion.

Each has the same smtp-sink behind it and the same load before it.
"""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from fixtures.fix_node import Node, Plan
from fixtures.fix_ports import free_port, greets, wait_until
from fixtures.fix_postfix import Postfix
from katharion.pipeline.checks.registry import NAMES

FILTERS = 2


class Peer(NamedTuple):
    """A running program: where it listens, and the root of its tree of processes."""

    name: str
    port: int
    pid: int


@contextmanager
def sink() -> Iterator[Peer]:
    """Postfix's smtp-sink: takes all, keeps nothing."""
    port = free_port()
    child = subprocess.Popen(["smtp-sink", "-u", "nobody", f"127.0.0.1:{port}", "1024"])
    try:
        wait_until(lambda: greets(port), what="smtp-sink")
        yield Peer("direct", port, child.pid)
    finally:
        child.terminate()
        child.wait(10)


@contextmanager
def postfix_proxy(sink_port: int) -> Iterator[Peer]:
    """Postfix as before-queue proxy: what it takes it hands to the sink before it answers."""
    settings = {"mynetworks": "127.0.0.0/8", "relay_domains": "customer.example"}
    proxy = Postfix("proxy", sink_port, settings, f"-o smtpd_proxy_filter=127.0.0.1:{sink_port}")
    try:
        yield Peer("Postfix, before-queue proxy", proxy.port, proxy.master_pid)
    finally:
        proxy.stop()


@contextmanager
def katharion(sink_port: int) -> Iterator[Peer]:
    """A node with all content checks off: the relay path alone."""
    disabled = ", ".join(f'"{name}"' for name in NAMES)
    plan = Plan(
        next_hops=(f"127.0.0.1:{sink_port}",), filters=FILTERS, checks=f"disabled = [{disabled}]"
    )
    node = Node(plan)
    try:
        yield Peer("katharion, relay path", node.port, node.pid)
    finally:
        node.stop()
