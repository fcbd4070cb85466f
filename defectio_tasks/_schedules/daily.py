"""``DailySchedule``: the same wall times every day. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Final, Self

from defectio_tasks._schedules.schedule import parse_moment
from defectio_tasks._schedules.steady import MANY, NEVER_STEADY
from defectio_tasks._schedules.times import in_order, parse_times
from defectio_tasks._zones.instants import EPOCH, FIRST_INSTANT, LAST_INSTANT, to_moment

if TYPE_CHECKING:
    from defectio_tasks._schedules.compiled import CompiledTimes

_ONE_DAY: Final = timedelta(days=1)
_combine: Final = datetime.combine


class DailySchedule:
    """The same wall times every day, each in its own zone.

    It is what ``time=`` builds. Each time of each local date is one instant: in a gap (clocks go
    forward over the time) it comes later by the gap's length; in a fold (clocks go back over it)
    it is the first occurrence, or with ``fold=1`` the second. PEP 495, RFC 5545 (3.3.5) and
    java.time agree on this.

    Zones of ``zoneinfo``, ``datetime.timezone``, ``pytz.utc``, ``pytz.FixedOffset`` and dateutil
    work, and so does any ``tzinfo`` that knows ``fold`` and changes its offset once a date at most.

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
            ValueError: There is no time, or more than a million, or a zone can't be used: one
                from pytz whose offset changes, or one that doesn't tell its offset.
        """
        self._set(parse_times(times, "times"))

    @classmethod
    def _of(cls, checked: Sequence[time]) -> Self:
        """Make a schedule of times that were checked under another parameter's name."""
        schedule = cls.__new__(cls)
        schedule._set(checked)  # noqa: SLF001 -- its own
        return schedule

    def _set(self, checked: Sequence[time]) -> None:
        self._times = checked
        self._ordered: Sequence[time] | None = None
        self._compiled: CompiledTimes | None = None
        self._steady = NEVER_STEADY
        # Not at the first question: then the event loop waits for the answer.
        if len(checked) > MANY:
            self._compile()

    @property
    def times(self) -> Sequence[time]:
        """The times without duplicates, ordered by wall time, then zone name, then fold."""
        if self._ordered is None:
            self._ordered = in_order(self._times)
        return self._ordered

    def next_after(self, moment: datetime, /) -> datetime:
        """Return the least slot strictly after a moment.

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
        if type(moment) is datetime and moment.tzinfo is UTC and start <= moment < until:
            index = bisect_right(seconds, (moment - EPOCH).seconds)
            if index < len(times):
                slot = _combine(moment, times[index])
            else:
                slot = _combine(moment, times[0]) + _ONE_DAY
            if slot < until:
                return slot
        return self._look_up(moment)

    def _look_up(self, moment: datetime) -> datetime:
        instant = parse_moment(moment)
        compiled = self._compiled or self._compile()
        if not self._steady.start <= moment < self._steady.until:
            self._steady = compiled.steady_around(instant)
            if self._steady is not NEVER_STEADY:
                # Not that of a subclass, which has called this one.
                return DailySchedule.next_after(self, moment)
        slot = compiled.next_after(instant)
        if not FIRST_INSTANT <= slot <= LAST_INSTANT:
            message = f"the slot after {moment} is outside datetime's range"
            raise OverflowError(message)
        return to_moment(slot)

    def _compile(self) -> CompiledTimes:
        # Not at the top: all that knows of zones and their changes is a tenth of the package's
        # import, and loops with an interval never need it.
        from defectio_tasks._schedules.compiled import CompiledTimes  # noqa: PLC0415

        self._compiled = CompiledTimes(self._times)
        return self._compiled

    def __repr__(self) -> str:
        """Show the times."""
        return f"DailySchedule({list(self.times)!r})"


def parse_daily(times: time | Iterable[object], parameter: str) -> DailySchedule:
    """Make a schedule of times that a user passed by another parameter's name.

    Raises:
        TypeError: Something isn't a ``datetime.time``.
        ValueError: There is no time, or a zone can't be used.
    """
    return DailySchedule._of(parse_times(times, parameter))  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] -- made for this
