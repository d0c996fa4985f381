"""`katharion learn`: what people say of single messages."""

import asyncio
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import msgspec

from katharion.adapters.clock import SystemClock
from katharion.adapters.model_file import SHIPPED, map_file
from katharion.adapters.store.learning import LearningStore
from katharion.adapters.store.migrate import StoreError
from katharion.adapters.store.spool import open_spool
from katharion.cli.deeds import person
from katharion.cli.given import config_option, end, json_option, load_or_exit
from katharion.cli.table import moment, print_table
from katharion.config.options import Config
from katharion.content.classifier.lessons import taught_by
from katharion.content.classifier.model import ModelError, load
from katharion.mail.message import Message
from katharion.mail.mime import with_crlf
from katharion.mail.trace import strip_own
from katharion.ports import SpoolUnavailableError
from katharion.values.lesson import Lesson

MESSAGE_OCTETS_MAX = 100 * 1024 * 1024
DEFAULT_TENANT = "default"

_tenant = click.option("--tenant", default="", help="Whose people say so; else the held mail's.")
_reporter = click.option("--reporter", default="", help="Who says so; else you.")
_messages = click.argument("messages", nargs=-1, required=True)


@click.group("learn")
def learn() -> None:
    """What people say of single messages: it moves the score of mail that is like them.

    It counts for their tenant alone, 3 points at most, and can be taken back.
    """


@learn.command("spam")
@_messages
@_tenant
@_reporter
@config_option
def learn_spam(messages: tuple[str, ...], tenant: str, reporter: str, config_path: Path) -> None:
    """MESSAGES (files, ids of held mail, or - for one on standard input) are spam."""
    _say(messages, config_path, Said(tenant, reporter or person(), is_spam=True))


@learn.command("wanted")
@_messages
@_tenant
@_reporter
@config_option
def learn_wanted(messages: tuple[str, ...], tenant: str, reporter: str, config_path: Path) -> None:
    """MESSAGES (files, ids of held mail, or - for one on standard input) are wanted."""
    _say(messages, config_path, Said(tenant, reporter or person(), is_spam=False))


@learn.command("list")
@click.option("--tenant", default="", help="Only of this tenant.")
@config_option
@json_option
def learn_list(tenant: str, config_path: Path, *, is_json: bool) -> None:
    """What was said, newest first."""
    with learning_of(load_or_exit(config_path).config) as store:
        lessons = store.lessons(tenant)
    if is_json:
        told = [
            {n: v for n, v in msgspec.to_builtins(one).items() if n != "slots"} for one in lessons
        ]
        print(msgspec.json.format(msgspec.json.encode(told)).decode())
        return
    if not lessons:
        print("Nobody has said anything of a message.")
        sys.exit(1)
    print_table(
        ("number", "at", "tenant", "reporter", "said", "message"),
        [
            (
                *(str(one.number), moment(one.at), one.tenant, one.reporter),
                ("spam" if one.is_spam else "wanted") + (", taken back" * bool(one.taken_back_at)),
                one.message_id or "-",
            )
            for one in lessons
        ],
    )


@learn.command("undo")
@click.argument("number", type=int)
@config_option
def learn_undo(number: int, config_path: Path) -> None:
    """Take back what was said, by its NUMBER in `learn list`."""
    with learning_of(load_or_exit(config_path).config) as store:
        if not store.take_back(number, SystemClock().wall()):
            end(f"Nothing that holds has the number {number}; see `katharion learn list`.", 1)
    print(f"{number}: taken back")


class Said(msgspec.Struct, frozen=True):
    """What is said, for which tenant, by whom."""

    tenant: str
    reporter: str
    is_spam: bool


def teach(config: Config, message_id: str, content: bytes, said: Said) -> str:
    """Write one lesson down. Why it is not taken; "" where it is."""
    with learning_of(config) as store:
        common = load(store.model() or map_file(SHIPPED)).common
        lesson = Lesson(
            said.tenant,
            said.reporter,
            SystemClock().wall(),
            said.is_spam,
            taught_by(Message(strip_own(with_crlf(content))), common),
            message_id=message_id,
        )
        return store.add(lesson)[1]


def _say(messages: tuple[str, ...], config_path: Path, said: Said) -> None:
    config = load_or_exit(config_path).config
    is_taken = False
    for message in messages:
        tenant, content = _found(config, message)
        lesson = msgspec.structs.replace(said, tenant=said.tenant or tenant or DEFAULT_TENANT)
        refusal = teach(config, message if tenant else "", content, lesson)
        word = "spam" if said.is_spam else "wanted"
        print(f"{message}: {refusal or f'learned as {word} for the tenant {lesson.tenant}'}")
        is_taken |= not refusal
    if not is_taken:
        sys.exit(1)


def _found(config: Config, message: str) -> tuple[str, bytes]:
    """The tenant ("" where it is in a file) and the content of a message."""
    if message == "-":
        return "", sys.stdin.buffer.read(MESSAGE_OCTETS_MAX)
    path = Path(message)
    if path.is_file():
        return "", path.read_bytes()

    async def held() -> tuple[str, bytes] | None:
        spool = open_spool(Path(config.store), Path(config.runtime))
        try:
            found = await spool.read(message)
            return (found.tenant, found.content) if found else None
        finally:
            await spool.close()

    try:
        content = asyncio.run(held())
    except (SpoolUnavailableError, StoreError) as error:
        end(f"The store can't be asked: {error}")
    if content is None:
        end(f"{message} is no file, and no message of that id is held.", 1)
    return content


@contextmanager
def learning_of(config: Config) -> Iterator[LearningStore]:
    """The node's models and lessons; ends with a sentence where they can't be asked."""
    try:
        yield LearningStore(Path(config.store))
    except (StoreError, sqlite3.Error, ModelError) as error:
        end(f"The store can't be asked: {error}")
