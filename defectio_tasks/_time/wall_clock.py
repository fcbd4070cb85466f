"""The wall clock's seam: the only room that reads it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol, runtime_checkable


@runtime_checkable
class HasWallClock(Protocol):
    """An event loop that lives in a time of its own, as those of ``defectio_tasks.testing`` do."""

    def wall_time(self) -> float:
        """Return the wall clock's seconds since the epoch."""
        ...


def wall_clock_of(event_loop: object) -> Callable[[], float]:
    """Return which wall clock counts for what runs in an event loop.

    Args:
        event_loop: The event loop.

    Returns:
        A function that reads it, in seconds since the epoch: the event loop's own, if it has one,
        or the system's.
    """
    return event_loop.wall_time if isinstance(event_loop, HasWallClock) else _system_time


def _system_time() -> float:
    # It is looked up at each call: tools that set the time in tests replace it.
    return time.time()
