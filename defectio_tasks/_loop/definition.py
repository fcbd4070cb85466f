"""What a loop is made of: the function, and when it runs."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Coroutine, Iterable
from datetime import time as datetime_time
from types import DynamicClassAttribute, MethodType
from typing import TYPE_CHECKING, Any, Generic, Literal, overload

from typing_extensions import ParamSpec, TypeVar

from defectio_tasks._loop.arguments import parse_timing
from defectio_tasks._run.hook import HookCoroutine
from defectio_tasks._run.settings import Settings
from defectio_tasks._schedules.interval import Interval
from defectio_tasks._schedules.schedule import DailySchedule, Schedule

P = ParamSpec("P", default=...)
R = TypeVar("R", covariant=True, default=object)  # noqa: PLC0105 -- the documentation shows it


class Definition(Generic[P, R]):
    """The part of a loop that says what is done and when."""

    _settings: Settings[R]
    _instance: weakref.ref[object] | None

    # Each `self` before a user's arguments is positional only: one of these may be called `self`.
    async def __call__(self, /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Call the decorated function once, apart from the loop.

        Args:
            *args: The arguments to use.
            **kwargs: The keyword arguments to use.

        Returns:
            What the function returns.

        Raises:
            RuntimeError: The instance to which the loop is bound is gone.
        """
        return await self._settings.callback(*self._subject(), *args, **kwargs)

    @property
    def coro(self) -> Callable[P, Coroutine[Any, Any, R]]:
        """The decorated function; of a bound loop, its method of the instance.

        Raises:
            RuntimeError: The instance to which the loop is bound is gone.
        """
        subject = self._subject()
        if not subject:
            return self._settings.callback
        method: Callable[..., Coroutine[Any, Any, R]] = MethodType(
            self._settings.callback, *subject
        )
        return method

    if TYPE_CHECKING:

        @property
        def __wrapped__(self) -> Callable[P, Coroutine[Any, Any, R]]:
            """The same as :attr:`coro`; ``inspect.signature`` looks for it here."""
            return self.coro

    else:

        @DynamicClassAttribute  # To `inspect`, one on the class would be what the class wraps.
        def __wrapped__(self) -> Callable[..., HookCoroutine]:
            try:
                return self.coro
            except RuntimeError as error:
                # Whoever looks for this attribute asks first whether there is one.
                raise AttributeError(*error.args) from None

    @property
    def name(self) -> str:
        """The name of the task; if none was given, the function's qualified name."""
        return self._settings.name

    @property
    def count(self) -> int | None:
        """After how many successful iterations the loop ends; ``None`` for never."""
        return self._settings.iterations

    @property
    def reconnect(self) -> bool:
        """Whether an iteration is tried again after certain exceptions."""
        return self._settings.reconnect

    @property
    def seconds(self) -> float | None:
        """The seconds of the interval, as given; ``None`` when there is no interval."""
        timing = self._settings.timing
        return timing.seconds if isinstance(timing, Interval) else None

    @property
    def minutes(self) -> float | None:
        """The minutes of the interval, as given; ``None`` when there is no interval."""
        timing = self._settings.timing
        return timing.minutes if isinstance(timing, Interval) else None

    @property
    def hours(self) -> float | None:
        """The hours of the interval, as given; ``None`` when there is no interval."""
        timing = self._settings.timing
        return timing.hours if isinstance(timing, Interval) else None

    @property
    def time(self) -> list[datetime_time] | None:
        """The wall times in a new list, in order and without duplicates; ``None`` without any."""
        timing = self._settings.timing
        return list(timing.times) if isinstance(timing, DailySchedule) else None

    @overload
    def change_interval(
        self,
        *,
        seconds: float | None = 0,
        minutes: float | None = 0,
        hours: float | None = 0,
        time: None = None,
        schedule: None = None,
    ) -> None: ...
    @overload
    def change_interval(
        self,
        *,
        seconds: Literal[0] | None = 0,
        minutes: Literal[0] | None = 0,
        hours: Literal[0] | None = 0,
        time: datetime_time | Iterable[datetime_time],
        schedule: None = None,
    ) -> None: ...
    @overload
    def change_interval(
        self,
        *,
        seconds: Literal[0] | None = 0,
        minutes: Literal[0] | None = 0,
        hours: Literal[0] | None = 0,
        time: None = None,
        schedule: Schedule,
    ) -> None: ...
    def change_interval(
        self,
        *,
        seconds: float | None = 0,
        minutes: float | None = 0,
        hours: float | None = 0,
        time: datetime_time | Iterable[datetime_time] | None = None,
        schedule: Schedule | None = None,
    ) -> None:
        """Change when the loop runs: an interval, wall times, or a schedule.

        A loop that is asleep goes by it at once: an interval counts from the last slot (and if
        that has passed, the next iteration comes at once), times and schedules from now. A loop at
        work goes by it from its next wait on.

        Args:
            seconds: The seconds between two iterations.
            minutes: The minutes between two iterations, added to the seconds.
            hours: The hours between two iterations, added to the seconds.
            time: The wall times to run at; one without a zone is in UTC. Duplicates count once.
            schedule: Tells the slots.

        Raises:
            TypeError: Something is of a wrong kind, or more than one of interval, ``time`` and
                ``schedule`` was passed.
            ValueError: The interval is negative or not finite, or the times can't be used.
        """
        timing = parse_timing(
            seconds=seconds, minutes=minutes, hours=hours, time=time, schedule=schedule
        )
        self._retime(self._settings._replace(timing=timing))

    def _apply(self, settings: Settings[R]) -> None:
        """Go on with other settings."""
        self._settings = settings

    def _retime(self, settings: Settings[R]) -> None:
        """Go on with another timing."""
        self._settings = settings

    def _subject(self) -> tuple[object, ...]:
        """Tell what comes before the user's arguments: the instance of a bound loop."""
        if self._instance is None:
            return ()
        instance = self._instance()
        if instance is None:
            message = f"the instance that loop {self.name!r} is bound to is gone: keep it somewhere"
            raise RuntimeError(message)
        return (instance,)
