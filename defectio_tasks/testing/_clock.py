"""``VirtualClock``: what a test holds."""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections.abc import Coroutine, Generator
from datetime import UTC, datetime, timedelta, tzinfo
from functools import partial
from typing import Any, Final, TypeVar

from defectio_tasks._loop.loop import Loop
from defectio_tasks.testing._event_loop import Limits, VirtualEventLoop, VirtualTimeError
from defectio_tasks.testing._time import Time
from defectio_tasks.testing._watch import Watch

T = TypeVar("T")

START: Final = datetime(2026, 1, 1, tzinfo=UTC)


class VirtualClock:
    """A clock that leaps: monotonic time and a wall clock, in step.

    Everything that runs in an event loop of this clock lives by it: loops, ``asyncio.sleep``,
    timeouts. Time passes only when nothing else can run; it leaps to the next timer then, so that
    nothing waits for real and every run of a test takes the same course. The wall clock can be set
    without monotonic time passing, as an administrator or a time server does it.

    Example:
        >>> import asyncio
        >>> from datetime import datetime, time
        >>> from zoneinfo import ZoneInfo
        >>> import defectio_tasks as tasks
        >>> from defectio_tasks.testing import VirtualClock
        >>> berlin = ZoneInfo("Europe/Berlin")
        >>> clock = VirtualClock(datetime(2026, 3, 28, 12, tzinfo=berlin))
        >>> @tasks.loop(time=time(2, 30, tzinfo=berlin))
        ... async def at_night() -> None:
        ...     print(clock.now(berlin))
        >>> async def main() -> None:
        ...     at_night.start()
        ...     await clock.advance(days=2)
        ...     at_night.cancel()
        >>> clock.run(main())  # on the 29th, clocks go from 02:00 to 03:00
        2026-03-29 03:30:00+02:00
        2026-03-30 02:30:00+02:00
    """

    def __init__(
        self, start: datetime = START, *, max_turns: int = 100_000, max_leaps: int = 250_000
    ) -> None:
        """Make a clock.

        Args:
            start: What the wall clock shows at first, in any zone.
            max_turns: For how many turns of the event loop in a row something may run without that
                time can pass; more are a :class:`VirtualTimeError`.
            max_leaps: How often time may leap while the test waits for something that may never
                come; more are a :class:`VirtualTimeError`. :meth:`advance` has no such limit.

        Raises:
            TypeError: The start isn't a datetime, or a limit not an int.
            ValueError: The start is naive, or a limit below 1.
        """
        self._time = Time(_parse_moment(start, "start"))
        self._limits = Limits(
            _parse_count(max_turns, "max_turns"), _parse_count(max_leaps, "max_leaps")
        )

    def __repr__(self) -> str:
        """Show what the clock shows."""
        return f"<{type(self).__name__}: {self.now()}, after {self.elapsed} s>"

    @property
    def elapsed(self) -> float:
        """The seconds that have passed since the clock was made, however the wall clock was set."""
        return self._time.monotonic

    def now(self, zone: tzinfo = UTC) -> datetime:
        """Return what the wall clock shows.

        Args:
            zone: The zone to tell it in.

        Returns:
            The moment, aware.
        """
        return self._time.now().astimezone(zone)

    # Letting time pass

    async def advance(
        self, *, days: float = 0, hours: float = 0, minutes: float = 0, seconds: float = 0
    ) -> None:
        """Advance the time, and run everything that is due until then, the end included.

        Args:
            days: Days of 24 hours.
            hours: Hours, added to the days.
            minutes: Minutes, added to that.
            seconds: Seconds, added to that.

        Raises:
            ValueError: The sum is negative or not finite: the wall clock can be set back, by
                :meth:`shift`, but time can't.
            RuntimeError: It was not called from an event loop of this clock.
            VirtualTimeError: Something runs again and again, so that no time can pass.
        """
        total = _parse_duration(((days * 24 + hours) * 60 + minutes) * 60 + seconds)
        event_loop = self._running("advance")
        with event_loop.sure_to_end():
            await asyncio.sleep(total)
            await event_loop.idle()

    async def advance_to(self, moment: datetime) -> None:
        """Advance the time until the wall clock shows a moment, and run everything until then.

        Args:
            moment: The moment, in any zone.

        Raises:
            TypeError: It isn't a datetime.
            ValueError: It is naive, or has passed.
            RuntimeError: It was not called from an event loop of this clock.
            VirtualTimeError: Something runs again and again, so that no time can pass.
        """
        event_loop = self._running("advance_to")
        moment = _parse_moment(moment, "moment")
        if moment < self.now():
            message = f"`moment` must not have passed: it is {self.now()}, got {moment}"
            raise ValueError(message)
        with event_loop.sure_to_end():
            # Somebody may set the wall clock meanwhile, forward or back.
            while (left := (moment - self.now()).total_seconds()) > 0:
                timer = event_loop.call_later(left, event_loop.time)
                await event_loop.until(
                    partial(self._has_come_or_was_set, timer.when(), self._time.times_set)
                )
                timer.cancel()
            await event_loop.idle()

    async def run_until(self, loop: Loop, iterations: int) -> None:
        """Advance the time until a loop has done so many iterations since it was started.

        When the loop is restarted, it counts from then.

        Args:
            loop: The loop, which must be running.
            iterations: How many iterations are to be finished.

        Raises:
            TypeError: It isn't a loop, or the number not an int.
            ValueError: The number is below 1.
            RuntimeError: The loop isn't running, or it was not called from an event loop of this
                clock.
            VirtualTimeError: The loop ended before, or will never come to it.
        """
        event_loop = self._running("run_until")
        iterations = _parse_count(iterations, "iterations")
        _check_loop(loop)
        watch = Watch(loop)
        await event_loop.until(lambda: watch.iterations() >= iterations or watch.is_over())
        if (done := watch.iterations()) < iterations:
            message = f"{loop!r} ended after {done} of {iterations} iterations"
            raise VirtualTimeError(message) from watch.exception()

    async def settle(self) -> None:
        """Run everything that can run at the present moment; no time passes.

        Raises:
            RuntimeError: It was not called from an event loop of this clock.
            VirtualTimeError: Something runs again and again.
        """
        await self._running("settle").idle()

    def block(self, seconds: float) -> None:
        """Advance the time at once; nothing gets a turn, as when code blocks the event loop.

        Args:
            seconds: For how long.

        Raises:
            ValueError: It is negative or not finite.
            OverflowError: It would end after the year 9999.
        """
        self._time.leap(_parse_duration(seconds))

    # Setting the wall clock

    def set(self, moment: datetime) -> None:
        """Set the wall clock, forward or back; monotonic time doesn't change.

        A loop that sleeps until a wall-clock time notices within a minute, as it would with a real
        clock.

        Args:
            moment: What the wall clock is to show, in any zone.

        Raises:
            TypeError: It isn't a datetime.
            ValueError: It is naive.
        """
        self._time.set(_parse_moment(moment, "moment"))

    def shift(
        self, *, days: float = 0, hours: float = 0, minutes: float = 0, seconds: float = 0
    ) -> None:
        """Set the wall clock forward, or with negative numbers back, by so much.

        Args:
            days: Days of 24 hours.
            hours: Hours, added to the days.
            minutes: Minutes, added to that.
            seconds: Seconds, added to that.

        Raises:
            ValueError: The sum is not finite.
            OverflowError: It would show a moment before the year 1, or after the year 9999.
        """
        total = ((days * 24 + hours) * 60 + minutes) * 60 + seconds
        if not math.isfinite(total):
            message = f"the wall clock can only be set by finite steps, got {total} s"
            raise ValueError(message)
        self._time.set(self._time.now() + timedelta(seconds=total))

    @contextlib.contextmanager
    def everywhere(self) -> Generator[None]:
        """Make ``datetime.now``, ``time.time`` and their kin tell this clock's time, in all code.

        Without it, only loops and event loops live by the clock. It needs time-machine, which comes
        with ``pip install "defectio-tasks[testing]"``.

        Raises:
            ModuleNotFoundError: time-machine isn't installed.
        """
        try:
            from time_machine import travel  # noqa: PLC0415 -- it needn't be installed
        except ModuleNotFoundError as error:
            message = '`everywhere` needs time-machine: `pip install "defectio-tasks[testing]"`'
            raise ModuleNotFoundError(message, name=error.name) from error
        with travel(self.now(), tick=False) as traveller:
            self._time.followers.append(traveller.move_to)
            try:
                yield
            finally:
                self._time.followers.remove(traveller.move_to)

    # Event loops

    def new_event_loop(self) -> VirtualEventLoop:
        """Make an event loop that lives by this clock, for an ``asyncio.Runner`` for example."""
        return VirtualEventLoop(self._time, self._limits)

    def run(self, main: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine by this clock, as ``asyncio.run`` does by the real one.

        Args:
            main: The coroutine.

        Returns:
            What it returns.

        Raises:
            VirtualTimeError: It waits for something that can never happen.
            RuntimeError: An event loop runs already.
        """
        if _runs_already():
            main.close()
            message = "`run` can't be called while an event loop runs: use `await` there"
            raise RuntimeError(message)
        with asyncio.Runner(loop_factory=self.new_event_loop) as runner:
            return runner.run(main)

    def _has_come_or_was_set(self, due: float, times_set: int) -> bool:
        return self.elapsed >= due or self._time.times_set != times_set

    def _running(self, caller: str) -> VirtualEventLoop:
        event_loop = asyncio.get_running_loop()
        if isinstance(event_loop, VirtualEventLoop) and event_loop.lives_by(self._time):
            return event_loop
        message = (
            f"`{caller}` must be called in an event loop of this clock, got {event_loop!r}: use "
            "`clock.run(...)`, or in pytest the fixture `virtual_clock`"
        )
        raise RuntimeError(message)


def _parse_duration(seconds: float) -> float:
    if not 0 <= seconds < math.inf:
        message = f"time can only pass forward, and in finite steps, got {seconds} s"
        raise ValueError(message)
    return seconds


def _check_loop(loop: object) -> None:
    if not isinstance(loop, Loop):
        message = f"`loop` must be a loop, got {loop!r}"
        raise TypeError(message)


def _parse_count(value: object, parameter: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        message = f"`{parameter}` must be an int, got {value!r}"
        raise TypeError(message)
    if value < 1:
        message = f"`{parameter}` must be at least 1, got {value}"
        raise ValueError(message)
    return value


def _parse_moment(moment: object, parameter: str) -> datetime:
    if not isinstance(moment, datetime):
        message = f"`{parameter}` must be a datetime, got {moment!r}"
        raise TypeError(message)
    if moment.utcoffset() is None:
        message = f"`{parameter}` must be aware, with a zone, got {moment!r}"
        raise ValueError(message)
    return moment.astimezone(UTC)


def _runs_already() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
