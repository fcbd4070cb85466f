"""The thread of a ledger: in order, until it is done, and not longer (D2, D10)."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Future

import pytest

from defectio_tasks.ledgers import LedgerError, StoreUnavailableError
from defectio_tasks.ledgers import _worker as room
from defectio_tasks.ledgers._worker import Worker

LONG = 20.0


class NoChores:
    def next_chore(self) -> float | None:
        return None

    def do_chores(self) -> None:
        raise AssertionError


class Weak:
    """Something that fails so often before it succeeds."""

    def __init__(self, failures: int) -> None:
        self.failures = failures
        self.calls = 0

    def __call__(self) -> int:
        self.calls += 1
        if self.calls <= self.failures:
            raise StoreUnavailableError(str(self.calls))
        return self.calls


@pytest.fixture(autouse=True)
def no_delay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "SHORTEST_DELAY", 0.0)


@pytest.fixture
def worker() -> Iterator[Worker]:
    worker = Worker(NoChores())
    yield worker
    end(worker, lambda: None)


def end(worker: Worker, last: Callable[[], None]) -> None:
    if not worker.retire():
        worker.until_done.submit(worker.end, last).result(LONG)


def hold(worker: Worker) -> threading.Event:
    """Keep the thread at work until an event is set."""
    go, begun = threading.Event(), threading.Event()

    def wait() -> None:
        begun.set()
        assert go.wait(LONG)

    worker.once.submit(wait)
    assert begun.wait(LONG)
    return go


def test_d2_it_is_one_thread_which_begins_when_it_is_asked(worker: Worker) -> None:
    before = threading.active_count()
    first = worker.once.submit(threading.current_thread).result(LONG)
    second = worker.until_done.submit(threading.current_thread).result(LONG)
    assert first is second is not threading.current_thread()
    assert first.daemon
    assert threading.active_count() == before + 1


def test_d2_what_is_asked_once_is_tried_once(worker: Worker) -> None:
    weak = Weak(1)
    with pytest.raises(StoreUnavailableError, match="1"):
        worker.once.submit(weak).result(LONG)
    assert weak.calls == 1


def test_d4_what_is_to_be_done_is_tried_until_it_is(worker: Worker) -> None:
    go = hold(worker)
    weak, other = Weak(3), Weak(0)
    done = [worker.until_done.submit(weak), worker.until_done.submit(other)]
    go.set()
    assert [future.result(LONG) for future in done] == [4, 1]


def test_d4_one_attempt_stands_for_all_that_wait(worker: Worker) -> None:
    """A store that hangs would keep the thread from everything else."""
    go = hold(worker)
    weak = [Weak(3), Weak(1)]
    done = [worker.until_done.submit(each) for each in weak]
    go.set()
    assert [future.result(LONG) for future in done] == [4, 2]
    assert [each.calls for each in weak] == [4, 2]


def test_d4_other_errors_are_for_who_waits(worker: Worker) -> None:
    with pytest.raises(ZeroDivisionError):
        worker.until_done.submit(lambda: 1 // 0).result(LONG)


def test_d10_what_has_not_begun_is_taken_back(worker: Worker) -> None:
    go = hold(worker)
    weak, written = Weak(0), Weak(0)
    taken_back = worker.once.submit(weak)
    assert taken_back.cancel()
    kept = worker.until_done.submit(written)
    assert not kept.cancel()
    go.set()
    assert kept.result(LONG) == 1
    assert weak.calls == 0
    with pytest.raises(CancelledError):
        taken_back.result(LONG)


def test_d10_at_its_end_it_tries_once_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "SHORTEST_DELAY", LONG)
    worker = Worker(NoChores())
    thread = worker.once.submit(threading.current_thread).result(LONG)
    weak, strong = Weak(9), Weak(1)
    done: list[Future[int]] = [worker.until_done.submit(each) for each in (weak, strong)]
    last: list[str] = []
    end(worker, lambda: last.append("end"))
    with pytest.raises(StoreUnavailableError, match="2"):
        done[0].result(LONG)
    assert done[1].result(LONG) == 2
    assert last == ["end"]
    thread.join(LONG)
    assert not thread.is_alive()
    with pytest.raises(LedgerError, match="the ledger is closed"):
        worker.once.submit(weak)
    assert worker.retire()


def test_d10_what_is_asked_of_it_at_its_end_is_refused() -> None:
    worker = Worker(NoChores())
    go = hold(worker)
    ending = worker.until_done.submit(worker.end, lambda: None)
    late, taken_back = worker.once.submit(Weak(0)), worker.once.submit(Weak(0))
    taken_back.cancel()
    go.set()
    ending.result(LONG)
    with pytest.raises(LedgerError, match="the ledger is closed"):
        late.result(LONG)


def test_d10_what_was_never_used_has_nothing_to_end() -> None:
    worker = Worker(NoChores())
    assert worker.retire()
    with pytest.raises(LedgerError):
        worker.until_done.submit(lambda: None)


class Clock:
    """Chores that are always due."""

    def __init__(self) -> None:
        self.done = 0

    def next_chore(self) -> float | None:
        return 0.0

    def do_chores(self) -> None:
        self.done += 1


def test_d3_chores_are_done_however_much_is_asked() -> None:
    chores = Clock()
    worker = Worker(chores)
    seen = [worker.once.submit(lambda: chores.done) for _ in range(50)]
    counts = [future.result(LONG) for future in seen]
    assert counts == sorted(set(counts))
    end(worker, lambda: None)


def test_a_process_that_was_forked_has_no_thread(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever asked it would wait for ever."""
    assert worker.once.submit(lambda: 5).result(LONG) == 5
    with monkeypatch.context() as patched:
        patched.setattr(os, "getpid", lambda: -1)
        with pytest.raises(LedgerError, match="before this process was forked"):
            worker.once.submit(lambda: 6)
    assert worker.once.submit(lambda: 7).result(LONG) == 7
