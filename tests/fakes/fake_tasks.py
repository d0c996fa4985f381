"""Coroutines beside the caller, on whichever loop runs; a test waits for them by name or all."""

import asyncio
from collections.abc import Coroutine
from typing import Any


class FakeTasks:
    """Implements ports.Tasks. `failed` has the name and the exception of each that broke."""

    def __init__(self) -> None:
        self.failed: list[tuple[str, BaseException]] = []
        self.started: list[str] = []
        self._running: set[asyncio.Task[None]] = set()

    def start(self, work: Coroutine[Any, Any, None], name: str) -> None:
        self.started.append(name)
        self._running.add(asyncio.get_running_loop().create_task(self._watch(work, name)))

    async def settle(self) -> None:
        """Let all run until each has ended or waits for something that only a test can bring."""
        for _ in range(50):
            await asyncio.sleep(0)

    async def join(self) -> None:
        """Until all have ended."""
        while self._running:
            await asyncio.wait(self._running, timeout=5)

    async def _watch(self, work: Coroutine[Any, Any, None], name: str) -> None:
        try:
            await work
        except Exception as error:  # noqa: BLE001 # A test looks at all that failed.
            self.failed.append((name, error))
        finally:
            task = asyncio.current_task()
            assert task is not None
            self._running.discard(task)
