"""What an iteration costs with a policy: ``python -m benchmarks.policies``.

It needs ``pip install -r benchmarks/requirements/policies.txt``. Each candidate runs as many loops
for a while, in turns with the others, in one process; the least processor time of several rounds
counts, as a ratio to the same loops without a policy.
"""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import sys
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from importlib import import_module
from time import process_time
from typing import Any, Final, TypeAlias

import defectio_tasks as tasks

ROUNDS: Final = 5
SECONDS: Final = 2.0
# How many loops, and their interval in seconds.
SIZES: Final = ((20, 0.01), (10_000, 5.0))

Body: TypeAlias = Callable[[], Coroutine[Any, Any, None]]
Stop: TypeAlias = Callable[[], object]
Start: TypeAlias = Callable[[Body, int, float], Awaitable[Stop]]


def by_policy(policy: tasks.Policy | None) -> Start:
    """Return what starts this library's loops with a policy, or without one."""

    async def start(body: Body, loops: int, interval: float) -> Stop:
        started = [tasks.loop(seconds=interval, policy=policy)(body) for _ in range(loops)]
        for index, loop in enumerate(started):
            loop.start()
            # Loops of a bot aren't due all at once; jitter would be, to those that are.
            if index % 100 == 0:
                await asyncio.sleep(interval / loops * 100)

        def stop() -> None:
            for loop in started:
                loop.cancel()

        return stop

    return start


async def observed(body: Body, loops: int, interval: float) -> Stop:
    """Start this library's loops under statistics."""
    unobserve = tasks.observe(tasks.Statistics())
    stop = await by_policy(None)(body, loops, interval)
    return lambda: (unobserve(), stop())


async def py_cord(body: Body, loops: int, interval: float) -> Stop:
    """Start py-cord's loops with its overlap."""
    loop: Any = import_module("discord.ext.tasks").loop
    started = [loop(seconds=interval, overlap=4)(body) for _ in range(loops)]
    for each in started:
        each.start()
    return lambda: [each.cancel() for each in started]


async def apscheduler(body: Body, loops: int, interval: float) -> Stop:
    """Start APScheduler's jobs, of which four may be at work."""
    scheduler: Any = import_module("apscheduler.schedulers.asyncio").AsyncIOScheduler()
    for _ in range(loops):
        scheduler.add_job(body, "interval", seconds=interval, max_instances=4)
    scheduler.start()
    return lambda: scheduler.shutdown(wait=False)


CANDIDATES: Final[Mapping[str, Start]] = {
    "no policy": by_policy(None),
    "timeout=30": by_policy(tasks.Policy(timeout=30)),
    "overlap=4": by_policy(tasks.Policy(overlap=4)),
    "jitter": by_policy(tasks.Policy(jitter=0.005)),
    'missed="all"': by_policy(tasks.Policy(missed="all")),
    "Statistics": observed,
    "py-cord, overlap=4": py_cord,
    "APScheduler, max_instances=4": apscheduler,
}


async def cost_of(start: Start, loops: int, interval: float) -> float:
    """Return the microseconds of processor time that an iteration takes."""
    done = 0

    async def body() -> None:
        nonlocal done
        done += 1

    stop = await start(body, loops, interval)
    await asyncio.sleep(interval)
    gc.collect()
    before, begun = done, process_time()
    await asyncio.sleep(max(SECONDS, interval))
    taken, iterations = process_time() - begun, done - before
    stop()
    await asyncio.sleep(0.1)
    return taken / iterations * 1e6


def main() -> None:
    """Measure, and print a table and, on the last line, the same as JSON."""
    logging.disable()
    results: dict[str, dict[str, float]] = {}
    for loops, interval in SIZES:
        least = dict.fromkeys(CANDIDATES, float("inf"))
        if loops > SIZES[0][0]:
            # They would need longer for a round than the round lasts.
            del least["py-cord, overlap=4"], least["APScheduler, max_instances=4"]
        for _ in range(ROUNDS):
            for name in least:
                cost = asyncio.run(cost_of(CANDIDATES[name], loops, interval))
                least[name] = min(least[name], cost)
        floor = least["no policy"]
        sys.stdout.write(f"{loops} loops every {interval} s: {floor:.2f} us an iteration\n")
        for name, cost in least.items():
            sys.stdout.write(f"  {name:30} {cost / floor:6.2f}  (+ {cost - floor:.2f} us)\n")
        results[f"{loops} loops every {interval} s"] = least
    sys.stdout.write(json.dumps({"python": sys.version.split()[0], "us": results}) + "\n")


if __name__ == "__main__":
    main()
