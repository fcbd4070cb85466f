"""The interval between two iterations. Pure."""

from __future__ import annotations

from datetime import timedelta
from functools import lru_cache
from typing import NamedTuple, TypeAlias

from typing_extensions import override

from defectio_tasks._schedules.schedule import Schedule
from defectio_tasks._schedules.shown import show_length


class Interval(NamedTuple):
    """An interval as the user gave it."""

    seconds: float
    minutes: float
    hours: float
    total: float
    """The whole interval, in seconds."""

    @override
    def __str__(self) -> str:
        """Say when it is."""
        if self.total == 0:
            return "again and again"
        try:
            return f"every {show_length(timedelta(seconds=self.total))}"
        except OverflowError:
            return f"every {self.total:g} seconds"


@lru_cache
def make_interval(seconds: float, minutes: float, hours: float) -> Interval:
    """Add up an interval; of equal ones there is only one, as many loops have few intervals.

    To the nanosecond, which is what event loops resolve: the sum of 0.009 minutes and -0.54
    seconds is nothing, and not a little less than that.
    """
    total = round(seconds + minutes * 60.0 + hours * 3600.0, 9)
    return Interval(seconds, minutes, hours, total)


Timing: TypeAlias = Interval | Schedule
"""When a loop runs."""
