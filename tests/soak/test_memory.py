"""What is left in memory after very many iterations, changes, runs and instances: nothing.

It is counted, not timed: the objects that the garbage collector knows of, the blocks that Python
has allocated, and the bytes that ``tracemalloc`` has seen being allocated. The same is done in
rounds, until one has left nothing. What fills up once (free lists, coverage's own tables) does so
in the first of them; a leak is there in each.

``SOAK=long python -m pytest tests/soak`` has rounds of a million iterations, which take minutes.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import sys
import tracemalloc
import weakref
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

import pytest
from support.virtual_time import START, pending_timers

import defectio_tasks as tasks
from defectio_tasks.testing import VirtualClock
from soak.world import IS_LONG

MOST_ROUNDS: Final = 4

# However much was done, one table may just have come to the size at which it grows, and a handful
# of values may be others than before: 6 blocks were the most ever seen, and 960 bytes. No round has
# fewer than 100 of what it counts, so what is left by each tenth of them is more than this.
OBJECTS: Final = 8
BLOCKS: Final = 10
BYTES: Final = 1_024
# Asyncio forgets cancelled timers when there are more than 100, and they are half of all.
MOST_TIMERS: Final = 202


def times(short: int, long: int) -> int:
    """Tell how often to do something in a round."""
    return long if IS_LONG else short


class Heap:
    """How much there is in memory."""

    def __init__(self) -> None:
        """Begin to count."""
        self._kinds: Counter[str] = Counter()
        self._objects = self._blocks = self._bytes = 0
        self.rounds = 0
        self.told = "it came to no second look"

    def has_settled(self, what: str) -> bool:
        """Look at what there is; tell whether it is no more than at the last look."""
        _collect()
        objects = len(gc.get_objects()) - self._objects
        blocks = sys.getallocatedblocks() - self._blocks
        size = tracemalloc.get_traced_memory()[0] - self._bytes
        self.rounds += 1
        if self.rounds > 1:
            self.told = f"{what} left {objects} objects, {blocks} blocks, {size} bytes"
            if objects <= OBJECTS and blocks <= BLOCKS and size <= BYTES:
                sys.stdout.write(f"{self.told} (round {self.rounds - 1})\n")
                return True
        self._look()
        return False

    def _look(self) -> None:
        # The list of kinds takes memory itself; so it comes before the figures.
        kinds = Counter(type(thing).__qualname__ for thing in gc.get_objects())
        self.told += f"; there are more of {(kinds - self._kinds).most_common(5)}"
        self._kinds = kinds
        del kinds
        _collect()
        self._objects, self._blocks = len(gc.get_objects()), sys.getallocatedblocks()
        self._bytes = tracemalloc.get_traced_memory()[0]

    async def check(self, what: str, one_round: Callable[[], Awaitable[None]]) -> None:
        """Do something round by round, and check that in the end it leaves nothing."""
        await one_round()
        while not self.has_settled(what):
            if self.rounds > MOST_ROUNDS:
                pytest.fail(self.told)
            await one_round()


def _collect() -> None:
    # Each `datetime.utcoffset()` looks its zone's method up by a new string, and Python's cache of
    # such look-ups keeps those, by their addresses: up to 4,096. It looks like a leak that ends.
    clear = getattr(sys, "_clear_internal_caches", None) or sys._clear_type_cache
    clear()
    gc.collect()


@pytest.fixture
def heap(monkeypatch: pytest.MonkeyPatch) -> Heap:
    # What pytest keeps of the log would be taken for a leak.
    monkeypatch.setattr(logging.getLogger("defectio_tasks"), "disabled", True)
    return Heap()


@pytest.fixture
def traced() -> Iterator[None]:
    tracemalloc.start()
    yield
    tracemalloc.stop()


class EveryMinute:
    """A schedule of the user's own."""

    def next_after(self, moment: datetime, /) -> datetime:
        """Tell the next full minute."""
        return moment.replace(second=0, microsecond=0) + timedelta(minutes=1)


def check_iterations(heap: Heap, what: str, iterations: int, takes: float) -> None:
    # An interval of 0 lets no time pass.
    clock = VirtualClock(START, max_turns=10**9, max_leaps=10**9)

    @tasks.loop(seconds=0, count=MOST_ROUNDS * iterations + 1)
    async def tick() -> None:
        if takes:
            await asyncio.sleep(takes)
        # What is left behind may hang on the run, and be gone with it: so look from within.
        if tick.current_loop % iterations == 0 and heap.has_settled(f"{iterations:,} iterations"):
            tick.stop()

    if what == "interval":
        tick.change_interval(seconds=30)
    elif what == "schedule":
        tick.change_interval(schedule=EveryMinute())

    async def main() -> None:
        await tick.start()

    clock.run(main())
    assert heap.rounds <= MOST_ROUNDS, heap.told


def test_i3_a_million_iterations_leave_nothing(heap: Heap, request: pytest.FixtureRequest) -> None:
    """I3, L11: nothing is kept of an iteration while the loop runs."""
    if IS_LONG:
        # It has each iteration take four times as long.
        request.getfixturevalue("traced")
    check_iterations(heap, "again", times(50_000, 1_000_000), 0)


@pytest.mark.usefixtures("traced")
@pytest.mark.parametrize("takes", [0, 100], ids=["quick", "overrunning"])
@pytest.mark.parametrize("what", ["again", "interval", "schedule"])
def test_l11_iterations_leave_nothing(heap: Heap, what: str, takes: float) -> None:
    """I2, I3, L7, L11: nor on a grid, nor by the wall clock, nor when slots are skipped."""
    check_iterations(heap, what, times(300, 100_000), takes)


@pytest.mark.usefixtures("traced")
@pytest.mark.parametrize(
    "policy",
    [tasks.Policy(timeout=20, jitter=3), tasks.Policy(overlap=3, timeout=40, missed="all")],
    ids=["one at a time", "overlapping"],
)
def test_l11_iterations_with_a_policy_leave_nothing(heap: Heap, policy: tasks.Policy) -> None:
    """P3, P4, P7, L11: nor do bodies that are cancelled for taking too long, nor the others."""
    clock = VirtualClock(START, max_turns=10**9, max_leaps=10**9)
    iterations = times(300, 1_000_000)

    @tasks.loop(seconds=10, count=MOST_ROUNDS * iterations + 1, policy=policy)
    async def tick() -> None:
        number = tick.current_loop
        if number % iterations == 0 and heap.has_settled(f"{iterations:,} iterations"):
            tick.stop()
        await asyncio.sleep(50 if number % 10 == 5 else 12)

    tick.remove_exception_type(TimeoutError, OSError)
    tick.policy = replace(policy, max_failures=None)

    async def main() -> None:
        await tick.start()

    @tick.error
    async def error(error: Exception) -> None:
        assert isinstance(error, TimeoutError)

    clock.run(main())
    assert heap.rounds <= MOST_ROUNDS, heap.told


@pytest.mark.usefixtures("traced")
def test_l12_changes_while_asleep_leave_nothing(heap: Heap) -> None:
    """L11, L12: each change takes back the timer before it, and the event loop forgets that."""
    clock = VirtualClock(START, max_leaps=10**9)
    cycles = times(300, 10_000)

    @tasks.loop(seconds=100)
    async def tick() -> None: ...

    async def change() -> None:
        event_loop = asyncio.get_running_loop()
        for number in range(cycles):
            if number % 2:
                tick.change_interval(schedule=EveryMinute())
            else:
                tick.change_interval(seconds=100 + number % 7)
            # Never up to a slot: those are at full seconds.
            await asyncio.sleep(0.37193)
            assert len(pending_timers(event_loop)) == 1
            assert len(vars(event_loop)["_scheduled"]) < MOST_TIMERS
        # Until then, asyncio has the timers that were cancelled.
        await asyncio.sleep(200)

    async def main() -> None:
        tick.start()
        await heap.check(f"{cycles:,} changes", change)
        tick.cancel()

    clock.run(main())


@pytest.mark.usefixtures("traced")
def test_l11_runs_leave_nothing(heap: Heap) -> None:
    """L4, L5, L6, L9, L11: nor is anything left of a run, however it ended."""
    clock = VirtualClock(START, max_leaps=10**9)
    cycles = times(100, 10_000)

    @tasks.loop(seconds=100)
    async def tick(fails: bool) -> None:
        if fails:
            raise LookupError

    @tick.error
    async def error(error: Exception) -> None: ...

    @tick.after_loop
    async def after() -> None:
        await asyncio.sleep(0.1)

    async def run() -> None:
        for number in range(cycles):
            tick.change_interval(seconds=100)
            tick.start(fails=number % 5 == 0)
            await asyncio.sleep(0.37)
            if number % 5 == 1:
                tick.restart(fails=False)
                await asyncio.sleep(0.37)
            if number % 2:
                tick.change_interval(schedule=EveryMinute())
            (tick.cancel if number % 3 else tick.stop)()
            await asyncio.sleep(0.37)
            assert asyncio.all_tasks() == {asyncio.current_task()}
            assert pending_timers(asyncio.get_running_loop()) == []
        await asyncio.sleep(200)

    async def main() -> None:
        await heap.check(f"{cycles:,} runs", run)

    clock.run(main())


@pytest.mark.usefixtures("traced")
def test_c3_instances_leave_nothing(heap: Heap) -> None:
    """C1, C3: an instance that was bound, run and dropped is gone, and with it its loop."""
    clock = VirtualClock(START, max_leaps=10**9)
    cycles = times(100, 10_000)

    class Bot:
        @tasks.loop(seconds=10)
        async def tick(self, number: int) -> None:
            await asyncio.sleep(1)

        @tick.before_loop
        async def before(self) -> None: ...

    async def run() -> None:
        for number in range(cycles):
            bot = Bot()
            bot.tick.start(number)
            await asyncio.sleep(12)
            (bot.tick.cancel if number % 3 else bot.tick.stop)()
            await asyncio.sleep(1)
            gone = weakref.ref(bot)
            del bot
            assert gone() is None, "it should not take the garbage collector"
        await asyncio.sleep(100)

    async def main() -> None:
        await heap.check(f"{cycles:,} instances", run)

    clock.run(main())
