"""Cancellation at every step: a run is cancelled at each turn of the event loop (L5, L11)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import time

import pytest
from support.virtual_time import START, between_turns, pending_timers

import defectio_tasks as tasks
from defectio_tasks.testing import VirtualClock


class Turns:
    """Counts the turns of an event loop, and acts before one of them."""

    def __init__(self, at: int = 0, act: Callable[[], None] = lambda: None) -> None:
        self.turn = 0
        self._at = at
        self._act = act
        self.event_loop = VirtualClock(START).new_event_loop()
        between_turns(self.event_loop, self._count)

    def _count(self) -> bool:
        self.turn += 1
        if self.turn == self._at:
            self._act()
            return True
        return False


class Scenario:
    """A loop with hooks, a retry, and sleeps in each of them."""

    def __init__(self, *, fails: bool, by_clock: bool) -> None:
        self.told: list[str] = []
        self.attempts = 0

        async def body() -> None:
            self.told.append("body")
            self.attempts += 1
            await asyncio.sleep(0.5)
            if self.attempts == 2:
                raise OSError
            if fails and self.attempts == 4:
                raise LookupError

        each_minute = [time(hour, minute) for hour in range(24) for minute in range(60)]
        make = tasks.loop(time=each_minute, count=3) if by_clock else tasks.loop(seconds=9, count=3)
        self.loop = make(body)

        @self.loop.before_loop
        async def before() -> None:
            self.told.append("before_loop")
            await asyncio.sleep(0)
            await asyncio.sleep(1)

        @self.loop.after_loop
        async def after() -> None:
            self.told.append("after_loop")
            await asyncio.sleep(0)
            await asyncio.sleep(1)

        @self.loop.error
        async def error(error: Exception) -> None:
            self.told.append("error")
            await asyncio.sleep(1)


def run(event_loop: asyncio.AbstractEventLoop, scenario: Scenario) -> asyncio.Task[None]:
    """Run a scenario from its start to its end."""

    async def begin() -> asyncio.Task[None]:
        task = scenario.loop.start()
        tasks_begun.append(task)
        await asyncio.wait([task])
        return task

    return event_loop.run_until_complete(begin())


tasks_begun: list[asyncio.Task[None]] = []


def turns_of(scenario: Scenario) -> int:
    """Count the turns of a scenario that nobody disturbs."""
    turns = Turns()
    run(turns.event_loop, scenario)
    turns.event_loop.close()
    return turns.turn


def each_turn(
    make: Callable[[], Scenario], act: Callable[[Scenario], None]
) -> Iterator[tuple[Scenario, asyncio.Task[None], bool]]:
    """Run a scenario anew for each of its turns, and act before that turn."""
    last = turns_of(make())
    assert last > 10
    for turn in range(1, last + 1):
        tasks_begun.clear()
        scenario = make()
        in_time: list[bool] = []

        def disturb(scenario: Scenario = scenario, in_time: list[bool] = in_time) -> None:
            in_time.append(scenario.loop.is_running())
            act(scenario)

        event_loop = Turns(turn, disturb).event_loop
        task = run(event_loop, scenario)
        yield scenario, task, in_time == [True]
        # Whatever happened, it starts again, and runs its course.
        scenario.told.clear()
        scenario.attempts = 10
        again = run(event_loop, scenario)
        assert again.exception() is None
        assert scenario.told == ["before_loop", "body", "body", "body", "after_loop"]
        assert asyncio.all_tasks(event_loop) == set()
        assert pending_timers(event_loop) == []
        event_loop.close()


@pytest.mark.parametrize("by_clock", [False, True])
@pytest.mark.parametrize("fails", [False, True])
@pytest.mark.parametrize("how", ["loop", "task"])
def test_each_run_ends_cancelled_with_after_loop_run_once(
    how: str, fails: bool, by_clock: bool, full_jitter: None
) -> None:
    def cancel(scenario: Scenario) -> None:
        if how == "loop":
            scenario.loop.cancel()
        elif tasks_begun:
            tasks_begun[0].cancel()

    disturbed = 0
    for scenario, task, in_time in each_turn(
        lambda: Scenario(fails=fails, by_clock=by_clock), cancel
    ):
        disturbed += in_time
        assert task.cancelled() == in_time
        assert scenario.told.count("after_loop") == 1
        assert scenario.told[-1] == "after_loop"
        assert not scenario.loop.is_being_cancelled()
    assert disturbed > 10


@pytest.mark.parametrize("by_clock", [False, True])
@pytest.mark.parametrize("fails", [False, True])
def test_stopped_at_each_turn_a_run_ends_in_order(
    fails: bool, by_clock: bool, full_jitter: None
) -> None:
    for scenario, task, _ in each_turn(
        lambda: Scenario(fails=fails, by_clock=by_clock), lambda scenario: scenario.loop.stop()
    ):
        assert not task.cancelled()
        assert isinstance(task.exception(), LookupError) == ("error" in scenario.told)
        assert scenario.told.count("after_loop") == 1
        assert scenario.told[-1] == "after_loop"


@pytest.mark.parametrize("by_clock", [False, True])
def test_restarted_at_each_turn_a_run_is_followed_by_a_whole_one(
    by_clock: bool, full_jitter: None
) -> None:
    def restart(scenario: Scenario) -> None:
        if scenario.loop.is_running():
            scenario.loop.restart()

    for scenario, _, in_time in each_turn(
        lambda: Scenario(fails=False, by_clock=by_clock), restart
    ):
        if in_time:
            assert scenario.loop.is_running()
            scenario.loop.cancel()
            task = scenario.loop.get_task()
            assert task is not None
            task.get_loop().run_until_complete(asyncio.wait([task]))
