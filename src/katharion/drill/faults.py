"""What may go wrong with processes and with the next hop: each a way to spend the load's time.

Each runs while letters are begun, and mends what it broke before it ends.
"""

import asyncio
import resource
import signal
from collections.abc import Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import Any

from katharion.demo.node import DemoError
from katharion.drill.house import QUEUE_RUNNER, SUPERVISOR
from katharion.drill.next_hop import Drop, Mood
from katharion.drill.stage import Stage

BACK_SECONDS_MAX = 2.0
GREETING_SECONDS_MAX = 15.0
RELOAD_SECONDS_MAX = 40.0

Fault = Callable[[Stage], Coroutine[Any, Any, None]]


def kill(name: str) -> Fault:
    """Kill -9 at random times; `name` "filter" is any of them. The supervisor is started again."""

    async def fault(stage: Stage) -> None:
        count = 0
        while stage.is_loading:
            await stage.pause(0.8, 2.5)
            count += await kill_once(stage, name)
        stage.details.append(f"{count} times kill -9")
        if not count:
            stage.broken.append("the load was over before anything was killed")

    return fault


async def kill_once(stage: Stage, name: str) -> bool:
    """One kill; False where it was not there, for it was just starting."""
    one = stage.one_of(stage.house.filters) if name == "filter" else name
    stage.note(f"kill {one}")
    is_killed = stage.house.signal(one, signal.SIGKILL)
    if one == SUPERVISOR:
        await asyncio.sleep(0.3)
        await _start(stage)
    return is_killed


def freeze(name: str, seconds: float = 3.0) -> Fault:
    """SIGSTOP for some seconds, again and again."""

    async def fault(stage: Stage) -> None:
        count = 0
        while stage.is_loading:
            await stage.pause(0.5, 1.5)
            one = stage.one_of(stage.house.filters) if name == "filter" else name
            stage.note(f"stop {one}")
            count += stage.house.signal(one, signal.SIGSTOP)
            await asyncio.sleep(seconds)
            stage.house.signal(one, signal.SIGCONT)
        stage.details.append(f"{count} times SIGSTOP for {seconds:.0f} s")

    return fault


async def next_hop_dies(stage: Stage) -> None:
    """Down and up again."""
    while stage.is_loading:
        await stage.pause(1.0, 2.0)
        stage.note("next hop dead")
        stage.hop.go_down()
        await stage.pause(2.0, 4.0)
        await stage.hop.come_up()


async def next_hop_dies_and_runner_is_killed(stage: Stage) -> None:
    """The queue has work to do whenever its runner dies."""
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(next_hop_dies(stage))
        tasks.create_task(kill(QUEUE_RUNNER)(stage))


async def next_hop_dies_and_runner_freezes(stage: Stage) -> None:
    """Likewise."""
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(next_hop_dies(stage))
        tasks.create_task(freeze(QUEUE_RUNNER)(stage))


async def all_are_killed(stage: Stage) -> None:
    """Anybody, while the next hop comes and goes."""
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(next_hop_dies(stage))
        tasks.create_task(_kill_any(stage))


async def _kill_any(stage: Stage) -> None:
    count = 0
    while stage.is_loading:
        await stage.pause(1.0, 3.0)
        count += await kill_once(stage, stage.one_of(("filter", QUEUE_RUNNER, SUPERVISOR)))
    stage.details.append(f"{count} times kill -9")


def next_hop_is(mood: Mood) -> Fault:
    """It misbehaves as `mood` says, with pauses."""

    async def fault(stage: Stage) -> None:
        while stage.is_loading:
            stage.hop.mood = mood
            await stage.pause(2.0, 4.0)
            stage.hop.mood = Mood()
            await stage.pause(0.5, 1.0)
        dropped = len(stage.hop.unanswered)
        if mood.drop is not Drop.NEVER:
            stage.details.append(f"{dropped} recipients' dots without an answer")
            if not dropped:
                stage.broken.append("no dot was left without an answer")

    return fault


async def few_descriptors(stage: Stage) -> None:
    """No filter may open a file or connection more, for some seconds."""
    while stage.is_loading:
        await stage.pause(0.5, 1.0)
        before = [_limit(stage, name) for name in stage.house.filters]
        stage.note("out of descriptors")
        await stage.pause(2.0, 3.0)
        for pid, limits in filter(None, before):
            try:
                resource.prlimit(pid, resource.RLIMIT_NOFILE, limits)
            except ProcessLookupError:
                stage.broken.append(f"process {pid} died of it")
    turned_away = len(stage.senders.connections_refused)
    stage.details.append(f"{turned_away} connections turned away")
    if not turned_away:
        stage.broken.append("nobody was turned away: the descriptors did not run out")


def _limit(stage: Stage, name: str) -> tuple[int, tuple[int, int]] | None:
    pid = stage.house.pid_of(name)
    if pid is None:
        return None
    limits = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    used = {int(path.name) for path in Path(f"/proc/{pid}/fd").iterdir()}
    lowest_free = next(number for number in range(len(used) + 1) if number not in used)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (lowest_free, limits[1]))
    return pid, limits


async def stop_and_start(stage: Stage) -> None:
    """SIGTERM under load and with a queue: a clean stop, a moment of nothing, a start."""
    stage.hop.go_down()
    await stage.pause(1.0, 2.0)
    await stage.hop.come_up()
    while stage.is_loading:
        await stage.pause(2.0, 3.0)
        await stop_in_order(stage)
        await _start(stage)


async def stop_in_order(stage: Stage) -> None:
    """SIGTERM: all end by themselves."""
    stage.note("stop")
    await stage.house.stop()
    if stage.house.names():
        stage.broken.append(f"after a stop there are still {stage.house.names()}")
    if '"event": "killed"' in stage.house.log():
        stage.broken.append("a stop had to kill, for not all ended by themselves")


async def reload(stage: Stage) -> None:
    """A new configuration: old filters drain while new ones listen, and nobody is turned away."""
    count = 0
    while stage.is_loading:
        await stage.pause(0.5, 1.0)
        before = [stage.house.pid_of(name) for name in stage.house.filters]
        stage.house.change()
        if not await _until(partial(_are_others, stage, before), RELOAD_SECONDS_MAX):
            stage.broken.append(f"a reload was not over after {RELOAD_SECONDS_MAX:.0f} s")
        count += 1
    refused = stage.senders.connections_refused
    stage.details.append(f"{count} reloads, {len(refused)} connections refused")
    if refused:
        stage.broken.append(f"{len(refused)} connections refused: {refused[0].reason}")


def _are_others(stage: Stage, before: list[int | None]) -> bool:
    now = [stage.house.pid_of(name) for name in stage.house.filters]
    return None not in now and not set(now) & set(before)


async def filter_comes_back(stage: Stage) -> None:
    """The only filter is killed: how long until somebody greets again is measured."""
    took: list[float] = []
    (only,) = stage.house.filters
    while stage.is_loading:
        await stage.pause(1.5, 2.5)
        killed_at = stage.now()
        if not await kill_once(stage, only):
            continue
        await _until(lambda: stage.house.pid_of(only) is not None, GREETING_SECONDS_MAX)
        if not await _greets(stage.house.port):
            stage.broken.append("no greeting after a kill")
            return
        took.append(stage.now() - killed_at)
        if len(took) == 2:  # Who dies more often is started later each time, by intention.
            break
    await stage.until_loaded()
    worst = max(took, default=GREETING_SECONDS_MAX)
    stage.details.append(f"back after {', '.join(f'{one:.2f} s' for one in took)}")
    if worst > BACK_SECONDS_MAX:
        stage.broken.append(f"back after {worst:.2f} s only")


async def _greets(port: int) -> bool:
    """A connection that is made now, and waits for its greeting."""
    try:
        async with asyncio.timeout(GREETING_SECONDS_MAX):
            while True:
                try:
                    reader, writer = await asyncio.open_connection("127.0.0.1", port)
                    line = await reader.readline()
                    writer.close()
                except OSError:
                    line = b""
                if line.startswith(b"220"):
                    return True
                await asyncio.sleep(0.02)
    except TimeoutError:
        return False


async def _until(is_so: Callable[[], bool], seconds_max: float) -> bool:
    try:
        async with asyncio.timeout(seconds_max):
            while not is_so():  # noqa: ASYNC110 # Another process's state.
                await asyncio.sleep(0.02)
    except TimeoutError:
        return False
    return True


async def _start(stage: Stage) -> None:
    try:
        await stage.house.start()
    except DemoError as error:
        stage.broken.append(f"it did not start again: {error}")
