"""``Loop``: what a user holds, starts, stops and asks."""

from __future__ import annotations

import asyncio
import threading
import weakref
from collections.abc import Callable, Coroutine, Iterable, Mapping
from contextvars import copy_context
from datetime import datetime
from datetime import time as datetime_time
from functools import partial
from types import DynamicClassAttribute, MethodType
from typing import (
    TYPE_CHECKING,
    Any,
    Concatenate,
    Final,
    Generic,
    Literal,
    NoReturn,
    Self,
    SupportsIndex,
    TypeVar,
    overload,
)

from typing_extensions import override

from defectio_tasks._events.endings import Ending
from defectio_tasks._loop.ancestors import (
    AFTER_LOOP,
    ASSIGNED,
    BEFORE_LOOP,
    CURRENT_LOOP,
    ERROR,
    INJECTED,
    TASK,
    VALID_EXCEPTION,
    adopt,
    assign,
    by_position,
    check_subclass,
    slots_of,
)
from defectio_tasks._loop.arguments import (
    TIMING_PARAMETERS,
    arity_of,
    check_call,
    check_ledger,
    check_policy,
    no_weak_references,
    parse_coroutine_function,
    parse_count,
    parse_event_loop,
    parse_hook,
    parse_keywords,
    parse_name,
    parse_policy,
    parse_reconnect,
    parse_timing,
    qualified_name,
    refuse_others,
    settle,
)
from defectio_tasks._loop.binding import InstanceReference, PerInstance
from defectio_tasks._loop.event_loop import event_loop_of
from defectio_tasks._loop.shown import OfFunction
from defectio_tasks._loop.typing import (
    C,
    FunctionNeedsSelf,
    H,
    P,
    PlainErrorHook,
    PlainHook,
    Q,
    R,
    S,
    SelfErrorHook,
    SelfHook,
    TakesInstance,
)
from defectio_tasks._policy.errors import NOTHING_RETRIED
from defectio_tasks._policy.policy import Policy
from defectio_tasks._run.life import launch
from defectio_tasks._run.overlap import number_of_iteration
from defectio_tasks._run.run import FINISHING, OVER, Run, check_alone, forget, started
from defectio_tasks._run.settings import Hook, HookCoroutine, HookName, Settings
from defectio_tasks._run.steering import change_policy, goes_on, pause, resume, trigger
from defectio_tasks._schedules.daily import DailySchedule
from defectio_tasks._schedules.dates import Dates
from defectio_tasks._schedules.interval import Interval
from defectio_tasks._schedules.schedule import Schedule
from defectio_tasks._schedules.shown import show_slot, zone_of
from defectio_tasks._time.timers import timers_of
from defectio_tasks.ledgers._ledger import Ledger


class Loop(Generic[P, R]):
    """A background task that runs a coroutine function again and again.

    Make one with :func:`loop`. In a class, each instance has a loop of its own.

    Example:
        >>> import asyncio
        >>> import defectio_tasks as tasks
        >>> @tasks.loop(seconds=0.01, count=3)
        ... async def greet(name: str) -> None:
        ...     print(f"hello {name}, {greet.current_loop}")
        >>> async def main() -> None:
        ...     await greet.start("world")
        >>> asyncio.run(main())
        hello world, 0
        hello world, 1
        hello world, 2
    """

    __slots__ = (
        "__dict__",
        "__qualname__",
        "__weakref__",
        "_bound",
        "_instance",
        "_run",
        "_settings",
    )

    if TYPE_CHECKING:
        __name__: str
        __qualname__: str
    else:
        # To `help` and documentation tools, a loop shows what its function does of itself.
        __doc__ = OfFunction(__doc__, "__doc__")
        __module__ = OfFunction(__module__, "__module__")
        __name__ = property(lambda self: self._settings.callback.__name__)

    # Each is set by `_fill`, past `__setattr__`, which is for users.
    _settings: Settings[R]
    _instance: weakref.ref[object] | None
    """The instance to which the loop is bound."""
    _bound: PerInstance[Loop[..., R]] | None
    """The loops of the instances of its class."""
    _run: Run | None
    """The present run, or the last one."""

    @overload
    def __init__(
        self,
        coro: Callable[P, Coroutine[Any, Any, R]],
        *,
        seconds: float | None = None,
        minutes: float | None = None,
        hours: float | None = None,
        time: None = None,
        on: None = None,
        schedule: None = None,
        count: int | None = None,
        reconnect: bool | None = True,
        name: str | None = None,
        loop: asyncio.AbstractEventLoop | None = None,
        wait_first: bool | None = False,
        policy: Policy | None = None,
        ledger: None = None,
    ) -> None: ...
    @overload
    def __init__(
        self,
        coro: Callable[P, Coroutine[Any, Any, R]],
        *,
        seconds: Literal[0] | None = None,
        minutes: Literal[0] | None = None,
        hours: Literal[0] | None = None,
        time: datetime_time | Iterable[datetime_time],
        on: Dates | None = None,
        schedule: None = None,
        count: int | None = None,
        reconnect: bool | None = True,
        name: str | None = None,
        loop: asyncio.AbstractEventLoop | None = None,
        wait_first: Literal[False] | None = False,
        policy: Policy | None = None,
        ledger: Ledger | None = None,
    ) -> None: ...
    @overload
    def __init__(
        self,
        coro: Callable[P, Coroutine[Any, Any, R]],
        *,
        seconds: Literal[0] | None = None,
        minutes: Literal[0] | None = None,
        hours: Literal[0] | None = None,
        time: None = None,
        on: None = None,
        schedule: Schedule,
        count: int | None = None,
        reconnect: bool | None = True,
        name: str | None = None,
        loop: asyncio.AbstractEventLoop | None = None,
        wait_first: Literal[False] | None = False,
        policy: Policy | None = None,
        ledger: Ledger | None = None,
    ) -> None: ...
    def __init__(  # noqa: D417, PLR0913 -- as for `loop`
        self,
        coro: Callable[P, Coroutine[Any, Any, R]],
        *misplaced: object,
        seconds: float | None = None,
        minutes: float | None = None,
        hours: float | None = None,
        time: datetime_time | Iterable[datetime_time] | None = None,
        on: Dates | None = None,
        schedule: Schedule | None = None,
        count: int | None = None,
        reconnect: bool | None = True,
        name: str | None = None,
        loop: asyncio.AbstractEventLoop | None = None,
        wait_first: bool | None = False,
        policy: Policy | None = None,
        ledger: Ledger | None = None,
        **unknown: object,
    ) -> None:
        """Make a loop of a coroutine function, as :func:`loop` does with the same keywords.

        A subclass may have an ``__init__`` of its own that calls this one. It isn't called for the
        loops of instances and for copies: they get the same attributes.

        Args:
            coro: The coroutine function to run again and again.
            seconds: The seconds between two iterations.
            minutes: The minutes between two iterations, added to the seconds.
            hours: The hours between two iterations, added to the seconds.
            time: The wall times to run at, each in its own zone; one without a zone is in UTC.
            on: The dates on which the times count; ``None`` for all.
            schedule: Any object that tells the slots.
            count: After how many successful iterations the loop ends by itself.
            reconnect: Whether an iteration that fails because the network or the server is gone is
                tried again.
            name: The name of the task. If not given, the function's qualified name.
            loop: The event loop to start in.
            wait_first: Whether the first iteration comes one interval after the start.
            policy: What becomes of missed slots, slow bodies and failures.
            ledger: Where each slot is claimed before its iteration.

        Raises:
            TypeError: Something is of a wrong kind, or more than one of interval, ``time`` and
                ``schedule`` was passed.
            ValueError: The interval is negative or not finite, the times can't be used, the count
                is below 1, or the policy has ``overlap`` and the interval is 0.
        """
        if named := by_position(misplaced, name, loop):
            init: Callable[..., None] = Loop.__init__
            init(self, coro, **named)
            return
        # What a subclass has assigned before.
        own_name = vars(self).pop("name", None)
        for assigned in vars(self).keys() & ASSIGNED:
            del vars(self)[assigned]
        keywords = parse_keywords(
            "Loop",
            misplaced,
            unknown,
            seconds=seconds,
            minutes=minutes,
            hours=hours,
            time=time,
            on=on,
            schedule=schedule,
            count=count,
            reconnect=reconnect,
            name=own_name if name is None else name,
            loop=loop,
            wait_first=wait_first,
            policy=policy,
            ledger=ledger,
        )
        _fill(self, settle(coro, keywords), None)
        adopt(self)

    def __init_subclass__(cls) -> None:
        """Check what a subclass defines."""
        super().__init_subclass__()
        check_subclass(cls, Loop)
        cls.__doc__ = OfFunction(cls.__doc__ or str(Loop.__doc__), "__doc__")
        cls.__module__ = OfFunction(cls.__module__, "__module__")

    # Binding

    @overload
    def __get__(self, instance: None, owner: type[object], /) -> Self: ...
    @overload
    def __get__(
        self: Callable[Concatenate[S, Q], Coroutine[Any, Any, R]],
        instance: S,
        owner: type[object] | None = None,
        /,
    ) -> Loop[Q, R]: ...
    @overload  # No instance fits: what checkers say of a function without `self` names it.
    def __get__(
        self: Callable[[], Coroutine[Any, Any, R]],
        instance: FunctionNeedsSelf,
        owner: type[object] | None = None,
        /,
    ) -> Loop[[], R]: ...
    def __get__(self, instance: object, owner: type[object] | None = None, /) -> Loop[..., R]:
        """Return the loop of an instance: each instance of a class has its own.

        Raises:
            TypeError: The instance can't be referenced weakly.
        """
        if instance is None or self._instance is not None:
            return self
        loops = self._bound
        if loops is None:
            with _binding:
                loops = self._bound
                if loops is None:
                    loops = PerInstance[Loop[..., R]]()
                    _set_bound(self, loops)
        bound = loops.get(id(instance))
        if bound is None and loops.loose:
            bound = loops.find(id(instance))
        if bound is None:
            try:
                reference = InstanceReference(instance, loops.forget)
            except TypeError:
                raise no_weak_references(instance) from None
            identity = reference.identity = id(instance)
            reference.loops = loops
            # Another thread may do the same just now.
            bound = loops.setdefault(identity, copy_loop(self, reference))
        return bound

    # Control

    # Each `self` before a user's arguments is positional only: one of these may be called `self`.
    # Not an `async def`: of a call that isn't awaited, Python says the name of the function then.
    def __call__(self, /, *args: P.args, **kwargs: P.kwargs) -> Coroutine[Any, Any, R]:
        """Call the decorated function once, apart from the loop.

        Args:
            *args: The arguments to use.
            **kwargs: The keyword arguments to use.

        Returns:
            What the function returns, when it is awaited.

        Raises:
            RuntimeError: The instance to which the loop is bound is gone.
        """
        return self._settings.callback(*self._subject(), *args, **kwargs)

    def start(self, /, *args: P.args, **kwargs: P.kwargs) -> asyncio.Task[None]:
        """Start the task, in the event loop given, the running one, or the current one.

        Args:
            *args: The arguments for each iteration.
            **kwargs: The keyword arguments for each iteration.

        Returns:
            The task that has been created.

        Raises:
            TypeError: The function can't take these arguments; then nothing is started.
            RuntimeError: The loop is running already, there is no event loop, it is closed, or
                the instance to which the loop is bound is gone.
        """
        subject = self._subject()
        if args or kwargs or len(subject) != self._settings.arity:
            check_call(self._settings, subject, args, kwargs)
        return self._begin(subject, args, kwargs)

    def stop(self) -> None:
        """Stop after the current iteration; asleep or in ``before_loop``, stop at once.

        An iteration that is being retried goes on until it succeeds. If that isn't wanted, call
        :meth:`clear_exception_types` before, or use :meth:`cancel`. Without a run, do nothing.
        """
        run = self._steered_run()
        self._forget_restart()
        if run is not None:
            run.stop()

    def cancel(self) -> None:
        """Cancel the task; without a run, do nothing."""
        run = self._steered_run()
        self._forget_restart()
        if run is not None:
            run.cancel()

    def restart(self, /, *args: P.args, **kwargs: P.kwargs) -> None:
        """Cancel the task, and start again once its ``after_loop`` is over.

        A loop that isn't running starts. Of several calls in a row the last one counts, and a
        later :meth:`stop` or :meth:`cancel` takes it back.

        Args:
            *args: The arguments for each iteration.
            **kwargs: The keyword arguments for each iteration.

        Raises:
            TypeError: The function can't take these arguments; then nothing is done.
            RuntimeError: As for :meth:`start`, when the loop isn't running.
        """
        run = self._steered_run()
        if run is None:
            self.start(*args, **kwargs)
            return
        subject = self._subject()
        check_call(self._settings, subject, args, kwargs)
        # The instance comes along: until the new run has it, nobody else may keep it.
        begin = partial(self._begin, subject, args, kwargs)
        context = copy_context()
        run.follow(lambda: context.run(self._begin_again, begin))
        run.new_start = weakref.ref(begin)

    def pause(self) -> None:
        """Begin no further slot until :meth:`resume`; the iteration at work finishes.

        The loop goes on running, without a :attr:`next_iteration`. Paused already or without a run,
        do nothing.
        """
        run = self._steered_run()
        if run is not None and goes_on(run):
            pause(run)

    def resume(self) -> None:
        """Begin slots again: ``missed`` of the policy says what becomes of those meanwhile.

        Not paused or without a run, do nothing.
        """
        run = self._steered_run()
        if run is not None and goes_on(run):
            resume(run)

    def is_paused(self) -> bool:
        """Return whether the loop runs and is paused."""
        run = self._current_run()
        judge = None if run is None else run.judge
        return judge is not None and judge.paused

    def trigger(self) -> None:
        """Run one iteration now, with the arguments of :meth:`start`, beside the schedule.

        It counts as any other, and its slot is the present. With an iteration at work and no room
        for another, it comes right after that; several calls until then are one. It comes also
        while the loop is paused.

        Raises:
            RuntimeError: The loop isn't running, or is about to end.
        """
        run = self._steered_run()
        if run is None or not goes_on(run):
            state = "isn't running" if run is None else "is about to end"
            message = f"loop {self.name!r} can't be triggered: it {state}"
            raise RuntimeError(message)
        trigger(run)

    # When

    @overload
    def change_interval(
        self,
        *,
        seconds: float | None = 0,
        minutes: float | None = 0,
        hours: float | None = 0,
        time: None = None,
        on: None = None,
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
        on: Dates | None = None,
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
        on: None = None,
        schedule: Schedule,
    ) -> None: ...
    def change_interval(  # noqa: D417, PLR0913 -- `misplaced` and `unknown` are traps, no parameters
        self,
        *misplaced: object,
        seconds: float | None = 0,
        minutes: float | None = 0,
        hours: float | None = 0,
        time: datetime_time | Iterable[datetime_time] | None = None,
        on: Dates | None = None,
        schedule: Schedule | None = None,
        **unknown: object,
    ) -> None:
        """Change when the loop runs: an interval, wall times, or a schedule.

        A loop that is asleep goes by it at once: an interval counts from the last slot (and if
        that has passed, the next iteration comes at once), times and schedules from now; what has
        come and is yet to begin isn't lost if they have it, too. A loop at work goes by it from its
        next wait on.

        Args:
            seconds: The seconds between two iterations.
            minutes: The minutes between two iterations, added to the seconds.
            hours: The hours between two iterations, added to the seconds.
            time: The wall times to run at; one without a zone is in UTC. Duplicates count once.
            on: The dates on which the times count; ``None`` for all.
            schedule: Tells the slots.

        Raises:
            TypeError: Something is of a wrong kind, or more than one of interval, ``time`` and
                ``schedule`` was passed.
            ValueError: The interval is negative or not finite, or the times can't be used.
        """
        refuse_others("change_interval", TIMING_PARAMETERS, misplaced, unknown)
        timing = parse_timing(
            seconds=seconds, minutes=minutes, hours=hours, time=time, on=on, schedule=schedule
        )
        settings = self._settings._replace(timing=timing)
        check_policy(settings.policy, timing, reconnect=settings.reconnect)
        check_ledger(settings.ledger, timing, settings.name)
        run = self._steered_run()
        if run is not None:
            run.change(settings)
        self._set(settings)

    # Hooks and retried exceptions

    if TYPE_CHECKING:

        @property  # What the function takes first; see `TakesInstance`.
        def _instance_type(self: Callable[Concatenate[S, Q], HookCoroutine]) -> S: ...  # pyright: ignore[reportGeneralTypeIssues, reportReturnType]

    @overload
    def before_loop(self, coro: PlainHook) -> PlainHook: ...
    @overload
    def before_loop(
        self: TakesInstance[S, Q], coro: SelfHook[S, H, C]
    ) -> Callable[Concatenate[S, H], C]: ...
    @overload  # To mypy, a hook with **kwargs is no `SelfHook`: one of them could be its `self`.
    def before_loop(self: TakesInstance[S, Q], coro: Callable[[S], C]) -> Callable[[S], C]: ...
    def before_loop(
        self, coro: Callable[..., HookCoroutine] | None = None
    ) -> Callable[..., HookCoroutine] | None:
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
        self._register("before_loop", self._parse_hook("before_loop", coro))
        return coro

    @overload
    def after_loop(self, coro: PlainHook) -> PlainHook: ...
    @overload
    def after_loop(
        self: TakesInstance[S, Q], coro: SelfHook[S, H, C]
    ) -> Callable[Concatenate[S, H], C]: ...
    @overload  # To mypy, a hook with **kwargs is no `SelfHook`: one of them could be its `self`.
    def after_loop(self: TakesInstance[S, Q], coro: Callable[[S], C]) -> Callable[[S], C]: ...
    def after_loop(
        self, coro: Callable[..., HookCoroutine] | None = None
    ) -> Callable[..., HookCoroutine] | None:
        """Register a coroutine function to be called when the loop has ended, however it did.

        How it did is :attr:`ending`.

        Args:
            coro: A coroutine function without parameters, except ``self`` in a class.

        Returns:
            The function.

        Raises:
            TypeError: It isn't a coroutine function, or has other parameters.
        """
        self._register("after_loop", self._parse_hook("after_loop", coro))
        return coro

    @overload
    def error(self: TakesInstance[S, Q], coro: SelfErrorHook[S, H, C]) -> Callable[H, C]: ...
    @overload
    def error(self, coro: PlainErrorHook) -> PlainErrorHook: ...
    def error(
        self, coro: Callable[..., HookCoroutine] | None = None
    ) -> Callable[..., HookCoroutine] | None:
        """Register a coroutine function to be called with the exception that ends the loop.

        With a policy whose ``max_failures`` isn't 1, it is called with the exception of each failed
        iteration. Without it, the traceback goes to ``sys.stderr``.

        Args:
            coro: A coroutine function with one parameter for the exception, after ``self`` in a
                class.

        Returns:
            The function.

        Raises:
            TypeError: It isn't a coroutine function, or has other parameters.
        """
        self._register("error", self._parse_hook("error", coro))
        return coro

    def add_exception_type(self, *exceptions: type[BaseException]) -> None:
        """Add exception types after which an iteration is tried again.

        At first these are ``OSError`` (but for those about files: ``FileNotFoundError``,
        ``PermissionError``, ``IsADirectoryError``, ``NotADirectoryError`` and
        ``FileExistsError``), ``asyncio.TimeoutError``, ``aiohttp.ClientError``,
        ``defectio.GatewayNotFound``, ``stoat.ConnectError``,
        ``stoat.WebSocketConnectionFailure``, and the ``GatewayNotFound`` and
        ``ConnectionClosed`` of discord, disnake and nextcord. Nothing is imported for them.

        A type takes all its subclasses along: after ``add_exception_type(OSError)``, those about
        files are retried, too. An exception group is retried when all that it holds is.

        Args:
            *exceptions: The exception classes.

        Raises:
            TypeError: One of them isn't an exception class; then none is added.
        """
        retried = self._settings.retried.including(exceptions)
        self._apply(self._settings._replace(retried=retried))

    def remove_exception_type(self, *exceptions: type[BaseException]) -> bool:
        """Remove exception types, so that they are failures.

        A type that is left takes its subclasses along: ``TimeoutError`` is an ``OSError``. To
        retry only a part of a type, remove it and add the part: ``ConnectionError`` in place of
        ``OSError``.

        Args:
            *exceptions: The exception classes.

        Returns:
            Whether all of them were there.
        """
        retried = self._settings.retried
        self._apply(self._settings._replace(retried=retried.without(exceptions)))
        known = retried.resolve()
        return all(exception in known for exception in exceptions)

    def clear_exception_types(self) -> None:
        """Remove all exception types: whatever the body raises is a failure."""
        self._apply(self._settings._replace(retried=NOTHING_RETRIED))

    # State

    @property
    def current_loop(self) -> int:
        """The number of the iteration, from 0; in ``after_loop``, how many have finished.

        Where a policy lets several bodies be at work at once, it is a body's own number in it.
        """
        run = self._current_run()
        return 0 if run is None else number_of_iteration(run)

    @property
    def next_iteration(self) -> datetime | None:
        """When the next iteration is due, in UTC.

        ``None`` when the loop isn't running, was told to stop, or has no further slot.
        """
        run = self._current_run()
        return None if run is None else run.next_iteration()

    def get_task(self) -> asyncio.Task[None] | None:
        """Return the task, or ``None`` when the loop isn't running."""
        run = self._current_run()
        # While a task factory is at work, there is none yet.
        return None if run is None else getattr(run, "task", None)

    def is_running(self) -> bool:
        """Return whether there is a task, from :meth:`start` until it is done."""
        return self._current_run() is not None

    def is_being_cancelled(self) -> bool:
        """Return whether the task was cancelled, until ``after_loop`` is over."""
        run = self._current_run()
        return run is not None and run.is_cancelled()

    def failed(self) -> bool:
        """Return whether the loop failed, until it is started again."""
        return self._run is not None and self._run.ending == "failed"

    @property
    def ending(self) -> Ending | None:
        """How the last run ended, from ``after_loop`` on; ``None`` while one runs or before any.

        ``"completed"`` after ``count`` iterations or the last slot, ``"stopped"`` by :meth:`stop`,
        ``"cancelled"`` by :meth:`cancel`, a restart or a cancelled task, ``"failed"`` by an
        exception.
        """
        run = self._run
        return run.ending if run is not None and run.stage in {FINISHING, OVER} else None

    # What it is made of. What can be assigned has its docstring twice, for editors that use jedi.

    @property
    def coro(self) -> Callable[..., Coroutine[Any, Any, R]]:
        """The decorated function itself, which takes the instance first if it is one of a class.

        Another one may be assigned: it is called from the next iteration on.
        """
        return self._settings.callback

    @coro.setter
    def coro(self, callback: Callable[..., Coroutine[Any, Any, R]]) -> None:
        """The decorated function itself, which takes the instance first if it is one of a class.

        Another one may be assigned: it is called from the next iteration on.
        """
        parse_coroutine_function(callback, "coro")
        self._call_instead(callback, self._decorated())

    @coro.deleter
    def coro(self) -> None:
        """The decorated function itself, which takes the instance first if it is one of a class.

        Another one may be assigned: it is called from the next iteration on.
        """
        # So does `unittest.mock.patch.object` at its end.
        self._call_instead(self._decorated(), None)

    if TYPE_CHECKING:

        @property
        def __wrapped__(self) -> Callable[P, Coroutine[Any, Any, R]]:
            """The function, of a bound loop its method; ``inspect`` looks for it here."""
            ...

    else:

        @DynamicClassAttribute  # To `inspect`, one on the class would be what the class wraps.
        def __wrapped__(self) -> Callable[..., HookCoroutine]:
            try:
                subject = self._subject()
            except RuntimeError as error:
                # Whoever looks for this attribute asks first whether there is one.
                raise AttributeError(*error.args) from None
            callback = self._settings.callback
            return MethodType(callback, *subject) if subject else callback

        @DynamicClassAttribute  # As above: a class that keeps `Loop` isn't abstract by that.
        def __isabstractmethod__(self) -> bool:
            callback = self._settings.callback
            of_function = getattr(callback, "__isabstractmethod__", False)
            return vars(self).get("__isabstractmethod__", of_function)

        @__isabstractmethod__.setter
        def __isabstractmethod__(self, value: bool) -> None:
            # `@abstractmethod` may stand above `@loop`, too.
            vars(self)["__isabstractmethod__"] = value

    @property
    def name(self) -> str:
        """The name of the task; if none was given, the function's qualified name."""
        return self._settings.name

    @name.setter
    def name(self, name: str) -> None:
        """The name of the task; if none was given, the function's qualified name."""
        checked = parse_name(name)
        check_ledger(self._settings.ledger, self._settings.timing, checked)
        called = qualified_name(self._settings.callback) if checked is None else checked
        self._apply(self._settings._replace(name=called))

    @property
    def count(self) -> int | None:
        """After how many successful iterations the loop ends; ``None`` for never."""
        return self._settings.iterations

    @count.setter
    def count(self, count: int | None) -> None:
        """After how many successful iterations the loop ends; ``None`` for never."""
        self._apply(self._settings._replace(iterations=parse_count(count)))
        run = self._current_run()
        if run is not None:
            if run.has_completed():
                run.stop()
            elif run.bodies is not None:
                # It looks again whether there is room for one more.
                change_policy(run)

    @property
    def reconnect(self) -> bool:
        """Whether an iteration is tried again after certain exceptions."""
        return self._settings.reconnect

    @reconnect.setter
    def reconnect(self, reconnect: bool | None) -> None:
        """Whether an iteration is tried again after certain exceptions."""
        checked, settings = parse_reconnect(reconnect), self._settings
        check_policy(settings.policy, settings.timing, reconnect=checked)
        self._apply(settings._replace(reconnect=checked))

    @property
    def policy(self) -> Policy | None:
        """What becomes of missed slots, slow bodies and failures; ``None`` without a policy.

        Another one may be assigned: it counts from the next slot on.
        """
        return self._settings.policy

    @policy.setter
    def policy(self, policy: Policy | None) -> None:
        """What becomes of missed slots, slow bodies and failures; ``None`` without a policy.

        Another one may be assigned: it counts from the next slot on.
        """
        settings = self._settings
        if policy is not None:
            policy = parse_policy(policy, settings.timing, reconnect=settings.reconnect)
        self._apply(settings._replace(policy=policy))
        run = self._current_run()
        if run is not None:
            change_policy(run)

    @property
    def ledger(self) -> Ledger | None:
        """Where each slot is claimed before its iteration; ``None`` without a ledger."""
        return self._settings.ledger

    @property
    def loop(self) -> asyncio.AbstractEventLoop | None:
        """The event loop that was given, else the one in which the task runs, else ``None``.

        Another one may be assigned: it counts from the next start on.
        """
        task = self.get_task()
        return self._settings.event_loop or (None if task is None else task.get_loop())

    @loop.setter
    def loop(self, loop: asyncio.AbstractEventLoop | None) -> None:
        """The event loop that was given, else the one in which the task runs, else ``None``.

        Another one may be assigned: it counts from the next start on.
        """
        self._apply(self._settings._replace(event_loop=parse_event_loop(loop)))

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

    # What the ancestors have; see `defectio_tasks._loop.ancestors`.

    _before_loop = BEFORE_LOOP
    _after_loop = AFTER_LOOP
    _error = ERROR
    _current_loop = CURRENT_LOOP
    _task = TASK
    _injected = INJECTED
    _valid_exception = VALID_EXCEPTION

    if not TYPE_CHECKING:  # pragma: no branch -- or every name would do

        def __setattr__(self, name: str, value: object) -> None:
            """Set an attribute, if it may be set."""
            assign(self, Loop, name, value)
            # It may hold the instance.
            _loosen(getattr(self, "_instance", None))

    def __copy__(self) -> Self:
        """Make a loop with the same settings and attributes, which isn't running."""
        return copy_loop(self, self._instance)

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
        """Make a loop with the same settings, bound to the copy of its instance if there is one."""
        instance = None if self._instance is None else memo.get(id(self._instance()))
        bound_to = self._instance if instance is None else weakref.ref(instance)
        return copy_loop(self, bound_to)

    @override
    def __reduce_ex__(self, protocol: SupportsIndex, /) -> NoReturn:
        """Refuse to be pickled: a loop is a running thing, and its function a closure at times.

        Raises:
            TypeError: Always.
        """
        message = f"loops can't be pickled, got loop {self.name!r} (leave it out in `__getstate__`)"
        raise TypeError(message)

    def __repr__(self) -> str:
        """Show the name, when the loop runs, what it is doing, and the next slot."""
        run = self._current_run()
        state = "failed" if self.failed() else "not running"
        if run is not None:
            # Of several bodies each is a task of its own, and the run waits.
            is_working = run.bodies is not None and run.bodies.at_work
            state = "working" if is_working else run.stage.name.lower()
            state = "paused" if self.is_paused() else state
        slot, timing = self.next_iteration, self._settings.timing
        upcoming = "" if slot is None else f", next {show_slot(slot, zone_of(timing))}"
        return f"<{type(self).__name__} {self.name!r}: {timing}, {state}{upcoming}>"

    # Inside

    def _begin(
        self, subject: tuple[object, ...], args: tuple[object, ...], kwargs: Mapping[str, object]
    ) -> asyncio.Task[None]:
        last = self._run
        if last is not None:
            if self._steered_run() is not None:
                message = (
                    f"loop {self.name!r} is running already, or not over yet (write `restart()`: "
                    "it cancels, and starts again after that)"
                )
                raise RuntimeError(message)
            last.new_start = None
        settings = self._settings
        event_loop = settings.event_loop or event_loop_of(subject)
        timers = timers_of(event_loop)
        if settings.event_loop is not None and timers.is_elsewhere():
            raise self._elsewhere()
        run = Run(self, settings, subject + args, kwargs, timers, bool(subject))
        if settings.ledger is not None:
            check_alone(run, settings.ledger)
        _set_run(self, run)
        started[weakref.ref(run, forget)] = None
        try:
            return launch(run, event_loop)
        except BaseException:
            _set_run(self, last)
            raise

    def _decorated(self) -> Callable[..., Coroutine[Any, Any, R]]:
        decorated = self._settings.decorated
        return self._settings.callback if decorated is None else decorated

    def _call_instead(
        self,
        callback: Callable[..., Coroutine[Any, Any, R]],
        decorated: Callable[..., Coroutine[Any, Any, R]] | None,
    ) -> None:
        run = self._current_run()
        if run is not None:
            run.call_instead(callback)
        arity = arity_of(callback)
        self._apply(self._settings._replace(callback=callback, decorated=decorated, arity=arity))
        _name_after(self, callback)

    def _steered_run(self) -> Run | None:
        """Return the run that somebody wants to begin, end or change, from the right thread."""
        run = self._current_run()
        if run is not None and run.timers.is_elsewhere():
            raise self._elsewhere()
        return run

    def _elsewhere(self) -> RuntimeError:
        return RuntimeError(
            f"the event loop of loop {self.name!r} runs in another thread: call this by its "
            "`call_soon_threadsafe`"
        )

    def _current_run(self) -> Run | None:
        run = self._run
        if run is None or run.has_ended():
            return None
        try:
            is_closed = run.timers.is_closed()
        except AttributeError:
            # It has just ended, in another thread.
            return None
        if is_closed:
            # What it kept can go.
            _set_run(self, None)
            return None
        return run

    def _apply(self, settings: Settings[R]) -> None:
        """Go on with other settings, at once where a run is going on."""
        self._set(settings)
        run = self._current_run()
        if run is not None:
            run.settings = settings

    def _set(self, settings: Settings[R]) -> None:
        _set_settings(self, settings)
        # What was set on an instance's loop may hold the instance.
        _loosen(self._instance)

    def _parse_hook(self, name: HookName, function: object) -> Hook:
        callback = self._settings.callback
        return parse_hook(function, name, callback, on_unbound=self._instance is None)

    def _register(self, name: HookName, hook: Hook | None) -> None:
        self._apply(self._settings.with_hook(name, hook))

    def _begin_again(self, begin: Callable[[], object]) -> None:
        # A `stop`, `cancel` or `start` in between has taken it back.
        if self._awaited_start() is begin:
            begin()

    def _awaited_start(self) -> Callable[[], object] | None:
        """Return what ``restart`` has yet to do, if anything."""
        run = self._run
        return None if run is None or run.new_start is None else run.new_start()

    def _forget_restart(self) -> None:
        if self._run is not None:
            self._run.new_start = None

    def _subject(self) -> tuple[object, ...]:
        """Return what comes before the user's arguments: the instance of a bound loop."""
        if self._instance is None:
            return ()
        instance = self._instance()
        if instance is None:
            message = (
                f"the instance that loop {self.name!r} is bound to is gone: keep it (write "
                "`c = C()` and `c.tick.start()`, not `C().tick.start()`)"
            )
            raise RuntimeError(message)
        return (instance,)


L = TypeVar("L", bound=Loop[..., object])

# Past `__setattr__`, which is for users, and quicker than `object.__setattr__`.
_set_settings, _set_instance, _set_bound, _set_run, _set_qualname = (
    vars(Loop)[name].__set__
    for name in ("_settings", "_instance", "_bound", "_run", "__qualname__")
)
_new: Final = object.__new__
_binding: Final = threading.Lock()


def make_loop(kind: type[L], settings: Settings[object]) -> L:
    """Make a loop without its ``__init__``.

    Args:
        kind: Its class.
        settings: What it is set to.
    """
    loop = _new(kind)
    _fill(loop, settings, None)
    return loop


def copy_loop(loop: L, instance: weakref.ref[object] | None) -> L:
    """Make a loop of the same class, with the same settings and attributes.

    Args:
        loop: The loop to copy.
        instance: The instance to which the copy is bound.
    """
    kind = type(loop)
    copied = _new(kind)
    _fill(copied, loop._settings, instance)  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] -- of this room
    if kind is not Loop or loop.__dict__:
        vars(copied).update(vars(loop))
        for name in slots_of(kind, Loop):
            if hasattr(loop, name):
                object.__setattr__(copied, name, getattr(loop, name))
    return copied


def _fill(
    loop: Loop[..., object], settings: Settings[object], instance: weakref.ref[object] | None
) -> None:
    _set_settings(loop, settings)
    _set_instance(loop, instance)
    _set_run(loop, None)
    if instance is None:
        _set_bound(loop, None)
    _name_after(loop, settings.callback)


def _name_after(loop: Loop[..., object], callback: Callable[..., object]) -> None:
    # No property could stand for it: a class wants a string of that name.
    qualname = getattr(callback, "__qualname__", None)
    if qualname is not None:
        _set_qualname(loop, qualname)


def _loosen(instance: weakref.ref[object] | None) -> None:
    """Keep the loop of an instance, if it is one, in a way in which it may hold its instance."""
    if isinstance(instance, InstanceReference):
        instance.loops.loosen(instance)
