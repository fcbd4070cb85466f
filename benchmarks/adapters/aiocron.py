"""aiocron."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, time
from importlib import import_module
from typing import Any

from benchmarks.adapters._adapter import Adapter, Body, UnsupportedError
from benchmarks.adapters._cron import expressions

# Objects of an untyped package.
AnyCron = Any
EXPRESSIONS = {1.0: "* * * * * *", 3600.0: "0 * * * *"}


class Aiocron(Adapter[AnyCron]):
    """A `Cron` for each loop."""

    module = "aiocron"
    begins_at_once = False
    shortest = 1.0

    def __init__(self) -> None:
        self.cron = import_module(self.module).Cron

    def make(self, bodies: Sequence[Body], interval: float) -> list[AnyCron]:
        if interval not in EXPRESSIONS:
            raise UnsupportedError("cron knows only whole seconds")
        # Without a zone it takes the machine's, which it looks for each time anew.
        return [self.cron(EXPRESSIONS[interval], func=body, tz=UTC) for body in bodies]

    def start(self, loops: Sequence[AnyCron]) -> None:
        for loop in loops:
            loop.start()

    async def cancel(self, loops: Sequence[AnyCron]) -> None:
        for loop in loops:
            loop.stop()
        await asyncio.sleep(0)

    def running(self, loops: Sequence[AnyCron]) -> int:
        return sum(loop.handle is not None for loop in loops)

    def next_due(self, loop: AnyCron, marks: Sequence[float]) -> float:
        del loop
        return float(int(marks[0]) + len(marks))

    def builder(self, times: Sequence[time]) -> Callable[[], object]:
        parts = expressions(times)
        if len(parts) > 1:
            raise UnsupportedError("needs several cron expressions, and takes one")
        hours, minutes, zone = parts[0]

        async def body() -> None: ...

        def build() -> object:
            cron = self.cron(f"{minutes} {hours} * * *", func=body, tz=zone)
            # What its `start` begins with.
            cron.initialize()
            return cron

        return build

    def asker(self, times: Sequence[time]) -> Callable[[datetime], datetime | None]:
        del times
        raise UnsupportedError("has an iterator over slots, which can't be asked about a moment")


ADAPTER = Aiocron
