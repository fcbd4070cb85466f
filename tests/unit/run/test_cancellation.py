"""Cancellation at every step: a run is cancelled at each turn of the event loop (L5, L11)."""

from __future__ import annotations

import asyncio
import gc
import weakref
from collections.abc import Callable, Iterator
from datetime import time
from typing import Literal, TypeAlias, TypeVar

import pytest
from support.bookkeeping import BookedRun, Books
from support.virtual_time import START, between_turns, pending_timers

import defectio_tasks as tasks
from defectio_tasks.testing import VirtualClock


class Turns:
    """Counts the turns of an event loop, and acts before one of them."""

    def __init__(self, at: int = 0, act: Callable[[], None] = lambda: None) -> None:
        self.turn = 0
        self._at = at
        self._act = act
        self.clock = VirtualClock(START)
        self.event_loop = self.clock.new_event_loop()
        between_turns(self.event_loop, self._count)

    def _count(self) -> bool:
        self.turn += 1
        if self.turn == self._at:
            self._act()
            return True
        return False


class Scenario:
    """A loop with hooks, a retry, and sleeps in each of them."""

    def __init__(self, *, fails: bool, by_clock: bool) -> None:
        self.told: list[str] = []
        self.attempts = 0

        async def body() -> None:
            self.told.append("body")
            self.attempts += 1
            await asyncio.sleep(0.5)
            if self.attempts == 2:
                raise OSError
            if fails and self.attempts == 4:
                raise LookupError

        each_minute = [time(hour, minute) for hour in range(24) for minute in range(60)]
        make = tasks.loop(time=each_minute, count=3) if by_clock else tasks.loop(seconds=9, count=3)
        self.loop = make(body)

        @self.loop.before_loop
        async def before() -> None:
            self.told.append("before_loop")
            await asyncio.sleep(0)
            await asyncio.sleep(1)

        @self.loop.after_loop
        async def after() -> None:
            self.told.append("after_loop")
            await asyncio.sleep(0)
            await asyncio.sleep(1)

        @self.loop.error
        async def error(error: Exception) -> None:
            self.told.append("error")
            await asyncio.sleep(1)

    def watch(self, clock: VirtualClock) -> Callable[[], None]:
        """Watch the loop; what comes back ends that."""
        del clock
        return lambda: None

    def check_nothing_kept(self) -> None:
        """Check that nobody keeps the instance; there is none."""


EACH_MINUTE = tasks.Every(minutes=1)
# What becomes of the last body that begins.
Last: TypeAlias = Literal["fine", "ends the loop", "fails"]


class SeveralAtOnce:
    """A loop of an instance with three bodies at once, retries and a time-out; its books (V2)."""

    def __init__(self, *, last: Last, by_clock: bool) -> None:
        self.told: list[str] = []
        self.attempts = 0
        self.complaints: list[str] = []
        self.by_clock, self.unit = by_clock, 60.0 if by_clock else 9.0
        # When the present run began to have slots, if it did; and what was wrong with each run.
        self.origin: float | None = None
        self.begun = START
        self.wrong: list[str] = []
        policy = tasks.Policy(
            overlap=3,
            timeout=2.2 * self.unit,
            retries=2,
            max_failures=None if last == "fails" else 1,
        )
        make = (
            tasks.loop(schedule=EACH_MINUTE, count=3, policy=policy)
            if by_clock
            else tasks.loop(seconds=9, count=3, policy=policy)
        )

        class Home:
            @make
            async def tick(home) -> None:  # noqa: N805 -- `self` is the scenario
                self.told.append("body")
                await self.work(last)

            @tick.before_loop
            async def before(home) -> None:  # noqa: N805 -- as above
                self.told.append("before_loop")
                await asyncio.sleep(1)
                if home.tick.next_iteration is not None:
                    self.origin = asyncio.get_running_loop().time()

            @tick.after_loop
            async def after(home) -> None:  # noqa: N805 -- as above
                self.told.append("after_loop")
                await asyncio.sleep(0)
                await asyncio.sleep(1)

            @tick.error
            async def error(home, error: Exception) -> None:  # noqa: N805 -- as above
                self.told.append("error")
                await asyncio.sleep(1)

        self.home: object = (home := Home())
        self.loop: tasks.Loop[[], None] = home.tick

    async def work(self, last: Last) -> None:
        """Do what a body does, by the number of its attempt."""
        self.attempts += 1
        match self.attempts:
            case 1:
                # It takes too long, and is tried again.
                await asyncio.sleep(2.5 * self.unit)
            case 2:
                await asyncio.sleep(self.unit / 2)
                raise OSError
            case 3:
                # It overlaps with others.
                await asyncio.sleep(1.5 * self.unit)
            case 4 if last != "fine":
                await asyncio.sleep(1)
                raise LookupError
            case _:
                await asyncio.sleep(0.5)

    def watch(self, clock: VirtualClock) -> Callable[[], None]:
        """Watch the loop; what comes back ends that."""
        books = Books(clock, lambda: self.loop, self.complaints.append)

        def observe(event: tasks.Event) -> None:
            books(event)
            if isinstance(event, tasks.Ended):
                self.take_stock(books.ended[-1])
                self.origin, self.begun = None, clock.now()

        return tasks.observe(observe)

    def take_stock(self, run: BookedRun) -> None:
        """Take down what is wrong with what was told of the slots of a run (V2)."""
        if self.by_clock:
            self.wrong.append(run.wrong_by_schedule(EACH_MINUTE, self.begun, triggers=0))
        elif self.origin is not None:
            self.wrong.append(run.wrong_by_interval(self.origin, 9, triggers=0))
        else:
            self.wrong.append(f"no slot has come: {run}" if run.started or run.skipped else "")

    def check_nothing_kept(self) -> None:
        """Check that nobody keeps the instance (C3)."""
        gone = weakref.ref(self.home)
        del self.home, self.loop
        gc.collect()
        assert gone() is None


def run(
    event_loop: asyncio.AbstractEventLoop, scenario: Scenario | SeveralAtOnce
) -> asyncio.Task[None]:
    """Run a scenario from its start to its end."""

    async def begin() -> asyncio.Task[None]:
        task = scenario.loop.start()
        tasks_begun.append(task)
        await asyncio.wait([task])
        return task

    return event_loop.run_until_complete(begin())


tasks_begun: list[asyncio.Task[None]] = []


def turns_of(scenario: Scenario | SeveralAtOnce) -> int:
    """Count the turns of a scenario that nobody disturbs."""
    turns = Turns()
    run(turns.event_loop, scenario)
    turns.event_loop.close()
    return turns.turn


S = TypeVar("S", bound=Scenario | SeveralAtOnce)


def each_turn(
    make: Callable[[], S], act: Callable[[S], None]
) -> Iterator[tuple[S, asyncio.Task[None], bool]]:
    """Run a scenario anew for each of its turns, and act before that turn."""
    last = turns_of(make())
    assert last > 10
    for turn in range(1, last + 1):
        tasks_begun.clear()
        scenario = make()
        in_time: list[bool] = []

        def disturb(present: S = scenario, in_time: list[bool] = in_time) -> None:
            in_time.append(present.loop.is_running())
            act(present)

        disturbed = Turns(turn, disturb)
        event_loop, unwatch = disturbed.event_loop, scenario.watch(disturbed.clock)
        try:
            task = run(event_loop, scenario)
            yield scenario, task, in_time == [True]
            # Whatever happened, it starts again, and runs its course.
            scenario.told.clear()
            scenario.attempts = 10
            again = run(event_loop, scenario)
            assert again.exception() is None
            assert scenario.told == ["before_loop", "body", "body", "body", "after_loop"]
            assert asyncio.all_tasks(event_loop) == set()
            assert pending_timers(event_loop) == []
            event_loop.close()
        finally:
            unwatch()
        # An exception's traceback holds the frames of its bodies, and they the instance.
        if turn == last and not task.cancelled() and task.exception() is None:
            tasks_begun.clear()
            scenario.check_nothing_kept()


@pytest.mark.parametrize("by_clock", [False, True])
@pytest.mark.parametrize("fails", [False, True])
@pytest.mark.parametrize("how", ["loop", "task"])
def test_each_run_ends_cancelled_with_after_loop_run_once(
    how: str, fails: bool, by_clock: bool, full_jitter: None
) -> None:
    def cancel(scenario: Scenario) -> None:
        if how == "loop":
            scenario.loop.cancel()
        elif tasks_begun:
            tasks_begun[0].cancel()

    disturbed = 0
    for scenario, task, in_time in each_turn(
        lambda: Scenario(fails=fails, by_clock=by_clock), cancel
    ):
        disturbed += in_time
        assert task.cancelled() == in_time
        assert scenario.told.count("after_loop") == 1
        assert scenario.told[-1] == "after_loop"
        assert not scenario.loop.is_being_cancelled()
    assert disturbed > 10


@pytest.mark.parametrize("by_clock", [False, True])
@pytest.mark.parametrize("fails", [False, True])
def test_stopped_at_each_turn_a_run_ends_in_order(
    fails: bool, by_clock: bool, full_jitter: None
) -> None:
    for scenario, task, _ in each_turn(
        lambda: Scenario(fails=fails, by_clock=by_clock), lambda scenario: scenario.loop.stop()
    ):
        assert not task.cancelled()
        assert isinstance(task.exception(), LookupError) == ("error" in scenario.told)
        assert scenario.told.count("after_loop") == 1
        assert scenario.told[-1] == "after_loop"


@pytest.mark.parametrize("by_clock", [False, True])
def test_restarted_at_each_turn_a_run_is_followed_by_a_whole_one(
    by_clock: bool, full_jitter: None
) -> None:
    def restart(scenario: Scenario) -> None:
        if scenario.loop.is_running():
            scenario.loop.restart()

    for scenario, _, in_time in each_turn(
        lambda: Scenario(fails=False, by_clock=by_clock), restart
    ):
        if in_time:
            assert scenario.loop.is_running()
            scenario.loop.cancel()
            task = scenario.loop.get_task()
            assert task is not None
            task.get_loop().run_until_complete(asyncio.wait([task]))


def check(scenario: SeveralAtOnce, task: asyncio.Task[None]) -> None:
    """Check that a run has ended in order, with nothing left (L11, V2)."""
    assert scenario.told.count("after_loop") == 1
    assert scenario.told[-1] == "after_loop"
    assert scenario.loop.current_loop == 0
    assert asyncio.all_tasks(task.get_loop()) == set()
    assert pending_timers(task.get_loop()) == []
    assert scenario.complaints == [], scenario.complaints
    assert not any(scenario.wrong), scenario.wrong


@pytest.mark.parametrize(
    ("how", "last", "by_clock"),
    [
        ("loop", "fine", False),
        ("loop", "fails", True),
        ("task", "ends the loop", False),
        ("all tasks", "fails", False),
        ("all tasks", "ends the loop", True),
    ],
)
def test_p3_cancelled_at_each_turn_all_bodies_are_over_before_after_loop(
    how: str, last: Last, by_clock: bool, full_jitter: None
) -> None:
    """L5, P3, V2: with three bodies at once, time-outs and retries, too."""

    def cancel(scenario: SeveralAtOnce) -> None:
        if how == "loop":
            scenario.loop.cancel()
        elif how == "task" and tasks_begun:
            tasks_begun[0].cancel()
        elif tasks_begun:
            # As `asyncio.run` does at its end, in whichever order.
            for task in asyncio.all_tasks(tasks_begun[0].get_loop()):
                if task.get_name().startswith(scenario.loop.name):
                    task.cancel()

    disturbed = 0
    for scenario, task, in_time in each_turn(
        lambda: SeveralAtOnce(last=last, by_clock=by_clock), cancel
    ):
        disturbed += in_time
        assert task.cancelled() == in_time
        check(scenario, task)
        assert not scenario.loop.is_being_cancelled()
    assert disturbed > 20


@pytest.mark.parametrize(
    ("last", "by_clock"), [("fine", True), ("fails", False), ("ends the loop", False)]
)
def test_p3_stopped_at_each_turn_all_bodies_finish(
    last: Last, by_clock: bool, full_jitter: None
) -> None:
    """L4, P3, V2: no new body begins, and those at work finish, with their retries."""
    for scenario, task, _ in each_turn(
        lambda: SeveralAtOnce(last=last, by_clock=by_clock), lambda scenario: scenario.loop.stop()
    ):
        assert not task.cancelled()
        if last != "fails":
            assert isinstance(task.exception(), LookupError) == ("error" in scenario.told)
        check(scenario, task)


@pytest.mark.parametrize("by_clock", [False, True])
def test_p3_restarted_at_each_turn_a_run_is_followed_by_a_whole_one(
    by_clock: bool, full_jitter: None
) -> None:
    """L6, P3, V2: all bodies are over before the other run begins."""

    def restart(scenario: SeveralAtOnce) -> None:
        if scenario.loop.is_running():
            scenario.loop.restart()

    for scenario, task, in_time in each_turn(
        lambda: SeveralAtOnce(last="fine", by_clock=by_clock), restart
    ):
        assert scenario.complaints == [], scenario.complaints
        assert not any(scenario.wrong), scenario.wrong
        if in_time:
            assert scenario.told.count("after_loop") == 1
            assert scenario.loop.is_running()
            scenario.loop.cancel()
            following = scenario.loop.get_task()
            assert following is not None
            task.get_loop().run_until_complete(asyncio.wait([following]))
