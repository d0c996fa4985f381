"""An asyncio loop that never waits: time jumps to the next timer, and one thing happens at a time.

Whatever is called belongs to a process, by a context variable. What belongs to a process that
was killed is never called again, not even its `finally` blocks: that is kill -9. What belongs
to one that is frozen is called when it thaws: that is SIGSTOP.
"""

import asyncio
import heapq
from asyncio import events
from collections import deque
from collections.abc import Callable, Coroutine
from contextlib import suppress
from contextvars import Context, ContextVar, copy_context
from typing import Any

EPOCH_SECONDS = 1_790_000_000.0  # When each world begins.
STEPS_COUNT_MAX = 20_000_000  # Of one seed: then something runs in circles.


class SimError(Exception):
    """The simulation itself went wrong: nothing is left to do, or no end of it."""


_process: ContextVar["Process"] = ContextVar("process")


def current_process() -> "Process":
    """Who is running."""
    return _process.get(NOBODY)


class Process:
    """Somebody who runs: a process of ours, or a person at another place (`host`)."""

    def __init__(self, name: str, host: str) -> None:
        self.name = name
        self.host = host
        self.is_dead = False
        self.is_frozen = False
        self.was_frozen = False
        self.held_back: list[Handle] = []
        # Kept until the world ends: collected earlier, their `finally` blocks would run.
        self.tasks: list[asyncio.Task[Any]] = []
        self.context = copy_context()
        self.context.run(_process.set, self)

    def __repr__(self) -> str:
        return f"<{self.name}>"


NOBODY = Process("nobody", "nowhere")


class Handle:
    """What is to be called; shaped like asyncio's handles."""

    __slots__ = ("args", "at", "callback", "context", "is_cancelled")

    def __init__(
        self, callback: Callable[..., object], args: tuple[Any, ...], context: Context, at: float
    ) -> None:
        self.callback, self.args, self.context, self.at = callback, args, context, at
        self.is_cancelled = False

    def cancel(self) -> None:
        self.is_cancelled = True

    def cancelled(self) -> bool:
        return self.is_cancelled

    def when(self) -> float:
        return self.at


class SimLoop(asyncio.AbstractEventLoop):
    """`now` is virtual, in seconds. `errors` are exceptions that nobody caught: our bugs."""

    def __init__(self) -> None:
        self.now = 0.0
        self.steps_count = 0
        self.errors: list[BaseException] = []
        self.open_connection_by: Callable[..., Any] | None = None
        self._ready: deque[Handle] = deque()
        self._timers: list[tuple[float, int, Handle]] = []
        self._timers_count = 0  # Timers of one instant run in the order they were set.

    # What asyncio's own parts ask of a loop.

    def time(self) -> float:
        return self.now

    def get_debug(self) -> bool:
        return False

    def is_running(self) -> bool:
        return True

    def is_closed(self) -> bool:
        return False

    def call_soon(
        self, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> Handle:
        handle = Handle(callback, args, context or copy_context(), self.now)
        self._ready.append(handle)
        return handle

    def call_later(
        self,
        delay: float,
        callback: Callable[..., object],
        *args: Any,
        context: Context | None = None,
    ) -> Handle:
        return self.call_at(self.now + delay, callback, *args, context=context)

    def call_at(
        self,
        when: float,
        callback: Callable[..., object],
        *args: Any,
        context: Context | None = None,
    ) -> Handle:
        handle = Handle(callback, args, context or copy_context(), when)
        self._timers_count += 1
        heapq.heappush(self._timers, (when, self._timers_count, handle))
        return handle

    def create_future(self) -> "asyncio.Future[Any]":
        return asyncio.Future(loop=self)

    def create_task(
        self,
        coro: Coroutine[Any, Any, Any],
        *,
        name: str | None = None,
        context: Context | None = None,
    ) -> "asyncio.Task[Any]":
        task = asyncio.Task(coro, loop=self, name=name or "task", context=context)
        process = context.get(_process, NOBODY) if context is not None else current_process()
        process.tasks.append(task)
        return task

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        self.errors.append(context.get("exception") or SimError(str(context.get("message"))))

    async def create_connection(self, factory: Any, host: Any = None, port: Any = None) -> Any:
        assert self.open_connection_by is not None
        return await self.open_connection_by(factory, host, port)

    # Processes.

    def start(self, process: Process, work: Coroutine[Any, Any, Any], name: str = "") -> None:
        """Run `work` as part of `process`."""
        task = self.create_task(work, name=name or process.name, context=process.context.copy())
        task.add_done_callback(self._look, context=process.context)

    def call_as(self, process: Process, at: float, callback: Callable[..., object]) -> Handle:
        """Call back at `at` as part of `process`."""
        return self.call_at(at, callback, context=process.context)

    def soon_as(self, process: Process, callback: Callable[..., object]) -> None:
        """Call back at once, but not from within this call, as part of `process`."""
        self._ready.append(Handle(callback, (), process.context, self.now))

    def kill(self, process: Process) -> None:
        """SIGKILL: nothing of it is ever called again."""
        process.is_dead = True
        process.held_back.clear()

    def freeze(self, process: Process, seconds: float) -> None:
        """SIGSTOP, and SIGCONT after `seconds`."""
        process.is_frozen = process.was_frozen = True
        self.call_as(NOBODY, self.now + seconds, lambda: self._thaw(process))

    def _thaw(self, process: Process) -> None:
        process.is_frozen = False
        held_back, process.held_back = process.held_back, []
        self._ready.extend(held_back)

    # Running.

    @property
    def has_timers(self) -> bool:
        """Whether anything is still to come."""
        return bool(self._timers or self._ready)

    def run_until(self, is_over: Callable[[], bool], deadline: float) -> bool:
        """Run until `is_over` is true; False where `deadline` (or the last timer) came first."""
        events._set_running_loop(self)
        try:
            while not is_over():
                while self._ready:
                    self._call(self._ready.popleft())
                handle = self._next_timer(deadline)
                if handle is None:
                    self.now = max(self.now, deadline)
                    return False
                self._call(handle)
            return True
        finally:
            events._set_running_loop(None)

    def throw_away(self, processes: list[Process]) -> None:
        """The end: what has not ended is thrown away without a word."""
        self._ready.clear()
        self._timers.clear()
        events._set_running_loop(self)
        for task in [task for process in processes for task in process.tasks if not task.done()]:
            task._log_destroy_pending = False  # type: ignore[attr-defined] # As asyncio.run does.
            with suppress(BaseException):
                task.get_coro().close()
        events._set_running_loop(None)
        self._ready.clear()
        self._timers.clear()

    def _next_timer(self, deadline: float) -> Handle | None:
        """Let time jump to the next timer; None where none comes before `deadline`."""
        timers = self._timers
        while timers and timers[0][0] <= deadline:
            when, _, handle = heapq.heappop(timers)
            if not handle.is_cancelled:
                self.now = max(self.now, when)
                return handle
        return None

    def _call(self, handle: Handle) -> None:
        if handle.is_cancelled:
            return
        context = handle.context
        process = context.get(_process, NOBODY)
        if process.is_dead:
            return
        if process.is_frozen:
            process.held_back.append(handle)
            return
        self.steps_count += 1
        if self.steps_count > STEPS_COUNT_MAX:
            raise SimError("the simulation runs in circles")
        try:
            context.run(handle.callback, *handle.args)
        except Exception as error:  # noqa: BLE001 # Told by the checkers.
            self.errors.append(error)

    def _look(self, task: "asyncio.Task[Any]") -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            self.errors.append(error)
