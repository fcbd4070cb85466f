"""What a loop is set to: one frozen value, which a loop and its bound copies share."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, Generic, TypeAlias, TypeVar

from defectio_tasks._hooks import Hook
from defectio_tasks._retried import RETRIED_BY_DEFAULT, RetriedExceptions
from defectio_tasks._schedule import Schedule

R_co = TypeVar("R_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Interval:
    """An interval as the user gave it."""

    seconds: float
    minutes: float
    hours: float
    total: float = field(init=False, repr=False)
    """The whole interval, in seconds.

    To the nanosecond, which is what event loops resolve: the sum of 0.009 minutes and -0.54
    seconds is nothing, and not a little less than that.
    """

    def __post_init__(self) -> None:
        """Add up the interval, once and for all."""
        total = round(self.seconds + self.minutes * 60.0 + self.hours * 3600.0, 9)
        object.__setattr__(self, "total", total)


Timing: TypeAlias = Interval | Schedule


@dataclass(frozen=True, slots=True)
class Options:
    """What is known of a loop before there is a function to decorate."""

    timing: Timing
    count: int | None
    reconnect: bool
    name: str | None
    event_loop: asyncio.AbstractEventLoop | None


@dataclass(frozen=True, slots=True)
class Settings(Generic[R_co]):
    """All that a loop is set to."""

    callback: Callable[..., Coroutine[Any, Any, R_co]]
    """The decorated function; of a loop in a class, it takes the instance first."""
    name: str
    options: Options
    retried: RetriedExceptions = RETRIED_BY_DEFAULT
    before_loop: Hook | None = None
    after_loop: Hook | None = None
    error: Hook | None = None
