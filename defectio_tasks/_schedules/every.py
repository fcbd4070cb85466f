"""``Every``: an even grid of instants. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from typing_extensions import override

from defectio_tasks._schedules.arguments import parse_aware
from defectio_tasks._schedules.schedule import parse_moment
from defectio_tasks._schedules.shown import in_units, show_length, show_moment
from defectio_tasks._zones.instants import (
    EPOCH,
    LAST_INSTANT,
    MICROSECOND,
    to_instant,
    to_moment,
)


@dataclass(frozen=True, slots=True, init=False, repr=False)
class Every:
    """A schedule of evenly spaced instants: full hours, quarter hours, every second day.

    The slots are at ``anchor`` plus any multiple of the interval, before it as well as after it.
    They don't depend on when the loop was started, and go by absolute time: a day is 24 hours, also
    where the clocks are changed. For the same wall time each day, there is
    :class:`DailySchedule`.

    Two of them are equal when they have the same slots.

    Example:
        >>> from datetime import datetime, timezone
        >>> quarter_hours = Every(minutes=15)
        >>> print(quarter_hours.next_after(datetime(2026, 3, 29, 8, 20, tzinfo=timezone.utc)))
        2026-03-29 08:30:00+00:00
        >>> print(quarter_hours)
        every 15 minutes
    """

    interval: timedelta
    """The time between two slots."""
    anchor: datetime = field(compare=False)
    """One of the slots, in UTC."""
    _phase: int
    """The first slot from the epoch on, in microseconds since then."""

    def __init__(
        self,
        *,
        seconds: float = 0,
        minutes: float = 0,
        hours: float = 0,
        days: float = 0,
        anchor: datetime = EPOCH,
    ) -> None:
        """Check the interval, which is the sum of its parts, to the microsecond.

        Args:
            seconds: The seconds between two slots.
            minutes: The minutes between two slots, added to the seconds.
            hours: The hours between two slots, added to the others.
            days: The days of 24 hours between two slots, added to the others.
            anchor: An aware datetime in any zone, at which there is a slot. If not given, midnight
                UTC on 1970-01-01.

        Raises:
            TypeError: A part of the interval isn't a number, or the anchor isn't a datetime.
            ValueError: The interval is below a microsecond, or not finite, or more than a
                ``timedelta`` can be; or the anchor is naive, or in UTC outside datetime's range.
        """
        parts = {"seconds": seconds, "minutes": minutes, "hours": hours, "days": days}
        for name, value in parts.items():
            _check_number(value, name)
        given = ", ".join(f"`{name}={value!r}`" for name, value in parts.items() if value)
        try:
            interval = timedelta(**parts)
        except OverflowError:
            message = (
                "`seconds`, `minutes`, `hours` and `days` must have a sum that a "
                f"datetime.timedelta can be, got {given}"
            )
            raise ValueError(message) from None
        if interval < MICROSECOND:
            message = (
                "`seconds`, `minutes`, `hours` and `days` must have a sum of at least a "
                f"microsecond, got {given or 'none of them'} (write `Every(minutes=15)`)"
            )
            raise ValueError(message)
        parsed = parse_aware(anchor, "anchor")
        object.__setattr__(self, "interval", interval)
        object.__setattr__(self, "anchor", parsed)
        object.__setattr__(self, "_phase", to_instant(parsed) % (interval // MICROSECOND))

    def next_after(self, moment: datetime, /) -> datetime:
        """Return the least slot strictly after a moment.

        Args:
            moment: An aware datetime in any zone.

        Returns:
            The slot, as an aware datetime in UTC.

        Raises:
            TypeError: The moment isn't a datetime.
            ValueError: The moment is naive.
            OverflowError: The slot is outside datetime's range.
        """
        instant, interval = parse_moment(moment), self.interval // MICROSECOND
        slot = instant + interval - (instant - self._phase) % interval
        if slot > LAST_INSTANT:
            message = f"the slot after {moment} is outside datetime's range"
            raise OverflowError(message)
        return to_moment(slot)

    @override
    def __repr__(self) -> str:
        """Show what makes it again."""
        parts = [f"{unit}={number}" for unit, number in in_units(self.interval)]
        if self.anchor != EPOCH:
            parts.append(f"anchor={self.anchor!r}")
        return f"{type(self).__name__}({', '.join(parts)})"

    @override
    def __str__(self) -> str:
        """Say when it is."""
        shown = show_length(self.interval)
        # People say `every hour`, and not `every 1 hour`.
        if shown.count(" ") == 1:
            shown = shown.removeprefix("1 ")
        return f"every {shown}" + (
            f" counted from {show_moment(self.anchor)}" if self._phase else ""
        )


def _check_number(value: object, parameter: str) -> None:
    if not isinstance(value, int | float) or isinstance(value, bool):
        message = f"`{parameter}` must be an int or a float, got {value!r}"
        if isinstance(value, timedelta):
            message += " (write `seconds=delta.total_seconds()`)"
        raise TypeError(message)
    # Neither infinity nor NaN has a difference from itself.
    if isinstance(value, float) and value - value != 0:
        message = f"`{parameter}` must be finite, got {value}"
        raise ValueError(message)
