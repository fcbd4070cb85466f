"""What it costs to let loops run, and whether they run when they should."""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import Callable, Coroutine
from itertools import accumulate, pairwise
from statistics import fmean, linear_regression, median, quantiles
from time import perf_counter, process_time
from time import time as wall_time
from typing import Any, Final

from benchmarks.adapters._adapter import Body, UnsupportedError
from benchmarks.measures._common import (
    PATIENCE,
    AnyAdapter,
    Findings,
    check,
    warm_up,
)

# Up to where the turns of all loops may run on beyond their period.
OVERLOADED: Final = 1.25
MOST_SAMPLES: Final = 500
# Of loops that are started over a second.
PARTS: Final = 1_000


class Stopwatch:
    """A body that counts its calls, and takes the time of some of them."""

    def __init__(self) -> None:
        self.count = 0
        self.begun = 0.0
        self.seconds = 0.0
        self.cpu = 0.0
        self._last = 0
        self._reached = asyncio.get_running_loop().create_future()

    async def body(self) -> None:
        """Count, and take the time at the last call awaited."""
        self.count += 1
        if self.count == self._last:
            self.cpu = process_time() - self.cpu
            self.seconds = wall_time() - self.begun
            self._reached.set_result(None)

    async def take(self, calls: int) -> float:
        """Wait for so many calls, and tell the CPU seconds of one.

        Raises:
            TimeoutError: They never come.
        """
        self._reached = asyncio.get_running_loop().create_future()
        self._last = self.count + calls
        self.begun = wall_time()
        self.cpu = process_time()
        await asyncio.wait_for(self._reached, PATIENCE)
        return self.cpu / calls


async def _time_one(adapter: AnyAdapter, loop: object, stopwatch: Stopwatch, calls: int) -> float:
    """Time the iterations of one loop, some way from its start: the fastest tenth of them."""
    adapter.start([loop])
    parts = [await stopwatch.take(calls // 10) for _ in range(11)]
    return min(parts[1:])


async def turn(adapter: AnyAdapter, *, iterations: int) -> Findings:
    """CPU seconds per iteration with interval 0."""
    stopwatch = Stopwatch()
    (loop,) = adapter.make([stopwatch.body], 0)
    return Findings({"": await _time_one(adapter, loop, stopwatch, iterations)})


async def handled_error(adapter: AnyAdapter, *, iterations: int, log: bool) -> Findings:
    """CPU seconds per iteration that raises an exception which is retried, at once.

    Args:
        adapter: The candidate.
        iterations: How many to time.
        log: Whether log records are made, for a handler that does nothing with them; else the
            logger's level is too high for them.
    """
    stopwatch = Stopwatch()

    async def fail() -> None:
        await stopwatch.body()
        raise OSError("the network is gone")

    if not log:
        logging.disable()
    loop = adapter.make_retrying(fail)
    return Findings({"": await _time_one(adapter, loop, stopwatch, iterations)})


async def many(adapter: AnyAdapter, *, size: int, periods: int, apart: bool = False) -> Findings:
    """CPU seconds per iteration of many loops at a second, and how late their iterations are.

    The time runs from when each has run about twice. An iteration is late by its distance to the
    grid of whole seconds that the loop itself announced then.

    Args:
        adapter: The candidate.
        size: How many loops.
        periods: For how many seconds.
        apart: Whether they are started evenly over a second; else together.
    """
    if apart and not adapter.begins_at_once:
        raise UnsupportedError("all its loops are due at the clock's whole seconds")
    stopwatch = Stopwatch()

    def sampling() -> tuple[Body, list[float]]:
        seen = list[float]()

        async def body() -> None:
            seen.append(wall_time())
            await stopwatch.body()

        return body, seen

    await warm_up(adapter)
    # Some of the loops take down when they run, which costs a bit.
    step = size // min(MOST_SAMPLES, size // 5)
    samples = {index: sampling() for index in range(0, size, step)}
    bodies = [samples[index][0] if index in samples else stopwatch.body for index in range(size)]
    loops = adapter.make(bodies, 1.0)
    for part in range(PARTS if apart else 1):
        adapter.start(loops[part::PARTS] if apart else loops)
        if apart:
            await asyncio.sleep(1 / PARTS)
    await stopwatch.take(size)
    # It would come some time soon, and here it's the start that is to blame for it.
    gc.collect()
    await stopwatch.take(size)
    plans = [
        (adapter.next_due(loops[index], seen), len(seen), seen)
        for index, (_, seen) in samples.items()
    ]

    findings = Findings({"cpu": await stopwatch.take(size * periods)})
    check(adapter.running(loops) == size, "a loop has ended by itself")
    if stopwatch.seconds > periods * OVERLOADED:
        seconds = f"{stopwatch.seconds:.1f} s"
        findings.notes["cpu"] = f"overloaded: the iterations of {periods} s take {seconds}"
    late = [
        mark - (due + number)
        for due, before, seen in plans
        for number, mark in enumerate(seen[before:])
    ]
    findings.values["late"] = median(late)
    findings.values["latest"] = quantiles(late, n=100)[-1]
    return findings


async def drift(adapter: AnyAdapter, *, interval: float, iterations: int) -> Findings:
    """By which part of the interval the iterations are further apart than the interval, in %."""
    marks = list[float]()
    await _watch(adapter, interval, marks, lambda: len(marks) > iterations)
    # On a busy machine a slot is left out at times, or made up for; that is no drift.
    gaps = [round((later - mark) / interval) for mark, later in pairwise(marks)]
    slope, _ = linear_regression(list(accumulate(gaps, initial=0)), marks)
    return Findings({"": (slope / interval - 1) * 100})


async def overrun(adapter: AnyAdapter, *, length: float, after: int) -> Findings:
    """What comes of one body that takes several intervals."""
    interval = adapter.shortest
    long = 2
    ended = list[float]()

    async def dawdle(number: int) -> None:
        if number == long:
            await asyncio.sleep(length * interval)
            ended.append(perf_counter())

    def is_over() -> bool:
        return bool(ended) and perf_counter() > ended[0] + after * interval

    marks = list[float]()
    await _watch(adapter, interval, marks, is_over, dawdle)
    # Whoever comes at once is there long before the grid's next slot.
    soon = ended[0] + (1 - length % 1) / 2 * interval
    later = [mark for mark in marks if mark > soon]
    off = [((mark - marks[0]) / interval + 0.5) % 1 - 0.5 for mark in later]
    return Findings(
        {
            "during": sum(marks[long] < mark < ended[0] for mark in marks),
            "at once": sum(ended[0] <= mark <= soon for mark in marks),
            "after": len(later),
            "off": fmean(off),
        }
    )


async def _watch(
    adapter: AnyAdapter,
    interval: float,
    marks: list[float],
    is_over: Callable[[], bool],
    work: Callable[[int], Coroutine[Any, Any, None]] | None = None,
) -> None:
    """Take down when the iterations of one loop come."""

    async def body() -> None:
        marks.append(perf_counter())
        if work is not None:
            await work(len(marks) - 1)

    (loop,) = adapter.make([body], interval)
    adapter.start([loop])
    async with asyncio.timeout(PATIENCE):
        while not is_over():  # noqa: ASYNC110 -- the end is a matter of time
            await asyncio.sleep(interval / 2)
    await adapter.cancel([loop])
