"""What a loop is set to: one frozen value, which a loop and its bound copies share."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Generic, NamedTuple, TypeVar

from defectio_tasks._policy.errors import RETRIED_BY_DEFAULT, RetriedExceptions
from defectio_tasks._run.hook import Hook
from defectio_tasks._schedules.interval import Timing

R_co = TypeVar("R_co", covariant=True)


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
