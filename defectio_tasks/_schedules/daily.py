"""``DailySchedule``: the same wall times every day. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, time, timedelta
from functools import partial
from typing import TYPE_CHECKING, Final, Self

from typing_extensions import override

from defectio_tasks._schedules.dates import Dates, parse_dates
from defectio_tasks._schedules.schedule import parse_moment
from defectio_tasks._schedules.shown import repr_dates, show_all, show_dates, show_time
from defectio_tasks._schedules.steady import MANY, NEVER_STEADY
from defectio_tasks._schedules.times import identity, in_order, parse_times
from defectio_tasks._zones.instants import (
    EPOCH,
    FIRST_INSTANT,
    LAST_INSTANT,
    Instant,
    to_moment,
)

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

    __slots__ = ("_compiled", "_counts", "_on", "_ordered", "_steady", "_times")

    def __init__(self, times: time | Iterable[time], *, on: Dates | None = None) -> None:
        """Check the times; they are compiled when the schedule is asked for the first time.

        Args:
            times: The wall times, in any order. One without a zone is in UTC. Duplicates count
                once.
            on: The dates on which they count, each time by its own zone's calendar: a container of
                dates, such as :class:`Weekdays`, or a function that answers for one. It is asked
                anew each time. The date is that of the wall time, also where a gap moves the slot
                past midnight.

        Raises:
            TypeError: Something among the times isn't a ``datetime.time``, or ``on`` is no
                container of dates and no function of one.
            ValueError: There is no time, or more than a million, or a zone can't be used: one
                from pytz whose offset changes, or one that doesn't tell its offset.
        """
        self._set(parse_times(times, "times"), on)

    @classmethod
    def _of(cls, checked: Sequence[time], on: Dates | None) -> Self:
        """Make a schedule of times that were checked under another parameter's name."""
        schedule = cls.__new__(cls)
        schedule._set(checked, on)  # noqa: SLF001 -- its own
        return schedule

    def _set(self, checked: Sequence[time], on: Dates | None) -> None:
        self._counts = parse_dates(on)
        self._on = on
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

    @property
    def on(self) -> Dates | None:
        """The dates on which the times count; ``None`` for all."""
        return self._on

    def next_after(self, moment: datetime, /) -> datetime | None:
        """Return the least slot strictly after a moment.

        Args:
            moment: An aware datetime in any zone, at least 8 days inside datetime's range.

        Returns:
            The slot, as an aware datetime in UTC; ``None`` where ``on`` has none of the dates of
            the next 40 years.

        Raises:
            TypeError: The moment isn't a datetime.
            ValueError: The moment is naive.
            OverflowError: The slot is outside datetime's range.
            Exception: Whatever ``on`` raises.
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

    def _look_up(self, moment: datetime) -> datetime | None:
        instant = parse_moment(moment)
        compiled = self._compiled or self._compile()
        if self._counts is not None:
            dated = compiled.next_on(instant, self._counts)
            return None if dated is None else _in_range(dated, moment)
        if not self._steady.start <= moment < self._steady.until:
            self._steady = compiled.steady_around(instant)
            if self._steady is not NEVER_STEADY:
                # Not that of a subclass, which has called this one.
                return DailySchedule.next_after(self, moment)
        return _in_range(compiled.next_after(instant), moment)

    def _compile(self) -> CompiledTimes:
        # Not at the top: all that knows of zones and their changes is a tenth of the package's
        # import, and loops with an interval never need it.
        from defectio_tasks._schedules.compiled import CompiledTimes  # noqa: PLC0415

        self._compiled = CompiledTimes(self._times, on_some_dates=self._counts is not None)
        return self._compiled

    @override
    def __eq__(self, other: object) -> bool:
        """Return whether another one has the same times and the same dates."""
        if not isinstance(other, DailySchedule):
            return NotImplemented
        return self._key() == other._key()

    @override
    def __hash__(self) -> int:
        """Return a hash, where ``on`` has one."""
        return hash(self._key())

    def _key(self) -> tuple[object, ...]:
        return type(self), frozenset(map(identity, self._times)), self._on

    @override
    def __reduce__(self) -> tuple[object, ...]:
        """Return how to make it again: what it has found out is no part of it."""
        return partial(type(self), on=self._on), (tuple(self._times),)

    @override
    def __repr__(self) -> str:
        """Show the times, and the dates on which they count."""
        on = "" if self._on is None else f", on={repr_dates(self._on)}"
        times = ", ".join(map(show_time, self.times))
        return f"{type(self).__name__}({times}{on})"

    @override
    def __str__(self) -> str:
        """Say when it is."""
        on = "" if self._on is None else f" on {show_dates(self._on)}"
        return f"daily at {show_all(map(show_time, self.times))}{on}"


def _in_range(slot: Instant, moment: datetime) -> datetime:
    if not FIRST_INSTANT <= slot <= LAST_INSTANT:
        message = f"the slot after {moment} is outside datetime's range"
        raise OverflowError(message)
    return to_moment(slot)


def parse_daily(
    times: time | Iterable[object], parameter: str, on: Dates | None = None
) -> DailySchedule:
    """Make a schedule of times that a user passed by another parameter's name.

    Raises:
        TypeError: Something isn't a ``datetime.time``.
        ValueError: There is no time, or a zone can't be used.
    """
    return DailySchedule._of(parse_times(times, parameter), on)  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] -- made for this
