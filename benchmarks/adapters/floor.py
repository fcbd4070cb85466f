"""The floor: what everybody writes who has no library."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from datetime import datetime, time
from functools import cached_property, partial
from typing import Any
from zoneinfo import ZoneInfo

from benchmarks.adapters._adapter import Adapter, Body, until_done

# A loop is no more than what makes its coroutine; it's the tasks that are kept.
Forever = Callable[[], Coroutine[Any, Any, None]]


class Bound:
    """The least that an instance can have of its own."""

    def __init__(self, owner: object) -> None:
        self.owner = owner


class Floor(Adapter[Forever]):
    """`while True`."""

    module = "asyncio"

    def __init__(self) -> None:
        self.tasks: list[asyncio.Task[None]] = []

    def make(self, bodies: Sequence[Body], interval: float) -> list[Forever]:
        # For equal bodies one object will do, which leaves no more to memory than the tasks.
        made = {body: partial(_forever, body, interval) for body in set(bodies)}
        return [made[body] for body in bodies]

    def start(self, loops: Sequence[Forever]) -> None:
        create_task = asyncio.create_task
        self.tasks += [create_task(forever()) for forever in loops]

    async def cancel(self, loops: Sequence[Forever]) -> None:
        del loops
        for task in self.tasks:
            task.cancel()
        await until_done(self.tasks)
        self.tasks = []

    def running(self, loops: Sequence[Forever]) -> int:
        del loops
        return sum(not task.done() for task in self.tasks)

    def next_due(self, loop: Forever, marks: Sequence[float]) -> float:
        del loop
        return marks[-1] + 1

    def make_retrying(self, body: Body) -> Forever:
        return partial(_retrying, body)

    def make_owner(self) -> type:
        class Owner:
            @cached_property
            def tick(self) -> Bound:
                return Bound(self)

        return Owner

    def builder(self, times: Sequence[time]) -> Callable[[], object]:
        return lambda: sorted(set(times))

    def asker(self, times: Sequence[time]) -> Callable[[datetime], datetime | None]:
        # One conversion into a zone, whatever the times.
        del times
        zone = ZoneInfo("Europe/London")
        return lambda moment: moment.astimezone(zone)


async def _forever(body: Body, interval: float) -> None:
    while True:
        await body()
        await asyncio.sleep(interval)


async def _retrying(body: Body) -> None:
    while True:
        # `contextlib.suppress` takes longer.
        try:  # noqa: SIM105
            await body()
        except OSError:
            pass
        await asyncio.sleep(0)


ADAPTER = Floor
