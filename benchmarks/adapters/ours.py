"""This library."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from datetime import datetime, time

from benchmarks.adapters._tasks import TasksAdapter


class Ours(TasksAdapter):
    """`defectio_tasks`."""

    module = "defectio_tasks"

    def retry_at_once(self) -> None:
        random.random = lambda: 0.0

    def builder(self, times: Sequence[time]) -> Callable[[], object]:
        return lambda: self.tasks.DailySchedule(times)

    def asker(self, times: Sequence[time]) -> Callable[[datetime], datetime | None]:
        ask: Callable[[datetime], datetime | None] = self.tasks.DailySchedule(times).next_after
        return ask


ADAPTER = Ours
