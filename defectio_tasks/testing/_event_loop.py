"""An event loop whose time leaps to the next timer instead of waiting for it."""

from __future__ import annotations

import asyncio
import contextlib
import math
import selectors
from collections.abc import Callable, Generator, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from contextvars import Context
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NoReturn, Self, TypeVar, TypeVarTuple

from typing_extensions import override

from defectio_tasks.testing._time import Time
from defectio_tasks.testing._waiting import describe_waiting

if TYPE_CHECKING:
    from _typeshed import FileDescriptorLike

# Real seconds after which a thread is given up: what it waits for seems not to come.
LONGEST_WORK: Final = 10.0

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

# What reaches out of the process, by asyncio's names. Each of these would begin to do so before it
# comes to the selector, which refuses as well.
REAL: Final = (
    *("connect_read_pipe", "connect_write_pipe", "subprocess_exec", "subprocess_shell"),
    *("create_connection", "create_datagram_endpoint", "create_server"),
    *("create_unix_connection", "create_unix_server", "start_tls", "connect_accepted_socket"),
    *("getaddrinfo", "getnameinfo", "sendfile"),
    *("sock_accept", "sock_connect", "sock_recv", "sock_recv_into", "sock_recvfrom"),
    *("sock_recvfrom_into", "sock_sendall", "sock_sendfile", "sock_sendto"),
)


class VirtualTimeError(RuntimeError):
    """What a test waits for can't happen in virtual time."""


@dataclass(frozen=True)
class Limits:
    """For how long a test may go on, when nothing tells that it comes to an end."""

    turns: int
    """Of the event loop, in a row, in which something runs and no time passes."""
    leaps: int
    """Of time, while the test waits for something of which nobody knows when it comes."""


class VirtualEventLoop(asyncio.SelectorEventLoop):
    """An event loop that lives by a virtual clock."""

    def __init__(self, time: Time, limits: Limits) -> None:
        """Make an event loop.

        Args:
            time: The time to live by, and to let pass.
            limits: For how long to go on.
        """
        self._live_by(time, limits)
        selector = _Selector(self._rest, self._hear)
        super().__init__(selector)
        # The event loop has registered what it needs to be woken by signals.
        selector.refuses = True
        self._clock_resolution: float
        self._pass_time(0.0)

    def _live_by(self, time: Time, limits: Limits) -> None:
        self._virtual_time = time
        self._limits = limits
        self._turns = 0
        self._leaps = 0
        self._timers_made = 0
        self._threads_at_work = 0
        self._waited_for_thread = False
        # How many wait for a moment that is sure to come.
        self._sure_to_end = 0
        # Those who wait for a moment in which nothing else can run, or for a condition.
        self._idle_waiters: list[asyncio.Future[None]] = []
        self._conditions: list[tuple[Callable[[], bool], asyncio.Future[None]]] = []

    @override
    def time(self) -> float:
        """Return the virtual monotonic time, in seconds."""
        return self._virtual_time.monotonic

    def wall_time(self) -> float:
        """Return the virtual wall clock's seconds since the epoch."""
        return self._virtual_time.now().timestamp()

    def lives_by(self, time: Time) -> bool:
        """Return whether this is the time that the event loop lives by."""
        return self._virtual_time is time

    async def idle(self) -> None:
        """Wait until nothing else can run at the present moment."""
        waiter: asyncio.Future[None] = self.create_future()
        self._idle_waiters.append(waiter)
        try:
            await waiter
        finally:
            self._idle_waiters = [other for other in self._idle_waiters if other is not waiter]

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until a condition holds, which is asked at each turn; time passes."""
        waiter: asyncio.Future[None] = self.create_future()
        entry = (condition, waiter)
        self._conditions.append(entry)
        try:
            await waiter
        finally:
            self._conditions.remove(entry)

    @contextlib.contextmanager
    def sure_to_end(self) -> Generator[None]:
        """Set no limit to the leaps of time: the caller waits for a moment that will come."""
        self._sure_to_end += 1
        try:
            yield
        finally:
            self._sure_to_end -= 1

    @override
    def call_at(
        self,
        when: float,
        callback: Callable[[*Ts], object],
        *args: *Ts,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        """Call something at a moment: of equal moments, in the order in which they were set."""
        self._timers_made += 1
        return super().call_at(_When(when, self._timers_made), callback, *args, context=context)

    @override
    def run_in_executor(
        self, executor: Executor | None, func: Callable[[*Ts], T], *args: *Ts
    ) -> asyncio.Future[T]:
        """Run a function in a thread; time stands still until it has ended."""
        if executor is not None:
            work = executor.submit(func, *args)
        else:
            # One for each call: a pool that stays would have to be shut down, in real time.
            pool = ThreadPoolExecutor(1)
            work = pool.submit(func, *args)
            pool.shutdown(wait=False)
        self._threads_at_work += 1
        ended = asyncio.wrap_future(work, loop=self)
        ended.add_done_callback(self._thread_has_ended)
        return ended

    def _thread_has_ended(self, ended: asyncio.Future[T]) -> None:
        del ended
        self._threads_at_work -= 1

    def _rest(self, timeout: float | None) -> float:
        """Do what there is to do when no signal has come, in the place of waiting.

        Args:
            timeout: For how long the event loop wants to wait: 0 when something is to run, ``None``
                when there is neither that nor a timer.

        Returns:
            For how many real seconds to wait for a signal from a thread, after all.
        """
        self._turns += 1
        if self._turns > self._limits.turns:
            self._turns = 0
            self._fail(
                f"time can't pass: for {self._limits.turns:,} turns of the event loop something "
                "has run again and again (a loop without interval?); if it has an end, make a "
                "clock with a higher `max_turns`"
            )
        for condition, waiter in self._conditions:
            if not waiter.done() and condition():
                waiter.set_result(None)
        # Whoever is told something runs at this very moment, before any time passes.
        if timeout == 0 or any(waiter.done() for _, waiter in self._conditions):
            return 0
        if self._threads_at_work:
            return self._real_time_left()
        idle, self._idle_waiters = self._idle_waiters, []
        for waiter in idle:
            waiter.set_result(None)
        if idle:
            return 0
        if timeout is None:
            self._fail(
                "nothing will ever happen: everything waits, and no timer is set (threads of your "
                "own are not waited for)"
            )
        self._count_leap()
        self._pass_time(timeout)
        return 0

    def _hear(self) -> None:
        """Note that a signal has come: the wait for a thread was not for nothing."""
        self._waited_for_thread = False

    def _count_leap(self) -> None:
        self._leaps = 0 if self._sure_to_end else self._leaps + 1
        if self._leaps > self._limits.leaps:
            leaps, self._leaps = self._leaps - 1, 0
            self._fail(
                f"what the test waits for has not come in {leaps:,} leaps of time, and may never "
                f"come; it is {self._virtual_time.now()} meanwhile; if it has an end, make a clock "
                "with a higher `max_leaps`"
            )

    def _pass_time(self, seconds: float) -> None:
        self._turns = 0
        try:
            self._virtual_time.leap(seconds)
        except OverflowError:
            self._fail(f"time can't pass beyond the year 9999; it is {self._virtual_time.now()}")
        # asyncio runs what is due before `time() + _clock_resolution`. Far from 0 that sum must
        # still be more than `time()`, or a timer due right now never runs while time stands still.
        self._clock_resolution = max(1e-9, 2 * math.ulp(self.time()))

    def _real_time_left(self) -> float:
        """Return for how many real seconds to wait for a thread: it was not for nothing so far."""
        if self._waited_for_thread:
            self._waited_for_thread = False
            self._fail(
                f"a function in a thread has worked for {LONGEST_WORK:.0f} real seconds; time "
                "stands still until it ends, so it must not wait for anything that takes time"
            )
        self._waited_for_thread = True
        return LONGEST_WORK

    def _fail(self, message: str) -> NoReturn:
        raise VirtualTimeError("\n".join([message, *describe_waiting(self)]))


class _When(float):
    """A moment, before any equal one that came after it."""

    __slots__ = ("_order",)

    _order: int

    def __new__(cls, when: float, order: int) -> Self:
        moment = super().__new__(cls, when)
        moment._order = order
        return moment

    @override
    def __lt__(self, other: float, /) -> bool:
        if isinstance(other, _When) and float(self) == float(other):
            return self._order < other._order
        return super().__lt__(other)


class _Selector(selectors.BaseSelector):
    """A selector that knows of nothing but signals, and waits for none but those of threads."""

    def __init__(self, rest: Callable[[float | None], float], hear: Callable[[], None]) -> None:
        self._inner = selectors.DefaultSelector()
        self._rest = rest
        self._hear = hear
        self.refuses = False

    @override
    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        # The first look is for signals that are here; the second, for those of threads at work.
        signals = self._inner.select(0) or self._inner.select(self._rest(timeout))
        if signals:
            self._hear()
        return signals

    @override
    def register(
        self, fileobj: FileDescriptorLike, events: int, data: object = None
    ) -> selectors.SelectorKey:
        if self.refuses:
            raise _real("a file or socket to watch")
        return self._inner.register(fileobj, events, data)

    @override
    def unregister(self, fileobj: FileDescriptorLike) -> selectors.SelectorKey:
        return self._inner.unregister(fileobj)

    @override
    def get_map(self) -> Mapping[FileDescriptorLike, selectors.SelectorKey]:
        return self._inner.get_map()

    @override
    def close(self) -> None:
        self._inner.close()


def _real(what: str) -> VirtualTimeError:
    message = (
        f"real input and output take real time, of which none passes under a virtual clock, got "
        f"{what}: put a stand-in in its place, or let the test run without a virtual clock"
    )
    return VirtualTimeError(message)


def _refusal(name: str) -> Callable[..., object]:
    async def refuse(*args: object, **kwargs: object) -> NoReturn:
        del args, kwargs
        raise _real(f"`{name}`")

    refuse.__name__ = name
    return refuse


for _name in REAL:
    setattr(VirtualEventLoop, _name, _refusal(_name))
