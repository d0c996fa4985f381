"""Coroutines beside the caller: none is lost, none fails in silence."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any


class LoopTasks:
    """Implements ports.Tasks on the running loop."""

    def __init__(self, report: Callable[[str, BaseException], None]) -> None:
        """`report` is told the name and the exception of a task that failed."""
        self._report = report
        self._running: set[asyncio.Task[None]] = set()

    def start(self, work: Coroutine[Any, Any, None], name: str) -> None:
        """Run `work` beside the caller."""
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._running.add(task)
        task.add_done_callback(self._ended)

    async def join(self, seconds_max: float) -> bool:
        """Wait until all have ended; False where some have not within the time."""
        if self._running:
            await asyncio.wait(tuple(self._running), timeout=seconds_max)
        return not self._running

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self._running.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._report(task.get_name(), error)
