"""``Schedule``: what tells when a loop is due, and what it promises. Pure."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol, TypeGuard

from defectio_tasks._zones.instants import Instant, to_instant


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
        """Return the least slot strictly after a moment.

        Args:
            moment: An aware datetime; a loop asks in UTC.

        Returns:
            The slot as an aware datetime in any zone, or ``None`` when there will be none; the
            loop then ends by itself.
        """
        ...


def parse_schedule(schedule: object, parameter: str, advise: Callable[[object], str]) -> Schedule:
    """Check a schedule that a user passed.

    Args:
        schedule: The schedule.
        parameter: The name by which the user passed it, for messages.
        advise: Returns what to write instead of something else, if anybody can tell.

    Raises:
        TypeError: It isn't a schedule.
    """
    # A checker sees to it, but not everybody has one.
    if _is_schedule(schedule):
        return schedule
    message = f"`{parameter}` must be an object with a method `next_after`, got {schedule!r}"
    advice = advise(schedule)
    raise TypeError(f"{message} ({advice})" if advice else message)


def next_slot(schedule: Schedule, moment: datetime) -> datetime | None:
    """Return the next slot of a schedule, which is held to its promise.

    A schedule may be the user's own. One that answered with the past would have its loop run
    without end.

    Returns:
        The slot in UTC.

    Raises:
        TypeError: The answer isn't a datetime.
        ValueError: The answer is naive, or not later than the moment.
        OverflowError: The answer in UTC is outside datetime's range.
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
    try:
        return slot.astimezone(UTC)
    except OverflowError:
        message = f"`next_after` must return a slot within datetime's range in UTC, got {slot!r}"
        raise OverflowError(message) from None


def parse_moment(moment: object) -> Instant:
    """Check a moment that a user passed.

    Raises:
        TypeError: It isn't a datetime.
        ValueError: It is naive.
    """
    if not isinstance(moment, datetime):
        message = f"`moment` must be a datetime.datetime, got {moment!r}"
        raise TypeError(message)
    if moment.utcoffset() is None:
        message = f"`moment` must be aware (have a `tzinfo`), got {moment!r}"
        raise ValueError(message)
    return to_instant(moment)


def _is_schedule(value: object) -> TypeGuard[Schedule]:
    # A class would pass for its instance.
    return not isinstance(value, type) and callable(getattr(value, "next_after", None))
