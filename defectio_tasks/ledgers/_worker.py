"""The one thread in which a ledger's driver works."""

from __future__ import annotations

import os
import queue
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor, Future, InvalidStateError
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic
from typing import Final, ParamSpec, Protocol, TypeVar

from typing_extensions import override

from defectio_tasks.ledgers._ledger import LedgerError, StoreUnavailableError

P = ParamSpec("P")
T = TypeVar("T")

# What is tried until it is done waits so many seconds after a failure, then twice as long, ...
SHORTEST_DELAY: Final = 0.05
LONGEST_DELAY: Final = 10.0


class Chores(Protocol):
    """What the thread has to do besides what it is asked."""

    def next_chore(self) -> float | None:
        """Return when there is something to do, by ``time.monotonic``; ``None`` for never."""
        ...

    def do_chores(self) -> None:
        """Do what is due. It never raises."""
        ...


@dataclass(frozen=True, slots=True)
class Work:
    """Something that the thread is asked to do."""

    attempt: Callable[[], None]
    """Do it, and hand the result to who waits for it. What is to be tried again raises."""
    fail: Callable[[Exception], None]
    """Hand an error to who waits for it."""


class Asking(Executor):
    """One way to ask the thread for something, for ``run_in_executor``."""

    def __init__(self, worker: Worker, *, persists: bool) -> None:
        """Begin.

        Args:
            worker: The thread.
            persists: Whether it is tried until it is done, whether somebody waits for it or not.
                Otherwise, who stops waiting before it has begun takes it back.
        """
        self._worker = worker
        self._persists = persists

    @override
    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Ask for something.

        Raises:
            LedgerError: The thread has ended.
        """
        return self._worker.ask(lambda: fn(*args, **kwargs), persists=self._persists)


class Worker:
    """A thread that works through what it is asked, in order, and does chores when they are due.

    It begins when it is first asked, and ends with :meth:`end`. It is a daemon: a program that
    forgets to close its ledger can end all the same.
    """

    def __init__(self, chores: Chores) -> None:
        """Begin without a thread."""
        self.once = Asking(self, persists=False)
        self.until_done = Asking(self, persists=True)
        self._chores = chores
        self._asked: queue.SimpleQueue[Work] = queue.SimpleQueue()
        # What could not be done, in order. One attempt for all of them: were each tried by itself,
        # a store that hangs would keep the thread from everything else.
        self._again: deque[Work] = deque()
        self._again_at = 0.0
        self._delay = SHORTEST_DELAY
        self._lock = threading.Lock()
        self._begun = self._ended = False
        self._process = 0

    def ask(self, do: Callable[[], T], *, persists: bool) -> Future[T]:
        """Ask for something; see :class:`Asking`.

        Raises:
            LedgerError: The thread has ended, or is that of another process.
        """
        with self._lock:
            if self._ended:
                raise _closed()
            if not self._begun:
                thread = threading.Thread(target=self._work, name="ledger", daemon=True)
                thread.start()
                self._begun, self._process = True, os.getpid()
            elif self._process != os.getpid():
                # The thread is in the other process, and the connection is that one's.
                message = "the ledger was used before this process was forked: make it after that"
                raise LedgerError(message)
            return self._put(do, persists=persists)

    def retire(self) -> bool:
        """Have the thread never begin, if it hasn't; return whether nothing has to end any more."""
        with self._lock:
            self._ended = self._ended or not self._begun
            return self._ended

    def end(self, last: Callable[[], None]) -> None:
        """Do the last thing, and end; this is to be asked of the thread itself.

        What was to be tried again is tried once more before it, and then given up.
        """
        with self._lock:
            self._ended = True
        while self._again:
            self._try_again(for_the_last_time=True)
        last()
        while not self._asked.empty():
            with suppress(InvalidStateError):
                self._asked.get().fail(_closed())

    def _put(self, do: Callable[[], T], *, persists: bool) -> Future[T]:
        future: Future[T] = Future()
        if persists:
            # From here on no cancellation reaches it.
            future.set_running_or_notify_cancel()

        def attempt() -> None:
            if not persists and not future.set_running_or_notify_cancel():
                return
            try:
                result = do()
            except Exception as error:
                if persists and isinstance(error, StoreUnavailableError):
                    raise
                future.set_exception(error)
            else:
                future.set_result(result)

        self._asked.put(Work(attempt, future.set_exception))
        return future

    def _work(self) -> None:
        while not self._ended:
            with suppress(queue.Empty):
                self._try(self._asked.get(timeout=self._time_left()))
            # However much is asked: leases run out meanwhile.
            if _is_due(self._chores.next_chore()):
                self._chores.do_chores()
            if self._again and _is_due(self._again_at):
                self._try_again()

    def _time_left(self) -> float | None:
        moments = [self._again_at] if self._again else []
        if (chore := self._chores.next_chore()) is not None:
            moments.append(chore)
        return max(0.0, min(moments) - monotonic()) if moments else None

    def _try(self, work: Work) -> None:
        try:
            work.attempt()
        except StoreUnavailableError:
            if not self._again:
                self._delay = SHORTEST_DELAY
                self._again_at = monotonic() + self._delay
            self._again.append(work)

    def _try_again(self, *, for_the_last_time: bool = False) -> None:
        work = self._again[0]
        try:
            work.attempt()
        except StoreUnavailableError as error:
            if for_the_last_time:
                self._again.popleft().fail(error)
            self._delay = min(2 * self._delay, LONGEST_DELAY)
            self._again_at = monotonic() + self._delay
        else:
            self._again.popleft()


def _is_due(moment: float | None) -> bool:
    return moment is not None and monotonic() >= moment


def _closed() -> LedgerError:
    return LedgerError("the ledger is closed")
