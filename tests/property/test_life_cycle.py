"""The life of a loop as a state machine (contract 5, above all L11).

In any order: start, stop, cancel, restart, change_interval, time passes, the wall clock is set, the
body and the hooks fail. A small model tells what must have come of it.
"""

from __future__ import annotations

import asyncio
import gc
import re
from collections import defaultdict
from collections.abc import Callable, Coroutine, Iterator
from contextlib import ExitStack, contextmanager, redirect_stderr
from datetime import time
from io import StringIO
from typing import Literal, TypeAlias
from unittest.mock import patch

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from support.virtual_time import START, pending_timers, turns

import defectio_tasks as tasks
from defectio_tasks._run.run import (
    STARTING,
    TRANSITIONS,
    Run,
    Stage,
)
from defectio_tasks.testing import VirtualClock

Behaviour: TypeAlias = Literal["fine", "slow", "retryable", "fails", "foreign"]
Step: TypeAlias = Literal["before_loop", "body", "error", "after_loop"]

BEHAVIOURS = st.sampled_from(["fine", "slow", "retryable", "fails", "foreign"])
STEPS = st.sampled_from(["before_loop", "body", "error", "after_loop"])
# One letter for each step told; a run is one of these words.
ORDER = re.compile(r"(Bb*)?e?a")
LETTERS: dict[Step, str] = {"before_loop": "B", "body": "b", "error": "e", "after_loop": "a"}


class LifeCycle(RuleBasedStateMachine):
    """One loop, and what a user may do to it."""

    @initialize()
    def begin(self) -> None:
        self.clock = VirtualClock(START)
        self.patches = ExitStack()
        # Tracebacks of failing hooks are due here, and nobody needs to see them.
        self.patches.enter_context(redirect_stderr(StringIO()))
        self.event_loop = self.clock.new_event_loop()
        self.complaints: list[dict[str, object]] = []
        WRONG_TURNS.clear()
        self.event_loop.set_exception_handler(lambda _, context: self.complaints.append(context))
        self.behaviour: dict[Step, Behaviour] = dict.fromkeys(LETTERS, "fine")
        # Of each task: what it told, with which argument it was called, what was asked of it.
        self.told: defaultdict[asyncio.Task[None], str] = defaultdict(str)
        self.numbers: dict[asyncio.Task[None], int] = {}
        self.asked: defaultdict[asyncio.Task[None], set[str]] = defaultdict(set)
        self.tasks: list[asyncio.Task[None]] = []
        self.last_number = 0
        # The argument with which a new task is to come, if nothing took that back.
        self.queued: int | None = None

        @tasks.loop(seconds=10)
        async def body(number: int) -> None:
            self._arrive(number)
            await self._behave("body")

        @body.before_loop
        async def before() -> None:
            await self._behave("before_loop")

        @body.after_loop
        async def after() -> None:
            await self._behave("after_loop")

        @body.error
        async def error(error: Exception) -> None:
            assert body.failed()
            await self._behave("error")

        self.loop = body

    # What a user does

    @rule()
    def start(self) -> None:
        running = self.loop.is_running()
        self.last_number += 1
        if running:
            with self._within(), pytest.raises(RuntimeError, match="running already"):
                self.loop.start(self.last_number)
            return
        self._start()

    @rule()
    def stop(self) -> None:
        self._ask("stop", self.loop.stop)

    @rule()
    def cancel(self) -> None:
        self._ask("cancel", self.loop.cancel)

    @rule()
    def restart(self) -> None:
        self.last_number += 1
        self._ask("restart", lambda: self.loop.restart(self.last_number), queued=self.last_number)

    @rule(seconds=st.sampled_from([0, 0.5, 10, 60]))
    def change_interval(self, seconds: float) -> None:
        with self._within():
            self.loop.change_interval(seconds=seconds)

    @rule(minutes=st.sets(st.integers(0, 59), min_size=1, max_size=3))
    def change_times(self, minutes: set[int]) -> None:
        with self._within():
            self.loop.change_interval(
                time=[time(hour, minute) for hour in range(24) for minute in minutes]
            )

    @rule(wrong=st.sampled_from([float("nan"), -1]))
    def change_wrongly(self, wrong: float) -> None:
        before = (self.loop.seconds, self.loop.time, self.loop.is_running())
        with self._within(), pytest.raises(ValueError, match="`seconds`"):
            self.loop.change_interval(seconds=wrong)
        assert (self.loop.seconds, self.loop.time, self.loop.is_running()) == before

    # What happens to it

    @rule(count=st.integers(1, 4))
    def a_few_turns(self, count: int) -> None:
        self._pass(turns(count))

    @rule(seconds=st.sampled_from([0.3, 5, 61, 700]))
    def time_passes(self, seconds: float) -> None:
        # With interval 0 there is no end of turns: time only passes where all are asleep.
        self._pass(turns(10) if self.loop.seconds == 0 else asyncio.sleep(seconds))

    @rule(seconds=st.sampled_from([-90_000, -30, -0.001, 0.001, 30, 90_000]))
    def the_wall_clock_is_set(self, seconds: float) -> None:
        self.clock.shift(seconds=seconds)

    @rule(step=STEPS, behaviour=BEHAVIOURS)
    def behave_from_now_on(self, step: Step, behaviour: Behaviour) -> None:
        self.behaviour[step] = behaviour

    # What must hold

    @invariant()
    def it_is_running_or_nothing_is_left(self) -> None:
        task = self.loop.get_task()
        assert self.loop.is_running() == (task is not None)
        if task is not None:
            assert not task.done()
            self._meet(task)
            return
        # A restart may still be due, with the next turn: `_pass` holds it to that.
        assert self.loop.next_iteration is None
        assert self.loop.current_loop == 0
        assert not self.loop.is_being_cancelled()
        assert pending_timers(self.event_loop) == []
        assert asyncio.all_tasks(self.event_loop) == set()

    @invariant()
    def each_run_that_is_over_is_in_order(self) -> None:
        for task in self.tasks:
            if not task.done():
                continue
            assert ORDER.fullmatch(self.told[task]), self.told[task]
            asked = self.asked[task]
            if "cancel" in asked:
                assert task.cancelled()
            if not asked & {"cancel", "restart"}:
                assert not task.cancelled()
            if not task.cancelled() and task.exception() is None:
                assert "stop" in asked, "without a count, it ends only when told to"
        if self.tasks and self.tasks[-1].done() and not self.tasks[-1].cancelled():
            assert self.loop.failed() == (self.tasks[-1].exception() is not None)

    @invariant()
    def each_stage_follows_one_that_it_may(self) -> None:
        assert WRONG_TURNS == []

    @invariant()
    def asyncio_has_nothing_to_complain_of(self) -> None:
        assert self.complaints == []

    @precondition(lambda self: self.loop.is_running())
    @invariant()
    def the_next_iteration_is_not_in_the_past(self) -> None:
        upcoming = self.loop.next_iteration
        assert upcoming is None or upcoming >= self.clock.now()

    def teardown(self) -> None:
        if not hasattr(self, "event_loop"):
            return
        try:
            self._end_and_begin_again()
        finally:
            for task in asyncio.all_tasks(self.event_loop):
                task.cancel()
            self.event_loop.run_until_complete(turns())
            self.event_loop.close()
            self.patches.close()

    def _end_and_begin_again(self) -> None:
        self.behaviour = dict.fromkeys(LETTERS, "fine")
        self._ask("cancel", self.loop.cancel)
        for _ in range(100):
            if not self.loop.is_running():
                break
            self.event_loop.run_until_complete(asyncio.sleep(100))
        self.event_loop.run_until_complete(turns())
        assert self.queued is None
        self.it_is_running_or_nothing_is_left()
        assert not self.loop.is_running()
        self.each_run_that_is_over_is_in_order()
        # Whatever has happened, it can be started again (L11).
        self.loop.change_interval(seconds=10)
        self.last_number += 1
        task = self._start()
        self.event_loop.run_until_complete(asyncio.sleep(25))
        assert self.told[task] == "Bbbb"
        self._ask("stop", self.loop.stop)
        self.event_loop.run_until_complete(turns())
        assert not self.loop.is_running()
        self.tasks.clear()
        self.told.clear()
        del task
        gc.collect()
        self.asyncio_has_nothing_to_complain_of()

    # Inside

    @contextmanager
    def _within(self) -> Iterator[None]:
        """Act as a callback of the event loop would."""
        asyncio._set_running_loop(self.event_loop)
        try:
            # Eager tasks ask for it.
            with patch.object(self.event_loop, "is_running", lambda: True):
                yield
        finally:
            asyncio._set_running_loop(None)

    def _pass(self, waiting: Coroutine[object, object, None]) -> None:
        """Let turns pass, at least one, and with them whatever is due."""
        due = None if self.loop.is_running() else self.queued
        self.event_loop.run_until_complete(waiting)
        assert due is None or self.loop.is_running() or self.queued != due, "it restarts in a turn"

    def _start(self) -> asyncio.Task[None]:
        self.queued = self.last_number
        with self._within():
            task = self.loop.start(self.last_number)
        self._meet(task)
        # An eager task may have failed already.
        assert not self.loop.failed() or "e" in self.told[task]
        return task

    def _ask(self, what: str, ask: Callable[[], None], queued: int | None = None) -> None:
        task = self.loop.get_task()
        if task is not None:
            self.asked[task].add(what)
        self.queued = queued
        with self._within():
            ask()
        follower = self.loop.get_task()
        if follower is not None:
            self._meet(follower)

    def _meet(self, task: asyncio.Task[None]) -> None:
        """Take note of a task that has come, of a start or of a restart that nobody took back."""
        if task not in self.tasks:
            assert self.queued is not None
            self.numbers[task], self.queued = self.queued, None
            self.tasks.append(task)

    def _arrive(self, number: int) -> None:
        task = self._current()
        assert number == self.numbers[task], "each iteration has the arguments of its start"

    def _current(self) -> asyncio.Task[None]:
        task = asyncio.current_task()
        assert task is not None
        assert task is self.loop.get_task()
        self._meet(task)
        return task

    async def _behave(self, step: Step) -> None:
        task = self._current()
        retried = step == "body" and self.told[task].endswith("r")
        self.told[task] = self.told[task].removesuffix("r") + ("" if retried else LETTERS[step])
        match self.behaviour[step]:
            case "fine":
                pass
            case "slow":
                await asyncio.sleep(33)
            case "retryable":
                if step == "body":
                    self.behaviour["body"] = "fine"
                    self.told[task] += "r"
                raise OSError
            case "fails":
                raise LookupError
            case "foreign":
                other = asyncio.ensure_future(asyncio.sleep(1))
                other.cancel()
                await other


# An error where they come about would only be a failure of the run, and no news here.
WRONG_TURNS: list[tuple[Stage | None, Stage]] = []


@pytest.fixture(autouse=True)
def transitions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hold each run to the table of transitions."""
    slot = Run.__dict__["stage"]

    def move(run: Run, stage: Stage) -> None:
        try:
            before: Stage | None = slot.__get__(run)
        except AttributeError:
            before = None
        allowed = {STARTING} if before is None else TRANSITIONS[before]
        if stage not in allowed:
            WRONG_TURNS.append((before, stage))
        slot.__set__(run, stage)

    monkeypatch.setattr(Run, "stage", property(slot.__get__, move))


TestLifeCycle = LifeCycle.TestCase
