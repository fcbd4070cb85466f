"""The wall times of a schedule, compiled: the slots of all its zones. Pure."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from datetime import UTC, date, time, timezone, tzinfo

from defectio_tasks._schedules.dates import Asked
from defectio_tasks._schedules.steady import MANY, NEVER_STEADY, Steady
from defectio_tasks._schedules.zone_times import ZoneTimes
from defectio_tasks._zones.gap_and_fold import microseconds_of_day
from defectio_tasks._zones.instants import (
    DAY,
    EPOCH_ORDINAL,
    FIRST_INSTANT,
    HOUR,
    LAST_INSTANT,
    MICROSECOND,
    SECOND,
    Instant,
    to_moment,
)
from defectio_tasks._zones.zones import zone_identity


class CompiledTimes:
    """The wall times of several zones."""

    __slots__ = ("_in_seconds", "_part", "_zones")

    def __init__(self, times: Iterable[time], *, on_some_dates: bool = False) -> None:
        """Compile times, each of which counts in its own zone, or in UTC.

        Args:
            times: The times.
            on_some_dates: Whether it matters which date a slot is of, for ``next_on``.
        """
        grouped = _by_zone(times, keep_dates=on_some_dates)
        self._zones = [ZoneTimes(zone, walls) for zone, walls in grouped]
        every = [wall for _, by_fold in grouped for _, walls in by_fold for wall in walls]
        self._in_seconds = not any(wall % SECOND for wall in every)
        # The slots of a day are listed at once, or of many times those of an hour.
        self._part = HOUR if len(every) > MANY else DAY

    def next_after(self, instant: Instant) -> Instant:
        """Return the least slot strictly after an instant.

        Returns:
            The slot; beyond the range of datetime where there is none within it.
        """
        return min(zone.next_after(instant) for zone in self._zones)

    def next_on(self, instant: Instant, counts: Callable[[date], object]) -> Instant | None:
        """Return the least slot strictly after an instant, of the dates that count.

        Args:
            instant: The instant, within the range of datetime.
            counts: Returns whether a date counts, for the times of any zone.

        Returns:
            The slot; ``None`` where no date counts within forty years.
        """
        asked = Asked(counts, instant // DAY + EPOCH_ORDINAL)
        slots = [zone.next_on(instant, asked) for zone in self._zones]
        return min((slot for slot in slots if slot is not None), default=None)

    def steady_around(self, instant: Instant) -> Steady:
        """Return the time around an instant in which the slots are the same each day.

        Returns:
            That time, or of many times an hour of it; ``NEVER_STEADY`` where there is no such
            time, or no slot in it, or one that isn't at a full second.
        """
        if not self._in_seconds:
            return NEVER_STEADY
        # Each moment of that time has a slot less than a day later.
        start, until = FIRST_INSTANT, LAST_INSTANT - DAY
        begin = instant - instant % self._part
        if self._part < DAY:
            start, until = max(start, begin), min(until, begin + self._part)
        for zone in self._zones:
            known = zone.known_at(instant)
            start, until = max(start, known.start), min(until, known.steady_until)
        if not start <= instant < until:
            return NEVER_STEADY
        slots = {slot for zone in self._zones for slot in zone.slots_of_day(begin, self._part)}
        if not slots:
            return NEVER_STEADY
        seconds = [slot // SECOND for slot in sorted(slots)]
        times_of_day = [to_moment(second * SECOND).timetz() for second in seconds]
        return Steady(to_moment(start), to_moment(until), seconds, times_of_day)


def _by_zone(
    times: Iterable[time], *, keep_dates: bool
) -> Sequence[tuple[tzinfo, Sequence[tuple[int, Sequence[int]]]]]:
    """Return times by zone and ``fold``, as microseconds of the day.

    All spellings of a zone are one.

    Args:
        times: The times.
        keep_dates: If not, all fixed offsets are UTC: that has the same slots, on other dates.

    Returns:
        The times in order and without duplicates.
    """
    by_object: dict[int, tuple[tzinfo, list[time]]] = {}
    for wall in times:
        zone = UTC if wall.tzinfo is None else wall.tzinfo
        by_object.setdefault(id(zone), (zone, []))[1].append(wall)
    by_identity: dict[Hashable, tuple[tzinfo, tuple[set[int], set[int]]]] = {}
    for zone, walls in by_object.values():
        clock, ahead = zone, 0
        if isinstance(zone, timezone) and not keep_dates:
            clock, ahead = UTC, zone.utcoffset(None) // MICROSECOND
        _, by_fold = by_identity.setdefault(zone_identity(clock), (clock, (set(), set())))
        for wall in walls:
            by_fold[wall.fold].add((microseconds_of_day(wall) - ahead) % DAY)
    return [
        (zone, [(fold, sorted(walls)) for fold, walls in enumerate(by_fold) if walls])
        for zone, by_fold in by_identity.values()
    ]
