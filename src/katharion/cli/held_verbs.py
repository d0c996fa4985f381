"""`katharion quarantine`: mail that waits for a person; and what all verbs of held mail need."""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar

import click
import msgspec

from katharion.adapters.clock import SystemClock
from katharion.adapters.store.migrate import StoreError
from katharion.adapters.store.spool import ShardedSpool, open_spool
from katharion.cli.deeds import PROCESS, person, write_down
from katharion.cli.given import config_option, end, json_option, load_or_exit
from katharion.cli.learn_verbs import Said, teach
from katharion.cli.table import moment, print_table
from katharion.mail.address import Address
from katharion.ports import SpoolUnavailableError
from katharion.values.fate import DUE, HELD, State
from katharion.values.held import HeldMessage, HeldRow, Query
from katharion.values.track import TrackRecord
from katharion.values.verdict import Band

T = TypeVar("T")


class Act(NamedTuple):
    """What a person may do to held rows. `event` names its record, where `past` does not."""

    past: str
    states: tuple[State, ...]
    to: State
    verb: Callable[[ShardedSpool, str, Address, float], Awaitable[bool]]
    event: str = ""


_limit = click.option("--limit", type=click.IntRange(1, 100_000), default=100, show_default=True)
_id = click.argument("message_id")
_recipient = click.argument("recipient", default="")


@click.group("quarantine")
def quarantine() -> None:
    """Mail that waits for a person."""


@quarantine.command("list")
@config_option
@json_option
@click.option("--text", default="", help="Only with this in addresses or subject.")
@click.option("--discarded", "is_discarded", is_flag=True, help="Also what was discarded.")
@_limit
def quarantine_list(
    config_path: Path, *, is_json: bool, text: str, is_discarded: bool, limit: int
) -> None:
    """What is held, newest first."""
    states = tuple(HELD) if is_discarded else (State.QUARANTINED,)
    query = Query(states=states, text=text, limit=limit)
    rows = ask(config_path, lambda spool: spool.search(query))
    if is_json:
        print_json(rows)
        return
    end_if_empty(rows, "The quarantine holds nothing that fits.")
    head = ("id", "received", "sender", "recipient", "subject", "why", "score")
    print_table(
        head,
        [
            (
                row.message_id,
                moment(row.received_at),
                row.sender or "<>",
                str(row.recipient),
                row.subject,
                row.reason,
                f"{row.verdict.score:.1f}" if row.verdict else "-",
            )
            for row in rows
        ],
    )


@quarantine.command("show")
@_id
@config_option
@json_option
@click.option("--raw", "is_raw", is_flag=True, help="The message itself, as it came.")
def quarantine_show(message_id: str, config_path: Path, *, is_json: bool, is_raw: bool) -> None:
    """One held message: why it is held, its envelope, its header."""
    if is_raw:
        message = ask(config_path, lambda spool: spool.read(message_id))
        if message is None:
            end(f"No message {message_id} is held, or its content is gone.", 1)
        sys.stdout.buffer.write(message.content)
        return
    show(message_id, config_path, is_json=is_json)


@quarantine.command("release")
@_id
@_recipient
@click.option("--teach/--no-teach", "is_taught", default=True, help="Learn that it is wanted.")
@config_option
def quarantine_release(
    message_id: str, recipient: str, config_path: Path, *, is_taught: bool
) -> None:
    """Queue a message for delivery: for RECIPIENT, or for all that it is held for."""
    if is_taught:
        _teach(message_id, recipient, config_path)
    _act(
        message_id,
        recipient,
        config_path,
        Act("released", tuple(HELD), State.QUEUED, ShardedSpool.release),
    )


@quarantine.command("delete")
@_id
@_recipient
@config_option
def quarantine_delete(message_id: str, recipient: str, config_path: Path) -> None:
    """Delete a message; `undo` brings it back for 7 days."""
    _act(
        message_id,
        recipient,
        config_path,
        Act("deleted", tuple(HELD), State.DELETED, ShardedSpool.delete),
    )


@quarantine.command("undo")
@_id
@_recipient
@config_option
def quarantine_undo(message_id: str, recipient: str, config_path: Path) -> None:
    """Take back a deletion, or a release that is not under way yet."""
    states = (State.DELETED, State.QUEUED)
    act = Act("back in quarantine", states, State.QUARANTINED, ShardedSpool.undo, "undone")
    _act(message_id, recipient, config_path, act)


def _teach(message_id: str, recipient: str, config_path: Path) -> None:
    """Where it is held as spam: its tenant's filter learns that it is wanted."""

    async def found(spool: ShardedSpool) -> tuple[Sequence[HeldRow], HeldMessage | None]:
        query = Query(message_id=message_id, recipient=recipient, states=tuple(HELD))
        return await spool.search(query), await spool.read(message_id)

    rows, message = ask(config_path, found)
    if message and any(row.verdict and row.verdict.band is not Band.CLEAN for row in rows):
        said = Said(message.tenant, person(), is_spam=False)
        refusal = teach(load_or_exit(config_path).config, message_id, message.content, said)
        print(f"{message_id}: {refusal or 'learned as wanted'}")


def ask(config_path: Path, work: Callable[[ShardedSpool], Awaitable[T]]) -> T:
    """Do `work` with the spool of the configured node, running or not."""
    config = load_or_exit(config_path).config

    async def run() -> T:
        spool = open_spool(Path(config.store), Path(config.runtime))
        try:
            return await work(spool)
        finally:
            await spool.close()

    try:
        return asyncio.run(run())
    except (SpoolUnavailableError, StoreError) as error:
        end(f"The store can't be asked: {error}")


def _act(message_id: str, recipient: str, config_path: Path, act: Act) -> None:
    """Do something to each row that is meant; say what was done, exit 1 where nothing was."""
    now = SystemClock().wall()

    async def work(spool: ShardedSpool) -> list[tuple[HeldRow, bool]]:
        query = Query(message_id=message_id, recipient=recipient, states=act.states)
        rows = await spool.search(query)
        return [(row, await act.verb(spool, message_id, row.recipient, now)) for row in rows]

    done = ask(config_path, work)
    if not done:
        end(f"No message {message_id} is held that could be {act.past}.", 1)
    for row, is_done in done:
        said = act.past if is_done else "not changed (see `trace`)"
        print(f"{message_id} {row.recipient}: {said}")
    if not any(is_done for _, is_done in done):
        sys.exit(1)
    _write_down([row for row, is_done in done if is_done], act, now, config_path)


def _write_down(rows: Sequence[HeldRow], act: Act, now: float, config_path: Path) -> None:
    """So that `trace` tells who did it. It is done all the same where this can't be written."""
    config = load_or_exit(config_path).config
    records = [
        TrackRecord(
            at=now,
            event=act.event or act.past,
            node=config.node_name,
            process=PROCESS,
            message_id=row.message_id,
            sender=row.sender,
            recipient=str(row.recipient),
            tenant=row.tenant,
            subject=row.subject,
            state=act.to.value,
            reason=f"by {person()}",
        )
        for row in rows
    ]
    write_down(config, records)


def show(message_id: str, config_path: Path, *, is_json: bool) -> None:
    """One message: its envelope, its rows, its header."""

    async def work(spool: ShardedSpool) -> tuple[Sequence[HeldRow], bytes]:
        message = await spool.read(message_id)
        rows = await spool.search(Query(message_id=message_id))
        header = message.content.partition(b"\r\n\r\n")[0] if message else b""
        return rows, header

    rows, header = ask(config_path, work)
    if not rows:
        end(f"No message {message_id} is held.", 1)
    if is_json:
        print_json(rows)
        return
    first = rows[0]
    print(f"message {message_id}, {first.size_bytes} bytes, received {moment(first.received_at)}")
    print(f"  from <{first.sender}>, tenant {first.tenant}, route {first.route}")
    for row in rows:
        told = "the sender was told" if row.is_sender_told else "the sender was not told"
        print(f"  {row.recipient}: {row.state.value} ({row.reason}; {told})")
        if row.state in DUE:
            print(f"    next try {moment(row.due_at)}, {row.attempts} tries so far")
        if row.words is not None and str(row.words):
            print(f'    the next hop said "{row.words}"')
        for finding in row.verdict.findings if row.verdict else ():
            print(f"    {finding.weight:+.1f}  {finding.name}: {finding.sentence}")
    print()
    print(header.decode("utf-8", "replace").replace("\r\n", "\n"))


def print_json(rows: Sequence[object]) -> None:
    """For programs."""
    print(msgspec.json.format(msgspec.json.encode(rows)).decode())


def end_if_empty(rows: Sequence[object], sentence: str) -> None:
    """Say that there is nothing, and exit with 1."""
    if not rows:
        print(sentence)
        sys.exit(1)
