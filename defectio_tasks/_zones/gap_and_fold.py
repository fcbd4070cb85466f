"""One wall time in one zone to one instant: gaps and folds (contract W1, W2, W5). Pure.

An instant is a count of microseconds since the epoch: integers add exactly, compare fast, and
have none of the traps of aware datetimes (those of one zone compare by wall time, not by instant).
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Final, NamedTuple, TypeAlias, assert_never

Instant: TypeAlias = int

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
EPOCH_ORDINAL: Final = EPOCH.toordinal()
MICROSECOND: Final = timedelta(microseconds=1)
SECOND: Final = 1_000_000
HOUR: Final = 3_600 * SECOND
DAY: Final = 24 * HOUR


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
    """Tell how often a wall time exists in a zone.

    Args:
        wall: The wall time, naive.
        zone: The zone.

    Returns:
        What PEP 495 has the two values of ``fold`` mean there: in a gap, ``fold=0`` stands for
        the offset before it, ``fold=1`` for the larger one after it; in a fold it is the reverse.

    Raises:
        ValueError: The zone doesn't tell its offset.
    """
    earlier = _offset(wall.replace(tzinfo=zone, fold=0))
    later = _offset(wall.replace(tzinfo=zone, fold=1))
    if earlier < later:
        return Gap(earlier, later)
    if earlier > later:
        return Fold(earlier, later)
    return Unique(earlier)


def resolve(day: int, wall: time, zone: tzinfo) -> Instant:
    """Tell at which instant a wall time of a local date is due.

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
    """Tell from which wall time on the offset after a change counts.

    The same rule as that of ``resolve``, for all times of a ``fold`` at once: what is skipped is
    read with the offset before; what comes twice as well, for the first occurrence.

    Args:
        change: The first instant with the other offset.
        before: The offset before the change, in microseconds.
        after: The offset from the change on, in microseconds.
        fold: That of the times.

    Returns:
        The wall time, in microseconds since the epoch on the zone's clocks.
    """
    return change + (after if fold else max(before, after))


def offset_at(instant: Instant, zone: tzinfo) -> int:
    """Tell a zone's offset at an instant.

    Args:
        instant: The instant, within the range of datetime.
        zone: The zone.

    Returns:
        Microseconds that the zone is ahead of UTC.

    Raises:
        ValueError: The zone doesn't tell its offset.
    """
    return _offset(to_moment(instant).astimezone(zone))


def microseconds_of_day(wall: time) -> int:
    """Tell how far a wall time is from midnight, in microseconds."""
    seconds = (wall.hour * 60 + wall.minute) * 60 + wall.second
    return seconds * 1_000_000 + wall.microsecond


def to_instant(moment: datetime) -> Instant:
    """Turn an aware moment into an instant."""
    since = moment - EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def to_moment(instant: Instant) -> datetime:
    """Turn an instant into an aware moment in UTC.

    Raises:
        OverflowError: The instant is outside the range of datetime.
    """
    return EPOCH + instant * MICROSECOND


FIRST_INSTANT: Final = to_instant(datetime.min.replace(tzinfo=UTC))
LAST_INSTANT: Final = to_instant(datetime.max.replace(tzinfo=UTC))


def _offset(local: datetime) -> int:
    offset = local.utcoffset()
    if offset is None:
        message = f"a zone must tell its offset, got None from {local.tzinfo!r} at {local}"
        raise ValueError(message)
    return offset // MICROSECOND
