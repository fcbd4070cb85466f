"""A zone's offset from UTC, and when it changes. Pure.

The standard library doesn't say when; but equal offsets at two instants prove that there was no
change between them, if the two are near enough to each other.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime, timezone, tzinfo
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from defectio_tasks._zones.instants import (
    DAY,
    FIRST_INSTANT,
    HOUR,
    LAST_INSTANT,
    MICROSECOND,
    SECOND,
    Instant,
    to_moment,
)

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

# The closest two changes of any IANA zone are 95.67 hours apart.
SAMPLES_APART: Final = 90 * HOUR
# The largest gap and the largest fold are 24 hours.
LONGEST_CHANGE: Final = 24 * HOUR
# How long a time to sample at once; what was found is kept. A schedule may have times in all zones,
# whose spans end together: of all 600, that takes the event loop some 20 ms.
_SPAN: Final = 16 * SAMPLES_APART
_MOST_KEPT: Final = 256


class Stretch(NamedTuple):
    """A time in which only one change of the offset matters, at its end."""

    start: Instant
    """From here on, the offset is ``before``, and no change before this one matters."""
    steady_until: Instant
    """Up to here, this change doesn't matter either: no time comes twice because of it."""
    change: Instant
    """The first instant with the other offset."""
    end: Instant
    """From here on, this change doesn't matter."""
    before: int
    """Microseconds that the zone is ahead of UTC, before the change."""
    after: int
    """Microseconds that the zone is ahead of UTC, from the change on."""


def offset_at(instant: Instant, zone: tzinfo) -> int:
    """Return a zone's offset at an instant.

    Args:
        instant: The instant, within the range of datetime.
        zone: The zone.

    Returns:
        Microseconds that the zone is ahead of UTC.

    Raises:
        ValueError: The zone doesn't tell its offset.
    """
    return offset_of(to_moment(instant).astimezone(zone))


def offset_of(local: datetime) -> int:
    """Return the offset of a moment's own zone, in microseconds ahead of UTC.

    Raises:
        ValueError: The zone doesn't tell its offset.
    """
    offset = local.utcoffset()
    if offset is None:
        message = f"a zone must tell its offset, got None from {local.tzinfo!r} at {local}"
        raise ValueError(message)
    return offset // MICROSECOND


def stretch_at(zone: tzinfo, instant: Instant) -> Stretch | None:
    """Return the stretch that an instant lies in.

    Args:
        zone: The zone.
        instant: The instant, within the range of datetime.

    Returns:
        The stretch; ``None`` where nobody can tell: of zones of other classes than
        ``datetime.timezone`` and ``zoneinfo.ZoneInfo``, and near the ends of datetime's range.
        (One could read a zone file of one's own into a ``ZoneInfo``; it is trusted to be like all
        the others.)
    """
    if isinstance(zone, timezone):
        offset = zone.utcoffset(None) // MICROSECOND
        never = LAST_INSTANT + 1
        return Stretch(FIRST_INSTANT, never, never, never, offset, offset)
    # Not at the top: it takes as long to import as a tenth of this package, and is there already
    # where anybody has such a zone.
    from zoneinfo import ZoneInfo  # noqa: PLC0415

    if type(zone) is not ZoneInfo:
        return None
    stretches = _stretches(zone, instant // _SPAN)
    index = bisect_right(stretches, instant, key=_end)
    return stretches[index] if index < len(stretches) else None


@lru_cache(_MOST_KEPT)
def _stretches(zone: ZoneInfo, number: int) -> Sequence[Stretch]:
    """Return the stretches of a span of time, in order and without holes."""
    begin, end = number * _SPAN, (number + 1) * _SPAN
    # Whatever is due after an instant of the span depends on nothing outside of these.
    first, last = begin - LONGEST_CHANGE, end + SAMPLES_APART
    if first < FIRST_INSTANT + DAY or last > LAST_INSTANT - DAY:
        return ()
    stretches: list[Stretch] = []
    start, before = begin, offset_at(first, zone)
    for sample in range(first, last, SAMPLES_APART):
        following = sample + SAMPLES_APART
        after = offset_at(following, zone)
        if after != before:
            change = _find_change(zone, sample, following, before)
            # For so long, before it or after it, times are repeated or moved.
            length = abs(after - before)
            steady_until = change - length if after < before else change
            over = change + length
            stretches.append(Stretch(start, steady_until, change, over, before, after))
            start, before = over, after
    if start < end:
        # It ends with the span, though it is steady for longer: what comes after that isn't known.
        stretches.append(Stretch(start, last, last, end, before, before))
    return stretches


def _find_change(zone: ZoneInfo, low: Instant, high: Instant, before: int) -> Instant:
    """Return the first instant with another offset; changes come at full seconds."""
    low, high = low // SECOND, -(-high // SECOND)
    while high - low > 1:
        middle = (low + high) // 2
        if offset_at(middle * SECOND, zone) == before:
            low = middle
        else:
            high = middle
    return high * SECOND


def _end(stretch: Stretch) -> Instant:
    return stretch.end
