"""The life of a loop as a state machine (contract 5, above all L11; 8, 9 and 10, above all V2).

In any order: start, stop, cancel, restart, change_interval, pause, resume, trigger, another policy,
time passes, the wall clock is set, the body and the hooks fail. A small model tells what must have
come of it.
"""

from __future__ import annotations

import asyncio
import gc
import math
import re
from collections import defaultdict
from collections.abc import Callable, Coroutine, Iterator
from contextlib import ExitStack, contextmanager, redirect_stderr, suppress
from datetime import datetime, time
from io import StringIO
from typing import Literal, TypeAlias
from unittest.mock import patch

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from support.bookkeeping import Books
from support.virtual_time import START, pending_timers, turns

import defectio_tasks as tasks
from defectio_tasks._run.run import (
    STARTING,
    TRANSITIONS,
    Run,
    Stage,
)
from defectio_tasks.testing import VirtualClock

Behaviour: TypeAlias = Literal[
    "fine", "slow", "stubborn", "retryable", "unreachable", "fails", "foreign"
]
Step: TypeAlias = Literal["before_loop", "body", "error", "after_loop"]

BEHAVIOURS = st.sampled_from(
    ["fine", "slow", "stubborn", "retryable", "unreachable", "fails", "foreign"]
)
STEPS = st.sampled_from(["before_loop", "body", "error", "after_loop"])
# One letter for each step told; a run is one of these words.
ORDER = re.compile(r"(Bb*)?e?a")
# The same where a policy has failed iterations go on, and bodies overlap.
ORDER_BY_POLICY = re.compile(r"(B[be]*)?e?a")
EACH_MINUTE = tasks.Every(minutes=1)
POLICIES = st.none() | st.builds(
    tasks.Policy,
    missed=st.sampled_from(["one", "all", "skip"]),
    grace=st.sampled_from([None, None, 0, 7]),
    overlap=st.sampled_from([False, True, 2, 3]),
    timeout=st.sampled_from([None, 0.2, 5, 40]),
    retries=st.sampled_from([None, 0, 2]),
    max_failures=st.sampled_from([None, 1, 3]),
    jitter=st.sampled_from([0, 0, 3, 90]),
)
LETTERS: dict[Step, str] = {"before_loop": "B", "body": "b", "error": "e", "after_loop": "a"}


class LifeCycle(RuleBasedStateMachine):
    """One loop, and what a user may do to it."""

    @initialize(
        observed=st.sampled_from([True, True, False]),
        schedule=st.sampled_from([None, EACH_MINUTE]),
        policy=POLICIES,
        behaviour=BEHAVIOURS,
    )
    def begin(
        self,
        observed: bool,
        schedule: tasks.Schedule | None,
        policy: tasks.Policy | None,
        behaviour: Behaviour,
    ) -> None:
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
        # The policies in force since time passed last: a body has begun by one of them.
        self.policies: list[tasks.Policy | None] = [None]
        self.under_policy: set[asyncio.Task[None]] = set()
        # Of each iteration: how many attempts there were, and what it may have begun by.
        self.attempts: dict[
            tuple[asyncio.Task[None], int], tuple[int, list[tasks.Policy | None]]
        ] = {}
        self.at_work = 0
        # What the slots of a run must be: when it was started, and when an interval began.
        self.started: dict[asyncio.Task[None], datetime] = {}
        self.origins: dict[asyncio.Task[None], float] = {}
        # Runs of which that isn't simple to tell.
        self.spoiled: set[asyncio.Task[None]] = set()
        self.triggers = 0
        self.is_trigger_due = False
        self.paused_since = math.inf

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
            task = self._current()
            self._check(body.failed() or task in self.under_policy, "the loop has failed (L9)")
            await self._behave("error")

        self.loop = body
        self.books = Books(self.clock, lambda: body, self._complain)
        if observed:
            self.patches.callback(tasks.observe(self._observe))
        self.schedule = schedule
        if schedule is not None:
            body.change_interval(schedule=schedule)
        # By chance it hardly comes to several bodies at work, or to what follows a failure.
        self.change_policy(policy)
        self.behaviour["body"] = behaviour
        self.start()
        self.time_passes(61)

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
        policy = self.loop.policy
        if seconds == 0 and policy is not None and policy.overlap:
            with self._within(), pytest.raises(ValueError, match="`overlap`"):
                self.loop.change_interval(seconds=seconds)
            return
        self._spoil()
        with self._within():
            self.loop.change_interval(seconds=seconds)

    @rule(minutes=st.sets(st.integers(0, 59), min_size=1, max_size=3))
    def change_times(self, minutes: set[int]) -> None:
        self._spoil()
        times = [time(hour, minute) for hour in range(24) for minute in minutes]
        self.schedule = tasks.DailySchedule(times)
        with self._within():
            self.loop.change_interval(time=times)

    @rule(wrong=st.sampled_from([float("nan"), -1]))
    def change_wrongly(self, wrong: float) -> None:
        before = (self.loop.seconds, self.loop.time, self.loop.is_running())
        with self._within(), pytest.raises(ValueError, match="`seconds`"):
            self.loop.change_interval(seconds=wrong)
        assert (self.loop.seconds, self.loop.time, self.loop.is_running()) == before

    @rule(policy=POLICIES)
    def change_policy(self, policy: tasks.Policy | None) -> None:
        if self.loop.seconds == 0 and policy is not None and policy.overlap:
            with self._within(), pytest.raises(ValueError, match="`overlap`"):
                self.loop.policy = policy
            return
        with self._within():
            self.loop.policy = policy
        self.policies.append(policy)
        task = self.loop.get_task()
        if task is not None:
            self.under_policy.add(task)

    @rule()
    def pause(self) -> None:
        with self._within():
            self.loop.pause()
        if self.loop.is_paused():
            self.paused_since = min(self.paused_since, self.clock.elapsed)

    @rule()
    def resume(self) -> None:
        with self._within():
            self.loop.resume()

    @rule()
    def trigger(self) -> None:
        task = self.loop.get_task()
        with self._within():
            if task is None:
                with pytest.raises(RuntimeError, match="can't be triggered: it isn't running"):
                    self.loop.trigger()
                return
            error: RuntimeError | None = None
            try:
                self.loop.trigger()
            except RuntimeError as refusal:
                error = refusal
            if error is not None:
                assert "is about to end" in str(error)
                assert self.loop.next_iteration is None
            else:
                self.triggers += 1
                self.is_trigger_due = True

    # What happens to it

    @rule(count=st.integers(1, 4))
    def a_few_turns(self, count: int) -> None:
        self._pass(turns(count))

    @rule(seconds=st.sampled_from([0.3, 5, 33, 61, 61, 700]))
    def time_passes(self, seconds: float) -> None:
        # With interval 0 there is no end of turns: time only passes where all are asleep.
        self._pass(turns(10) if self.loop.seconds == 0 else asyncio.sleep(seconds))

    @rule(seconds=st.sampled_from([-90_000, -30, -0.001, 0.001, 30, 90_000]))
    def the_wall_clock_is_set(self, seconds: float) -> None:
        self.clock.shift(seconds=seconds)
        task = self.loop.get_task()
        # Of a slot that was claimed, or is kept, the moment is known by the wall clock alone.
        if seconds < 0 or (task is not None and task in self.under_policy):
            self._spoil()

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
            if not self.loop.is_paused():
                self.paused_since = math.inf
            return
        assert not self.loop.is_paused()
        self.paused_since, self.is_trigger_due = math.inf, False
        assert self.at_work == 0
        # A restart may still be due, with the next turn: `_pass` holds it to that.
        assert self.loop.next_iteration is None
        assert self.loop.current_loop == 0
        assert not self.loop.is_being_cancelled()
        assert pending_timers(self.event_loop) == []
        assert asyncio.all_tasks(self.event_loop) == set()

    @invariant()
    def each_run_that_is_over_is_in_order(self) -> None:
        running = self.loop.get_task()
        if running is not None:
            # It may have followed at this very moment.
            self._meet(running)
        for task in self.tasks:
            if not task.done():
                continue
            order = ORDER_BY_POLICY if task in self.under_policy else ORDER
            assert order.fullmatch(self.told[task]), self.told[task]
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
        assert self.complaints == [], self.complaints

    @precondition(lambda self: self.loop.is_running())
    @invariant()
    def the_next_iteration_is_not_in_the_past(self) -> None:
        if any(policy is not None and policy.jitter for policy in self.policies):
            # An iteration that comes later has its slot.
            return
        upcoming = self.loop.next_iteration
        assert upcoming is None or upcoming >= self.clock.now()
        if self.loop.is_paused() and not self.is_trigger_due:
            assert upcoming is None

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
        self.loop.policy = None
        self.policies.append(None)
        self.loop.change_interval(seconds=10)
        self.last_number += 1
        task = self._start()
        self.event_loop.run_until_complete(asyncio.sleep(25))
        assert self.told[task] == "Bbbb"
        self.pause()
        assert self.loop.is_paused()
        self.event_loop.run_until_complete(asyncio.sleep(20))
        assert self.told[task] == "Bbbb"
        self.trigger()
        self.event_loop.run_until_complete(turns())
        assert self.told[task] == "Bbbbb"
        self.resume()
        self.event_loop.run_until_complete(turns())
        assert self.told[task] == "Bbbbbb"
        self._ask("stop", self.loop.stop)
        self.event_loop.run_until_complete(turns())
        assert not self.loop.is_running()
        self.asyncio_has_nothing_to_complain_of()
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
        self.policies = [self.loop.policy]
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
            self.started[task] = self.clock.now()
            self.triggers = 0
            if any(policy is not None for policy in self.policies):
                self.under_policy.add(task)

    def _arrive(self, number: int) -> None:
        numbers = number, self.numbers[self._current()]
        self._check(numbers[0] == numbers[1], f"each iteration has those of its start: {numbers}")

    def _current(self) -> asyncio.Task[None]:
        """Return the task of the run; of several bodies at once, each is in one of its own."""
        task = self.loop.get_task()
        assert task is not None
        self._meet(task)
        own = task is asyncio.current_task()
        self._check(own or task in self.under_policy, "a body by itself has the run's task")
        return task

    def _spoil(self) -> None:
        task = self.loop.get_task()
        if task is not None:
            self.spoiled.add(task)

    def _check(self, holds: bool, otherwise: str) -> None:
        """Complain unless something holds: what is raised in a loop is only a failure of it."""
        if not holds:
            self._complain(otherwise)

    def _complain(self, message: str) -> None:
        self.complaints.append({"message": message})

    def _observe(self, event: tasks.Event) -> None:
        """Hold the events to V2, and the slots of each run to what they must be."""
        self.books(event)
        if isinstance(event, tasks.Started) and self.clock.elapsed > self.paused_since:
            if self.loop.is_paused() and not self.is_trigger_due:
                self._complain(f"{event} while the loop is paused (S2)")
            self.is_trigger_due = False
        if not isinstance(event, tasks.Ended):
            return
        task, run = asyncio.current_task(), self.books.ended[-1]
        if task is None or task in self.spoiled or self.loop.seconds == 0:
            return
        self._meet(task)
        if self.loop.seconds is None:
            assert self.schedule is not None
            wrong = run.wrong_by_schedule(self.schedule, self.started[task], self.triggers)
        elif task in self.origins:
            wrong = run.wrong_by_interval(self.origins[task], self.loop.seconds, self.triggers)
        else:
            wrong = "" if not run.started and not run.skipped else "no slot has come"
        if wrong:
            self._complain(wrong)

    async def _behave(self, step: Step) -> None:
        task = self._current()
        if step == "body":
            await self._work(task)
            return
        self.told[task] += LETTERS[step]
        await self._do(step)
        if step == "before_loop" and not self.asked[task]:
            self.origins[task] = self.clock.elapsed

    async def _work(self, run: asyncio.Task[None]) -> None:
        """Do what a body does, and hold its attempts to the policy (P3-P5)."""
        iteration = run, self.loop.current_loop
        attempts, policies = self.attempts.get(iteration, (0, list(self.policies)))
        self.attempts[iteration] = attempts + 1, policies
        if attempts == 0:
            self.told[run] += "b"
        self._check(attempts <= max(map(_most_retries, policies)), f"attempt {attempts} (P5)")
        self.at_work += 1
        together = self.at_work <= max(map(_most_at_once, policies))
        self._check(together, f"{self.at_work} bodies at once (P3)")
        begun = self.clock.elapsed
        try:
            await self._do("body")
        finally:
            self.at_work -= 1
            took = self.clock.elapsed - begun
            in_time = took <= max(map(_most_seconds, policies)) + 1e-6
            self._check(in_time, f"an attempt took {took} s (P4)")

    async def _do(self, step: Step) -> None:
        match self.behaviour[step]:
            case "fine":
                pass
            case "slow":
                await asyncio.sleep(33)
            case "stubborn":
                with suppress(asyncio.CancelledError):
                    await asyncio.sleep(33)
            case "retryable":
                if step == "body":
                    self.behaviour["body"] = "fine"
                raise OSError
            case "unreachable":
                raise OSError
            case "fails":
                raise LookupError
            case "foreign":
                other = asyncio.ensure_future(asyncio.sleep(1))
                other.cancel()
                await other


def _most_at_once(policy: tasks.Policy | None) -> float:
    if policy is None or policy.overlap is False:
        return 1
    return math.inf if policy.overlap is True else policy.overlap


def _most_retries(policy: tasks.Policy | None) -> float:
    return math.inf if policy is None or policy.retries is None else policy.retries


def _most_seconds(policy: tasks.Policy | None) -> float:
    return math.inf if policy is None or policy.timeout is None else policy.timeout


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
