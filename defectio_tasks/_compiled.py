"""The wall times of a schedule, compiled: the slots of all its zones. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, time
from typing import Final, NamedTuple

from defectio_tasks._civil import DAY, FIRST_INSTANT, LAST_INSTANT, SECOND, Instant, to_moment
from defectio_tasks._times import group_by_zone
from defectio_tasks._zone import ZoneTimes

# A year has as many pairings of offsets as its zones have changes on different days.
_MOST_PAIRINGS: Final = 32


class Steady(NamedTuple):
    """A time in which no zone changes its offset, and the slots are the same each day."""

    start: datetime
    """After this moment, in UTC."""
    until: datetime
    """Before this moment, in UTC."""
    seconds: Sequence[int]
    """The slots as seconds of the day in UTC, in order, and the first once more, a day later."""


NEVER_STEADY: Final = Steady(datetime.max.replace(tzinfo=UTC), datetime.min.replace(tzinfo=UTC), ())
"""Where nothing is known."""


class CompiledTimes:
    """The wall times of several zones."""

    __slots__ = ("_pairings", "_zones")

    def __init__(self, times: Iterable[time]) -> None:
        """Compile times, each of which counts in its own zone, or in UTC."""
        self._zones = [ZoneTimes(zone, walls) for zone, walls in group_by_zone(times)]
        self._pairings: dict[tuple[int, ...], Sequence[int]] = {}

    def next_after(self, instant: Instant) -> Instant:
        """Tell the least slot strictly after an instant.

        Args:
            instant: The instant, within the range of datetime.

        Returns:
            The slot; beyond the range of datetime where there is none within it.
        """
        return min(zone.next_after(instant) for zone in self._zones)

    def steady_around(self, instant: Instant) -> Steady:
        """Tell in which time around an instant the slots are the same each day.

        Args:
            instant: The instant, within the range of datetime.

        Returns:
            That time, or ``NEVER_STEADY``.
        """
        start, until, offsets = FIRST_INSTANT, LAST_INSTANT, list[int]()
        for zone in self._zones:
            stretch = zone.stretch_at(instant)
            if stretch is None:
                return NEVER_STEADY
            start, until = max(start, stretch.start), min(until, stretch.steady_until)
            offsets.append(stretch.before)
        if not start <= instant < until:
            return NEVER_STEADY
        seconds = self._seconds(tuple(offsets))
        return Steady(to_moment(start), to_moment(until), seconds) if seconds else NEVER_STEADY

    def _seconds(self, offsets: tuple[int, ...]) -> Sequence[int]:
        """Tell the slots as seconds of the day, for a pairing of zones and offsets.

        Returns:
            They; nothing where a slot is within a second.
        """
        seconds = self._pairings.get(offsets)
        if seconds is None:
            if len(self._pairings) == _MOST_PAIRINGS:
                self._pairings.clear()
            slots = {
                (wall - offset) % DAY
                for index, offset in enumerate(offsets)
                for wall in self._zones[index].walls()
            }
            first, whole = min(slots) + DAY, not any(slot % SECOND for slot in slots)
            seconds = [slot // SECOND for slot in [*sorted(slots), first]] if whole else []
            self._pairings[offsets] = seconds
        return seconds
