"""The options by which verbs of the queue say which rows they mean."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from katharion.adapters.clock import SystemClock
from katharion.adapters.control import ask_control
from katharion.adapters.store.control import Control
from katharion.cli.given import end
from katharion.config.load import Loaded
from katharion.ports import SpoolUnavailableError
from katharion.values.fate import DUE, State
from katharion.values.waiting import Pause, Selection

ANSWER_SECONDS_MAX = 2.0
QUEUE_RUNNER = "queue-runner"
F = TypeVar("F", bound=Callable[..., Any])

_OPTIONS = (
    click.option("--route", "routes", multiple=True, help="Of this route."),
    click.option(
        "--destination", "destinations", multiple=True, help='A route, or "route/domain".'
    ),
    click.option("--domain", "domains", multiple=True, help="To this recipients' domain."),
    click.option("--tenant", "tenants", multiple=True, help="Of this tenant."),
    click.option("--sender", "senders", multiple=True, help='An address, "@domain", or "<>".'),
    click.option("--recipient", "recipients", multiple=True, help='An address, or "@domain".'),
    click.option("--filter", "filters", multiple=True, help='Held by it, such as "filter-00".'),
    click.option("--node", "nodes", multiple=True, help="Held by a process of this node."),
    click.option(
        "--state",
        "states",
        multiple=True,
        type=click.Choice(sorted(state.value for state in DUE)),
        help="In this state.",
    ),
    click.argument("ids", nargs=-1),
)
Given = dict[str, tuple[str, ...]]


def selecting(command: F) -> F:
    """Give a verb the options of a selection; it takes them as keywords."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def selection_of(given: Given) -> Selection:
    """What the options mean. A destination is one route, and perhaps one domain."""
    routes, domains = list(given["routes"]), [d.lower() for d in given["domains"]]
    for destination in given["destinations"]:
        route, _, domain = destination.partition("/")
        routes.append(route)
        if domain:
            domains.append(domain.lower())
    if len(given["destinations"]) > 1 and domains:
        end("Give one --destination with a domain at a time, or --route and --domain.")
    return Selection(
        tuple(State(state) for state in given["states"]),
        given["ids"],
        tuple(routes),
        tuple(domains),
        given["tenants"],
        given["senders"],
        given["recipients"],
        (*given["filters"], *given["nodes"]),
    )


def required(given: Given, *, is_all: bool) -> Selection:
    """The selection of a verb that changes something: everything only if that was said."""
    selection = selection_of(given)
    if selection.is_everything and not is_all:
        end("Say which: by ids or options such as --route (see --help), or --all.")
    if is_all and not selection.is_everything:
        end("--all means everything: leave the other options out, or leave --all out.")
    return selection


def standing(selection: Selection) -> list[Pause] | None:
    """The standing pauses that it amounts to; None where it means single rows."""
    rest = (
        selection.states,
        selection.ids,
        selection.senders,
        selection.recipients,
        selection.holders,
    )
    if any(rest):
        return None
    return [
        Pause(route, domain, tenant)
        for route in selection.routes or ("",)
        for domain in selection.domains or ("",)
        for tenant in selection.tenants or ("",)
    ]


def is_meant(pause: Pause, selection: Selection) -> bool:
    """Whether a standing pause is among what is selected."""
    pairs = (
        (selection.routes, pause.route),
        (selection.domains, pause.domain),
        (selection.tenants, pause.tenant),
    )
    return standing(selection) is not None and all(
        not wanted or own in wanted for wanted, own in pairs
    )


def control_of(store: str) -> Control:
    """The store's control file."""
    try:
        return Control(Path(store), SystemClock())
    except SpoolUnavailableError as error:
        end(f"The store can't be asked: {error}")


def ask_runner(loaded: Loaded, verb: str) -> dict[str, Any]:
    """Ask the node's queue runner; nothing where it does not run."""
    path = Path(loaded.config.runtime) / f"{QUEUE_RUNNER}.sock"
    return asyncio.run(ask_control(path, verb, ANSWER_SECONDS_MAX)) or {}
