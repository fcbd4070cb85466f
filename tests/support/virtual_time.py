"""What the tests know of virtual time beyond what ``defectio_tasks.testing`` tells everybody."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

from defectio_tasks.testing._event_loop import VirtualEventLoop

START = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
"""What the wall clock shows when a test begins: a Monday."""


def pending_timers(event_loop: asyncio.AbstractEventLoop) -> list[asyncio.TimerHandle]:
    """Tell what is still to fire."""
    scheduled: list[asyncio.TimerHandle] = vars(event_loop)["_scheduled"]
    return [handle for handle in scheduled if not handle.cancelled()]


def between_turns(event_loop: VirtualEventLoop, act: Callable[[], bool]) -> None:
    """Have something called between turns of an event loop; it tells whether it did anything."""
    selector = vars(event_loop)["_selector"]
    rest: Callable[[float | None], float] = selector._rest
    # What was done may have left something to run.
    selector._rest = lambda timeout: rest(0 if act() else timeout)


async def turns(count: int = 5) -> None:
    """Give everything that is ready a few turns; no time passes."""
    for _ in range(count):
        await asyncio.sleep(0)
