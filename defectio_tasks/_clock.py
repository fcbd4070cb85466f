"""The wall clock's seam: the only room that reads it."""

from __future__ import annotations

import time
from datetime import UTC, datetime


def wall_time() -> float:
    """Read the wall clock.

    Returns:
        Seconds since the epoch.
    """
    return time.time()


def utc_now() -> datetime:
    """Read the wall clock as a moment.

    Returns:
        The moment, aware, in UTC.
    """
    return datetime.fromtimestamp(wall_time(), UTC)
