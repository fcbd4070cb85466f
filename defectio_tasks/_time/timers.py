"""The clocks of an event loop, and the one timer by which all of its loops wait."""

from __future__ import annotations

import asyncio
import math
import os
import weakref
from collections.abc import Callable
from datetime import UTC, datetime
from heapq import heapify, heappop, heappush
from typing import Final, TypeAlias

from defectio_tasks._time.wall_clock import wall_clock_of

Sleeper: TypeAlias = asyncio.Future[None]


class Timers:
    """Futures that are done at given moments, and the clocks that tell the moments.

    There is one for all loops of an event loop, see :func:`timers_of`. Its futures wait in a heap
    of their own, and at most two timers of the event loop are armed for them: those are objects
    with a good deal to them, compared by Python code.

    A future that is given up (cancelled, or woken) stays in the heap until more than half of it
    are such futures, or its moment comes.
    """

    __slots__ = (
        "__weakref__",
        "_armed_for",
        "_event_loop",
        "_given_up",
        "_heap",
        "_later",
        "_later_for",
        "_made",
        "_timer",
        "_wall_time",
        "is_closed",
        "now",
    )

    def __init__(self, event_loop: asyncio.AbstractEventLoop) -> None:
        """Begin without futures; :func:`timers_of` does it."""
        self._event_loop = event_loop
        self._wall_time = wall_clock_of(event_loop)
        self.now = event_loop.time
        """Reads the event loop's clock, in seconds."""
        self.is_closed: Callable[[], bool] = event_loop.is_closed
        """Return whether the event loop was closed."""
        # The number puts futures of one moment in order; futures themselves can't be compared.
        self._heap: list[tuple[float, int, Sleeper]] = []
        self._made = 0
        self._given_up = 0
        # The timer that rings next, and one that was armed before it, for later. Weak, to learn of
        # those that the event loop has lost.
        self._timer: weakref.ref[asyncio.TimerHandle] | None = None
        self._later: weakref.ref[asyncio.TimerHandle] | None = None
        self._armed_for = self._later_for = math.inf

    def is_elsewhere(self) -> bool:
        """Return whether the event loop runs, and in another thread than the caller's."""
        try:
            if asyncio.get_running_loop() is self._event_loop:
                return False
        except RuntimeError:
            pass
        return self._event_loop.is_running()

    def utc_now(self) -> datetime:
        """Read the wall clock, as an aware datetime in UTC."""
        return datetime.fromtimestamp(self._wall_time(), UTC)

    def sleeper(self, when: float) -> Sleeper:
        """Make a future that is done at a moment; after a turn, if that has passed.

        Args:
            when: The moment, in seconds on the event loop's clock; infinity to wait until woken.
        """
        sleeper: Sleeper = self._event_loop.create_future()
        self._made += 1
        heappush(self._heap, (when, self._made, sleeper))
        if when < self._armed_for:
            self._arm(when)
        return sleeper

    def wake(self, sleeper: Sleeper) -> None:
        """End a future's wait now; if it is done already, do nothing."""
        if not sleeper.done():
            sleeper.set_result(None)
            self.give_up()

    def give_up(self) -> None:
        """Take note that a future is done before its moment."""
        self._given_up += 1
        self._forget_many()

    def _forget_many(self) -> None:
        """Forget the futures that were given up, once they are more than half of all."""
        if 2 * self._given_up > len(self._heap):
            awaited = [entry for entry in self._heap if not entry[2].done()]
            # There may be some that were cancelled, and of which nobody has told yet.
            self._given_up -= len(self._heap) - len(awaited)
            heapify(awaited)
            self._heap = awaited
            if not awaited:
                self._disarm()

    def _arm(self, when: float) -> None:
        """Arm for a moment before all others."""
        timer, farthest = self._event_loop.call_at(when, self._ring, when), None
        if self._timer is not None:
            # Of two futures in turn, a near one and a far one, each would cancel the other's.
            farthest = self._later
            self._later, self._later_for = self._timer, self._armed_for
        self._timer, self._armed_for = weakref.ref(timer, self._lose), when
        # The last thing: it may be gone at once, of which `_lose` is told.
        if farthest is not None:
            _cancel(farthest)

    def _disarm(self) -> None:
        timer, later = self._timer, self._later
        self._timer = self._later = None
        self._armed_for = self._later_for = math.inf
        _cancel(timer)
        _cancel(later)

    def _lose(self, timer: weakref.ref[asyncio.TimerHandle]) -> None:
        """Arm anew when a timer is gone that has never rung.

        Ctrl-C may come when the event loop has taken the timer and not called it yet. Of a task
        that sleeps by itself that is the end; here all loops would sleep for ever.
        """
        if timer is self._timer:
            self._take_down(self._armed_for)
        elif timer is self._later:
            self._take_down(self._later_for)
        if self._heap and self._heap[0][0] < self._armed_for and not self.is_closed():
            self._arm(self._heap[0][0])

    def _take_down(self, when: float) -> None:
        """Take down that the timer for a moment is no more."""
        if when == self._armed_for:
            self._timer, self._armed_for = self._later, self._later_for
            self._later, self._later_for = None, math.inf
        elif when == self._later_for:
            self._later, self._later_for = None, math.inf

    def _ring(self, when: float) -> None:
        try:
            now, heap = self.now(), self._heap
            if now < when:  # noqa: PLR1730 -- a call less for each iteration
                # An event loop's timers may be early, by what its clock resolves.
                now = when
            while heap and heap[0][0] <= now:
                sleeper = heap[0][2]
                if sleeper.done():
                    self._given_up -= 1
                else:
                    sleeper.set_result(None)
                heappop(heap)
        finally:
            # Also when Ctrl-C comes in between: nobody shall sleep for ever.
            self._take_down(when)
            if self._given_up:
                self._forget_many()
            if not self._heap:
                if self._timer is not None:
                    # It was for a future that was given up.
                    self._disarm()
            # A timer that was armed before may ring in time.
            elif self._heap[0][0] < self._armed_for:
                self._arm(self._heap[0][0])


def _cancel(timer: weakref.ref[asyncio.TimerHandle] | None) -> None:
    handle = None if timer is None else timer()
    if handle is not None:
        handle.cancel()


# An event loop must not be kept by this, and its timers know it: so it's runs that keep them. While
# they are kept, no other event loop can have the same identity.
_known: Final = dict[int, weakref.ref[Timers]]()


def timers_of(event_loop: asyncio.AbstractEventLoop) -> Timers:
    """Return the timers of an event loop, which are there as long as somebody keeps them."""
    identity = id(event_loop)
    known = _known.get(identity)
    timers = None if known is None else known()
    if timers is None:
        timers = Timers(event_loop)

        def forget(_: weakref.ref[Timers]) -> None:
            _known.pop(identity, None)

        _known[identity] = weakref.ref(timers, forget)
    return timers


def _forget_all() -> None:  # pragma: no cover -- in another process
    """Count all event loops as closed: in a forked process, none of them is run."""
    for known in list(_known.values()):
        timers = known()
        if timers is not None:
            timers.is_closed = lambda: True
    _known.clear()


if hasattr(os, "register_at_fork"):  # pragma: no branch -- there is none on Windows
    os.register_at_fork(after_in_child=_forget_all)
