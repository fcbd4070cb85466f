"""Moments and lengths of time as people read them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sized
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import Final

from defectio_tasks._schedules.dates import is_listed
from defectio_tasks._zones.instants import MICROSECOND, SECOND

# So many parts are named; of the others it's said how many there are.
_NAMED: Final = 3
# Not by the locale: it says the same on all machines.
_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_UNITS: Final = (("days", 86_400), ("hours", 3_600), ("minutes", 60))


def show_moment(moment: datetime) -> str:
    """Return a moment in UTC as people read it: without seconds where there are none."""
    has_seconds = moment.second or moment.microsecond
    shown = moment.replace(tzinfo=None)
    return f"{shown.isoformat(' ', 'auto' if has_seconds else 'minutes')} UTC"


def show_time(wall: time) -> str:
    """Return a wall time, which has a zone, as people read it: ``08:30 Europe/London``."""
    has_seconds = wall.second or wall.microsecond
    shown = wall.replace(tzinfo=None).isoformat("auto" if has_seconds else "minutes")
    return f"{shown} {wall.tzinfo}{' fold=1' if wall.fold else ''}"


def repr_dates(on: object) -> str:
    """Return dates as a ``repr`` has them; the same in each process, as those of sets are not."""
    if is_listed(on) and isinstance(on, set | frozenset) and on:
        shown = f"{{{', '.join(sorted(map(repr, on)))}}}"
        return f"frozenset({shown})" if isinstance(on, frozenset) else shown
    name = getattr(on, "__qualname__", None)
    return name if isinstance(name, str) else repr(on)


def show_dates(on: object) -> str:
    """Return dates as people read them: of a function its name, of many how many there are."""
    name = getattr(on, "__name__", None)
    if isinstance(name, str):
        return name
    if not isinstance(on, Sized):
        return str(on)
    few = sorted(map(str, on)) if is_listed(on) and len(on) <= _NAMED else ()
    return show_all(few) or f"{len(on)} dates"


def show_all(parts: Iterable[str]) -> str:
    """Return parts in a row, of many the first and how many more there are."""
    listed = list(parts)
    if len(listed) > _NAMED:
        listed[_NAMED:] = [f"{len(listed) - _NAMED} more"]
    *others, last = listed or [""]
    return f"{', '.join(others)} and {last}" if others else last


def show_slot(slot: datetime, zone: tzinfo) -> str:
    """Return a slot as people read it in a zone: ``Mon 2026-03-30 08:30 BST``."""
    local = slot.astimezone(zone)
    has_seconds = local.second or local.microsecond
    shown = local.replace(tzinfo=None).isoformat(" ", "seconds" if has_seconds else "minutes")
    return f"{_DAYS[local.weekday()]} {shown} {local.tzname()}"


def show_length(length: timedelta) -> str:
    """Return a length of time, not negative, as people read it: ``1 hour 30 minutes``."""
    parts = in_units(length) or [("seconds", 0)]
    return " ".join(f"{number} {unit if number != 1 else unit[:-1]}" for unit, number in parts)


def in_units(length: timedelta) -> list[tuple[str, float]]:
    """Return a length of time, not negative, in its largest units, each of which it has."""
    seconds, microseconds = divmod(length // MICROSECOND, SECOND)
    parts: list[tuple[str, float]] = []
    for unit, size in _UNITS:
        number, seconds = divmod(seconds, size)
        parts.append((unit, number))
    parts.append(("seconds", seconds + microseconds / SECOND if microseconds else seconds))
    return [(unit, number) for unit, number in parts if number]


def zone_of(schedule: object) -> tzinfo:
    """Return in which zone to show the slots of a schedule: its only one, or UTC."""
    zones = {getattr(schedule, "tz", UTC)}
    if (times := getattr(schedule, "times", None)) is not None:
        zones = {wall.tzinfo for wall in times}
    return zones.pop() if len(zones) == 1 else UTC
