"""What an iteration and a slot cost, in counts that are the same on every machine.

How long it takes is for ``python -m benchmarks`` to tell.
"""

from __future__ import annotations

import asyncio
import selectors
import sys
from collections import Counter
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, time
from types import FrameType
from typing import TypeAlias
from zoneinfo import ZoneInfo

import pytest
from support.slots import slot_after
from typing_extensions import override

import defectio_tasks as tasks
from defectio_tasks._zones.offsets import _stretches
from defectio_tasks.testing import VirtualClock

Body: TypeAlias = Callable[[], Coroutine[object, object, None]]
Start: TypeAlias = Callable[[Body, float], asyncio.Task[None]]

ITERATIONS = 500


class LeapingEventLoop(asyncio.SelectorEventLoop):
    """asyncio's own event loop but for the wait; that of the testing kit has calls of its own."""

    def __init__(self) -> None:
        self.moment = 0.0
        super().__init__(LeapingSelector(self))

    @override
    def time(self) -> float:
        return self.moment


class LeapingSelector(selectors.DefaultSelector):
    """Lets time pass instead of waiting."""

    def __init__(self, event_loop: LeapingEventLoop) -> None:
        super().__init__()
        self._event_loop = event_loop

    @override
    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self._event_loop.moment += timeout or 0.0
        return []


class Calls:
    """Counts calls of Python and C functions."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def begin(self) -> None:
        """Begin to count."""
        sys.setprofile(self._count)

    def end(self) -> None:
        """Count no more."""
        sys.setprofile(None)

    def _count(self, frame: FrameType, event: str, called: object) -> None:
        if event == "call":
            self.counts[frame.f_code.co_name] += 1
        elif event == "c_call":
            self.counts[getattr(called, "__name__", "?")] += 1


async def bare(body: Body, interval: float) -> None:
    """Do what everybody writes who has no library."""
    while True:
        await body()
        await asyncio.sleep(interval)


def start_bare(body: Body, interval: float) -> asyncio.Task[None]:
    return asyncio.create_task(bare(body, interval))


def start_ours(body: Body, interval: float) -> asyncio.Task[None]:
    return tasks.loop(seconds=interval)(body).start()


def calls_of_an_iteration(start: Start, loops: int, interval: float) -> float:
    """Count the calls of an iteration, the event loop's own share included."""
    calls = Calls()
    done = 0

    async def main() -> None:
        enough = asyncio.get_running_loop().create_future()

        async def body() -> None:
            nonlocal done
            done += 1
            if done == 10 * loops:
                calls.begin()
            elif done == 10 * loops + ITERATIONS:
                calls.end()
                enough.set_result(None)

        running = [start(body, interval) for _ in range(loops)]
        await enough
        for task in running:
            task.cancel()
        await asyncio.wait(running)

    event_loop = LeapingEventLoop()
    try:
        event_loop.run_until_complete(main())
    finally:
        calls.end()
        event_loop.close()
    return calls.counts.total() / ITERATIONS


@pytest.mark.parametrize(
    ("loops", "interval", "share"),
    [
        pytest.param(1, 0, 1.2, id="again and again"),
        pytest.param(1, 1, 1.06, id="one loop"),
        pytest.param(100, 1, 25 / 51, id="a hundred loops"),
    ],
)
def test_an_iteration_takes_few_calls(loops: int, interval: float, share: float) -> None:
    """A bare loop, in the same event loop, is the measure: the calls of both are counted."""
    ours = calls_of_an_iteration(start_ours, loops, interval)
    floor = calls_of_an_iteration(start_bare, loops, interval)
    assert 10 < ours <= share * floor


async def test_a_hundred_loops_make_a_future_an_iteration_and_share_a_timer(
    clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    event_loop = asyncio.get_running_loop()
    made: Counter[str] = Counter()
    create_future, call_at = event_loop.create_future, event_loop.call_at

    def count_future() -> asyncio.Future[object]:
        made["futures"] += 1
        return create_future()

    def count_timer(when: float, *args: object, **kwargs: object) -> asyncio.TimerHandle:
        made["timers"] += 1
        return call_at(when, *args, **kwargs)  # type: ignore[arg-type]

    iterations = 0

    async def body() -> None:
        nonlocal iterations
        iterations += 1

    running = [tasks.loop(seconds=10)(body) for _ in range(100)]
    for loop in running:
        loop.start()
    await clock.advance(seconds=5)
    monkeypatch.setattr(event_loop, "create_future", count_future)
    monkeypatch.setattr(event_loop, "call_at", count_timer)
    before = iterations
    await asyncio.sleep(50)
    monkeypatch.undo()
    assert iterations - before == 500
    # And what this test itself waits by; uvloop has another name for that.
    assert made["futures"] == 500 + 1
    assert 5 <= made["timers"] <= 5 + 1
    for loop in running:
        loop.cancel()


def test_a_year_of_slots_takes_few_conversions_into_the_zone() -> None:
    """Whatever asks a zone for its offset is a call of one of these."""
    zone = ZoneInfo("Europe/London")
    walls = [time(hour, minute, tzinfo=zone) for hour in range(24) for minute in (0, 15, 30, 45)]
    schedule = tasks.DailySchedule(walls)
    slot, end = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
    slots = 0
    _stretches.cache_clear()
    calls = Calls()
    calls.begin()
    while (slot := slot_after(schedule, slot)) < end:
        slots += 1
    calls.end()
    # The hour that comes twice has its times once, and the one that is left out moves onto others.
    assert slots == 96 * 365 - 4 - 1
    conversions = sum(calls.counts[name] for name in ("astimezone", "utcoffset", "fromutc"))
    assert 0 < conversions <= 0.02 * slots
