"""Instants: moments as counts of microseconds since the epoch. Pure.

Integers add exactly, compare fast, and have none of the traps of aware datetimes: those of one zone
compare by wall time, and not by instant.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final, TypeAlias

Instant: TypeAlias = int

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
EPOCH_ORDINAL: Final = EPOCH.toordinal()
MICROSECOND: Final = timedelta(microseconds=1)
SECOND: Final = 1_000_000
HOUR: Final = 3_600 * SECOND
DAY: Final = 24 * HOUR


def to_instant(moment: datetime) -> Instant:
    """Return an aware moment as an instant."""
    since = moment - EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def to_moment(instant: Instant) -> datetime:
    """Return an instant as an aware moment in UTC.

    Raises:
        OverflowError: The instant is outside the range of datetime.
    """
    return EPOCH + instant * MICROSECOND


FIRST_INSTANT: Final = to_instant(datetime.min.replace(tzinfo=UTC))
LAST_INSTANT: Final = to_instant(datetime.max.replace(tzinfo=UTC))
