"""What several measures need."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from benchmarks.adapters._adapter import Adapter, Body

AnyAdapter = Adapter[Any]
HOUR: Final = 3600.0
PATIENCE: Final = 60.0


@dataclass
class Findings:
    """What one process found out."""

    values: dict[str, float] = field(default_factory=dict)
    """By case, in the catalogue's units."""
    notes: dict[str, str] = field(default_factory=dict)
    """What must be known about a case's value."""
    missing: dict[str, str] = field(default_factory=dict)
    """Why a case has none; `*` stands for all cases."""


class Counter:
    """Counts iterations."""

    def __init__(self) -> None:
        self.count = 0

    async def body(self) -> None:
        """Count."""
        self.count += 1

    async def reach(self, count: int) -> None:
        """Wait until so many iterations are over.

        Raises:
            TimeoutError: They never come.
        """
        async with asyncio.timeout(PATIENCE):
            # As cheap as can be: it's within what is timed.
            while self.count < count:  # noqa: ASYNC110
                await asyncio.sleep(0)


def check(condition: object, problem: str) -> None:
    """Stop the measurement where it doesn't measure what it should."""
    if not condition:
        raise AssertionError(problem)


async def asleep(adapter: AnyAdapter, bodies: Sequence[Body], counter: Counter) -> list[Any]:
    """Make and start loops, and wait until all sleep for an hour."""
    loops = adapter.make(bodies, HOUR)
    await fall_asleep(adapter, loops, counter)
    return loops


async def fall_asleep(adapter: AnyAdapter, loops: Sequence[Any], counter: Counter) -> None:
    """Start loops, and wait until all sleep, which is after the first iteration of most."""
    due = counter.count + (len(loops) if adapter.begins_at_once else 0)
    adapter.start(loops)
    await counter.reach(due)
    # From the last body to its sleep.
    await asyncio.sleep(0)
    check(counter.count == due, f"{due} iterations were due, {counter.count} came")


async def warm_up(adapter: AnyAdapter) -> None:
    """Have done what only a first loop does, imports for example."""
    counter = Counter()
    await adapter.cancel(await asleep(adapter, [counter.body], counter))
    forget_imports()


def forget_imports() -> None:
    """Have the garbage collector leave alone what is there already.

    It visits all objects at times. Those of imported modules are no part of what a loop costs, and
    a bot has imported its host anyway, whichever loops it uses.
    """
    gc.collect()
    gc.freeze()


def repeats(size: int, largest: int) -> int:
    """Tell how often to repeat something, what is short because it's small more often.

    The least of the values counts: whatever disturbs a measurement makes it longer.
    """
    return min(10, 3 * largest // size)
