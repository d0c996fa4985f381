"""A process's control socket: one line asked, one line of JSON answered, for our own user."""

import asyncio
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

LINE_OCTETS_MAX = 64 * 1024
ANSWER_OCTETS_MAX = 16 * 1024 * 1024

Answer = Mapping[str, Any]


async def serve_control(path: Path, verbs: Mapping[str, Callable[[], Answer]]) -> asyncio.Server:
    """Answer `verbs` on the socket at `path`."""
    path.unlink(missing_ok=True)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.LimitOverrunError, ValueError):
            verb = (await reader.readline()).decode("ascii", "replace").strip()
            ask = verbs.get(verb)
            answer = ask() if ask else {"error": f"no such verb: {verb[:40]}"}
            writer.write(json.dumps(answer).encode() + b"\n")
            await writer.drain()
        writer.close()

    server = await asyncio.start_unix_server(serve, path, limit=LINE_OCTETS_MAX)
    path.chmod(0o600)
    return server


async def ask_control(path: Path, verb: str, seconds_max: float) -> dict[str, Any] | None:
    """Ask; None where nobody answers in time."""
    try:
        async with asyncio.timeout(seconds_max):
            reader, writer = await asyncio.open_unix_connection(path, limit=ANSWER_OCTETS_MAX)
            try:
                writer.write(verb.encode() + b"\n")
                line = await reader.readline()
            finally:
                writer.close()
        answer: dict[str, Any] = json.loads(line)
    except (OSError, ValueError):
        return None
    return answer
