"""Moments and durations as numbers, and how exactly the soak looks at them.

A reading of the wall clock, and so a slot, is an int: the microseconds since the epoch, which are
quick to compare. A moment on the event loop's clock is a float: the seconds since the soak began.
A duration is in seconds as well, unless its name says otherwise.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

DAY: Final = 86_400.0
# The wall clock is read in microseconds, and a timer that was a little early sleeps again.
TOLERANCE: Final = 2e-5
UNNOTICED: Final = 60.0
"""For how many seconds a loop that is asleep may not know that the wall clock was set (L7)."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


def reading(moment: datetime) -> int:
    """Write a moment as a reading of the wall clock."""
    return (moment - _EPOCH) // _MICROSECOND


def moment_of(slot: int) -> datetime:
    """Tell, in UTC, which moment a reading is."""
    return _EPOCH + slot * _MICROSECOND


def microseconds_in(seconds: float) -> int:
    """Round a duration as the wall clock does."""
    return timedelta(seconds=seconds) // _MICROSECOND


def seconds_in(microseconds: float) -> float:
    """Tell the duration between two readings."""
    return microseconds / 1e6
