"""What the tests know of virtual time beyond what ``defectio_tasks.testing`` tells everybody."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

START = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
"""What the wall clock shows when a test begins: a Monday."""


def pending_timers(event_loop: asyncio.AbstractEventLoop) -> list[asyncio.TimerHandle]:
    """Tell what is still to fire."""
    scheduled: list[asyncio.TimerHandle] = vars(event_loop)["_scheduled"]
    return [handle for handle in scheduled if not handle.cancelled()]


async def turns(count: int = 5) -> None:
    """Give everything that is ready a few turns; no time passes."""
    for _ in range(count):
        await asyncio.sleep(0)
