"""Runs that never begin are told (contract L1)."""

from __future__ import annotations

import asyncio
import gc
import logging
import threading
from collections.abc import Callable

import pytest

import defectio_tasks as tasks
from defectio_tasks._run import unbegun
from defectio_tasks.testing import VirtualClock


class FakeTimer:
    """A timer that rings when the test says so."""

    made: list[FakeTimer]

    def __init__(self, seconds: float, ring: Callable[..., None], args: list[object]) -> None:
        assert seconds == 10
        self.daemon = False
        self._ring, self._args = ring, args
        self.made.append(self)

    def start(self) -> None:
        assert self.daemon, "it must not keep the process"

    def ring(self) -> None:
        self._ring(*self._args)


@pytest.fixture
def timers(monkeypatch: pytest.MonkeyPatch) -> list[FakeTimer]:
    FakeTimer.made = []
    monkeypatch.setattr(threading, "Timer", FakeTimer)
    monkeypatch.setattr(unbegun, "_watched", [])
    return FakeTimer.made


@pytest.fixture
def warnings(log: pytest.LogCaptureFixture) -> Callable[[], list[str]]:
    return lambda: [r.getMessage() for r in log.records if r.levelno == logging.WARNING]


def make(event_loop: asyncio.AbstractEventLoop) -> tasks.Loop[[], None]:
    @tasks.loop(name="ticker", loop=event_loop, count=1)
    async def tick() -> None: ...

    return tick


@pytest.mark.filterwarnings("ignore:coroutine 'live' was never awaited:RuntimeWarning")
def test_l1_when_its_event_loop_does_not_run(
    clock: VirtualClock, timers: list[FakeTimer], warnings: Callable[[], list[str]]
) -> None:
    event_loop = clock.new_event_loop()
    ticks = [make(event_loop) for _ in range(3)]
    for tick in ticks:
        tick.start()
    # One look at all that were started together.
    [timer] = timers
    assert warnings() == []
    timer.ring()
    assert len(warnings()) == 3
    for told in ("'ticker'", "has not begun", "isn't running", "`loop=`"):
        assert told in warnings()[0]
    for tick in ticks:
        tick.cancel()
    event_loop.run_until_complete(asyncio.sleep(1))
    event_loop.close()


def test_l1_not_when_it_has_begun(
    clock: VirtualClock, timers: list[FakeTimer], warnings: Callable[[], list[str]]
) -> None:
    event_loop = clock.new_event_loop()
    task = make(event_loop).start()
    event_loop.run_until_complete(task)
    event_loop.close()
    timers[0].ring()
    assert warnings() == []


async def test_l1_nobody_looks_when_the_event_loop_runs(timers: list[FakeTimer]) -> None:
    await make(asyncio.get_running_loop()).start()
    assert timers == []


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.filterwarnings("ignore:coroutine 'live' was never awaited:RuntimeWarning")
@pytest.mark.parametrize("collected", [True, False])
def test_l1_when_its_event_loop_is_gone_before(
    clock: VirtualClock,
    timers: list[FakeTimer],
    warnings: Callable[[], list[str]],
    collected: bool,
) -> None:
    event_loop = clock.new_event_loop()
    event_loop.set_exception_handler(lambda *_: None)
    tick = make(event_loop)
    task = tick.start()
    event_loop.close()
    if collected:
        del task, tick, event_loop
        gc.collect()
    timers[0].ring()
    [told] = warnings()
    assert ("is gone" if collected else "was closed") in told
    if not collected:
        # It would be told once more, at the end of the process.
        del task, tick, event_loop
        gc.collect()
