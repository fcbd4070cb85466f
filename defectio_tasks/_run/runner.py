"""One run of a loop, from ``start`` to its end: wait, call, retry, stop, fail (contract 5)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Final

from defectio_tasks._events import log as _report
from defectio_tasks._policy.backoff import delay_before
from defectio_tasks._run.hooks import ENDINGS, PASSING, HookCaller, is_failure
from defectio_tasks._run.settings import Settings
from defectio_tasks._run.stage import FINISHING, OVER, PREPARING, STARTING, WAITING, WORKING
from defectio_tasks._schedules.interval import Interval
from defectio_tasks._slots.slots import (
    ENDED,
    NEXT_TURN,
    NOT_BEGUN,
    begin_pace,
    change_pace,
    first_moment,
)
from defectio_tasks._time.timers import Sleeper, Timers, timers_of
from defectio_tasks._time.turn import one_turn

NEVER_RETRIED: Final = (*PASSING, GeneratorExit)
# Python 3.12 has the second.
KNOWN_FACTORIES: Final = (None, getattr(asyncio, "eager_task_factory", None))


class Run(HookCaller):
    """One run: its task, where it is, and what was asked of it since."""

    __slots__ = (
        "_call",
        "_pace",
        "_sleeper",
        "followed_by",
        "iterations",
        "timers",
    )

    def __init__(
        self,
        settings: Settings[object],
        args: tuple[object, ...],
        kwargs: Mapping[str, object],
        bound: bool,
    ) -> None:
        """Make a run; ``launch`` starts it.

        Args:
            settings: What the loop is set to; replaced when that changes.
            args: The body's positional arguments, the instance of a bound loop first.
            kwargs: The body's keyword arguments.
            bound: Whether the first argument is the instance to which the loop is bound.
        """
        # All attributes at one place: a call for each base class would be paid for by each start.
        self.cancelled = self.interrupting = False
        self.settings = settings
        self.stage = STARTING
        self.failed = False
        self.iterations = 0
        self.followed_by: Callable[[asyncio.Task[None]], object] | None = None
        self._args = args
        self._bound = bound
        callback = settings.callback
        self._call = partial(callback, *args, **kwargs) if args or kwargs else callback
        self._pace = NOT_BEGUN
        self._sleeper: Sleeper | None = None
        self.timers: Timers

    def launch(self, event_loop: asyncio.AbstractEventLoop) -> asyncio.Task[None]:
        """Start the run's task.

        Raises:
            RuntimeError: The event loop is closed.
        """
        self.timers = timers_of(event_loop)
        life = self._live()
        if event_loop.get_task_factory() in KNOWN_FACTORIES:
            # Up to its first turn, which lies within all its handlers: a coroutine that is
            # cancelled before it began never runs at all, and with it no `after_loop`. But others'
            # factories may wrap it in a coroutine of their own, and that must be the first.
            life.send(None)
        try:
            task = event_loop.create_task(life, name=self.settings.name)
        except BaseException:
            life.close()
            raise
        # An eager task may be over already.
        if self.stage is not OVER:  # pragma: no branch -- only from Python 3.12 on
            self.task = task
        return task

    def has_ended(self) -> bool:
        """Tell whether it is over, if only because its task ended before it began."""
        return self.stage is OVER or (self.stage is STARTING and self._task_is_done())

    def stop(self) -> None:
        """End after the iteration at work; at once when there is none (contract L4)."""
        self._pace = ENDED
        if self.stage is WAITING:
            self._wake()
        elif self.stage is PREPARING:
            self.interrupt()

    def cancel(self) -> None:
        """Cancel the task; leave an ``after_loop`` alone that runs because of it (contract L5)."""
        if not (self.cancelled and self.stage is FINISHING):
            self._pace = ENDED
            self.cancelled = True
            # In its first turn it will see for itself.
            if self.stage is not STARTING:
                self.task.cancel()

    def make_way(self) -> None:
        """Cancel for a run that follows; a run that is ending already may end."""
        if self.stage is not FINISHING:
            self.cancel()

    def retime(self, settings: Settings[object]) -> None:
        """Go on with another timing, from the present wait on (contract L12).

        Args:
            settings: With the other timing, and all else as it was.

        Raises:
            TypeError: A schedule answered with something that isn't a datetime.
            ValueError: It answered with a naive datetime, or one that isn't later.
            Exception: Whatever else a schedule raises.
        """
        previous = self._pace
        if previous not in {NOT_BEGUN, ENDED} and self.stage is not FINISHING:
            pace = change_pace(settings.timing, previous, self.timers)
            # A schedule of the user's own may have called `stop` meanwhile.
            if self._pace is previous:
                self._pace = pace
            if self.stage is WAITING:
                self._wake()
        self.settings = settings

    def next_iteration(self) -> datetime | None:
        """Tell when the next iteration is due, in UTC, if there will be one (contract L13)."""
        settings = self.settings
        under_way = 1 if self.stage is WORKING else 0
        if (
            self._pace is ENDED
            or self.stage in {FINISHING, OVER}
            or self.iterations + under_way == settings.iterations
        ):
            return None
        # A schedule of the user's own may fail; then the run will, and there is no next slot.
        with suppress(Exception):
            if self._pace is NOT_BEGUN:
                return first_moment(settings.timing, self.timers)
            return self._pace.upcoming(self.timers)
        return None

    def _wake(self) -> None:
        if self._sleeper is not None:
            self.timers.wake(self._sleeper)

    async def _live(self) -> None:  # noqa: C901, PLR0912, PLR0915 -- see below
        """Prepare, wait for slots and run the body, finish.

        All in one, because that is what a sleeping loop has in memory and what an iteration goes
        through: a coroutine within this one would be paid for by each loop, each time.
        """
        timers, count, pace = self.timers, self.settings.iterations, self._pace
        end: BaseException | None = None
        try:
            # What `launch` goes up to. An eager task goes on before `launch` knows of it.
            await one_turn()
            if not hasattr(self, "task"):  # pragma: no cover -- only from Python 3.12 on
                self.task = _running_task()
            self.stage = PREPARING
            if self.settings.before_loop is not None and self._pace is not ENDED:
                await self._prepare(self.settings.before_loop)
            has_come = self._begin()
            while True:
                if not has_come:
                    pace = self._pace
                    when = pace.next_wake()
                    # Here and below: `stop` or `retime` may have ended the wait, even from within a
                    # schedule of the user's own.
                    if pace is not self._pace:
                        continue
                    if when is None:
                        break
                    if when == NEXT_TURN:
                        await one_turn()
                    else:
                        self._sleeper = timers.sleeper(when)
                        await self._sleeper
                    if pace is not self._pace:
                        continue
                    skipped = pace.take(timers.now())
                    if skipped is None or pace is not self._pace:
                        continue
                    if skipped:
                        _report.log_skipped(self.settings.name, skipped)
                has_come = False
                self.stage = WORKING
                attempt = 0
                while True:
                    known = self.task.cancelling()
                    try:
                        await self._call()
                        break
                    except BaseException as error:
                        attempt += 1
                        delay = self._delay_after(error, known, attempt)
                        if delay is None:
                            raise
                    if delay == 0:
                        await one_turn()
                    else:
                        self._sleeper = timers.sleeper(timers.now() + delay)
                        await self._sleeper
                self.iterations += 1
                if self.iterations == count:
                    break
                self.stage = WAITING
        except GeneratorExit:
            # The event loop is gone: nothing can be awaited any more.
            self.stage = OVER
            raise
        except BaseException as error:  # noqa: BLE001 -- it is raised again below
            end = error
            if isinstance(error, asyncio.CancelledError):
                # It was judged before, or came while the run itself waited.
                self.cancelled = True
                if self._sleeper is not None and self._sleeper.cancelled():
                    timers.give_up()
        self.stage = FINISHING
        if self.settings.after_loop is not None or is_failure(end):
            end = await self._finish(end)
        if self.cancelled and not isinstance(end, ENDINGS):
            end = asyncio.CancelledError()
        self._end(end)
        if end is not None:
            try:
                raise end
            finally:
                # The exception's traceback holds this frame, which must hold neither the exception
                # nor the event loop.
                del end, timers, pace

    def _begin(self) -> bool:
        """Begin to wait for slots; tell whether the first has come already (contract I1)."""
        self.stage = WAITING
        if self.cancelled:
            self._pace = ENDED
        while self._pace is NOT_BEGUN:
            timing = self.settings.timing
            pace = begin_pace(timing, self.timers)
            # A schedule of the user's own may have called `stop` or `change_interval` meanwhile.
            if self._pace is NOT_BEGUN and timing is self.settings.timing:
                self._pace = pace
                return isinstance(timing, Interval)
        return False

    def _end(self, end: BaseException | None) -> None:
        """End the run, as the last thing that its task does."""
        self.stage = OVER
        if self.followed_by is not None:
            self.task.add_done_callback(self.followed_by)
        if end is not None and not isinstance(end, asyncio.CancelledError):
            self.task.add_done_callback(_mark_retrieved)
        # A loop keeps its last run, and somebody may keep the task: neither keeps the instance, nor
        # the event loop.
        del self.task, self.timers, self.followed_by
        del self._call, self._args, self._pace, self._sleeper

    def _delay_after(self, error: BaseException, known: int, attempt: int) -> float | None:
        """Tell how long to wait before the iteration is tried again, if it is.

        Args:
            error: What the body raised.
            known: How many cancellations the task had when the body began.
            attempt: Which attempt in a row failed, from 1.

        Raises:
            RuntimeError: The body awaited something that was cancelled.
        """
        foreign = isinstance(error, asyncio.CancelledError) and not self.judge(known)
        if (
            self.cancelled
            or not self.settings.reconnect
            or not self.settings.retried.includes(error)
            # Most are an `Exception`, which takes one look instead of three.
            or (not isinstance(error, Exception) and isinstance(error, NEVER_RETRIED))
        ):
            if foreign:
                raise self.foreign_cancellation() from error
            return None
        # Not at the top: a loop that never fails does without.
        import random  # noqa: PLC0415

        # Jitter needs no secret.
        delay = delay_before(attempt, random.random())  # noqa: S311
        _report.log_retry(self.settings.name, error, delay)
        return delay

    def _task_is_done(self) -> bool:
        # While a task factory is at work, there is none yet.
        return hasattr(self, "task") and self.task.done()


def _running_task() -> asyncio.Task[None]:  # pragma: no cover -- only from Python 3.12 on
    task = asyncio.current_task()
    assert task is not None  # noqa: S101 -- what calls this runs in a task
    return task


def _mark_retrieved(task: asyncio.Task[None]) -> None:
    """Keep asyncio from reporting an exception that was reported already (contract L9)."""
    task.exception()
