"""``Cron``: the slots of a cron expression, by one zone's clocks. Pure."""

from __future__ import annotations

from bisect import bisect_right
from datetime import UTC, datetime, time, timedelta, tzinfo
from functools import cache, lru_cache, partial
from typing import Final, NamedTuple

from typing_extensions import override

from defectio_tasks._schedules.cron_fields import parse_cron
from defectio_tasks._schedules.dates import FORTY_YEARS, Dates, parse_dates
from defectio_tasks._schedules.schedule import parse_moment
from defectio_tasks._schedules.shown import repr_dates, show_dates
from defectio_tasks._zones.gap_and_fold import Fold, Gap, Unique, classify
from defectio_tasks._zones.instants import (
    DAY,
    FIRST_INSTANT,
    HOUR,
    LAST_INSTANT,
    MICROSECOND,
    to_instant,
    to_moment,
)
from defectio_tasks._zones.offsets import Stretch, stretch_at
from defectio_tasks._zones.zones import check_zone, zone_identity

_ALL_HOURS: Final = 24
_DAYS: Final = tuple(timedelta(days=days) for days in range(8))
_ONE_HOUR: Final = timedelta(hours=1)
_combine: Final = datetime.combine


class _Steady(NamedTuple):
    """A time in which the zone's offset doesn't change, and no change of it matters."""

    start: datetime
    """After this moment, in UTC."""
    until: datetime
    """Before this moment, in UTC."""
    offset: timedelta
    """How far the zone is ahead of UTC."""


_NEVER_STEADY: Final = _Steady(
    datetime.max.replace(tzinfo=UTC), datetime.min.replace(tzinfo=UTC), timedelta()
)


class Cron:
    """The slots of a cron expression, by the clocks of one zone.

    The five fields are minute, hour, day of month, month and day of week, as Debian's cron has
    them: ``*``, lists, ranges, steps and English names. Besides those there are ``L`` for the last
    day of a month, ``FRIL`` for its last Friday, ``FRI#2`` for its second one, and, instead of all
    fields, ``@hourly``, ``@daily``, ``@midnight``, ``@weekly``, ``@monthly``, ``@yearly`` and
    ``@annually``. If both day of month and day of week are given, either is enough, unless one of
    them begins with ``*``.

    Each time of each date is one slot: where clocks go forward over it, it comes later by the
    gap's length; where they go back over it, it comes the first time. Only with all 24 hours is a
    slot wherever the clocks show such a minute, so that it stays one every quarter of an hour.

    Example:
        >>> from datetime import datetime, timezone
        >>> from zoneinfo import ZoneInfo
        >>> schedule = Cron("30 8 * * mon-fri", ZoneInfo("Europe/London"))
        >>> saturday = datetime(2026, 3, 28, 12, tzinfo=timezone.utc)
        >>> schedule.next_after(saturday).isoformat()
        '2026-03-30T07:30:00+00:00'
    """

    __slots__ = ("_counts", "_expression", "_fields", "_on", "_steady", "_tz")

    def __init__(self, expression: str, tz: tzinfo = UTC, *, on: Dates | None = None) -> None:
        """Check the expression and the zone.

        Args:
            expression: The five fields.
            tz: The zone by whose clocks they count.
            on: The dates on which they count, too: a container of dates, or what answers for one.
                It is asked anew each time, for the date in the zone.

        Raises:
            TypeError: An argument is of the wrong kind.
            ValueError: The expression can't be kept to, or the zone can't be used.
        """
        self._fields = parse_cron(_check_text(expression))
        self._expression = expression
        self._tz = _check_tz(tz)
        self._on = on
        self._counts = parse_dates(on)
        self._steady = _NEVER_STEADY

    @property
    def expression(self) -> str:
        """The expression, as it was given."""
        return self._expression

    @property
    def tz(self) -> tzinfo:
        """The zone by whose clocks it counts."""
        return self._tz

    @property
    def on(self) -> Dates | None:
        """The dates on which it counts; ``None`` for all."""
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
        """
        try:
            # While the zone keeps its offset, as for months it does, a wall time is a sum.
            start, until, offset = self._steady
            if type(moment) is datetime and moment.tzinfo is UTC and start < moment < until:
                wall = self._next_wall(moment + offset)
                if wall is None:
                    return self._end(moment)
                try:
                    slot = wall - offset
                except OverflowError:
                    raise self._beyond(moment) from None
                if slot < until:
                    return slot
                # After that, a wall time with one offset, whatever its `fold`, exists once.
                minute, tz = wall.hour * 60 + wall.minute, self._tz
                ahead = _combine(wall, _time_at(minute), tz).utcoffset()
                second = _combine(wall, _second_at(minute), tz).utcoffset()
                if ahead is not None and ahead == second:
                    return wall - ahead
            return self._look_up(moment)
        except OverflowError:
            if self._on is not None:
                # It may be the user's own.
                raise
            raise self._beyond(moment) from None

    def _look_up(self, moment: datetime) -> datetime | None:
        """Return the next slot around a change of the offset, or of a zone that isn't known."""
        instant = parse_moment(moment)
        stretch = stretch_at(self._tz, instant)
        # No slot after the instant has a wall time up to this one.
        if stretch is None:
            low = instant - DAY
        elif instant < stretch.steady_until:
            steady = _steady_in(stretch)
            if steady != self._steady or moment.tzinfo is not UTC:
                self._steady = steady
                # Not that of a subclass, which has called this one.
                return Cron.next_after(self, to_moment(instant))
            low = instant + stretch.before
        else:
            low = instant + min(stretch.before, stretch.after)
        local, last, slot = to_moment(max(low, FIRST_INSTANT)), None, LAST_INSTANT + 1
        while wall := self._next_wall(local, last):
            local, shown = wall, to_instant(wall)
            kind = classify(wall, self._tz)
            first = shown - kind[0]
            if shown - min(kind) + HOUR <= instant and kind == classify(wall + _ONE_HOUR, self._tz):
                # No zone changes its offset twice in an hour: this one has passed.
                local = wall + _ONE_HOUR
                continue
            for offset in self._offsets(kind):
                if instant < shown - offset < slot:
                    slot = shown - offset
                    # A gap or fold of at most a day keeps later ones from coming first.
                    last = wall.toordinal() + 1
            if first > instant and not isinstance(kind, Gap):
                break
        return to_moment(slot) if last is not None else self._end(moment, found=wall is not None)

    def _offsets(self, kind: Unique | Gap | Fold) -> tuple[int, ...]:
        """Return with which offsets a wall time is due."""
        if len(self._fields.hours) < _ALL_HOURS:
            # Of each kind, the first one is that of a time with `fold=0`.
            return kind[:1]
        return () if isinstance(kind, Gap) else kind

    def _next_wall(self, local: datetime, last: int | None = None) -> datetime | None:
        """Return the next time that the expression names, whatever the zone does.

        Args:
            local: The wall time after which it comes, as if in UTC.
            last: The last date on which to look, as an ordinal.
        """
        minutes, hours, days, weekly = self._fields
        hour, minute = local.hour, local.minute
        today = 0
        # Nothing that is later on a day is midnight.
        if hour in hours and minute < minutes[-1]:
            today = hour * 60 + minutes[bisect_right(minutes, minute)]
        elif hour < hours[-1]:
            today = hours[bisect_right(hours, hour)] * 60 + minutes[0]
        counts = self._counts
        if weekly and counts is None:
            weekly >>= local.weekday()
            if today and weekly & 1:
                return _combine(local, _time_at(today))
            # The lowest bit of the days after this one tells how many there are until then.
            weekly &= -2
            until = _DAYS[(weekly & -weekly).bit_length() - 1]
            return _combine(local, _time_at(hours[0] * 60 + minutes[0])) + until
        ordinal = local.toordinal()
        if last is None:
            last = ordinal + FORTY_YEARS
        for day in days.onwards(local, later=not today):
            found = day.toordinal()
            if found > last:
                return None
            if counts is None or counts(day):
                if found > ordinal:
                    today = hours[0] * 60 + minutes[0]
                return _combine(day, _time_at(today))
        return None

    def _end(self, moment: datetime, *, found: bool = False) -> datetime | None:
        """Return that there is no further slot, if it is for the dates that ``on`` has.

        Args:
            moment: The moment that was asked about.
            found: Whether there is a date, and only its slot is outside of the calendar.

        Raises:
            OverflowError: It is for those of the calendar.
        """
        if self._on is not None and not found:
            return None
        raise self._beyond(moment)

    def _beyond(self, moment: datetime) -> OverflowError:
        """Return the error for a slot outside of the calendar."""
        return OverflowError(f"the slot after {moment} is outside datetime's range")

    @override
    def __eq__(self, other: object) -> bool:
        """Return whether another one says the same of the same zone."""
        if not isinstance(other, Cron):
            return NotImplemented
        return self._key() == other._key()

    @override
    def __hash__(self) -> int:
        """Return a hash, where ``on`` has one."""
        return hash(self._key())

    def _key(self) -> tuple[object, ...]:
        return self._fields, zone_identity(self._tz), self._on

    @override
    def __reduce__(self) -> tuple[object, ...]:
        """Return how to make it again: what it has found out is no part of it."""
        return partial(type(self), on=self._on), (self._expression, self._tz)

    @override
    def __repr__(self) -> str:
        """Show how to make it again."""
        tz = "" if self._tz is UTC else f", {self._tz!r}"
        on = "" if self._on is None else f", on={repr_dates(self._on)}"
        return f"{type(self).__name__}({self._expression!r}{tz}{on})"

    @override
    def __str__(self) -> str:
        """Say when it is."""
        on = "" if self._on is None else f" on {show_dates(self._on)}"
        return f"cron {' '.join(self._expression.split())} {self._tz}{on}"


def _check_text(expression: object) -> str:
    if isinstance(expression, str):
        return expression
    message = (
        f"`expression` must be a str, got {expression!r} of type {type(expression).__name__} "
        "(write `Cron('30 8 * * *')`)"
    )
    raise TypeError(message)


def _check_tz(tz: object) -> tzinfo:
    if isinstance(tz, tzinfo):
        check_zone(tz, "tz")
        return tz
    message = (
        f"`tz` must be a datetime.tzinfo, got {tz!r} of type {type(tz).__name__} "
        "(write `zoneinfo.ZoneInfo('Europe/London')`)"
    )
    raise TypeError(message)


@lru_cache(256)
def _steady_in(stretch: Stretch) -> _Steady:
    """Return the steady time of a stretch; crons of one zone share it."""
    # Within datetime's range on the zone's clocks, too.
    start = max(stretch.start, FIRST_INSTANT + DAY)
    until = min(stretch.steady_until, LAST_INSTANT - DAY)
    return _Steady(to_moment(start), to_moment(until), stretch.before * MICROSECOND)


@cache
def _time_at(minute: int) -> time:
    """Return a time of the day in UTC; there are 1,440."""
    return time(*divmod(minute, 60), tzinfo=UTC)


@cache
def _second_at(minute: int) -> time:
    """Return the same time of the day for where it comes the second time."""
    return time(*divmod(minute, 60), fold=1)
