"""Clocks that stand still, for slots that are asked what they would do at a moment."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from typing_extensions import override

from defectio_tasks._slots.interval import IntervalSlots
from defectio_tasks._time.timers import Timers


class StoppedEventLoop(asyncio.BaseEventLoop):
    """An event loop in which no time passes, and nothing else happens."""

    def __init__(self, now: float, wall_time: float) -> None:
        super().__init__()
        self._now = now
        self._wall_time = wall_time

    @override
    def time(self) -> float:
        return self._now

    def wall_time(self) -> float:
        return self._wall_time


def clocks_at(now: float, wall: datetime = datetime(2026, 1, 5, 12, tzinfo=UTC)) -> Timers:
    """Stop the clocks at a moment of the event loop's, and one of the wall clock's."""
    event_loop = StoppedEventLoop(now, wall.timestamp())
    timers = Timers(event_loop)
    # Nothing is in it, and whoever forgets an event loop that is open is warned.
    event_loop.close()
    return timers


def claim(slots: IntervalSlots, now: float) -> int:
    """Claim the slot that has come at a moment, and tell how many were skipped for it."""
    assert slots.claim(clocks_at(now))
    return slots.skipped


def last_due(slots: IntervalSlots) -> float | None:
    """Tell when the last slot claimed was due."""
    return slots.last_due(clocks_at(0.0))
