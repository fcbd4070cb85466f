"""Which slots a run has: by its timing, at the start, after a change, and at the end."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from typing_extensions import override

from defectio_tasks._schedules.interval import Interval, Timing
from defectio_tasks._schedules.schedule import Schedule, next_slot
from defectio_tasks._slots.interval import IntervalSlots, TurnSlots
from defectio_tasks._slots.pending import MICROSECOND, PendingSlots, Stretch
from defectio_tasks._slots.slot import Slot, Slots
from defectio_tasks._slots.wall_clock import WallClockSlots
from defectio_tasks._time.timers import Timers


def slots_at_launch(timing: Timing, timers: Timers, *, wait_first: bool) -> Slots:
    """Return the slots of a run that is launched now.

    Those of a schedule count from now on, though ``before_loop`` comes first; those of an interval
    begin after it.
    """
    if isinstance(timing, Interval):
        return NotBegun(timing.total) if wait_first else NOT_BEGUN
    return WallClockSlots(PendingSlots(timing, timers.utc_now()))


def first_slots(interval: Interval, timers: Timers, *, claimed: bool = True) -> Slots:
    """Return the slots of an interval that begins now.

    Args:
        interval: The interval.
        timers: The clocks.
        claimed: Whether the first of them, which is now, is claimed.
    """
    now = timers.now()
    if interval.total == 0:
        return TurnSlots(now if claimed else None)
    return IntervalSlots(now, interval.total, claimed=0 if claimed else -1)


def changed_slots(timing: Timing, previous: Slots, timers: Timers, *, wait_first: bool) -> Slots:
    """Return the slots of a run whose timing was changed.

    Args:
        timing: The new timing.
        previous: The slots so far; they stay as they are.
        timers: The clocks.
        wait_first: Whether an interval waits where there was no slot yet.

    Returns:
        Slots of which the next is an interval after the last slot, or the first of a schedule from
        now on. What has come and is yet to begin isn't lost where the schedule has it, too.
    """
    last, ran = previous.last_due(timers), previous.ran()
    if not isinstance(timing, Interval):
        pending = PendingSlots(timing, _begin_of(timing, previous, timers), ran)
        due = previous.interval_due if isinstance(previous, WallClockSlots) else last
        return WallClockSlots(pending, due)
    now, interval = timers.now(), timing.total
    if interval == 0:
        return TurnSlots(last, ran)
    kind = _IntervalSlotsAfterOthers if ran else IntervalSlots
    if last is None:
        slots = kind(now, interval, claimed=0 if wait_first else -1)
    else:
        slots = kind(last, interval)
        slots.skip_past(now)
    if isinstance(slots, _IntervalSlotsAfterOthers):
        slots.remember(ran)
    return slots


def _begin_of(schedule: Schedule, previous: Slots, timers: Timers) -> datetime:
    """Return from when on the slots of a schedule count that is in force from now on."""
    if isinstance(previous, WallClockSlots):
        for slot in previous.have_come(timers):
            before = slot - MICROSECOND
            if next_slot(schedule, before) == slot:
                return before
    return timers.utc_now()


class _IntervalSlotsAfterOthers(IntervalSlots):
    """The slots of an interval that came after a schedule, whose slots may come once more."""

    __slots__ = ("_ran",)

    _ran: Sequence[Stretch]

    def remember(self, ran: Sequence[Stretch]) -> None:
        """Take the slots that were run by the wall clock."""
        self._ran = ran

    @override
    def ran(self) -> Sequence[Stretch]:
        return self._ran


class _NoSlots:
    """No slot at all."""

    __slots__ = ()

    skipped = 0

    def wait(self, timers: Timers, later: float = 0.0, /) -> None:
        del timers, later

    def claim(self, timers: Timers, later: float = 0.0, /) -> bool:
        del timers, later
        return False

    def claim_each(self, timers: Timers, later: float = 0.0, /) -> Sequence[datetime]:
        del timers, later
        return ()

    def claimed(self, timers: Timers, /) -> Slot:
        now = timers.utc_now()
        return Slot(now, timedelta(), 0, now, timers.now())

    def late(self, timers: Timers, /) -> None:
        del timers

    def next_due(self, timers: Timers, /) -> datetime | None:
        del timers
        return None

    def last_due(self, timers: Timers, /) -> None:
        del timers

    def ran(self) -> Sequence[Stretch]:
        return ()


class NotBegun(_NoSlots):
    """An interval that has yet to begin."""

    __slots__ = ("_delay",)

    def __init__(self, delay: float) -> None:
        """Begin to wait for the beginning.

        Args:
            delay: In how many seconds the first slot would be due if the interval began now.
        """
        self._delay = delay

    @override
    def next_due(self, timers: Timers, /) -> datetime:
        return timers.utc_now() + timedelta(seconds=self._delay)


NOT_BEGUN: Final[Slots] = NotBegun(0.0)
"""The slots of an interval that would begin at once."""
ENDED: Final[Slots] = _NoSlots()
"""The slots where no iteration may begin any more."""
