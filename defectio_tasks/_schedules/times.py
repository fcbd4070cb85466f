"""What a user passes as times, checked and put in order. Pure."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import Final

from defectio_tasks._zones.zones import check_zone, zone_identity

_CRON_FIELDS: Final = 5
_MOST: Final = 1_000_000


def parse_times(times: time | Iterable[object], parameter: str) -> Sequence[time]:
    """Check times that a user passed, and return them as they came.

    Args:
        times: One ``datetime.time`` or an iterable of them.
        parameter: The name by which the user passed them, for messages.

    Raises:
        TypeError: Something isn't a ``datetime.time``.
        ValueError: There is no time, or more than a million, or a zone can't be used.
    """
    if isinstance(times, time):
        check_zone(times.tzinfo, parameter)
        return (times,)
    # Text is iterable too, but its characters are not what is wrong with it.
    if isinstance(times, str | bytes):
        raise _not_times(times, parameter)
    try:
        items = iter(times)
    except TypeError:
        raise _not_times(times, parameter) from None
    walls: list[time] = []
    # There may be many times, and few zones.
    zones: dict[int, tuple[tzinfo | None, int]] = {}
    for index, item in enumerate(items):
        if index == _MOST:
            message = f"`{parameter}` must name at most {_MOST:,} times, got more"
            raise ValueError(message)
        if not isinstance(item, time):
            message = f"`{parameter}[{index}]` must be a datetime.time, got {_describe(item)}"
            raise TypeError(message)
        walls.append(item)
        zones.setdefault(id(item.tzinfo), (item.tzinfo, index))
    if not walls:
        message = f"`{parameter}` must name at least one time, got {times!r}"
        raise ValueError(message)
    for zone, index in zones.values():
        check_zone(zone, f"{parameter}[{index}]")
    return walls


def in_order(times: Iterable[time]) -> Sequence[time]:
    """Return times in order: by wall time, zone name and fold; each with a zone, and once."""
    zoned = (wall.replace(tzinfo=UTC) if wall.tzinfo is None else wall for wall in times)
    unique: dict[Hashable, time] = {}
    for wall in zoned:
        unique.setdefault(identity(wall), wall)
    return tuple(sorted(unique.values(), key=_order))


def identity(wall: time) -> Hashable:
    """Return what makes a time the same as another one."""
    # Never the time itself: times of different zones can be equal, and equality ignores `fold`.
    zone = UTC if wall.tzinfo is None else wall.tzinfo
    return (*_clock_face(wall), zone_identity(zone), wall.fold)


def _order(wall: time) -> tuple[int, int, int, int, str, int, str]:
    # The class comes last: a `ZoneInfo` and a `timezone` can both be called UTC.
    return (*_clock_face(wall), str(wall.tzinfo), wall.fold, type(wall.tzinfo).__name__)


def _clock_face(wall: time) -> tuple[int, int, int, int]:
    return wall.hour, wall.minute, wall.second, wall.microsecond


def _not_times(value: object, parameter: str) -> TypeError:
    rule = f"`{parameter}` must be a datetime.time or an iterable of them"
    return TypeError(f"{rule}, got {_describe(value)}")


def _describe(value: object) -> str:
    """Return what a message says of something that is no time, and what to write instead."""
    advice = ""
    if isinstance(value, datetime):
        advice = "`.timetz()` behind it"
    elif isinstance(value, timedelta):
        advice = "`seconds=delta.total_seconds()` for an interval"
    elif isinstance(value, str) and len(value.split()) == _CRON_FIELDS:
        advice = f"`schedule=tasks.Cron({value!r})`"
    elif isinstance(value, str | bytes | int | float):
        advice = "`datetime.time(8, 30)` for half past eight"
    shown = f"{value!r} of type {type(value).__name__}"
    return f"{shown} (write {advice})" if advice else shown
