"""APScheduler 3, with its scheduler for asyncio."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, time
from importlib import import_module
from typing import Any

from benchmarks.adapters._adapter import Adapter, Body, UnsupportedError
from benchmarks.adapters._cron import expressions


class APScheduler(Adapter[Body]):
    """Jobs of one `AsyncIOScheduler`, which are made by starting them."""

    module = "apscheduler.schedulers.asyncio"

    def __init__(self) -> None:
        # Late iterations come late, as with everybody else, and not never.
        defaults = {"misfire_grace_time": None, "coalesce": True}
        self.scheduler = import_module(self.module).AsyncIOScheduler(
            timezone=UTC, job_defaults=defaults
        )
        self.interval = 0.0
        self.begun = dict[Body, float]()
        self.jobs: list[Any] = []

    def make(self, bodies: Sequence[Body], interval: float) -> list[Body]:
        if interval == 0:
            raise UnsupportedError("takes an interval of 0 for one of a second")
        self.interval = interval
        return list(bodies)

    def start(self, loops: Sequence[Body]) -> None:
        # Else the first iteration would come after an interval.
        now = datetime.now(UTC)
        self.begun |= dict.fromkeys(loops, now.timestamp())
        add_job, interval = self.scheduler.add_job, self.interval
        self.jobs += [
            add_job(body, "interval", seconds=interval, next_run_time=now) for body in loops
        ]
        if not self.scheduler.running:
            self.scheduler.start()

    async def cancel(self, loops: Sequence[Body]) -> None:
        del loops
        for job in self.jobs:
            job.remove()
        self.jobs = []
        await asyncio.sleep(0)

    def running(self, loops: Sequence[Body]) -> int:
        del loops
        return len(self.scheduler.get_jobs())

    def next_due(self, loop: Body, marks: Sequence[float]) -> float:
        return self.begun[loop] + len(marks)

    def builder(self, times: Sequence[time]) -> Callable[[], object]:
        return self._builder(times)

    def asker(self, times: Sequence[time]) -> Callable[[datetime], datetime | None]:
        trigger = self._builder(times)()

        def ask(moment: datetime) -> datetime | None:
            slot: datetime | None = trigger.get_next_fire_time(None, moment)
            return slot

        return ask

    def _builder(self, times: Sequence[time]) -> Callable[[], Any]:
        cron = import_module("apscheduler.triggers.cron").CronTrigger
        either = import_module("apscheduler.triggers.combining").OrTrigger
        parts = expressions(times)
        if len(parts) == 1:
            return lambda: cron(
                hour=parts[0].hours, minute=parts[0].minutes, timezone=parts[0].zone
            )
        return lambda: either(
            [cron(hour=hours, minute=minutes, timezone=zone) for hours, minutes, zone in parts]
        )


ADAPTER = APScheduler
