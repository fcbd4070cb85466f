"""The wall times of a schedule, compiled: the slots of all its zones. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, time
from typing import Final, TypeAlias

from defectio_tasks._schedules.steady import NEVER_STEADY, Steady
from defectio_tasks._schedules.times import group_by_zone
from defectio_tasks._schedules.zone_times import ZoneTimes
from defectio_tasks._zones.instants import (
    DAY,
    FIRST_INSTANT,
    LAST_INSTANT,
    SECOND,
    Instant,
    to_moment,
)

_SlotsOfDay: TypeAlias = tuple[Sequence[int], Sequence[time]]

# A year has as many pairings of offsets as its zones have changes on different days.
_MOST_PAIRINGS: Final = 32


class CompiledTimes:
    """The wall times of several zones."""

    __slots__ = ("_pairings", "_zones")

    def __init__(self, times: Iterable[time]) -> None:
        """Compile times, each of which counts in its own zone, or in UTC."""
        self._zones = [ZoneTimes(zone, walls) for zone, walls in group_by_zone(times)]
        self._pairings: dict[tuple[int, ...], _SlotsOfDay | None] = {}

    def next_after(self, instant: Instant) -> Instant:
        """Return the least slot strictly after an instant.

        Args:
            instant: The instant, within the range of datetime.

        Returns:
            The slot; beyond the range of datetime where there is none within it.
        """
        return min(zone.next_after(instant) for zone in self._zones)

    def steady_around(self, instant: Instant) -> Steady:
        """Return the time around an instant in which the slots are the same each day.

        Args:
            instant: The instant, within the range of datetime.

        Returns:
            That time, or ``NEVER_STEADY``.
        """
        # Each moment of that time has a slot less than a day later.
        start, until, offsets = FIRST_INSTANT, LAST_INSTANT - DAY, list[int]()
        for zone in self._zones:
            stretch = zone.stretch_at(instant)
            if stretch is None:
                return NEVER_STEADY
            start, until = max(start, stretch.start), min(until, stretch.steady_until)
            offsets.append(stretch.before)
        if not start <= instant < until:
            return NEVER_STEADY
        slots = self._slots_of_day(tuple(offsets))
        return Steady(to_moment(start), to_moment(until), *slots) if slots else NEVER_STEADY

    def _slots_of_day(self, offsets: tuple[int, ...]) -> _SlotsOfDay | None:
        """Return the slots of a day in UTC, for a pairing of zones and offsets.

        Returns:
            Their seconds of the day and their times; ``None`` where a slot is within a second.
        """
        if offsets not in self._pairings:
            if len(self._pairings) == _MOST_PAIRINGS:
                self._pairings.clear()
            slots = sorted(
                {
                    (wall - offset) % DAY
                    for index, offset in enumerate(offsets)
                    for wall in self._zones[index].walls()
                }
            )
            if any(slot % SECOND for slot in slots):
                self._pairings[offsets] = None
            else:
                seconds = [slot // SECOND for slot in slots]
                self._pairings[offsets] = seconds, list(map(_time_at, seconds))
        return self._pairings[offsets]


def _time_at(second: int) -> time:
    minute, second = divmod(second, 60)
    hour, minute = divmod(minute, 60)
    return time(hour, minute, second, tzinfo=UTC)
