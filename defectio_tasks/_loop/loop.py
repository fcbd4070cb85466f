"""``Loop``: what a user holds, starts, stops and asks."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Callable, Coroutine, Mapping
from datetime import datetime
from functools import partial
from typing import Any, Concatenate, Self, overload

from typing_extensions import override

from defectio_tasks._loop.binding import InstanceReference, PerInstance
from defectio_tasks._loop.definition import P, R
from defectio_tasks._loop.reactions import Reactions
from defectio_tasks._loop.typing import Q, S
from defectio_tasks._policy.errors import connection_errors
from defectio_tasks._run.runner import Run
from defectio_tasks._run.settings import Settings


class Loop(Reactions[P, R]):
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

    __name__: str
    __qualname__: str

    def __init__(self, settings: Settings[R], instance: weakref.ref[object] | None = None) -> None:
        """Make a loop; :func:`loop` does it for a user."""
        self._settings = settings
        self._instance = instance
        # The present run, or the last one.
        self._run: Run | None = None
        # Kept by the run that is to end first: a restart holds its instance, a loop must not.
        self._new_start: weakref.ref[Callable[[], object]] | None = None
        # To `help` and documentation tools, a loop shows what its function does of itself.
        callback = settings.callback
        self.__doc__: str | None = callback.__doc__
        self.__module__: str = callback.__module__
        try:
            self.__name__ = callback.__name__
            self.__qualname__ = callback.__qualname__
        except AttributeError:
            # A partial, for one, has no name.
            pass

    # Of a loop in a class.
    _bound: PerInstance[Loop[..., R]] | None = None

    # Binding

    @overload
    def __get__(self, instance: None, owner: type[object], /) -> Loop[P, R]: ...
    @overload
    def __get__(
        self: Callable[Concatenate[S, Q], Coroutine[Any, Any, R]],
        instance: S,
        owner: type[object] | None = None,
        /,
    ) -> Loop[Q, R]: ...
    def __get__(self, instance: object, owner: type[object] | None = None, /) -> Loop[..., R]:
        """Give each instance of a class its own loop (contract C1).

        Raises:
            TypeError: The instance can't be referenced weakly.
        """
        if instance is None or self._instance is not None:
            return self
        loops = self._bound
        if loops is None:
            loops = self._bound = PerInstance()
        bound = loops.get(id(instance))
        if bound is None:
            try:
                reference = InstanceReference(instance, loops.forget)
            except TypeError:
                message = (
                    f"a class with loops must allow weak references to its instances: add "
                    f"`__weakref__` to `__slots__`, got an instance of {type(instance).__name__!r}"
                )
                raise TypeError(message) from None
            identity = reference.identity = id(instance)
            bound = loops[identity] = Loop(self._settings, reference)
        return bound

    # Control

    def start(self, /, *args: P.args, **kwargs: P.kwargs) -> asyncio.Task[None]:
        """Start the task, in the event loop given, the running one, or the current one.

        Args:
            *args: The arguments for each iteration.
            **kwargs: The keyword arguments for each iteration.

        Returns:
            The task that has been created.

        Raises:
            RuntimeError: The loop is running already, there is no event loop, it is closed, or
                the instance to which the loop is bound is gone.
        """
        return self._begin(self._subject(), args, kwargs)

    def stop(self) -> None:
        """Stop after the current iteration; asleep or in ``before_loop``, stop at once.

        An iteration that is being retried goes on until it succeeds. If that isn't wanted, call
        :meth:`clear_exception_types` before, or use :meth:`cancel`. Without a run, do nothing.
        """
        self._new_start = None
        run = self._current_run()
        if run is not None:
            run.stop()

    def cancel(self) -> None:
        """Cancel the task; without a run, do nothing."""
        self._new_start = None
        run = self._current_run()
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
            RuntimeError: As for :meth:`start`, when the loop isn't running.
        """
        run = self._current_run()
        if run is None:
            self.start(*args, **kwargs)
            return
        run.make_way()
        # The instance comes along: until the new run has it, nobody else may keep it.
        begin = partial(self._begin, self._subject(), args, kwargs)
        run.followed_by = partial(self._begin_again, begin)
        self._new_start = weakref.ref(begin)

    # State

    @property
    def current_loop(self) -> int:
        """The number of the iteration, from 0; in ``after_loop``, of those that succeeded."""
        return self._current_loop

    @property
    def _current_loop(self) -> int:
        # Bots are known to read the ancestors' attribute of this name.
        run = self._current_run()
        return 0 if run is None else run.iterations

    @property
    def next_iteration(self) -> datetime | None:
        """When the next iteration is due, in UTC.

        ``None`` when the loop isn't running, was told to stop, or has no further slot.
        """
        run = self._current_run()
        return None if run is None else run.next_iteration()

    def get_task(self) -> asyncio.Task[None] | None:
        """Tell the task, or ``None`` when the loop isn't running."""
        run = self._current_run()
        # While a task factory is at work, there is none yet.
        return None if run is None else getattr(run, "task", None)

    def is_running(self) -> bool:
        """Tell whether there is a task, from :meth:`start` until it is done."""
        return self._current_run() is not None

    def is_being_cancelled(self) -> bool:
        """Tell whether the task was cancelled, until ``after_loop`` is over."""
        run = self._current_run()
        return run is not None and run.cancelled

    def failed(self) -> bool:
        """Tell whether the loop failed, until it is started again."""
        return self._run is not None and self._run.failed

    def __copy__(self) -> Self:
        """Make a loop with the same settings, which isn't running."""
        return type(self)(self._settings, self._instance)

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
        """Make a loop with the same settings, bound to the copy of its instance if there is one."""
        instance = None if self._instance is None else memo.get(id(self._instance()))
        bound_to = self._instance if instance is None else weakref.ref(instance)
        return type(self)(self._settings, bound_to)

    def __repr__(self) -> str:
        """Show the name, when the loop runs, what it is doing, and the next slot."""
        run = self._current_run()
        state = "failed" if self.failed() else "not running"
        if run is not None:
            state = run.stage.name.lower()
        slot = self.next_iteration
        upcoming = "" if slot is None else f", next at {slot}"
        timing = self._settings.timing
        return f"<{type(self).__name__} {self.name!r}: {timing!r}, {state}{upcoming}>"

    # Inside

    @override
    def _apply(self, settings: Settings[R]) -> None:
        super()._apply(settings)
        run = self._current_run()
        if run is not None:
            run.settings = settings

    @override
    def _retime(self, settings: Settings[R]) -> None:
        run = self._current_run()
        if run is not None:
            run.retime(settings)
        super()._retime(settings)

    def _begin(
        self, subject: tuple[object, ...], args: tuple[object, ...], kwargs: Mapping[str, object]
    ) -> asyncio.Task[None]:
        last = self._run
        if last is not None and self._current_run() is not None:
            message = f"loop {self.name!r} is running already"
            raise RuntimeError(message)
        settings = self._settings
        event_loop = settings.event_loop
        if event_loop is None:
            # Outside a coroutine too: a bot starts its loops before `client.run()` (contract L1).
            try:
                event_loop = asyncio.get_event_loop()
            except RuntimeError:
                message = (
                    "there is no event loop to start in: start the loop in a coroutine, pass "
                    "`loop=` to `loop(...)`, or call "
                    "`asyncio.set_event_loop(asyncio.new_event_loop())` before"
                )
                raise RuntimeError(message) from None
        # The first start imports the host, not the first failure: imports take time.
        if settings.reconnect and settings.retried.with_host:
            connection_errors()
        run = self._run = Run(settings, subject + args, kwargs, bool(subject))
        self._new_start = None
        try:
            return run.launch(event_loop)
        except BaseException:
            self._run = last
            raise

    def _current_run(self) -> Run | None:
        run = self._run
        if run is None or run.has_ended():
            return None
        if run.timers.is_closed():
            # What it kept can go.
            self._run = self._new_start = None
            return None
        return run

    def _begin_again(self, begin: Callable[[], object], task: asyncio.Task[None]) -> None:
        del task
        # A `stop`, `cancel` or `start` in between has taken it back.
        if self._awaited_start() is begin:
            begin()

    def _awaited_start(self) -> Callable[[], object] | None:
        """Tell what ``restart`` has yet to do, if anything."""
        return None if self._new_start is None else self._new_start()
