"""uvloop's event loop in virtual time, for the tests of this package."""

from __future__ import annotations

import asyncio
import selectors
import threading
from collections.abc import Callable
from contextvars import Context
from typing import TYPE_CHECKING, Any, TypeVarTuple

import uvloop
from typing_extensions import override

from defectio_tasks.testing._event_loop import REAL, VirtualEventLoop

if TYPE_CHECKING:
    from _typeshed import FileDescriptorLike

Ts = TypeVarTuple("Ts")

# asyncio has its event loop look at the time at least so often.
LONGEST_LEAP = 24 * 3600


class _NotOfAsyncio(asyncio.SelectorEventLoop):
    """In the place of what ``VirtualEventLoop`` is beside virtual: it gets a selector and rests."""

    def __init__(self, selector: selectors.BaseSelector) -> None:
        self._selector = selector


class VirtualUvloop(uvloop.Loop, VirtualEventLoop, _NotOfAsyncio):  # type: ignore[misc] # their types differ
    """An event loop of uvloop that lives by a virtual clock.

    It is uvloop that runs callbacks and makes tasks and futures; what is to happen between two
    turns, and when time leaps, its virtual ancestor says. libuv's timers know real time only. Here
    are others that behave as they do: in whole milliseconds, run after the callbacks of a turn,
    none at all for less than half of one.
    """

    def __init__(self, *args: Any) -> None:
        uvloop.Loop.__init__(self)
        VirtualEventLoop.__init__(self, *args)
        self._scheduled: list[asyncio.TimerHandle] = []
        # Whether anything was called for since the turn began, by this thread or by others.
        self._called = False
        self._heard = threading.Event()
        self._ending = False
        self._failure: Exception | None = None
        self._pumping: asyncio.Handle | None = None

    __repr__ = VirtualEventLoop.__repr__
    run_in_executor = VirtualEventLoop.run_in_executor  # type: ignore[assignment]

    @override
    def time(self) -> float:
        return self._milliseconds() / 1000

    @override
    def call_soon(
        self, callback: Callable[[*Ts], object], *args: *Ts, context: Context | None = None
    ) -> asyncio.Handle:
        self._called = True
        return super().call_soon(callback, *args, context=context)

    @override
    def call_soon_threadsafe(
        self, callback: Callable[[*Ts], object], *args: *Ts, context: Context | None = None
    ) -> asyncio.Handle:
        handle = super().call_soon_threadsafe(callback, *args, context=context)
        self._heard.set()
        return handle

    @override
    def call_later(
        self,
        delay: float,
        callback: Callable[[*Ts], object],
        *args: *Ts,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        if self.is_closed():
            raise RuntimeError("Event loop is closed")
        if delay < 0.0005:
            # As uvloop has it: a handle without `when`.
            return self.call_soon(callback, *args, context=context)  # type: ignore[return-value]
        when = round(self.time() + delay, 3)
        handle = asyncio.TimerHandle(when, callback, list(args), self, context)
        self._scheduled.append(handle)
        return handle

    @override
    def call_at(
        self,
        when: float,
        callback: Callable[[*Ts], object],
        *args: *Ts,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        return self.call_later(when - self.time(), callback, *args, context=context)

    @override
    def run_forever(self) -> None:
        if self._pumping is not None:
            # It is left over when an exception ended the last turn.
            self._pumping.cancel()
        self._failure = None
        self._pump_next_turn()
        try:
            super().run_forever()
        finally:
            self._ending = False
        if self._failure is not None:
            raise self._failure

    @override
    def stop(self) -> None:
        self._ending = True
        super().stop()

    @override
    def close(self) -> None:
        super().close()
        self._scheduled.clear()
        self._selector.close()

    @override
    def add_reader(
        self, fd: FileDescriptorLike, callback: Callable[[*Ts], object], *args: *Ts
    ) -> None:
        self._selector.register(fd, selectors.EVENT_READ)

    @override
    def add_writer(
        self, fd: FileDescriptorLike, callback: Callable[[*Ts], object], *args: *Ts
    ) -> None:
        self._selector.register(fd, selectors.EVENT_WRITE)

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        if handle in self._scheduled:
            self._scheduled.remove(handle)

    def _pump_next_turn(self) -> None:
        self._called = False
        self._pumping = super().call_soon(self._pump)

    def _pump(self) -> None:
        """Do what there is to do between two turns, as the last callback of the first."""
        if self._ending:
            return
        try:
            self._rest_or_hear()
        except Exception as error:  # noqa: BLE001 -- `run_forever` raises it
            self._failure = error
            self.stop()
            return
        # Of the same millisecond, in the order in which they were set.
        for timer in sorted(self._scheduled, key=asyncio.TimerHandle.when):
            # One may cancel another.
            if timer.when() <= self.time() and not timer.cancelled():
                self._scheduled.remove(timer)
                timer._run()
        self._pump_next_turn()

    def _rest_or_hear(self) -> None:
        if not self._heard.is_set():
            # As its selector does: `between_turns` may have replaced it there.
            real_seconds = vars(self._selector)["_rest"](self._timeout())
            self._heard.wait(real_seconds)
        if self._heard.is_set():
            self._heard.clear()
            self._hear()

    def _timeout(self) -> float | None:
        if self._called:
            return 0
        if not self._scheduled:
            return None
        first = min(timer.when() for timer in self._scheduled)
        return min(first - self._virtual_time.monotonic, LONGEST_LEAP) if first > self.time() else 0

    def _milliseconds(self) -> int:
        """Tell the time in libuv's unit; what a float lacks of the next one is no matter."""
        return int(self._virtual_time.monotonic * 1000 + 0.01)


for _name in REAL:
    setattr(VirtualUvloop, _name, vars(VirtualEventLoop)[_name])
