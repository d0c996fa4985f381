"""The spool in memory and the spool on SQLite answer the same to any sequence of commands."""

import asyncio
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fakes.fake_spool import FakeSpool
from fixtures.fix_held import ANN, BOB, RECEIVED_AT, held_for, held_message
from katharion.adapters.store.migrate import migrate
from katharion.adapters.store.spool import ShardedSpool
from katharion.ports import Spool
from katharion.values.fate import ENTRY, State
from katharion.values.held import Claim, Query, Settlement

KEYS = st.tuples(st.integers(1, 3), st.sampled_from([ANN, BOB]))
COMMANDS = st.one_of(
    st.tuples(st.just("hold"), KEYS, st.sampled_from(sorted(ENTRY, key=lambda s: s.value))),
    st.tuples(st.just("claim"), st.integers(1, 3)),
    st.tuples(st.just("settle"), st.integers(0, 5), st.sampled_from(list(State)), st.booleans()),
    st.tuples(st.sampled_from(["release", "delete", "undo", "expire"]), KEYS),
    st.tuples(st.just("wait"), st.integers(1, 100)),
)


class Now:
    seconds = RECEIVED_AT

    def wall(self) -> float:
        return self.seconds

    def monotonic(self) -> float:
        return self.seconds


async def play(spool: Spool, commands: list[Any], now: Now) -> list[object]:
    """What each command is answered, and where all rows stand after it."""
    now.seconds = RECEIVED_AT
    claims: list[Claim] = []
    answers: list[object] = []
    for command in commands:
        match command:
            case "hold", (number, address), state:
                await spool.hold(held_message(number), [held_for(address, state)])
            case "claim", limit:
                # Two rows due at one moment may come in any order: all of them, or one.
                wish = 100 * (limit > 1)
                taken = list(await spool.claim("me", now.seconds, wish, 60.0))
                taken.sort(key=lambda c: (c.lease.message_id, str(c.lease.recipient)))
                claims += taken
                answers.append([(c.lease.message_id, c.lease.fence, c.state) for c in taken])
            case "settle", index, state, is_attempt:
                if claims:
                    lease = claims[index % len(claims)].lease
                    settlement = Settlement(
                        lease, state, now.seconds + 5, reason="r", is_attempt=is_attempt
                    )
                    answers.append(list(await spool.settle([settlement])))
            case "wait", seconds:
                now.seconds += seconds
            case verb, (number, address):
                move = getattr(spool, verb)
                answers.append(await move(held_message(number).id, address, now.seconds))
        answers.append(await standing(spool))
    return answers


async def standing(spool: Spool) -> list[object]:
    rows = await spool.search(Query(limit=1000))
    return sorted(
        (row.message_id, str(row.recipient), row.state.value, row.attempts) for row in rows
    )


@pytest.fixture(scope="module")
def empty() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        migrate(Path(folder), 1)
        yield Path(folder)


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(commands=st.lists(COMMANDS, max_size=25))
def test_both_answer_the_same(empty: Path, commands: list[Any]) -> None:
    async def scene(folder: Path) -> None:
        now = Now()
        real = ShardedSpool(folder / "s", folder, now, 0, frozenset({0}))
        await real.start()
        answered = await play(real, commands, now)
        for number in (1, 2, 3):
            found = await real.read(held_message(number).id)
            assert found in (None, held_message(number))
        await real.close()
        assert answered == await play(FakeSpool(), commands, now)

    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(empty, Path(folder) / "s")
        asyncio.run(scene(Path(folder)))
