"""The slots of one zone's wall times, window by window. Pure.

Almost always a zone's offset holds still, and the next slot is plain arithmetic on microseconds
of the day. Two samples of the offset prove that it does; only near a transition are the times of
the days around expanded one by one.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time, timezone, tzinfo
from typing import Final
from zoneinfo import ZoneInfo

from defectio_tasks._civil import (
    DAY,
    EPOCH_ORDINAL,
    FIRST_INSTANT,
    HOUR,
    LAST_INSTANT,
    Instant,
    microseconds_of_day,
    offset_at,
    resolve,
)

# How far from a moment a transition can touch its next slot: a gap or fold is 24 hours at most,
# so one that ended 24 hours ago is over, and one that begins 24 hours after the slot is not yet
# near (the slot is at most 24 hours away while the offset holds).
_BEFORE: Final = 24 * HOUR
_AFTER: Final = 48 * HOUR
# Between two samples this far apart no zone changes its offset twice, so that equal samples prove
# a quiet stretch: the closest two changes of any IANA zone are 95.67 hours apart.
_SAMPLES_APART: Final = 90 * HOUR
_QUIET_FOR: Final = _SAMPLES_APART - _BEFORE - _AFTER

# The answer where local dates end: later than any slot.
_NEVER: Final = LAST_INSTANT + 1


@dataclass(frozen=True, slots=True)
class _Quiet:
    """A window in which the zone's offset holds still."""

    start: Instant
    end: Instant
    offset: int
    walls: Sequence[int]
    """Microseconds of the day, in order."""

    def next_after(self, instant: Instant) -> Instant:
        day, wall = divmod(instant + self.offset, DAY)
        index = bisect_right(self.walls, wall)
        if index == len(self.walls):
            day, index = day + 1, 0
        return day * DAY + self.walls[index] - self.offset


@dataclass(frozen=True, slots=True)
class _Expanded:
    """A window whose slots are listed."""

    start: Instant
    end: Instant
    slots: Sequence[Instant]

    def next_after(self, instant: Instant) -> Instant:
        return self.slots[bisect_right(self.slots, instant)]


class ZoneTimes:
    """The wall times of one zone, compiled."""

    __slots__ = ("_times", "_walls", "_window", "_zone")

    def __init__(self, zone: tzinfo, times: Sequence[time]) -> None:
        """Compile the times.

        Args:
            zone: Their zone.
            times: The wall times; their own zones don't count. Not empty.
        """
        self._zone = zone
        self._times = times
        self._walls = sorted({microseconds_of_day(wall) for wall in times})
        self._window: _Quiet | _Expanded | None = None

    def next_after(self, instant: Instant) -> Instant:
        """Tell the least slot strictly after an instant.

        Args:
            instant: The instant, within the range of datetime.

        Returns:
            The slot; beyond the range of datetime where there is none within it.
        """
        window = self._window
        if window is None or not window.start <= instant < window.end:
            window = self._quiet_around(instant) or self._expand_around(instant)
            if window is None:
                return _NEVER
            self._window = window
        return window.next_after(instant)

    def _quiet_around(self, instant: Instant) -> _Quiet | None:
        zone = self._zone
        if isinstance(zone, timezone):
            return _Quiet(FIRST_INSTANT, LAST_INSTANT + 1, offset_at(0, zone), self._walls)
        # Of other classes of zones nobody knows how often their offsets change. (One could read a
        # zone file of one's own into a `ZoneInfo`; it is trusted to be like all the others.)
        if type(zone) is not ZoneInfo:
            return None
        first, second = instant - _BEFORE, instant - _BEFORE + _SAMPLES_APART
        if first < FIRST_INSTANT + DAY or second > LAST_INSTANT - DAY:
            return None
        offset = offset_at(first, zone)
        if offset_at(second, zone) != offset:
            return None
        return _Quiet(instant, instant + _QUIET_FOR, offset, self._walls)

    def _expand_around(self, instant: Instant) -> _Expanded | None:
        # An offset is less than a day either way, so a slot of local date D lies within D less
        # one day and D plus two (in UTC). The dates below thus hold every slot between `start`
        # and `complete`, and the one for `today + 2` surely lies between `instant` and `complete`.
        today = instant // DAY
        start, complete = (today - 1) * DAY, (today + 4) * DAY
        days = range(
            max(today - 2 + EPOCH_ORDINAL, date.min.toordinal()),
            min(today + 4 + EPOCH_ORDINAL, date.max.toordinal()) + 1,
        )
        slots = sorted({resolve(day, wall, self._zone) for day in days for wall in self._times})
        # From the last complete slot on, the next one is out of this window.
        slots = [slot for slot in slots if start < slot <= complete]
        if not slots or slots[-1] <= instant:
            return None
        return _Expanded(start, slots[-1], slots)
