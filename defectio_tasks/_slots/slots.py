"""How one run gets from slot to slot: turn by turn, on an even grid, or by the wall clock.

Here calculation and clocks meet; each pace owns the calculation for its kind of loop.
"""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import Final, Protocol

from defectio_tasks._schedules.interval import Interval, Timing
from defectio_tasks._schedules.schedule import next_slot
from defectio_tasks._slots.interval import Grid
from defectio_tasks._slots.pending import Agenda
from defectio_tasks._time.timers import Timers

# When to look again for a slot that has come already: others get their turn before.
NEXT_TURN: Final = -math.inf

# The wall clock is read again at least this often (contract L7): a timer knows nothing of a clock
# that was set, or of a machine that slept.
LONGEST_NAP: Final = 60.0
LEAST_MARGIN: Final = 1e-6
LARGEST_MARGIN: Final = 1.0


class Pace(Protocol):
    """How a run gets from one slot to the next."""

    def next_wake(self) -> float | None:
        """Tell until when to sleep, at most, before the next slot is taken.

        Returns:
            The moment, in seconds on the event loop's clock, or ``NEXT_TURN``; ``None`` when there
            is no further slot.
        """
        ...

    def take(self, now: float, /) -> int | None:
        """Take the slot that has come.

        Args:
            now: The present, in seconds on the event loop's clock.

        Returns:
            How many slots were skipped for it; ``None`` when none has come yet.
        """
        ...

    def upcoming(self, timers: Timers) -> datetime | None:
        """Tell when the next slot is due, in UTC; the present when it has come already."""
        ...

    def last_slot(self) -> float | None:
        """Tell when the last slot taken was due, in seconds on the event loop's clock."""
        ...


def begin_pace(timing: Timing, timers: Timers) -> Pace:
    """Make the pace of a run that begins now; of an interval, the first slot is taken."""
    if not isinstance(timing, Interval):
        return _WallClockPace(timers, Agenda(timing, timers.utc_now()), None)
    interval = timing.total
    return _TurnPace(timers.now()) if interval == 0 else _IntervalPace(timers.now(), interval)


def change_pace(timing: Timing, previous: Pace, timers: Timers) -> Pace:
    """Make the pace of a run whose timing was changed (contract L12).

    Args:
        timing: The new timing.
        previous: The pace so far; it stays as it is.
        timers: The clocks.

    Returns:
        A pace whose next slot is an interval after the last slot, or the first of a schedule
        from now on.
    """
    if not isinstance(timing, Interval):
        ran = previous.last_run() if isinstance(previous, _WallClockPace) else None
        agenda = Agenda(timing, timers.utc_now(), ran)
        return _WallClockPace(timers, agenda, previous.last_slot() if ran is None else None)
    last, now, interval = previous.last_slot(), timers.now(), timing.total
    if interval == 0:
        return _TurnPace(last)
    if last is None:
        return _IntervalPace(now, interval, taken=-1)
    pace = _IntervalPace(last, interval)
    pace.forgive(now)
    return pace


def first_moment(timing: Timing, timers: Timers) -> datetime | None:
    """Tell when a run that hasn't come to its first slot would have it, in UTC."""
    now = timers.utc_now()
    return now if isinstance(timing, Interval) else next_slot(timing, now)


class _TurnPace:
    """An interval of 0: again and again, with a turn of the event loop between (contract I3)."""

    __slots__ = ("_last",)

    def __init__(self, last: float | None) -> None:
        self._last = last

    def next_wake(self) -> float:
        return NEXT_TURN

    def take(self, now: float, /) -> int:
        self._last = now
        return 0

    def upcoming(self, timers: Timers) -> datetime:
        return timers.utc_now()

    def last_slot(self) -> float | None:
        return self._last


class _IntervalPace(Grid):
    """Slots on an even grid of the event loop's clock (contract I1, I2)."""

    __slots__ = ()

    next_wake = Grid.next_slot

    def upcoming(self, timers: Timers) -> datetime | None:
        try:
            left = timedelta(seconds=max(self.next_slot() - timers.now(), 0.0))
            return timers.utc_now() + left
        except OverflowError:
            # Later than the year 9999: no datetime can tell.
            return None


class _WallClockPace:
    """The slots of a schedule (contract L7)."""

    __slots__ = ("_agenda", "_margin", "_previous", "_timers")

    def __init__(self, timers: Timers, agenda: Agenda, previous: float | None) -> None:
        self._timers = timers
        self._agenda = agenda
        # The last slot of an interval before, which counts until one by the wall clock is taken.
        self._previous = previous
        self._margin = 0.0

    def next_wake(self) -> float | None:
        now = self._timers.utc_now()
        slot = self._agenda.pending(now)
        if slot is None:
            return None
        if slot <= now:
            return NEXT_TURN
        left = (slot - now).total_seconds() + self._margin
        if left > LONGEST_NAP:
            return self._timers.now() + LONGEST_NAP
        # Will it be early? Against a timer that always is, the margin grows until it's late: else
        # the last millisecond would keep the event loop busy.
        self._margin = min(2 * self._margin or LEAST_MARGIN, LARGEST_MARGIN)
        return self._timers.now() + left

    def take(self, now: float, /) -> int | None:
        del now
        shown = self._timers.utc_now()
        slot = self._agenda.pending(shown)
        if slot is None or shown < slot:
            return None
        self._margin = 0.0
        return self._agenda.take(shown)

    def upcoming(self, timers: Timers) -> datetime | None:
        now = timers.utc_now()
        slot = self._agenda.pending(now)
        return None if slot is None else max(slot, now)

    def last_slot(self) -> float | None:
        ran = self.last_run()
        if ran is None:
            return self._previous
        return self._timers.now() - (self._timers.utc_now() - ran).total_seconds()

    def last_run(self) -> datetime | None:
        return self._agenda.last_slot()


class _NoPace:
    """No slot at all."""

    __slots__ = ()

    def next_wake(self) -> None:
        return None

    def take(self, now: float, /) -> None:
        del now

    def upcoming(self, timers: Timers) -> None:
        del timers

    def last_slot(self) -> None:
        return None


NOT_BEGUN: Final[Pace] = _NoPace()
"""Before the first wait."""
ENDED: Final[Pace] = _NoPace()
"""When no iteration may begin any more."""
