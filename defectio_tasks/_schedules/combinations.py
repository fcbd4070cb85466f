"""``merge``, ``shift`` and ``between``: schedules made of others. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from typing_extensions import override

from defectio_tasks._schedules.arguments import parse_aware, parse_delta, parse_part
from defectio_tasks._schedules.schedule import Schedule, next_slot, parse_moment
from defectio_tasks._schedules.shown import show_length, show_moment
from defectio_tasks._zones.instants import (
    FIRST_INSTANT,
    LAST_INSTANT,
    MICROSECOND,
    Instant,
    to_instant,
    to_moment,
)


def merge(*schedules: Schedule) -> Schedule:
    """Return a schedule with the slots of all the given ones; equal instants are one slot.

    It has no further slot when none of them has. Neither the order nor duplicates matter, also to
    whether two such schedules are equal.

    Args:
        *schedules: The schedules, among them any of one's own.

    Raises:
        TypeError: One of them isn't a schedule.
        ValueError: There is none.

    Example:
        >>> from datetime import datetime, time, timedelta, timezone
        >>> from defectio_tasks import DailySchedule
        >>> evenings = DailySchedule(time(20))
        >>> schedule = merge(evenings, shift(evenings, timedelta(minutes=-10)))
        >>> reminder = schedule.next_after(datetime(2026, 3, 29, tzinfo=timezone.utc))
        >>> print(reminder, schedule.next_after(reminder), sep=", ")
        2026-03-29 19:50:00+00:00, 2026-03-29 20:00:00+00:00
    """
    if not schedules:
        message = (
            "`schedules` must have at least one schedule, got none "
            "(write `*` before an iterable of them, which may not be empty)"
        )
        raise ValueError(message)
    parts: list[Schedule] = []
    for index, schedule in enumerate(schedules):
        parsed = parse_part(schedule, f"schedules[{index}]")
        for part in parsed.schedules if isinstance(parsed, Merged) else (parsed,):
            # Not a set: what a schedule holds may be without a hash.
            if part not in parts:
                parts.append(part)
    return Merged(tuple(parts))


def shift(schedule: Schedule, delta: timedelta) -> Schedule:
    """Return a schedule with each slot of another one moved by the same time.

    It goes by absolute time: what is moved by 24 hours over a change of the clocks comes at another
    wall time.

    Args:
        schedule: The schedule.
        delta: How much later its slots come; earlier where it is negative.

    Raises:
        TypeError: The schedule isn't one, or the delta isn't a timedelta.

    Example:
        >>> from datetime import datetime, time, timedelta, timezone
        >>> from defectio_tasks import DailySchedule
        >>> reminders = shift(DailySchedule(time(20)), timedelta(minutes=-10))
        >>> print(reminders.next_after(datetime(2026, 3, 29, tzinfo=timezone.utc)))
        2026-03-29 19:50:00+00:00
    """
    return Shifted(parse_part(schedule, "schedule"), parse_delta(delta, "delta"))


def between(
    schedule: Schedule, start: datetime | None = None, end: datetime | None = None
) -> Schedule:
    """Return a schedule with those slots of another one that lie between two moments.

    Args:
        schedule: The schedule.
        start: The first moment at which a slot counts, aware, in any zone; ``None`` for none.
        end: The first moment at which no slot counts any more, aware, in any zone; ``None`` for
            none. After it, a loop ends by itself.

    Raises:
        TypeError: The schedule isn't one, or a moment isn't a datetime.
        ValueError: A moment is naive, or in UTC outside datetime's range, or the start isn't before
            the end.

    Example:
        >>> from datetime import datetime, time, timezone
        >>> from defectio_tasks import DailySchedule
        >>> first = datetime(2026, 12, 1, tzinfo=timezone.utc)
        >>> last = datetime(2026, 12, 25, tzinfo=timezone.utc)
        >>> advent = between(DailySchedule(time(8)), first, last)
        >>> print(advent.next_after(datetime(2026, 3, 29, tzinfo=timezone.utc)))
        2026-12-01 08:00:00+00:00
        >>> print(advent.next_after(last))
        None
    """
    parsed = parse_part(schedule, "schedule")
    start = None if start is None else parse_aware(start, "start")
    end = None if end is None else parse_aware(end, "end")
    if start is not None and end is not None and start >= end:
        message = f"`start` must be before `end`, got {start} and {end}"
        raise ValueError(message)
    return Between(parsed, start, end)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Merged:
    """What ``merge`` makes: the union of schedules."""

    schedules: tuple[Schedule, ...]
    """The schedules, each once, none of them merged."""

    def next_after(self, moment: datetime, /) -> datetime | None:
        """Return the least slot strictly after a moment, in UTC, or ``None`` for no further slot.

        Args:
            moment: An aware datetime in any zone.

        Raises:
            TypeError: The moment isn't a datetime, or nor is what one of the schedules answered.
            ValueError: The moment is naive, or a schedule answered with a datetime that is, or that
                isn't later.
            OverflowError: There is a further slot, but outside datetime's range.
        """
        asked = _nearest(parse_moment(moment))
        slots: list[datetime] = []
        beyond: OverflowError | None = None
        for schedule in self.schedules:
            try:
                slot = next_slot(schedule, asked)
            except OverflowError as error:
                # Another one may have a slot before that.
                beyond = error
            else:
                slots += [] if slot is None else [slot]
        if beyond is not None and not slots:
            raise beyond
        return min(slots, default=None)

    @override
    def __eq__(self, other: object) -> bool:
        """Return whether another one is made of equal schedules, in whatever order."""
        if not isinstance(other, Merged):
            return NotImplemented
        if len(self.schedules) != len(other.schedules):
            return False
        return all(schedule in other.schedules for schedule in self.schedules)

    @override
    def __hash__(self) -> int:
        """Return a hash, where all of the schedules have one."""
        return hash(frozenset(self.schedules))

    @override
    def __repr__(self) -> str:
        """Show what makes it again."""
        return f"merge({', '.join(map(repr, self.schedules))})"

    @override
    def __str__(self) -> str:
        """Say when it is."""
        return " or ".join(map(_part, self.schedules))


@dataclass(frozen=True, slots=True, repr=False)
class Shifted:
    """What ``shift`` makes: a schedule whose slots are moved."""

    schedule: Schedule
    delta: timedelta

    def next_after(self, moment: datetime, /) -> datetime | None:
        """Return the least slot strictly after a moment, in UTC, or ``None`` for no further slot.

        Args:
            moment: An aware datetime in any zone.

        Raises:
            TypeError: The moment isn't a datetime, or nor is what the schedule answered.
            ValueError: The moment is naive, or the schedule answered with a datetime that is, or
                that isn't later.
            OverflowError: The slot is outside datetime's range.
        """
        delta = self.delta // MICROSECOND
        slot = next_slot(self.schedule, _nearest(parse_moment(moment) - delta))
        if slot is None:
            return None
        try:
            return slot + self.delta
        except OverflowError:
            message = f"the slot after {moment} is outside datetime's range"
            raise OverflowError(message) from None

    @override
    def __repr__(self) -> str:
        """Show what makes it again."""
        return f"shift({self.schedule!r}, {self.delta!r})"

    @override
    def __str__(self) -> str:
        """Say when it is."""
        side = "before" if self.delta < timedelta() else "after"
        return f"{show_length(abs(self.delta))} {side} {_part(self.schedule)}"


@dataclass(frozen=True, slots=True, repr=False)
class Between:
    """What ``between`` makes: a part of a schedule."""

    schedule: Schedule
    start: datetime | None
    end: datetime | None

    def next_after(self, moment: datetime, /) -> datetime | None:
        """Return the least slot strictly after a moment, in UTC, or ``None`` for no further slot.

        Args:
            moment: An aware datetime in any zone.

        Raises:
            TypeError: The moment isn't a datetime, or nor is what the schedule answered.
            ValueError: The moment is naive, or the schedule answered with a datetime that is, or
                that isn't later.
            OverflowError: There is no end, and the slot is outside datetime's range.
        """
        instant = parse_moment(moment)
        if self.start is not None:
            # A slot at the start counts.
            instant = max(instant, to_instant(self.start) - 1)
        asked = _nearest(instant)
        if self.end is None:
            return next_slot(self.schedule, asked)
        try:
            slot = next_slot(self.schedule, asked)
        except OverflowError:
            # Outside datetime's range is after the end.
            return None
        return None if slot is None or slot >= self.end else slot

    @override
    def __repr__(self) -> str:
        """Show what makes it again."""
        start = "" if self.start is None else f", start={self.start!r}"
        end = "" if self.end is None else f", end={self.end!r}"
        return f"between({self.schedule!r}{start}{end})"

    @override
    def __str__(self) -> str:
        """Say when it is."""
        start = "" if self.start is None else f" from {show_moment(self.start)}"
        end = "" if self.end is None else f" until {show_moment(self.end)}"
        return f"{_part(self.schedule)}{start}{end}"


def _nearest(instant: Instant) -> datetime:
    """Return an instant as a moment; what is outside datetime's range as its end."""
    return to_moment(min(max(instant, FIRST_INSTANT), LAST_INSTANT))


def _part(schedule: Schedule) -> str:
    """Return a schedule as a part of another one: in parentheses, if it has parts itself."""
    has_parts = isinstance(schedule, Merged | Shifted | Between)
    return f"({schedule})" if has_parts else str(schedule)
