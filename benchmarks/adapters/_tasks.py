"""What `ext.tasks` and its descendants have in common, this library included."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from datetime import datetime, time
from importlib import import_module
from typing import Any, ClassVar

from benchmarks.adapters._adapter import Adapter, Body, until_done

# The peers are untyped, and each is there only in an environment of its own.
AnyLoop = Any


class TasksAdapter(Adapter[AnyLoop]):
    """A module with a decorator `loop`."""

    def __init__(self) -> None:
        self.tasks = import_module(self.module)

    def make(self, bodies: Sequence[Body], interval: float) -> list[AnyLoop]:
        loop = self.tasks.loop
        return [loop(seconds=interval)(body) for body in bodies]

    def start(self, loops: Sequence[AnyLoop]) -> None:
        for loop in loops:
            loop.start()

    async def cancel(self, loops: Sequence[AnyLoop]) -> None:
        tasks = [loop.get_task() for loop in loops]
        for loop in loops:
            loop.cancel()
        await until_done(tasks)

    def running(self, loops: Sequence[AnyLoop]) -> int:
        return sum(loop.is_running() for loop in loops)

    def next_due(self, loop: AnyLoop, marks: Sequence[float]) -> float:
        del marks
        return float(loop.next_iteration.timestamp())

    def make_retrying(self, body: Body) -> AnyLoop:
        self.retry_at_once()
        return self.make([body], 0)[0]

    @abstractmethod
    def retry_at_once(self) -> None:
        """Let the delay before a retry be calculated, and then be zero."""

    def make_owner(self) -> type:
        loop = self.tasks.loop

        class Owner:
            @loop(seconds=60)  # type: ignore[untyped-decorator]
            async def tick(self) -> None: ...

        return Owner

    def builder(self, times: Sequence[time]) -> Callable[[], object]:
        loop = self.tasks.loop

        async def body() -> None: ...

        return lambda: loop(time=times)(body)


class ForkAdapter(TasksAdapter):
    """A module with the code that discord.py's `ext.tasks` had in its version 2.0 alphas."""

    package: ClassVar[str]

    def retry_at_once(self) -> None:
        backoff = import_module(f"{self.package}.backoff").ExponentialBackoff
        delay = backoff.delay

        def no_delay(self: object) -> float:
            delay(self)
            return 0.0

        backoff.delay = no_delay

    def asker(self, times: Sequence[time]) -> Callable[[datetime], datetime | None]:
        loop = self.builder(times)()
        return self._after_an_iteration(loop)

    def _after_an_iteration(self, loop: AnyLoop) -> Callable[[datetime], datetime | None]:
        # These read the clock themselves, unless it's after a late iteration: the usual case, as
        # a timer is always late. This is what `_loop` does then.
        loop._current_loop = 1
        prepare, tell = loop._prepare_time_index, loop._get_next_sleep_time

        def ask(moment: datetime) -> datetime | None:
            loop._last_iteration = moment
            prepare(moment)
            slot: datetime | None = tell()
            return slot

        return ask
