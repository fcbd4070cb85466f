"""When a loop's iterations are due by the wall clock (contract section 3). Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Final, Protocol

from defectio_tasks._schedules.compiled import NEVER_STEADY, CompiledTimes
from defectio_tasks._schedules.times import in_order, parse_times
from defectio_tasks._zones.gap_and_fold import EPOCH, LAST_INSTANT, Instant, to_instant, to_moment

_ONE_DAY: Final = timedelta(days=1)
_combine: Final = datetime.combine


class Schedule(Protocol):
    """When a loop is due: anything that tells the next slot after a moment.

    Pass an object of your own class as ``schedule=`` to :func:`loop`. It must depend on the moment
    alone: the loop may ask for the same moment twice, and for earlier ones after the wall clock
    was set back.

    Example:
        >>> from datetime import datetime, timedelta, timezone
        >>> class FullHours:
        ...     def next_after(self, moment: datetime, /) -> datetime:
        ...         return moment.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
        >>> FullHours().next_after(datetime(2026, 3, 29, 8, 30, tzinfo=timezone.utc)).hour
        9
    """

    def next_after(self, moment: datetime, /) -> datetime | None:
        """Tell the least slot strictly after a moment.

        Args:
            moment: An aware datetime; a loop asks in UTC.

        Returns:
            The slot as an aware datetime in any zone, or ``None`` when there will be none; the
            loop then ends by itself.
        """
        ...


class DailySchedule:
    """The same wall times every day, each in its own zone.

    It is what ``time=`` builds. Each time of each local date is one instant: in a gap (clocks go
    forward over the time) it comes later by the gap's length; in a fold (clocks go back over it)
    it is the first occurrence, or with ``fold=1`` the second. PEP 495, RFC 5545 (3.3.5) and
    java.time agree on this.

    Example:
        >>> from datetime import datetime, time, timezone
        >>> from zoneinfo import ZoneInfo
        >>> schedule = DailySchedule(time(2, 30, tzinfo=ZoneInfo("America/New_York")))
        >>> before_the_gap = datetime(2026, 3, 8, 7, 10, tzinfo=timezone.utc)
        >>> schedule.next_after(before_the_gap).isoformat()
        '2026-03-08T07:30:00+00:00'
    """

    __slots__ = ("_compiled", "_ordered", "_steady", "_times")

    def __init__(self, times: time | Iterable[time]) -> None:
        """Check the times; they are compiled when the schedule is asked for the first time.

        Args:
            times: The wall times, in any order. One without a zone is in UTC. Duplicates count
                once.

        Raises:
            TypeError: Something among the times isn't a ``datetime.time``.
            ValueError: There is no time, or a zone can't be used: one from pytz, or one that
                doesn't tell its offset.
        """
        self._times = parse_times(times, "times")
        self._ordered: Sequence[time] | None = None
        self._compiled: CompiledTimes | None = None
        self._steady = NEVER_STEADY

    @property
    def times(self) -> Sequence[time]:
        """The times without duplicates, ordered by wall time, then zone name, then fold."""
        if self._ordered is None:
            self._ordered = in_order(self._times)
        return self._ordered

    def next_after(self, moment: datetime, /) -> datetime:
        """Tell the least slot strictly after a moment (contract W4).

        Args:
            moment: An aware datetime in any zone, at least 8 days inside datetime's range.

        Returns:
            The slot, as an aware datetime in UTC.

        Raises:
            TypeError: The moment isn't a datetime.
            ValueError: The moment is naive.
            OverflowError: The slot is outside datetime's range.
        """
        # While no zone changes its offset, as for months it doesn't, each day is like the other.
        start, until, seconds, times = self._steady
        if type(moment) is datetime and moment.tzinfo is UTC and start < moment < until:
            index = bisect_right(seconds, (moment - EPOCH).seconds)
            if index < len(times):
                slot = _combine(moment, times[index])
            else:
                slot = _combine(moment, times[0]) + _ONE_DAY
            if slot < until:
                return slot
        return self._look_up(moment)

    def _look_up(self, moment: datetime) -> datetime:
        instant = _parse_moment(moment)
        if self._compiled is None:
            self._compiled = CompiledTimes(self._times)
        steady = self._compiled.steady_around(instant)
        if steady != self._steady:
            self._steady = steady
            # Not that of a subclass, which has called this one.
            return DailySchedule.next_after(self, moment)
        slot = self._compiled.next_after(instant)
        if slot > LAST_INSTANT:
            message = f"the slot after {moment} is outside datetime's range"
            raise OverflowError(message)
        return to_moment(slot)

    def __repr__(self) -> str:
        """Show the times."""
        return f"DailySchedule({list(self.times)!r})"


def next_slot(schedule: Schedule, moment: datetime) -> datetime | None:
    """Ask a schedule, and hold it to its promise.

    A schedule may be the user's own. One that answered with the past would have its loop run
    without end.

    Returns:
        The slot in UTC.

    Raises:
        TypeError: The answer isn't a datetime.
        ValueError: The answer is naive, or not later than the moment.
    """
    slot = schedule.next_after(moment)
    return None if slot is None else _checked(slot, moment)


def _checked(slot: object, moment: datetime) -> datetime:
    if not isinstance(slot, datetime):
        message = f"`next_after` must return a datetime.datetime or None, got {slot!r}"
        raise TypeError(message)
    if slot.utcoffset() is None:
        message = f"`next_after` must return an aware datetime, got {slot!r}"
        raise ValueError(message)
    if slot <= moment:
        message = f"`next_after` must return a slot after {moment}, got {slot}"
        raise ValueError(message)
    return slot.astimezone(UTC)


def _parse_moment(moment: object) -> Instant:
    if not isinstance(moment, datetime):
        message = f"`moment` must be a datetime.datetime, got {moment!r}"
        raise TypeError(message)
    if moment.utcoffset() is None:
        message = f"`moment` must be aware (have a `tzinfo`), got {moment!r}"
        raise ValueError(message)
    return to_instant(moment)
