"""The slots of one zone's wall times. Pure.

A zone's offset holds still for months, and then the next slot is plain arithmetic on microseconds
of the day. Around a change of the offset, the times before and after it are calculated apart.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from datetime import date, time, tzinfo
from typing import Final

from defectio_tasks._zones.gap_and_fold import local_change, microseconds_of_day, resolve
from defectio_tasks._zones.instants import DAY, EPOCH_ORDINAL, LAST_INSTANT, Instant
from defectio_tasks._zones.offsets import Stretch, stretch_at

# The answer where local dates end: later than any slot.
_NEVER: Final = LAST_INSTANT + 1


class ZoneTimes:
    """The wall times of one zone, compiled."""

    __slots__ = ("_expanded", "_stretch", "_times", "_walls", "_zone")

    def __init__(self, zone: tzinfo, times: Sequence[time]) -> None:
        """Compile the times.

        Args:
            zone: Their zone.
            times: The wall times; their own zones don't count. Not empty.
        """
        self._zone = zone
        self._times = times
        # By `fold`, which counts where the clocks are set back.
        self._walls = {
            fold: sorted({microseconds_of_day(wall) for wall in times if wall.fold == fold})
            for fold in (0, 1)
        }
        self._stretch: Stretch | None = None
        self._expanded: Sequence[Instant] = ()

    def walls(self) -> set[int]:
        """Return the times as microseconds of the day."""
        return {wall for walls in self._walls.values() for wall in walls}

    def stretch_at(self, instant: Instant) -> Stretch | None:
        """Return the zone's stretch that an instant lies in."""
        stretch = self._stretch
        if stretch is None or not stretch.start <= instant < stretch.end:
            stretch = self._stretch = stretch_at(self._zone, instant)
        return stretch

    def next_after(self, instant: Instant) -> Instant:
        """Return the least slot strictly after an instant.

        Args:
            instant: The instant, within the range of datetime.

        Returns:
            The slot; beyond the range of datetime where there is none within it.
        """
        stretch = self.stretch_at(instant)
        if stretch is None:
            return self._expand_after(instant)
        return min(
            _next_around(instant, stretch, walls, fold)
            for fold, walls in self._walls.items()
            if walls
        )

    def _expand_after(self, instant: Instant) -> Instant:
        """Return the next slot of a zone of which nothing is known: list those of days around."""
        slots = self._expanded
        if not (slots and slots[0] <= instant < slots[-1]):
            # An offset is less than a day either way, so a slot of local date D lies within D less
            # one day and D plus two (in UTC). The dates below thus hold every slot between `start`
            # and `complete`, and the one for `today + 2` lies between `instant` and `complete`.
            today = instant // DAY
            start, complete = (today - 1) * DAY, (today + 4) * DAY
            days = range(
                max(today - 2 + EPOCH_ORDINAL, date.min.toordinal()),
                min(today + 4 + EPOCH_ORDINAL, date.max.toordinal()) + 1,
            )
            found = {resolve(day, wall, self._zone) for day in days for wall in self._times}
            slots = sorted(slot for slot in found if start < slot <= complete)
            if not slots or slots[-1] <= instant:
                return _NEVER
            self._expanded = slots
        return slots[bisect_right(slots, instant)]


def _next_around(instant: Instant, stretch: Stretch, walls: Sequence[int], fold: int) -> Instant:
    """Return the next slot of times of one ``fold``, from before a change or after it."""
    change = local_change(stretch.change, stretch.before, stretch.after, fold)
    earlier = _next_wall(instant + stretch.before, walls)
    later = _next_wall(max(instant + stretch.after, change - 1), walls)
    slots = [later - stretch.after]
    if earlier < change:
        slots.append(earlier - stretch.before)
    return min(slots)


def _next_wall(local: int, walls: Sequence[int]) -> int:
    """Return the next wall time, both in microseconds since the epoch on the zone's clocks."""
    day, wall = divmod(local, DAY)
    index = bisect_right(walls, wall)
    return (day + 1) * DAY + walls[0] if index == len(walls) else day * DAY + walls[index]
