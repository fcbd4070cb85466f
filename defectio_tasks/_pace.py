"""How one run waits for its slots: turn by turn, on an even grid, or by the wall clock.

Here calculation and clocks meet; each pace owns the calculation for its kind of loop.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Final, Protocol

from defectio_tasks._agenda import Agenda
from defectio_tasks._grid import Grid
from defectio_tasks._schedule import next_slot
from defectio_tasks._settings import Interval, Timing
from defectio_tasks._timer import Timer

# The wall clock is read again at least this often (contract L7): a timer knows nothing of a clock
# that was set, or of a machine that slept.
LONGEST_NAP: Final = 60.0
LEAST_MARGIN: Final = 1e-6


class Pace(Protocol):
    """How a run gets from one slot to the next."""

    async def wait(self, timer: Timer) -> bool:
        """Wait until the next slot has come, or until the timer is woken.

        Returns:
            Whether there is a next slot.
        """
        ...

    def take(self, timer: Timer) -> int:
        """Take the slot that has come, and tell how many were skipped for it."""
        ...

    def upcoming(self, timer: Timer) -> datetime | None:
        """Tell when the next slot is due, in UTC; the present when it has come already."""

    def last_slot(self, timer: Timer) -> float | None:
        """Tell when the last slot taken was due, in seconds on the event loop's clock."""


def begin_pace(timing: Timing, timer: Timer) -> Pace:
    """Make the pace of a run that begins now."""
    if not isinstance(timing, Interval):
        return _WallClockPace(Agenda(timing, timer.utc_now()))
    if timing.total == 0:
        return _TurnPace()
    return _IntervalPace(timing.total)


def change_pace(timing: Timing, previous: Pace, timer: Timer) -> Pace:
    """Make the pace of a run whose timing was changed (contract L12).

    Args:
        timing: The new timing.
        previous: The pace so far; it stays as it is.
        timer: The run's timer.

    Returns:
        A pace whose next slot is an interval after the last slot, or the first of a schedule
        from now on.
    """
    if not isinstance(timing, Interval):
        ran = previous.last_run() if isinstance(previous, _WallClockPace) else None
        return _WallClockPace(Agenda(timing, timer.utc_now(), ran))
    last = previous.last_slot(timer)
    if timing.total == 0:
        return _TurnPace(last)
    return _IntervalPace(timing.total, last, timer.now())


def first_moment(timing: Timing, timer: Timer) -> datetime | None:
    """Tell when a run that hasn't come to its first slot would have it, in UTC."""
    now = timer.utc_now()
    return now if isinstance(timing, Interval) else next_slot(timing, now)


class _TurnPace:
    """An interval of 0: again and again, with a turn of the event loop between (contract I3)."""

    __slots__ = ("_last",)

    def __init__(self, last: float | None = None) -> None:
        self._last = last

    async def wait(self, timer: Timer) -> bool:
        del timer
        if self._last is not None:
            await asyncio.sleep(0)
        return True

    def take(self, timer: Timer) -> int:
        self._last = timer.now()
        return 0

    def upcoming(self, timer: Timer) -> datetime | None:
        return timer.utc_now()

    def last_slot(self, timer: Timer) -> float | None:
        del timer
        return self._last


class _IntervalPace:
    """Slots on an even grid of the event loop's clock (contract I1, I2)."""

    __slots__ = ("_grid", "_interval")

    def __init__(self, interval: float, last: float | None = None, now: float = 0.0) -> None:
        self._interval = interval
        self._grid: Grid | None = None
        if last is not None:
            self._grid = Grid(last, interval)
            self._grid.forgive(now)

    async def wait(self, timer: Timer) -> bool:
        # Without a grid it is the first slot, which comes at once.
        if self._grid is not None:
            await timer.until(self._grid.next_slot())
        return True

    def take(self, timer: Timer) -> int:
        now = timer.now()
        if self._grid is None:
            self._grid = Grid(now, self._interval)
            return 0
        return self._grid.take(now)

    def upcoming(self, timer: Timer) -> datetime | None:
        now = timer.utc_now()
        if self._grid is None:
            return now
        try:
            return now + timedelta(seconds=max(self._grid.next_slot() - timer.now(), 0.0))
        except OverflowError:
            # Later than the year 9999: no datetime can tell.
            return None

    def last_slot(self, timer: Timer) -> float | None:
        del timer
        return None if self._grid is None else self._grid.last_slot()


class _WallClockPace:
    """The slots of a schedule (contract L7)."""

    __slots__ = ("_agenda",)

    def __init__(self, agenda: Agenda) -> None:
        self._agenda = agenda

    async def wait(self, timer: Timer) -> bool:
        waited, margin = False, 0.0
        while (slot := self._agenda.pending(now := timer.utc_now())) is not None and now < slot:
            left = (slot - now).total_seconds()
            nap = min(left, LONGEST_NAP)
            waited = True
            if not await timer.until(timer.now() + nap + margin):
                return True
            if nap == left:
                # Was it early? Against a timer that always is, the margin grows until it's late:
                # else the last millisecond would keep the event loop busy.
                margin = min(2 * margin or LEAST_MARGIN, 1.0)
        if slot is not None and not waited:
            # A slot that came during the body: the others get their turn first.
            await asyncio.sleep(0)
        return slot is not None

    def take(self, timer: Timer) -> int:
        return self._agenda.take(timer.utc_now())

    def upcoming(self, timer: Timer) -> datetime | None:
        now = timer.utc_now()
        slot = self._agenda.pending(now)
        return None if slot is None else max(slot, now)

    def last_slot(self, timer: Timer) -> float | None:
        ran = self.last_run()
        return None if ran is None else timer.now() - (timer.utc_now() - ran).total_seconds()

    def last_run(self) -> datetime | None:
        return self._agenda.last_slot()
