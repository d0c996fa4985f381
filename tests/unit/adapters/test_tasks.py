"""Tasks beside the caller."""

import asyncio

from katharion.adapters.tasks import LoopTasks


def test_failure_is_reported_and_join_waits() -> None:
    async def run() -> None:
        failed: list[str] = []
        tasks = LoopTasks(lambda name, error: failed.append(f"{name}: {error}"))

        async def work(*, is_good: bool) -> None:
            await asyncio.sleep(0.01)
            if not is_good:
                raise ValueError("broken")

        tasks.start(work(is_good=True), "good")
        tasks.start(work(is_good=False), "bad")
        assert not await tasks.join(0)
        assert await tasks.join(5)
        assert failed == ["bad: broken"]

    asyncio.run(run())
