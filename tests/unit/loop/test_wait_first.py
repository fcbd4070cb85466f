"""Intervals whose first iteration waits (contract I5)."""

from __future__ import annotations

import asyncio
import copy
import re
from collections.abc import Callable
from datetime import time, timedelta
from typing import Any

import pytest
from support.story import Story, sleeping
from support.virtual_time import START

import defectio_tasks as tasks
from defectio_tasks._loop.upcoming import upcoming
from defectio_tasks._schedules.every import Every
from defectio_tasks.testing import VirtualClock

# What type checkers refuse.
loop: Callable[..., Any] = tasks.loop
Loop: Callable[..., Any] = tasks.Loop


class Timed(Story):
    """A story that waits first, and notes when its body begins."""

    def __init__(self, clock: VirtualClock, **options: Any) -> None:
        super().__init__(wait_first=True, **options)
        self.clock = clock
        self.began: list[float] = []
        self.takes = 0.0
        self.steps["body"] = self.body

    async def body(self) -> None:
        self.began.append(self.clock.elapsed)
        await asyncio.sleep(self.takes)


class Bot:
    """A class with such a loop."""

    def __init__(self) -> None:
        self.began: list[str] = []

    @tasks.loop(seconds=10, wait_first=True)
    async def tick(self) -> None:
        self.began.append("tick")


async def body() -> None: ...


def after(seconds: float) -> Any:
    return START + timedelta(seconds=seconds)


class TestSlots:
    """When iterations come."""

    async def test_i5_each_a_whole_number_of_intervals_later(self, clock: VirtualClock) -> None:
        story = Timed(clock, seconds=10, count=4)
        await story.loop.start()
        assert story.began == [10, 20, 30, 40]
        assert clock.elapsed == 40

    async def test_i5_from_the_end_of_before_loop(self, clock: VirtualClock) -> None:
        story = Timed(clock, seconds=10, count=3)
        story.steps["before_loop"] = sleeping(7)
        await story.loop.start()
        assert story.began == [17, 27, 37]
        assert story.told[:2] == ["before_loop", "body"]

    async def test_i5_the_grid_stays(self, clock: VirtualClock) -> None:
        story = Timed(clock, seconds=10, count=3)
        story.takes = 25
        await story.loop.start()
        # Two slots are missed each time: one iteration for both, and then on along the grid.
        assert story.began == [10, 35, 60]

    async def test_i5_without_an_interval(self, clock: VirtualClock) -> None:
        story = Timed(clock, count=3)
        await story.loop.start()
        assert story.began == [0, 0, 0]

    async def test_i5_count_is_of_iterations(self, clock: VirtualClock) -> None:
        story = Timed(clock, seconds=10, count=1)
        await story.loop.start()
        assert story.began == [10]
        assert story.iterations_in_after_loop == 1
        assert story.loop.ending == "completed"

    @pytest.mark.parametrize("wait_first", [False, None])
    async def test_i5_false_and_none_begin_at_once(
        self, clock: VirtualClock, *, wait_first: bool | None
    ) -> None:
        for tick in (
            tasks.loop(seconds=10, count=2, wait_first=wait_first)(body),
            tasks.Loop(body, seconds=10, count=2, wait_first=wait_first),
        ):
            before = clock.elapsed
            await tick.start()
            assert clock.elapsed - before == 10

    async def test_i5_by_the_class(self, clock: VirtualClock) -> None:
        await tasks.Loop(body, seconds=10, count=2, wait_first=True).start()
        assert clock.elapsed == 20


class TestAsked:
    """What `next_iteration` and `upcoming` say."""

    async def test_i5_next_iteration(self, lazy_tasks: None, clock: VirtualClock) -> None:
        story = Timed(clock, seconds=10)
        story.steps["before_loop"] = sleeping(4)
        tick = story.loop
        assert tick.next_iteration is None
        tick.start()
        # Before the first step, and in `before_loop`: as if that were over now.
        assert tick.next_iteration == after(10)
        await asyncio.sleep(3)
        assert tick.next_iteration == after(13)
        await asyncio.sleep(2)
        assert tick.next_iteration == after(14)
        await asyncio.sleep(10)
        assert (story.began, tick.next_iteration) == ([14], after(24))
        tick.cancel()

    async def test_i5_upcoming(self, clock: VirtualClock) -> None:
        tick = tasks.loop(seconds=10, wait_first=True)(body)
        assert upcoming(tick, n=2) == [after(10), after(20)]
        assert upcoming(tick, after=after(3), n=2) == [after(13), after(23)]
        tick.start()
        await asyncio.sleep(4)
        assert upcoming(tick, n=2) == [after(10), after(20)]
        await asyncio.sleep(10)
        assert upcoming(tick, n=2) == [after(20), after(30)]
        tick.cancel()

    async def test_i5_upcoming_in_before_loop(self, clock: VirtualClock) -> None:
        story = Timed(clock, seconds=10)
        story.steps["before_loop"] = sleeping(60)
        story.loop.start()
        await asyncio.sleep(3)
        assert upcoming(story.loop, n=2) == [after(13), after(23)]
        story.loop.cancel()


class TestSteered:
    """Changed, stopped or started again before the first iteration."""

    async def test_i5_another_interval(self, clock: VirtualClock) -> None:
        story = Timed(clock, seconds=100, count=2)
        task = story.loop.start()
        await asyncio.sleep(20)
        story.loop.change_interval(seconds=30)
        await task
        assert story.began == [30, 60]

    async def test_i5_another_interval_that_has_passed(self, clock: VirtualClock) -> None:
        story = Timed(clock, seconds=100, count=2)
        task = story.loop.start()
        await asyncio.sleep(20)
        story.loop.change_interval(seconds=15)
        await task
        assert story.began == [20, 30]

    async def test_i5_another_interval_in_before_loop(self, clock: VirtualClock) -> None:
        story = Timed(clock, seconds=100, count=2)
        story.steps["before_loop"] = sleeping(5)
        task = story.loop.start()
        await asyncio.sleep(2)
        story.loop.change_interval(seconds=10)
        await task
        assert story.began == [15, 25]

    async def test_i5_changed_before_the_start(self, clock: VirtualClock) -> None:
        story = Timed(clock, seconds=100, count=2)
        story.loop.change_interval(seconds=10)
        await story.loop.start()
        assert story.began == [10, 20]

    async def test_i5_changed_to_a_time(self, clock: VirtualClock) -> None:
        story = Timed(clock, seconds=100, count=1)
        task = story.loop.start()
        await asyncio.sleep(20)
        story.loop.change_interval(time=time(12, 1))
        await task
        assert story.began == [60]

    async def test_i5_stopped(self, clock: VirtualClock) -> None:
        story = Timed(clock, seconds=10)
        task = story.loop.start()
        await asyncio.sleep(5)
        story.loop.stop()
        await task
        assert clock.elapsed == 5
        assert story.told == ["before_loop", "after_loop"]
        assert story.loop.ending == "stopped"

    async def test_i5_cancelled(self, clock: VirtualClock) -> None:
        story = Timed(clock, seconds=10)
        task = story.loop.start()
        await asyncio.sleep(5)
        story.loop.cancel()
        await asyncio.wait([task])
        assert task.cancelled()
        assert story.told == ["before_loop", "after_loop"]

    @pytest.mark.parametrize("at", [5, 15])
    async def test_i5_restarted(self, clock: VirtualClock, at: int) -> None:
        story = Timed(clock, seconds=10)
        story.loop.start()
        await asyncio.sleep(at)
        story.began.clear()
        story.loop.restart()
        await asyncio.sleep(25)
        assert story.began == [at + 10, at + 20]
        story.loop.cancel()

    async def test_i5_started_again(self, clock: VirtualClock) -> None:
        story = Timed(clock, seconds=10, count=1)
        await story.loop.start()
        await story.loop.start()
        assert story.began == [10, 20]


class TestOtherLoops:
    """Loops of instances, and copies, wait first too."""

    async def test_i5_of_an_instance(self) -> None:
        bot = Bot()
        bot.tick.start()
        await asyncio.sleep(9)
        assert bot.began == []
        await asyncio.sleep(2)
        assert bot.began == ["tick"]
        bot.tick.cancel()

    @pytest.mark.parametrize("how", [copy.copy, copy.deepcopy])
    async def test_i5_of_a_copy(
        self, clock: VirtualClock, how: Callable[[tasks.Loop[[], None]], tasks.Loop[[], None]]
    ) -> None:
        await how(tasks.loop(seconds=10, count=2, wait_first=True)(body)).start()
        assert clock.elapsed == 20


class TestWrong:
    """What is refused at once."""

    @pytest.mark.parametrize("value", [1, 0, "yes", 10.0, timedelta(seconds=10)], ids=repr)
    def test_i5_wrong_kinds(self, value: object) -> None:
        message = f"^{re.escape(f'`wait_first` must be a bool, got {value!r}')}$"
        with pytest.raises(TypeError, match=message):
            loop(seconds=10, wait_first=value)
        with pytest.raises(TypeError, match=message):
            Loop(body, seconds=10, wait_first=value)

    @pytest.mark.parametrize("timing", [{"time": time(8)}, {"schedule": Every(hours=1)}], ids=str)
    def test_i5_beside_what_waits_anyway(self, timing: dict[str, object]) -> None:
        message = (
            "^`wait_first` goes with an interval: `time` and `schedule` wait anyway, got True$"
        )
        with pytest.raises(TypeError, match=message):
            loop(**timing, wait_first=True)
        with pytest.raises(TypeError, match=message):
            Loop(body, **timing, wait_first=True)
        for wait_first in (False, None):
            loop(**timing, wait_first=wait_first)
