"""One run of a loop, from ``start`` to its end: wait, call, retry, stop, fail (contract 5)."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any, Final

from defectio_tasks import _report
from defectio_tasks._backoff import delay_before
from defectio_tasks._cancellation import Cancellation
from defectio_tasks._hooks import Hook, HookName
from defectio_tasks._pace import Pace, begin_pace, change_pace, first_moment
from defectio_tasks._settings import Settings
from defectio_tasks._stage import Stage
from defectio_tasks._timer import Timer

# What is nobody's failure, and nobody's to keep (contract L10).
PASSING: Final = (KeyboardInterrupt, SystemExit)


class Run:
    """One run: its task, where it is, and what was asked of it since."""

    __slots__ = (
        "_args",
        "_bound",
        "_cancellation",
        "_kwargs",
        "_on_end",
        "_pace",
        "_task",
        "_timer",
        "failed",
        "followed_by",
        "iterations",
        "settings",
        "stage",
        "stopping",
    )

    def __init__(
        self,
        settings: Settings[object],
        args: tuple[object, ...],
        kwargs: Mapping[str, object],
        *,
        bound: bool,
        on_end: Callable[[Run], None],
    ) -> None:
        """Make a run; ``launch`` starts it.

        Args:
            settings: What the loop is set to; replaced when that changes.
            args: The body's positional arguments, the instance of a bound loop first.
            kwargs: The body's keyword arguments.
            bound: Whether the first argument is the instance to which the loop is bound.
            on_end: Called as the last step, still within the task.
        """
        self.settings = settings
        self.stage = Stage.STARTING
        self.iterations = 0
        self.failed = False
        self.stopping = False
        self.followed_by: Callable[[], object] | None = None
        self._args = args
        self._kwargs: Mapping[str, object] = kwargs
        self._bound = bound
        self._on_end = on_end
        self._pace: Pace | None = None
        self._cancellation = Cancellation()
        self._task: asyncio.Task[None]
        self._timer: Timer

    def launch(self, event_loop: asyncio.AbstractEventLoop) -> asyncio.Task[None]:
        """Start the run's task.

        Raises:
            RuntimeError: The event loop is closed.
        """
        self._timer = Timer(event_loop)
        life = self._live()
        # Up to its first turn, which lies within all its handlers: a coroutine that is cancelled
        # before it began never runs at all, and with it no `after_loop`.
        life.send(None)
        try:
            self._adopt(event_loop.create_task(life, name=self.settings.name))
        except BaseException:
            life.close()
            raise
        return self._task

    def task(self) -> asyncio.Task[None] | None:
        """Tell the task, or ``None`` when it is done or its event loop was closed."""
        task = self._task
        return None if task.done() or task.get_loop().is_closed() else task

    def stop(self) -> None:
        """End after the iteration at work; at once when there is none (contract L4)."""
        self.stopping = True
        if self.stage is Stage.WAITING:
            self._timer.wake()
        elif self.stage is Stage.PREPARING:
            self._cancellation.interrupt()

    def cancel(self) -> None:
        """Cancel the task; leave an ``after_loop`` alone that runs because of it (contract L5)."""
        if not (self._cancellation.requested and self.stage is Stage.FINISHING):
            self._cancellation.request()

    def when_done(self, callback: Callable[[asyncio.Task[None]], None]) -> None:
        """Have something called once the task is done."""
        self._task.add_done_callback(callback)

    def make_way(self) -> None:
        """Cancel for a run that follows; a run that is ending already may end."""
        if self.stage is not Stage.FINISHING:
            self.cancel()

    def is_being_cancelled(self) -> bool:
        """Tell whether the run was cancelled, and its end is under way."""
        return self._cancellation.requested

    def apply(self, settings: Settings[object]) -> None:
        """Go on with other settings; with another timing, from the present wait on (contract L12).

        Raises:
            TypeError: A schedule answered with something that isn't a datetime.
            ValueError: It answered with a naive datetime, or one that isn't later.
            Exception: Whatever else a schedule raises.
        """
        timing = settings.options.timing
        changed = timing is not self.settings.options.timing
        if changed and self._pace is not None and self.stage is not Stage.FINISHING:
            self._pace = change_pace(timing, self._pace, self._timer)
            if self.stage is Stage.WAITING:
                self._timer.wake()
        self.settings = settings

    def next_iteration(self) -> datetime | None:
        """Tell when the next iteration is due, in UTC, if there will be one (contract L13)."""
        options = self.settings.options
        under_way = 1 if self.stage is Stage.WORKING else 0
        if (
            not self._goes_on()
            or self.stage in {Stage.FINISHING, Stage.OVER}
            or self.iterations + under_way == options.count
        ):
            return None
        # A schedule of the user's own may fail; then the run will, and there is no next slot.
        with suppress(Exception):
            if self._pace is None:
                return first_moment(options.timing, self._timer)
            return self._pace.upcoming(self._timer)
        return None

    async def _live(self) -> None:
        end = await self._attempt(self._work())
        self.stage = Stage.FINISHING
        await self._cancellation.receive()
        if end is not None and not isinstance(end, (asyncio.CancelledError, *PASSING)):
            end = await self._fail(end)
            await self._cancellation.receive()
        late = await self._attempt(self._call_hook(self.settings.after_loop))
        end = self._weigh(end, late, "after_loop")
        if self._cancellation.requested and not isinstance(end, (asyncio.CancelledError, *PASSING)):
            end = asyncio.CancelledError()
        self.stage = Stage.OVER
        self._on_end(self)
        # A task that somebody keeps must not keep the instance.
        self._args = ()
        self._kwargs = dict[str, object]()
        if end is None:
            return
        self._task.add_done_callback(_mark_retrieved)
        try:
            raise end
        finally:
            # The exception's traceback holds this frame: without the name, there is no cycle.
            del end, late

    async def _work(self) -> None:
        # The turn that `launch` goes up to; whatever stood before it would run outside the task.
        await asyncio.sleep(0)
        self._adopt(_running_task())
        await self._prepare()
        if self._goes_on():
            self._pace = begin_pace(self.settings.options.timing, self._timer)
        while await self._reach_slot():
            self.stage = Stage.WORKING
            attempt = 1
            while True:
                known = self._task.cancelling()
                try:
                    await self.settings.callback(*self._args, **self._kwargs)
                    break
                except BaseException as error:  # noqa: BLE001 -- raised again unless it's retried
                    delay = self._delay_after(error, known, attempt)
                await self._timer.until(self._timer.now() + delay)
                attempt += 1
            self.iterations += 1
            if self.iterations == self.settings.options.count:
                return

    async def _prepare(self) -> None:
        self.stage = Stage.PREPARING
        if self.stopping:
            return
        try:
            await self._call_hook(self.settings.before_loop)
            await self._cancellation.receive()
        finally:
            self._cancellation.end_interruption()

    async def _reach_slot(self) -> bool:
        """Wait for the next slot and take it; tell whether the run goes on."""
        self.stage = Stage.WAITING
        while self._goes_on() and (pace := self._pace) is not None:
            if not await pace.wait(self._timer):
                return False
            # `stop` and `apply` end a wait early.
            if self._goes_on() and pace is self._pace:
                skipped = pace.take(self._timer)
                if skipped:
                    _report.log_skipped(self.settings.name, skipped)
                return True
        return False

    def _goes_on(self) -> bool:
        return not (self.stopping or self._cancellation.requested)

    def _adopt(self, task: asyncio.Task[None]) -> None:
        self._task = task
        self._cancellation.watch(task)

    def _delay_after(self, error: BaseException, known: int, attempt: int) -> float:
        """Tell how long to wait before the iteration is tried again.

        Args:
            error: What the body raised.
            known: How many cancellations the task had when the body began.
            attempt: Which attempt in a row failed, from 1.

        Raises:
            BaseException: What the run fails with, when it is not tried again.
        """
        foreign = isinstance(error, asyncio.CancelledError) and not self._cancellation.is_own(known)
        if (
            self._cancellation.requested
            or not self.settings.options.reconnect
            or isinstance(error, (*PASSING, GeneratorExit))
            or not isinstance(error, self.settings.retried.resolve())
        ):
            if foreign:
                raise self._foreign_cancellation() from error
            raise error
        # Jitter needs no secret.
        delay = delay_before(attempt, random.random())  # noqa: S311
        _report.log_retry(self.settings.name, error, delay)
        return delay

    async def _call_hook(self, hook: Hook | None, *error: Exception) -> None:
        if hook is None:
            return
        known = self._task.cancelling()
        try:
            await hook.call(self._args, *error, bound=self._bound)
        except asyncio.CancelledError as cancelled:
            # `stop` interrupts `before_loop` by such an error, and all it wants is to go on.
            if self._cancellation.is_interruption():
                return
            if self._cancellation.is_own(known):
                raise
            raise self._foreign_cancellation() from cancelled

    def _foreign_cancellation(self) -> RuntimeError:
        # As a cancellation it would end the loop in silence (contract L10).
        name = self.settings.name
        return RuntimeError(f"loop {name!r} awaited something that was cancelled")

    async def _attempt(self, step: Coroutine[Any, Any, None]) -> BaseException | None:
        """Take a step, and tell with which exception it ended, if any."""
        try:
            await step
        except GeneratorExit:
            # The event loop is gone: nothing can be awaited any more.
            self.stage = Stage.OVER
            raise
        except asyncio.CancelledError as error:
            # It was judged before, or came while the run itself waited.
            self._cancellation.requested = True
            return error
        except BaseException as error:  # noqa: BLE001 -- the caller raises it again
            return error
        return None

    async def _fail(self, error: BaseException) -> BaseException | None:
        self.failed = True
        # The hook is told of an `Exception` (contract T3); of others there are hardly any.
        if self.settings.error is None or not isinstance(error, Exception):
            _report.print_failure(self.settings.name, error)
            return error
        late = await self._attempt(self._call_hook(self.settings.error, error))
        return self._weigh(error, late, "error")

    def _weigh(
        self, first: BaseException | None, late: BaseException | None, hook: HookName
    ) -> BaseException | None:
        """Tell which of two exceptions ends the task, the first or the one of a hook after it."""
        if late is None:
            return first
        if isinstance(late, asyncio.CancelledError):
            if first is not None and hook == "error":
                # The hook was broken off, and with it whatever it had to tell.
                _report.print_failure(self.settings.name, first)
            return first
        if isinstance(late, PASSING):
            return late
        _report.print_hook_failure(self.settings.name, hook, late, first)
        if first is not None:
            return first
        self.failed = True
        return late


def _running_task() -> asyncio.Task[None]:
    task = asyncio.current_task()
    assert task is not None  # noqa: S101 -- what calls this runs in a task
    return task


def _mark_retrieved(task: asyncio.Task[None]) -> None:
    """Keep asyncio from reporting an exception that was reported already (contract L9)."""
    if not task.cancelled():
        task.exception()
