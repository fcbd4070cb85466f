"""Moments and lengths of time as people read them. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from defectio_tasks._zones.instants import MICROSECOND, SECOND

_UNITS: Final = (("days", 86_400), ("hours", 3_600), ("minutes", 60))


def show_moment(moment: datetime) -> str:
    """Return a moment in UTC as people read it: without seconds where there are none."""
    has_seconds = moment.second or moment.microsecond
    shown = moment.replace(tzinfo=None)
    return f"{shown.isoformat(' ', 'auto' if has_seconds else 'minutes')} UTC"


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
