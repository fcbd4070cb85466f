"""The slots of one zone's wall times. Pure.

They are never listed, as there may be a million times. On the zone's clocks, times follow each
other in rows that share an offset, and the next slot of a row is plain arithmetic.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import date, time, tzinfo
from functools import cache
from typing import Final, NamedTuple

from defectio_tasks._schedules.dates import Asked
from defectio_tasks._zones.gap_and_fold import local_change, resolve
from defectio_tasks._zones.instants import DAY, EPOCH_ORDINAL, LAST_INSTANT, Instant, to_moment
from defectio_tasks._zones.offsets import stretch_at

# The answer where local dates end: later than any slot.
_NEVER: Final = LAST_INSTANT + 1
# No wall time is so far from the epoch.
_EVER: Final = 2 * LAST_INSTANT


class Row(NamedTuple):
    """Times that follow each other on a zone's clocks and share an offset."""

    walls: Sequence[int]
    """Microseconds of the day, in order."""
    first: int
    """From this wall time on, in microseconds since the epoch on the zone's clocks."""
    last: int
    """Up to and with this one."""
    offset: int
    """Microseconds that the zone is ahead of UTC."""

    def next_after(self, instant: Instant) -> Instant:
        """Return the next slot; ``_NEVER`` where the row is over."""
        day, wall = divmod(max(instant + self.offset, self.first - 1), DAY)
        index = bisect_right(self.walls, wall)
        if index == len(self.walls):
            day, index = day + 1, 0
        local = day * DAY + self.walls[index]
        return local - self.offset if local <= self.last else _NEVER

    def next_on(self, instant: Instant, asked: Asked) -> Instant:
        """Return the next slot of a date that counts; ``_NEVER`` where there is none."""
        day, wall = divmod(max(instant + self.offset, self.first - 1), DAY)
        index = bisect_right(self.walls, wall)
        found = asked.onwards(day + EPOCH_ORDINAL + (index == len(self.walls)))
        if found is None:
            return _NEVER
        if found != day + EPOCH_ORDINAL:
            day, index = found - EPOCH_ORDINAL, 0
        local = day * DAY + self.walls[index]
        return local - self.offset if local <= self.last else _NEVER


class Known(NamedTuple):
    """What is known of a zone's times, to answer for the instants of a while."""

    start: Instant
    """From here on."""
    end: Instant
    """Before here."""
    complete: Instant
    """No slot up to here is missing."""
    steady_until: Instant
    """Up to here, each day is like the other."""
    offset: int
    """Microseconds that the zone is ahead of UTC, up to there."""
    rows: Sequence[Row]


_NOTHING: Final = Known(0, 0, 0, 0, 0, ())


class ZoneTimes:
    """The wall times of one zone."""

    __slots__ = ("_known", "_walls", "_zone")

    def __init__(self, zone: tzinfo, walls: Sequence[tuple[int, Sequence[int]]]) -> None:
        """Make them.

        Args:
            zone: Their zone.
            walls: The times by ``fold``, as microseconds of the day, in order and without
                duplicates. None is empty.
        """
        self._zone = zone
        self._walls = walls
        self._known = _NOTHING

    def next_after(self, instant: Instant) -> Instant:
        """Return the least slot strictly after an instant.

        Args:
            instant: The instant.

        Returns:
            The slot; beyond the range of datetime where there is none within it.
        """
        known = self.known_at(instant)
        slot = _next_of(known.rows, instant)
        if slot > known.complete:
            self._known = self._ask_around(instant)
            slot = _next_of(self._known.rows, instant)
        return slot

    def next_on(self, instant: Instant, asked: Asked) -> Instant | None:
        """Return the least slot strictly after an instant, of the dates that count.

        Args:
            instant: The instant, within the range of datetime.
            asked: The dates.

        Returns:
            The slot; ``None`` where no date counts.
        """
        while True:
            # A date's slots begin a day before it in UTC at the earliest, and end two days after it
            # at the latest: its offset is less than a day either way, and a gap a day at most.
            day = asked.onwards(instant // DAY + EPOCH_ORDINAL - 2)
            if day is None:
                return None
            instant = max(instant, (day - 1 - EPOCH_ORDINAL) * DAY - 1)
            known = self.known_at(instant + 1)
            slot = min([row.next_on(instant, asked) for row in known.rows], default=_NEVER)
            # At the end of the calendar nothing more will be known: such a slot is outside of it.
            if slot < known.end or known.end <= instant + 1:
                return slot
            instant = known.end - 1

    def known_at(self, instant: Instant) -> Known:
        """Return what is known of the time around an instant."""
        if not self._known.start <= instant < self._known.end:
            self._known = self._look_around(instant)
        return self._known

    def slots_of_day(self, start: Instant, length: int) -> Sequence[int]:
        """Return the slots of a part of a day in UTC, as microseconds of the day.

        Args:
            start: Where the part begins, in the steady time around the last instant asked about.
            length: How long it is; a day at most.
        """
        offset = self._known.offset
        local = (start + offset) % DAY
        return [
            (wall - offset) % DAY
            for _, walls in self._walls
            for begin in (local, local - DAY)
            for wall in walls[bisect_left(walls, begin) : bisect_left(walls, begin + length)]
        ]

    def _look_around(self, instant: Instant) -> Known:
        stretch = stretch_at(self._zone, instant)
        if stretch is None:
            return self._ask_around(instant)
        start, steady_until, first_after, end, before, after = stretch
        rows: list[Row] = []
        for fold, walls in self._walls:
            if before == after:
                rows.append(Row(walls, -_EVER, _EVER, before))
            else:
                change = local_change(first_after, before, after, fold)
                rows += Row(walls, -_EVER, change - 1, before), Row(walls, change, _EVER, after)
        return Known(start, end, _EVER, steady_until, before, rows)

    def _ask_around(self, instant: Instant) -> Known:
        """Ask a zone of which nothing is known for its offsets on the dates around."""
        # An offset is less than a day either way, so a slot of local date D lies within D less one
        # day and D plus two (in UTC). The dates below thus hold every slot between `start` and
        # `complete`, and the one for `today + 2` lies between `instant` and `complete`.
        today = instant // DAY
        start, complete = today * DAY, (today + 5) * DAY
        days = range(
            max(today - 1 + EPOCH_ORDINAL, date.min.toordinal()),
            min(today + 5 + EPOCH_ORDINAL, date.max.toordinal()) + 1,
        )
        rows: list[Row] = []
        for fold, walls in self._walls if days else ():
            rows += self._ask_for_rows(days, walls, fold)
        return Known(start, complete, complete, start, 0, rows)

    def _ask_for_rows(self, days: Sequence[int], walls: Sequence[int], fold: int) -> Sequence[Row]:
        """Ask for the offsets on some dates.

        There may be many times, and a zone may be slow: what lies between two times of a date that
        have one offset isn't asked for.
        """

        @cache
        def spelled(index: int) -> time:
            return to_moment(walls[index]).time().replace(fold=fold)

        def ask(number: int) -> tuple[int, int]:
            day, index = divmod(number, len(walls))
            local = (days[day] - EPOCH_ORDINAL) * DAY + walls[index]
            return local, local - resolve(days[day], spelled(index), self._zone)

        def compare(begin: int, before: tuple[int, int], end: int, after: tuple[int, int]) -> None:
            if before[1] == after[1]:
                return
            if end == begin + 1:
                ends.extend((before, after))
            else:
                middle = (begin + end) // 2
                between = ask(middle)
                compare(begin, before, middle, between)
                compare(middle, between, end, after)

        begin, before = 0, ask(0)
        # Where a row begins, where it ends, where the next one begins.
        ends = [before]
        for midnight in range(0, len(days) * len(walls), len(walls)):
            for end in (midnight, midnight + len(walls) - 1):
                if end > begin:
                    after = ask(end)
                    compare(begin, before, end, after)
                    begin, before = end, after
        ends.append(before)
        return [
            Row(walls, first, last, offset)
            for (first, offset), (last, _) in zip(ends[::2], ends[1::2], strict=True)
        ]


def _next_of(rows: Sequence[Row], instant: Instant) -> Instant:
    return min([row.next_after(instant) for row in rows], default=_NEVER)
