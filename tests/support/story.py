"""A loop of which all is told, and what its steps may do wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import defectio_tasks as tasks


class Story:
    """A loop with all hooks that notes what happens, and whose steps can be told to misbehave."""

    def __init__(self, **options: Any) -> None:
        self.told: list[str] = []
        self.steps: dict[str, Callable[[], Coroutine[object, object, object]]] = {}
        self.cancelled_in_after_loop: bool | None = None
        self.iterations_in_after_loop: int | None = None
        self.errors: list[Exception] = []

        @tasks.loop(name="story", **options)
        async def body() -> None:
            await self._step("body")

        @body.before_loop
        async def before() -> None:
            await self._step("before_loop")

        @body.after_loop
        async def after() -> None:
            self.cancelled_in_after_loop = body.is_being_cancelled()
            self.iterations_in_after_loop = body.current_loop
            await self._step("after_loop")

        @body.error
        async def error(error: Exception) -> None:
            self.errors.append(error)
            await self._step("error")

        self.loop = body

    async def _step(self, name: str) -> None:
        self.told.append(name)
        if name in self.steps:
            await self.steps[name]()


def raising(error: BaseException) -> Callable[[], Coroutine[object, object, None]]:
    async def step() -> None:
        raise error

    return step


def sleeping(seconds: float) -> Callable[[], Coroutine[object, object, None]]:
    async def step() -> None:
        await asyncio.sleep(seconds)

    return step


async def ended(task: asyncio.Task[None]) -> BaseException | None:
    """Wait for a task; tell its exception, a cancellation included."""
    await asyncio.wait([task])
    return asyncio.CancelledError() if task.cancelled() else task.exception()


async def foreign_cancellation() -> None:
    other = asyncio.ensure_future(asyncio.sleep(100))
    other.cancel()
    await other
