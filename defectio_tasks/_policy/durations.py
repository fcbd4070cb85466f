"""Durations that a user passes: seconds, or a ``timedelta``."""

from __future__ import annotations

import math
from datetime import timedelta


def parse_duration(duration: object, parameter: str) -> float:
    """Check a duration, and return it in seconds.

    Args:
        duration: Seconds as a float or an int, or a timedelta.
        parameter: The name by which the user passed it, for messages.

    Raises:
        TypeError: It is neither.
        ValueError: It is negative, or not finite.
    """
    if isinstance(duration, timedelta):
        seconds = duration.total_seconds()
    elif isinstance(duration, int | float) and not isinstance(duration, bool):
        try:
            seconds = float(duration)
        except OverflowError:
            seconds = math.inf
    else:
        message = f"`{parameter}` must be seconds or a datetime.timedelta, got {duration!r}"
        raise TypeError(message)
    if not math.isfinite(seconds):
        message = f"`{parameter}` must be finite, got {seconds}"
        raise ValueError(message)
    if seconds < 0:
        message = f"`{parameter}` must not be negative, got {duration!r}"
        raise ValueError(message)
    # Of two zeros, the one that shows no sign.
    return seconds + 0.0
