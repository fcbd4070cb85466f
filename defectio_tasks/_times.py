"""What a user passes as times, checked and put in order (contract W6, W7). Pure."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from datetime import UTC, datetime, time, timezone, tzinfo
from zoneinfo import ZoneInfo


def parse_times(times: time | Iterable[object], parameter: str) -> Sequence[time]:
    """Check times that a user passed, and put them in order.

    Args:
        times: One ``datetime.time`` or an iterable of them.
        parameter: The name by which the user passed them, for messages.

    Returns:
        The times, each with a zone, without duplicates, ordered by wall time, zone name and fold.

    Raises:
        TypeError: Something isn't a ``datetime.time``.
        ValueError: There is no time, or a zone can't be used.
    """
    if isinstance(times, time):
        return (_parse_time(times, parameter),)
    # Text is iterable too, but its characters are not what is wrong with it.
    if isinstance(times, str | bytes):
        raise _not_times(times, parameter)
    try:
        items = iter(times)
    except TypeError:
        raise _not_times(times, parameter) from None
    unique: dict[Hashable, time] = {}
    for index, item in enumerate(items):
        where = f"{parameter}[{index}]"
        if not isinstance(item, time):
            message = f"`{where}` must be a datetime.time, got {item!r} of type {_type_name(item)}"
            raise TypeError(message)
        wall = _parse_time(item, where)
        unique.setdefault(_identity(wall), wall)
    if not unique:
        message = f"`{parameter}` must name at least one time, got {times!r}"
        raise ValueError(message)
    return tuple(sorted(unique.values(), key=_order))


def zone_identity(zone: tzinfo) -> Hashable:
    """Tell what makes a zone the same as another one.

    Zones themselves won't do as keys: ``ZoneInfo`` objects of one name can be different objects
    (unpickled ones, or those of ``ZoneInfo.no_cache``), and others need not be hashable.
    """
    # A zone read from a file may have no key, and a class derived may have rules of its own.
    if type(zone) is ZoneInfo and zone.key:
        return zone.key
    if isinstance(zone, timezone):
        return zone.utcoffset(None)
    return id(zone)


def _parse_time(wall: time, where: str) -> time:
    zone = wall.tzinfo
    if zone is None:
        return wall.replace(tzinfo=UTC)
    if hasattr(zone, "localize"):
        # Those with a fixed offset have no name.
        name = getattr(zone, "zone", str(zone))
        instead = f'zoneinfo.ZoneInfo("{name}")' if name else "datetime.timezone(...)"
        message = (
            f"`{where}` must not have a zone from pytz, whose zones don't work in a datetime.time: "
            f"write `{instead}`, got {zone!r}"
        )
        raise ValueError(message)
    if not _tells_offset(zone):
        message = (
            f"`{where}` must have a zone that tells its offset from UTC: "
            f"write `zoneinfo.ZoneInfo(...)` or `datetime.timezone(...)`, got {zone!r}"
        )
        raise ValueError(message)
    return wall


def _tells_offset(zone: tzinfo) -> bool:
    try:
        return datetime(2000, 1, 1, tzinfo=zone).utcoffset() is not None
    except NotImplementedError:
        # The abstract `datetime.tzinfo` answers so.
        return False


def _identity(wall: time) -> Hashable:
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
    return TypeError(f"{rule}, got {value!r} of type {_type_name(value)}")


def _type_name(value: object) -> str:
    return type(value).__name__
