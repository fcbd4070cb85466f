"""The time that an attempt may take."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeAlias

from defectio_tasks._time.timers import Sleeper, Timers

Call: TypeAlias = Callable[[], Coroutine[Any, Any, object]]


class TimeLimit:
    """Calls a body, and cancels what takes too long.

    One timer is enough for all calls: since each has the same time, they run out in the order in
    which they began, and most are over long before. So it rings once in the time of a call, looks
    whether the first has run out, and is set to when it will.
    """

    __slots__ = (
        "_alarm",
        "_alarm_at",
        "_call",
        "_deadlines",
        "_expired",
        "_is_retired",
        "_timeout",
        "_timers",
    )

    def __init__(self, timeout: float, call: Call, timers: Timers) -> None:
        """Begin without calls.

        Args:
            timeout: The time of each, in seconds.
            call: Calls the body.
            timers: Those of the event loop.
        """
        self._timeout, self._call, self._timers = timeout, call, timers
        # When the call of which task runs out, on the event loop's clock.
        self._deadlines = dict[asyncio.Task[object], float]()
        self._expired = set[asyncio.Task[object]]()
        self._alarm: Sleeper | None = None
        self._alarm_at = 0.0
        self._is_retired = False

    async def call(self) -> object:
        """Call the body.

        One that meets its cancellation with an answer has succeeded.

        Raises:
            TimeoutError: It took too long, and nobody else has cancelled the task.
        """
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 -- a coroutine that runs is in a task
        known = task.cancelling()
        deadline = self._deadlines[task] = self._timers.now() + self._timeout
        if self._alarm is None:
            self._set_alarm(deadline)
        try:
            return await self._call()
        except asyncio.CancelledError as error:
            if task not in self._expired or task.cancelling() > known + 1:
                raise
            message = f"an attempt took longer than {self._timeout:g} s"
            raise TimeoutError(message) from error
        finally:
            del self._deadlines[task]
            if task in self._expired:
                self._expired.remove(task)
                task.uncancel()
            if self._is_retired:
                self.retire()
            # The task keeps its cancellation, and the traceback of that this frame.
            del task

    def retire(self) -> None:
        """Leave no timer behind, now or when the last call is over: there will be no other."""
        self._is_retired = True
        if self._alarm is not None and not self._deadlines:
            self._alarm.remove_done_callback(self._ring)
            self._timers.wake(self._alarm)
            self._alarm = None

    def _set_alarm(self, deadline: float) -> None:
        self._alarm, self._alarm_at = self._timers.sleeper(deadline), deadline
        self._alarm.add_done_callback(self._ring)

    def _ring(self, alarm: Sleeper) -> None:
        del alarm
        # An event loop's timers may be early, by what its clock resolves.
        self._alarm, now = None, max(self._timers.now(), self._alarm_at)
        for task, deadline in self._deadlines.items():
            if deadline > now:
                self._set_alarm(deadline)
                break
            if task not in self._expired:
                self._expired.add(task)
                task.cancel()
