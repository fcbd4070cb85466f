"""Waiting until a moment of the event loop's clock, ended early from outside."""

from __future__ import annotations

import asyncio


class Timer:
    """One waiter at a time, which anybody may wake."""

    __slots__ = ("_event_loop", "_waiter")

    def __init__(self, event_loop: asyncio.AbstractEventLoop) -> None:
        """Make a timer for one event loop."""
        self._event_loop = event_loop
        self._waiter: asyncio.Future[bool] | None = None

    def now(self) -> float:
        """Read the event loop's clock, in seconds."""
        return self._event_loop.time()

    async def until(self, when: float) -> bool:
        """Wait until a moment; give the event loop a turn also when it has passed.

        Args:
            when: The moment, in seconds on the event loop's clock.

        Returns:
            Whether the moment came; ``False`` when the timer was woken before.
        """
        waiter: asyncio.Future[bool] = self._event_loop.create_future()
        handle = self._event_loop.call_at(when, _finish, waiter, True)  # noqa: FBT003 -- by position only
        self._waiter = waiter
        try:
            return await waiter
        finally:
            # Without this, the handle stays in the event loop's heap after `wake` or a cancel.
            handle.cancel()
            self._waiter = None

    def wake(self) -> None:
        """End the wait now; without a waiter, do nothing."""
        if self._waiter is not None:
            _finish(self._waiter, came=False)


def _finish(waiter: asyncio.Future[bool], came: bool) -> None:  # noqa: FBT001 -- by position only
    # It may have been cancelled or woken in the very turn in which it falls due.
    if not waiter.done():
        waiter.set_result(came)
