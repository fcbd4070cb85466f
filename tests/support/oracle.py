"""A slow oracle for the next slot, written from the contract's text (section 3) alone.

It asks a zone in one direction only: which wall time does this instant have? It never asks which
instant a wall time has, and never reads or sets the ``fold`` of a datetime. So it shares neither
code nor method with the package.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import pairwise

# Offsets are less than a day either way: with three hours to spare, these probes see every offset
# that can be in force when a wall time is shown, if each holds for three hours.
_PROBES = tuple(timedelta(hours=hours) for hours in range(-27, 28, 3))


def shown(instant: datetime, zone: tzinfo) -> datetime:
    """Tell which wall time a zone's clocks show at an instant, as a naive datetime."""
    return instant.astimezone(zone).replace(tzinfo=None, fold=0)


def offset(instant: datetime, zone: tzinfo) -> timedelta:
    """Tell how far a zone's clocks are ahead of UTC at an instant in UTC."""
    return shown(instant, zone) - instant.replace(tzinfo=None)


def occurrences(wall: datetime, zone: tzinfo) -> list[datetime]:
    """List the instants at which a zone's clocks show a wall time: none in a gap, two in a fold.

    Args:
        wall: The wall time, naive.
        zone: The zone.
    """
    as_utc = wall.replace(tzinfo=UTC)
    offsets = {offset(as_utc + probe, zone) for probe in _PROBES}
    return sorted(as_utc - ahead for ahead in offsets if shown(as_utc - ahead, zone) == wall)


def resolve(day: date, wall: time) -> datetime:
    """Tell at which instant a time of a local date is due (W1, W2, W5), in UTC."""
    zone = wall.tzinfo or UTC
    local = datetime.combine(day, wall.replace(tzinfo=None, fold=0))
    match occurrences(local, zone):
        case []:
            return _after_gap(local, zone)
        case [only]:
            return only
        case [first, second]:
            return second if wall.fold else first
        case more:
            message = f"{zone} shows {local} more than twice: {more}"
            raise AssertionError(message)


def _after_gap(wall: datetime, zone: tzinfo) -> datetime:
    as_utc = wall.replace(tzinfo=UTC)
    # Clocks that never show the wall time jump over it between two of the probes.
    [before] = [
        earlier
        for earlier, later in pairwise(as_utc + probe for probe in _PROBES)
        if shown(earlier, zone) < wall < shown(later, zone)
    ]
    return as_utc - offset(before, zone)


def slots_between(times: Iterable[time], start: datetime, end: datetime) -> list[datetime]:
    """List the slots after ``start`` up to and with ``end``, in order (W3)."""
    # The slots of a date are less than a day before its midnight in UTC, and less than two after.
    begin = start.astimezone(UTC).date() - timedelta(days=1)
    dates = [
        begin + timedelta(days=days)
        for days in range((end.astimezone(UTC).date() - begin).days + 2)
    ]
    slots = {resolve(day, wall) for wall in times for day in dates}
    return sorted(slot for slot in slots if start < slot <= end)


def next_slot(times: Iterable[time], moment: datetime) -> datetime:
    """Tell the least slot strictly after a moment (W4), in UTC."""
    # Two slots of one time are at most 48 hours apart: 24, and a gap or fold of 24 more.
    return slots_between(times, moment, moment + timedelta(hours=49))[0]
