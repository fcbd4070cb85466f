"""Time that jumps: an event loop whose clock goes to the next timer, and a wall clock in step."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import FileDescriptorLike

START = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
"""What the wall clock shows when a test begins: a Monday."""


class NothingWillHappenError(RuntimeError):
    """Everything waits, and no timer is set."""


class VirtualClock:
    """Monotonic time and wall time, which pass only by jumps.

    The wall clock can be set, as an administrator or a time server does it, without touching
    monotonic time.
    """

    def __init__(self) -> None:
        """Begin at ``START``."""
        self.reset()

    def reset(self) -> None:
        """Go back to the beginning."""
        self.monotonic = 1000.0
        self._wall = START

    def wall_time(self) -> float:
        """Tell the wall clock's seconds since the epoch, as ``time.time`` does."""
        return self.now().timestamp()

    def now(self) -> datetime:
        """Tell what the wall clock shows, in UTC."""
        return self._wall + timedelta(seconds=self.monotonic - 1000.0)

    def since_start(self) -> float:
        """Tell the monotonic seconds since the test began."""
        return self.monotonic - 1000.0

    def set_wall(self, moment: datetime) -> None:
        """Set the wall clock."""
        self._wall += moment - self.now()

    def shift_wall(self, **by: float) -> None:
        """Set the wall clock forward, or with negative numbers back; by ``timedelta``'s words."""
        self._wall += timedelta(**by)


CLOCK = VirtualClock()
"""The one clock of the test that runs."""


class _JumpingSelector(selectors.BaseSelector):
    """A selector that doesn't wait: where it would, time jumps by as much."""

    def __init__(self) -> None:
        self._inner = selectors.DefaultSelector()

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        events = self._inner.select(0)
        if events:
            return events
        if timeout is None:
            message = "nothing will ever happen: everything waits, and no timer is set"
            raise NothingWillHappenError(message)
        CLOCK.monotonic += max(timeout, 0.0)
        return events

    def register(
        self, fileobj: FileDescriptorLike, events: int, data: object = None
    ) -> selectors.SelectorKey:
        return self._inner.register(fileobj, events, data)

    def unregister(self, fileobj: FileDescriptorLike) -> selectors.SelectorKey:
        return self._inner.unregister(fileobj)

    def get_map(self) -> Mapping[FileDescriptorLike, selectors.SelectorKey]:
        return self._inner.get_map()

    def close(self) -> None:
        self._inner.close()


class VirtualEventLoop(asyncio.SelectorEventLoop):
    """An event loop that lives by ``CLOCK``."""

    def __init__(self) -> None:
        """Make an event loop with a selector that jumps."""
        super().__init__(_JumpingSelector())
        # asyncio runs what is due before `time() + _clock_resolution`. Far from 0 that sum must
        # still be more than `time()`, or a timer due right now never runs while time stands still.
        self._clock_resolution = 1e-7
        self._scheduled: list[asyncio.TimerHandle]

    def time(self) -> float:
        """Read the clock, in seconds."""
        return CLOCK.monotonic

    def pending_timers(self) -> list[asyncio.TimerHandle]:
        """Tell what is still to fire."""
        return [handle for handle in self._scheduled if not handle.cancelled()]


async def turns(count: int = 5) -> None:
    """Give everything that is ready a few turns; no time passes."""
    for _ in range(count):
        await asyncio.sleep(0)
