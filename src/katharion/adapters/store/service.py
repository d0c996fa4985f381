"""A shard's service on a local socket: what its owner does for other processes.

Frames: four octets of length, then MessagePack. One question, one answer, in order.
"""

import asyncio
from contextlib import suppress
from pathlib import Path

import msgspec

from katharion.adapters.store import bulk, rows
from katharion.adapters.store.notices import Noticed, bounce
from katharion.adapters.store.shard import Shard
from katharion.ports import SpoolUnavailableError
from katharion.values.fate import State
from katharion.values.held import Claim, HeldMessage, HeldRecipient, Moment, Receipt, Settlement
from katharion.values.waiting import Act, Done

FRAME_OCTETS_MAX = 256 * 1024 * 1024
ANSWER_SECONDS_MAX = 30.0


class Hold(msgspec.Struct, tag=True):
    """Hold a message."""

    message: HeldMessage
    recipients: tuple[HeldRecipient, ...]


class Withdraw(msgspec.Struct, tag=True):
    """Take a hold back."""

    message_id: str


class Claiming(msgspec.Struct, tag=True):
    """Claim due rows."""

    wish: rows.ClaimWish


class Settle(msgspec.Struct, tag=True):
    """Settle claims."""

    settlements: tuple[Settlement, ...]
    now: float | Moment


class Bounce(msgspec.Struct, tag=True):
    """Settle claims of one message, and hold the notification about it."""

    message: HeldMessage
    row: HeldRecipient
    settlements: tuple[Settlement, ...]
    now: float | Moment


class Move(msgspec.Struct, tag=True):
    """Release, delete, or undo."""

    message_id: str
    recipient: str
    to: State
    now: float | Moment


class Purge(msgspec.Struct, tag=True):
    """Drop what can't come back."""

    now: float | Moment
    limit: int


class Acting(msgspec.Struct, tag=True):
    """A person's bulk verb."""

    act: Act
    moment: Moment


class Answer(msgspec.Struct):
    """Exactly one field is set, by the question's kind; `error` where it failed."""

    error: str = ""
    receipt: Receipt | None = None
    claims: list[Claim] = []
    settled: list[bool] = []
    is_moved: bool = False
    purged: int = 0
    done: Done | None = None


Question = Hold | Withdraw | Claiming | Settle | Bounce | Move | Purge | Acting
_questions = msgspec.msgpack.Decoder(Question)
_answers = msgspec.msgpack.Decoder(Answer)
_encode = msgspec.msgpack.Encoder().encode


async def ask_shard(shard: Shard, question: Question) -> Answer:
    """Do on an owned shard what is asked; returns when durable."""
    name = shard.name
    match question:
        case Hold(message, recipients):
            pieces = await _compress(message.content)
            receipt = await shard.run(lambda db: rows.hold(db, name, message, recipients, pieces))
            return Answer(receipt=receipt)
        case Withdraw(message_id):
            await shard.run(lambda db: rows.withdraw(db, message_id))
            return Answer()
        case Claiming(wish):
            return Answer(claims=await shard.run(lambda db: rows.claim(db, name, wish)))
        case Settle(settlements, now):
            return Answer(settled=await shard.run(lambda db: rows.settle(db, settlements, now)))
        case Bounce(message, row, settlements, now):
            pieces = await _compress(message.content)
            notice = Noticed(message, row, pieces, now)
            settled = await shard.run(lambda db: bounce(db, name, notice, settlements))
            return Answer(settled=settled)
        case Move(message_id, recipient, to, now):
            is_moved = await shard.run(lambda db: rows.move(db, message_id, recipient, to, now))
            return Answer(is_moved=is_moved)
        case Acting(wanted, moment):
            return Answer(done=await shard.run(lambda db: bulk.act(db, wanted, moment)))
        case Purge(now, limit):
            return Answer(purged=await shard.run(lambda db: rows.purge(db, now, limit)))


async def serve_shard(shard: Shard, path: Path) -> asyncio.Server:
    """Answer questions on the socket at `path`, for processes of our own user only."""
    path.unlink(missing_ok=True)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with suppress(asyncio.IncompleteReadError, ConnectionError, msgspec.MsgspecError):
                while True:
                    question = _questions.decode(await _read_frame(reader))
                    await _write_frame(writer, await _answer(shard, question))
        finally:
            writer.close()  # Also on nonsense: who asked is not to wait for an answer.

    server = await asyncio.start_unix_server(serve, path)
    path.chmod(0o600)
    return server


async def ask_socket(path: Path, question: Question) -> Answer:
    """Ask the owner behind the socket. SpoolUnavailableError where nobody answers."""
    try:
        async with asyncio.timeout(ANSWER_SECONDS_MAX):
            reader, writer = await asyncio.open_unix_connection(path)
            try:
                await _write_frame(writer, question)
                answer = _answers.decode(await _read_frame(reader))
            finally:
                writer.close()
    except (OSError, EOFError, msgspec.MsgspecError) as error:
        raise SpoolUnavailableError(f"{path}: nobody answers ({error})") from error
    if answer.error:
        raise SpoolUnavailableError(answer.error)
    return answer


async def _compress(content: bytes) -> tuple[bytes, ...]:
    if len(content) <= rows.PIECE_OCTETS_MAX:
        return rows.compress(content)
    return await asyncio.to_thread(rows.compress, content)  # Too long for the loop to stand.


async def _answer(shard: Shard, question: Question) -> Answer:
    try:
        return await ask_shard(shard, question)
    except SpoolUnavailableError as error:
        return Answer(error=str(error))


async def _read_frame(reader: asyncio.StreamReader) -> bytes:
    length = int.from_bytes(await reader.readexactly(4), "big")
    if length > FRAME_OCTETS_MAX:
        raise ConnectionError("frame too long")
    return await reader.readexactly(length)


async def _write_frame(writer: asyncio.StreamWriter, value: object) -> None:
    frame = _encode(value)
    writer.write(len(frame).to_bytes(4, "big") + frame)
    await writer.drain()
