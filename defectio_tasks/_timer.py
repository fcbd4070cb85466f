"""The clocks of an event loop, and waiting by them, ended early from outside."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from defectio_tasks._clock import wall_clock_of


class Timer:
    """One waiter at a time, which anybody may wake."""

    __slots__ = ("_event_loop", "_waiter", "_wall_time", "_woken")

    def __init__(self, event_loop: asyncio.AbstractEventLoop) -> None:
        """Make a timer for one event loop."""
        self._event_loop = event_loop
        self._wall_time = wall_clock_of(event_loop)
        self._waiter: asyncio.Future[None] | None = None
        self._woken = False

    def now(self) -> float:
        """Read the event loop's clock, in seconds."""
        return self._event_loop.time()

    def utc_now(self) -> datetime:
        """Read the wall clock, as an aware datetime in UTC."""
        return datetime.fromtimestamp(self._wall_time(), UTC)

    async def until(self, when: float) -> bool:
        """Wait until a moment; give the event loop a turn also when it has passed.

        Args:
            when: The moment, in seconds on the event loop's clock.

        Returns:
            ``False`` when the timer was woken, else ``True``.
        """
        self._woken = False
        waiter: asyncio.Future[None] = self._event_loop.create_future()
        handle = self._event_loop.call_at(when, _finish, waiter)
        self._waiter = waiter
        try:
            await waiter
        finally:
            # Without this, the handle stays in the event loop's heap after `wake` or a cancel.
            handle.cancel()
            self._waiter = None
        return not self._woken

    def wake(self) -> None:
        """End the wait now; without a waiter, do nothing."""
        if self._waiter is not None:
            # Also when the moment came in this very turn: the waiter must hear of it.
            self._woken = True
            _finish(self._waiter)


def _finish(waiter: asyncio.Future[None]) -> None:
    # It may have been cancelled or woken in the very turn in which it falls due.
    if not waiter.done():
        waiter.set_result(None)
