"""An event loop whose time leaps to the next timer instead of waiting for it."""

from __future__ import annotations

import asyncio
import contextlib
import math
import selectors
from collections.abc import Callable, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import TYPE_CHECKING, Final, NoReturn, TypeVar, TypeVarTuple

from typing_extensions import override

from defectio_tasks.testing._time import Time
from defectio_tasks.testing._waiting import describe_waiting

if TYPE_CHECKING:
    from _typeshed import FileDescriptorLike

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


class VirtualEventLoop(asyncio.SelectorEventLoop):
    """An event loop that lives by a virtual clock."""

    def __init__(self, time: Time, max_turns: int) -> None:
        """Make an event loop.

        Args:
            time: The time to live by, and to let pass.
            max_turns: For how many turns in a row something may run without that time passes.
        """
        self._virtual_time = time
        self._max_turns = max_turns
        self._turns_in_a_row = 0
        # Those who wait for a moment in which nothing else can run, or for a condition.
        self._idle_waiters: list[asyncio.Future[None]] = []
        self._conditions: list[tuple[Callable[[], bool], asyncio.Future[None]]] = []
        selector = _Selector(self._rest)
        super().__init__(selector)
        # The event loop has registered what it needs to be woken by signals.
        selector.refuses = True
        self._clock_resolution: float
        self._pass_time(0.0)

    @override
    def time(self) -> float:
        """Tell the virtual monotonic time, in seconds."""
        return self._virtual_time.monotonic

    def wall_time(self) -> float:
        """Tell the virtual wall clock's seconds since the epoch."""
        return self._virtual_time.now().timestamp()

    def lives_by(self, time: Time) -> bool:
        """Tell whether this is the time that the event loop lives by."""
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
        """Let time pass until a condition holds, which is asked at each turn."""
        waiter: asyncio.Future[None] = self.create_future()
        entry = (condition, waiter)
        self._conditions.append(entry)
        try:
            await waiter
        finally:
            self._conditions.remove(entry)

    @override
    def run_in_executor(
        self, executor: Executor | None, func: Callable[[*Ts], T], *args: *Ts
    ) -> asyncio.Future[T]:
        """Run a function in a thread, and let neither time pass nor anything run meanwhile."""
        ended: asyncio.Future[T] = self.create_future()
        # One for each call: a pool that stays would have to be shut down, in real time.
        with contextlib.nullcontext(executor) if executor else ThreadPoolExecutor(1) as pool:
            try:
                ended.set_result(pool.submit(func, *args).result())
            except Exception as error:  # noqa: BLE001 -- whoever awaits it gets it
                ended.set_exception(error)
        return ended

    def _rest(self, timeout: float | None) -> None:
        """Do what there is to do when no signal has come, in the place of waiting.

        Args:
            timeout: For how long the event loop wants to wait: 0 when something is to run, ``None``
                when there is neither that nor a timer.
        """
        for condition, waiter in self._conditions:
            if not waiter.done() and condition():
                waiter.set_result(None)
        if timeout == 0:
            self._turns_in_a_row += 1
            if self._turns_in_a_row > self._max_turns:
                self._turns_in_a_row = 0
                message = (
                    f"time can't pass: for {self._max_turns:,} turns of the event loop something "
                    "has run, again and again, that doesn't wait"
                )
                self._fail(message)
            return
        self._turns_in_a_row = 0
        # Whoever is told something runs at this very moment, before any time passes.
        if any(waiter.done() for _, waiter in self._conditions):
            return
        idle, self._idle_waiters = self._idle_waiters, []
        for waiter in idle:
            waiter.set_result(None)
        if idle:
            return
        if timeout is None:
            self._fail("nothing will ever happen: everything waits, and no timer is set")
        self._pass_time(timeout)

    def _pass_time(self, seconds: float) -> None:
        self._virtual_time.leap(seconds)
        # asyncio runs what is due before `time() + _clock_resolution`. Far from 0 that sum must
        # still be more than `time()`, or a timer due right now never runs while time stands still.
        self._clock_resolution = max(1e-9, 2 * math.ulp(self.time()))

    def _fail(self, message: str) -> NoReturn:
        raise VirtualTimeError("\n".join([message, *describe_waiting(self)]))


class _Selector(selectors.BaseSelector):
    """A selector that doesn't wait, and knows of nothing but signals."""

    def __init__(self, rest: Callable[[float | None], None]) -> None:
        self._inner = selectors.DefaultSelector()
        self._rest = rest
        self.refuses = False

    @override
    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        events = self._inner.select(0)
        if not events:
            self._rest(timeout)
        return events

    @override
    def register(
        self, fileobj: FileDescriptorLike, events: int, data: object = None
    ) -> selectors.SelectorKey:
        if self.refuses:
            raise _real("waiting for a file or socket")
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
