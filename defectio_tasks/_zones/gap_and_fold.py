"""The rule for wall times in gaps and folds, in its two forms. Pure.

A wall time that exists once is that instant. In a gap (clocks go forward) it is read with the
offset in force before the gap, so it comes later by the gap's length. In a fold (clocks go back) it
is the first occurrence, or with ``fold=1`` the second. PEP 495, RFC 5545 (3.3.5) and java.time
agree on this.

``resolve`` has the rule for one wall time of any zone, ``local_change`` for all wall times around a
known change of a zone's offset. A property test holds the two together.
"""

from __future__ import annotations

from datetime import date, datetime, time, tzinfo
from typing import NamedTuple, assert_never

from defectio_tasks._zones.instants import DAY, EPOCH_ORDINAL, Instant
from defectio_tasks._zones.offsets import offset_of


class Unique(NamedTuple):
    """The wall time exists once."""

    offset: int
    """Microseconds that the zone is ahead of UTC."""


class Gap(NamedTuple):
    """The wall time is skipped: clocks go forward over it."""

    before: int
    """The offset in force before the gap, in microseconds."""
    after: int
    """The offset in force after the gap, in microseconds."""


class Fold(NamedTuple):
    """The wall time exists twice: clocks go back over it."""

    first: int
    """The offset at the first occurrence, in microseconds."""
    second: int
    """The offset at the second occurrence, in microseconds."""


def classify(wall: datetime, zone: tzinfo) -> Unique | Gap | Fold:
    """Return how often a wall time exists in a zone, and with which offsets.

    Args:
        wall: The wall time, naive.
        zone: The zone.

    Returns:
        The kind, told by the offsets of its two values of ``fold``: in a gap, PEP 495 has
        ``fold=0`` stand for the offset before it and ``fold=1`` for the larger one after it; in
        a fold it is the reverse.

    Raises:
        ValueError: The zone doesn't tell its offset.
    """
    earlier = offset_of(wall.replace(tzinfo=zone, fold=0))
    later = offset_of(wall.replace(tzinfo=zone, fold=1))
    if earlier < later:
        return Gap(earlier, later)
    if earlier > later:
        return Fold(earlier, later)
    return Unique(earlier)


def resolve(day: int, wall: time, zone: tzinfo) -> Instant:
    """Return the instant at which a wall time of a local date is due.

    Args:
        day: The local date, as a proleptic Gregorian ordinal.
        wall: The wall time; its ``fold`` counts, its zone doesn't.
        zone: The zone.

    Returns:
        The instant; it may lie outside the range of datetime.

    Raises:
        ValueError: The zone doesn't tell its offset.
    """
    local = datetime.combine(date.fromordinal(day), wall.replace(tzinfo=None))
    kind = classify(local, zone)
    match kind:
        case Unique(offset):
            pass
        case Gap(before, _):
            # Read with the offset before the gap, the time comes later by the gap's length.
            offset = before
        case Fold(first, second):
            offset = second if wall.fold else first
        case _:
            assert_never(kind)
    return (day - EPOCH_ORDINAL) * DAY + microseconds_of_day(wall) - offset


def local_change(change: Instant, before: int, after: int, fold: int) -> int:
    """Return from which wall time on the offset after a change counts.

    This is the rule of ``resolve`` once more, for all times of one ``fold`` at once: a time that is
    skipped is read with the offset before the change, and so is the first occurrence of one that
    comes twice.

    Args:
        change: The first instant with the other offset.
        before: The offset before the change, in microseconds.
        after: The offset from the change on, in microseconds.
        fold: That of the times.

    Returns:
        The wall time, in microseconds since the epoch on the zone's clocks.
    """
    return change + (after if fold else max(before, after))


def microseconds_of_day(wall: time) -> int:
    """Return how far a wall time is from midnight, in microseconds."""
    seconds = (wall.hour * 60 + wall.minute) * 60 + wall.second
    return seconds * 1_000_000 + wall.microsecond
