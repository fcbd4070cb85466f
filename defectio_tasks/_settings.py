"""What a loop is set to: one frozen value, which a loop and its bound copies share."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from functools import lru_cache
from typing import Any, Generic, NamedTuple, TypeAlias, TypeVar

from typing_extensions import override

from defectio_tasks._hooks import Hook
from defectio_tasks._retried import RETRIED_BY_DEFAULT, RetriedExceptions
from defectio_tasks._schedule import Schedule

R_co = TypeVar("R_co", covariant=True)


class Interval(NamedTuple):
    """An interval as the user gave it."""

    seconds: float
    minutes: float
    hours: float
    total: float
    """The whole interval, in seconds."""

    @override
    def __repr__(self) -> str:
        """Show what the user gave."""
        shown = ", ".join(f"{name}={getattr(self, name)}" for name in self._fields[:-1])
        return f"{type(self).__name__}({shown})"


@lru_cache
def make_interval(seconds: float, minutes: float, hours: float) -> Interval:
    """Add up an interval; of equal ones there is only one, as many loops have few intervals.

    To the nanosecond, which is what event loops resolve: the sum of 0.009 minutes and -0.54
    seconds is nothing, and not a little less than that.
    """
    total = round(seconds + minutes * 60.0 + hours * 3600.0, 9)
    return Interval(seconds, minutes, hours, total)


Timing: TypeAlias = Interval | Schedule


class Settings(NamedTuple, Generic[R_co]):
    """All that a loop is set to."""

    callback: Callable[..., Coroutine[Any, Any, R_co]]
    """The decorated function; of a loop in a class, it takes the instance first."""
    name: str
    timing: Timing
    iterations: int | None
    """After how many the loop ends."""
    reconnect: bool
    event_loop: asyncio.AbstractEventLoop | None
    retried: RetriedExceptions = RETRIED_BY_DEFAULT
    before_loop: Hook | None = None
    after_loop: Hook | None = None
    error: Hook | None = None
