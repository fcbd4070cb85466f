"""What a user passes to make schedules, checked. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from functools import partial

from defectio_tasks._schedules.schedule import Schedule, parse_schedule
from defectio_tasks._zones.instants import to_instant, to_moment


def parse_aware(moment: object, parameter: str) -> datetime:
    """Check a moment that a user passed, and return it in UTC.

    Args:
        moment: The moment.
        parameter: The name by which the user passed it, for messages.

    Raises:
        TypeError: It isn't a datetime.
        ValueError: It is naive, or in UTC outside datetime's range.
    """
    if not isinstance(moment, datetime):
        message = f"`{parameter}` must be a datetime.datetime, got {moment!r}"
        if isinstance(moment, date):
            day = f"{moment.year}, {moment.month}, {moment.day}"
            message += f" (write `datetime.datetime({day}, tzinfo=datetime.timezone.utc)`)"
        raise TypeError(message)
    if moment.utcoffset() is None:
        message = (
            f"`{parameter}` must be aware (have a `tzinfo`), got {moment!r} "
            "(write `tzinfo=datetime.timezone.utc`, or a zone of `zoneinfo`)"
        )
        raise ValueError(message)
    try:
        # Of a subclass, and of `fold`, which says nothing in UTC, nothing is left.
        return to_moment(to_instant(moment))
    except OverflowError:
        message = f"`{parameter}` must be within datetime's range in UTC, got {moment!r}"
        raise ValueError(message) from None


def parse_part(schedule: object, parameter: str) -> Schedule:
    """Check a schedule of which another one is made, or which is asked.

    Args:
        schedule: The schedule.
        parameter: The name by which the user passed it, for messages.

    Raises:
        TypeError: It isn't a schedule.
    """
    several = parameter.startswith("schedules[")
    return parse_schedule(schedule, parameter, partial(_advise, several=several))


def parse_delta(delta: object, parameter: str) -> timedelta:
    """Check a length of time that a user passed.

    Raises:
        TypeError: It isn't a timedelta.
    """
    if isinstance(delta, timedelta):
        return delta
    message = f"`{parameter}` must be a datetime.timedelta, got {delta!r}"
    if isinstance(delta, int | float) and not isinstance(delta, bool):
        message += f" (write `datetime.timedelta(seconds={delta!r})`)"
    raise TypeError(message)


def parse_number_of_slots(n: object) -> int:
    """Check how many slots a user wants.

    Raises:
        TypeError: It isn't an int.
        ValueError: It is below 1.
    """
    if not isinstance(n, int) or isinstance(n, bool):
        message = f"`n` must be an int, got {n!r}"
        raise TypeError(message)
    if n < 1:
        message = f"`n` must be at least 1, got {n}"
        raise ValueError(message)
    return n


def _advise(value: object, *, several: bool) -> str:
    if isinstance(value, type):
        return "write an instance, not its class"
    if isinstance(value, datetime):
        return "write `At(...)`"
    if isinstance(value, time):
        return "write `DailySchedule(...)`"
    if isinstance(value, timedelta):
        return "write `Every(seconds=delta.total_seconds())`"
    if isinstance(value, Iterable) and not isinstance(value, str | bytes):
        return "write `*` before them" if several else "write `merge(*schedules)` for several"
    return ""
