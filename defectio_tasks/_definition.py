"""What a loop is made of: the function, when it runs, hooks, retried exceptions."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import replace
from datetime import time as datetime_time
from types import DynamicClassAttribute, MethodType
from typing import TYPE_CHECKING, Any, Concatenate, Final, Generic, Literal, overload

from typing_extensions import ParamSpec, TypeVar

from defectio_tasks._arguments import parse_timing
from defectio_tasks._hook_types import (
    C,
    H,
    HookCoroutine,
    PlainErrorHook,
    PlainHook,
    Q,
    S,
    SelfErrorHook,
    SelfHook,
    TakesInstance,
)
from defectio_tasks._hooks import Hook, HookName, parse_hook
from defectio_tasks._retried import RetriedExceptions
from defectio_tasks._schedule import DailySchedule, Schedule
from defectio_tasks._settings import Interval, Settings

P = ParamSpec("P", default=...)
R = TypeVar("R", covariant=True, default=object)  # noqa: PLC0105 -- the documentation shows it

# What a loop has of its function, so that `help` and documentation tools show that.
CARRIED: Final = ("__module__", "__name__", "__qualname__", "__doc__")


class Definition(Generic[P, R]):
    """The part of a loop that says what is to be done, and lets it be changed.

    A method of the decorated function's class is told from others by ``self: Callable[...]``: a
    loop is such a callable, and all type checkers follow that way (contract T6).
    """

    __name__: str
    __qualname__: str

    def __init__(self, settings: Settings[R], instance: weakref.ref[object] | None = None) -> None:
        """Make a loop; :func:`loop` does it for a user."""
        self._settings = settings
        self._instance = instance
        callback = settings.callback
        # A partial, for one, has no name.
        vars(self).update(
            {name: getattr(callback, name) for name in CARRIED if hasattr(callback, name)}
        )

    if TYPE_CHECKING:

        @property  # What the function takes first; see `TakesInstance`.
        def _instance_type(self: Callable[Concatenate[S, Q], HookCoroutine]) -> S: ...  # pyright: ignore[reportGeneralTypeIssues, reportReturnType]

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
        return self._settings.options.count

    @property
    def reconnect(self) -> bool:
        """Whether an iteration is tried again after certain exceptions."""
        return self._settings.options.reconnect

    @property
    def seconds(self) -> float | None:
        """The seconds of the interval, as given; ``None`` when there is no interval."""
        timing = self._settings.options.timing
        return timing.seconds if isinstance(timing, Interval) else None

    @property
    def minutes(self) -> float | None:
        """The minutes of the interval, as given; ``None`` when there is no interval."""
        timing = self._settings.options.timing
        return timing.minutes if isinstance(timing, Interval) else None

    @property
    def hours(self) -> float | None:
        """The hours of the interval, as given; ``None`` when there is no interval."""
        timing = self._settings.options.timing
        return timing.hours if isinstance(timing, Interval) else None

    @property
    def time(self) -> list[datetime_time] | None:
        """The wall times in a new list, in order and without duplicates; ``None`` without any."""
        timing = self._settings.options.timing
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
        options = replace(self._settings.options, timing=timing)
        self._apply(replace(self._settings, options=options))

    @overload
    def before_loop(self, coro: PlainHook) -> PlainHook: ...
    @overload
    def before_loop(
        self: TakesInstance[S, Q], coro: SelfHook[S, H, C]
    ) -> Callable[Concatenate[S, H], C]: ...
    @overload  # To mypy, a hook with **kwargs is no `SelfHook`: one of them could be its `self`.
    def before_loop(self: TakesInstance[S, Q], coro: Callable[[S], C]) -> Callable[[S], C]: ...
    def before_loop(self, coro: Callable[..., HookCoroutine]) -> Callable[..., HookCoroutine]:
        """Register a coroutine function to be called before the first iteration.

        Wait in it for what the loop needs, such as ``await client.wait_until_ready()``. Where it
        fails, the loop fails.

        Args:
            coro: A coroutine function without parameters, except ``self`` in a class.

        Returns:
            The function.

        Raises:
            TypeError: It isn't a coroutine function, or has other parameters.
        """
        hook = self._hook(coro, "before_loop")
        self._apply(replace(self._settings, before_loop=hook))
        return coro

    @overload
    def after_loop(self, coro: PlainHook) -> PlainHook: ...
    @overload
    def after_loop(
        self: TakesInstance[S, Q], coro: SelfHook[S, H, C]
    ) -> Callable[Concatenate[S, H], C]: ...
    @overload  # To mypy, a hook with **kwargs is no `SelfHook`: one of them could be its `self`.
    def after_loop(self: TakesInstance[S, Q], coro: Callable[[S], C]) -> Callable[[S], C]: ...
    def after_loop(self, coro: Callable[..., HookCoroutine]) -> Callable[..., HookCoroutine]:
        """Register a coroutine function to be called when the loop has ended, however it did.

        To tell a cancellation from other ends, ask :meth:`is_being_cancelled`; to tell a failure,
        :meth:`failed`.

        Args:
            coro: A coroutine function without parameters, except ``self`` in a class.

        Returns:
            The function.

        Raises:
            TypeError: It isn't a coroutine function, or has other parameters.
        """
        hook = self._hook(coro, "after_loop")
        self._apply(replace(self._settings, after_loop=hook))
        return coro

    @overload
    def error(self: TakesInstance[S, Q], coro: SelfErrorHook[S, H, C]) -> Callable[H, C]: ...
    @overload
    def error(self, coro: PlainErrorHook) -> PlainErrorHook: ...
    def error(self, coro: Callable[..., HookCoroutine]) -> Callable[..., HookCoroutine]:
        """Register a coroutine function to be called with the exception that ends the loop.

        Without it, the traceback goes to ``sys.stderr``.

        Args:
            coro: A coroutine function with one parameter for the exception, after ``self`` in a
                class.

        Returns:
            The function.

        Raises:
            TypeError: It isn't a coroutine function, or has other parameters.
        """
        hook = self._hook(coro, "error")
        self._apply(replace(self._settings, error=hook))
        return coro

    def add_exception_type(self, *exceptions: type[BaseException]) -> None:
        """Add exception types after which an iteration is tried again.

        At first these are ``OSError``, ``asyncio.TimeoutError``, ``aiohttp.ClientError`` and
        ``defectio.GatewayNotFound``.

        Args:
            *exceptions: The exception classes.

        Raises:
            TypeError: One of them isn't an exception class; then none is added.
        """
        retried = self._settings.retried.including(exceptions)
        self._apply(replace(self._settings, retried=retried))

    def remove_exception_type(self, *exceptions: type[BaseException]) -> bool:
        """Remove exception types, so that they are failures.

        Args:
            *exceptions: The exception classes.

        A type that is left takes its subclasses along: ``TimeoutError`` is an ``OSError``.

        Returns:
            Whether all of them were there.
        """
        retried = self._settings.retried
        self._apply(replace(self._settings, retried=retried.without(exceptions)))
        known = retried.resolve()
        return all(exception in known for exception in exceptions)

    def clear_exception_types(self) -> None:
        """Remove all exception types: whatever the body raises is a failure."""
        self._apply(replace(self._settings, retried=RetriedExceptions((), with_host=False)))

    def _hook(self, function: object, name: HookName) -> Hook:
        callback = self._settings.callback
        return parse_hook(function, name, callback, on_unbound=self._instance is None)

    def _apply(self, settings: Settings[R]) -> None:
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
