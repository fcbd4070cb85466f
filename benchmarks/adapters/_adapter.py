"""What the measures ask of a candidate."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine, Sequence
from datetime import datetime, time
from typing import Any, ClassVar, Generic, TypeVar

Body = Callable[[], Coroutine[Any, Any, None]]
L = TypeVar("L")


class UnsupportedError(Exception):
    """The candidate can't do this; the message says why, for a footnote."""


class Adapter(ABC, Generic[L]):
    """A candidate, with loops of type ``L``."""

    module: ClassVar[str]
    """What a user imports."""

    begins_at_once: ClassVar[bool] = True
    """Whether a loop's first iteration comes when it's started."""

    shortest: ClassVar[float] = 0.1
    """The seconds of an interval at which an overrun can be watched."""

    @abstractmethod
    def make(self, bodies: Sequence[Body], interval: float) -> list[L]:
        """Make a loop of each body, with an interval in seconds; start none."""

    @abstractmethod
    def start(self, loops: Sequence[L]) -> None:
        """Start loops, beside those that run already."""

    @abstractmethod
    async def cancel(self, loops: Sequence[L]) -> None:
        """Cancel loops, all that run, and wait until they have ended."""

    @abstractmethod
    def running(self, loops: Sequence[L]) -> int:
        """Tell how many of these loops, which are all there are, have not ended."""

    @abstractmethod
    def next_due(self, loop: L, marks: Sequence[float]) -> float:
        """Tell when a loop's next iteration is due by its own plan, in seconds since the epoch.

        Args:
            loop: It has an interval of a second.
            marks: When its iterations came so far, in seconds since the epoch.
        """

    def make_retrying(self, body: Body) -> L:
        """Make a loop with interval 0 that runs a body which raises `OSError` again, at once."""
        del body
        raise UnsupportedError("an iteration that fails isn't tried again")

    def make_owner(self) -> type:
        """Make a class whose instances each have a loop of their own, called ``tick``."""
        raise UnsupportedError("instances have no loops of their own")

    @abstractmethod
    def builder(self, times: Sequence[time]) -> Callable[[], object]:
        """Prepare what builds a schedule of wall times."""

    @abstractmethod
    def asker(self, times: Sequence[time]) -> Callable[[datetime], datetime | None]:
        """Build a schedule of wall times, for the question which slot comes after a moment."""


async def until_done(tasks: Sequence[asyncio.Task[None]]) -> None:
    """Wait for tasks as cheaply as can be: it's their cost that is measured."""
    left = list(tasks)
    while left:
        if left[-1].done():
            left.pop()
        else:
            await asyncio.sleep(0)
