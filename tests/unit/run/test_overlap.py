"""Several bodies at once (contract P3, V2)."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import random
import sys
import weakref
from datetime import datetime, timedelta
from typing import Any

import pytest
from support.event_loops import make_eager
from support.story import ended, foreign_cancellation
from support.told import watching
from support.virtual_time import START, pending_timers

import defectio_tasks as tasks
from defectio_tasks._slots.interval import IntervalSlots
from defectio_tasks._time.timers import timers_of
from defectio_tasks.testing import VirtualClock


def others() -> set[asyncio.Task[Any]]:
    return {task for task in asyncio.all_tasks() if task is not asyncio.current_task()}


def said(log: pytest.LogCaptureFixture) -> list[str]:
    """Return what the package has logged, and not what asyncio's debug mode has."""
    return [r.getMessage() for r in log.records if r.name == "defectio_tasks"]


def assert_nothing_left() -> None:
    """L11: no task, no timer."""
    event_loop = asyncio.get_running_loop()
    assert others() == set()
    assert pending_timers(event_loop) == []
    assert all(sleeper.done() for _, _, sleeper in timers_of(event_loop)._heap)


class TestSlots:
    """The next slot doesn't wait for the body."""

    async def test_p3_bodies_are_tasks_named_after_loop_and_number(
        self, clock: VirtualClock
    ) -> None:
        @tasks.loop(seconds=1, name="tick", policy=tasks.Policy(overlap=True))
        async def tick() -> None:
            await asyncio.sleep(10)

        tick.start()
        await clock.advance(seconds=2.5)
        assert {task.get_name() for task in others()} >= {"tick", "tick 0", "tick 1", "tick 2"}
        tick.cancel()
        await clock.settle()
        assert_nothing_left()

    async def test_a_loop_with_a_body_at_work_shows_it(self, clock: VirtualClock) -> None:
        @tasks.loop(seconds=10, policy=tasks.Policy(overlap=2))
        async def tick() -> None:
            await asyncio.sleep(3)

        tick.start()
        await clock.advance(seconds=1)
        assert ", working, next" in repr(tick)
        await clock.advance(seconds=5)
        assert ", waiting, next" in repr(tick)
        tick.cancel()

    async def test_p3_at_the_limit_a_slot_is_missed(self, clock: VirtualClock) -> None:
        @tasks.loop(seconds=1, policy=tasks.Policy(overlap=2, missed="skip"))
        async def tick() -> None:
            await asyncio.sleep(4.5)

        with watching(tick) as told:
            tick.start()
            await clock.advance(seconds=5.2)
            tick.cancel()
            await clock.settle()
        assert told == [
            *("started 0+0", "started 1+0", "finished 0 in 4.5", "skipped 2 from 2 busy"),
            *("started 4+0.5", "finished 1 CancelledError", "finished 4 CancelledError"),
            *("skipped 1 from 5 busy", "ended cancelled"),
        ]

    async def test_v1_where_the_latest_runs_it_is_told_how_late(self, clock: VirtualClock) -> None:
        @tasks.loop(seconds=1, policy=tasks.Policy(overlap=2))
        async def tick() -> None:
            await asyncio.sleep(4.5)

        with watching(tick) as told:
            tick.start()
            await clock.advance(seconds=4.5)
            tick.cancel()
            await clock.settle()
        assert told[2:5] == ["finished 0 in 4.5", "skipped 2 from 2 busy", "started 4+0.5"]

    async def test_v3_the_log_says_that_bodies_were_busy_though_nobody_observes(
        self, clock: VirtualClock, log: pytest.LogCaptureFixture
    ) -> None:
        @tasks.loop(seconds=1, policy=tasks.Policy(overlap=2))
        async def tick() -> None:
            await asyncio.sleep(4.5)

        tick.start()
        await clock.advance(seconds=4.5)
        clock.block(3)
        await clock.settle()
        tick.cancel()
        await clock.settle()
        (busy,) = said(log)
        assert busy.endswith(
            "2 slots skipped from 2026-01-05 12:00:02+00:00 on: its iteration took too long"
        )

    async def test_v3_what_nobody_was_busy_for_is_late(
        self, clock: VirtualClock, log: pytest.LogCaptureFixture
    ) -> None:
        @tasks.loop(seconds=1, policy=tasks.Policy(overlap=2))
        async def tick() -> None: ...

        tick.start()
        await clock.settle()
        clock.block(3)
        await clock.settle()
        tick.cancel()
        await clock.settle()
        (late,) = said(log)
        assert late.endswith("2 slots skipped from 2026-01-05 12:00:01+00:00 on")

    async def test_v4_no_slot_is_made_a_value_where_nobody_looks(
        self, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It would cost as much as all the rest of an iteration."""
        monkeypatch.setattr(IntervalSlots, "claimed", None)

        @tasks.loop(seconds=1, count=3, policy=tasks.Policy(overlap=True))
        async def tick() -> None: ...

        await tick.start()
        assert tick.ending == "completed"

    async def test_l7_no_body_begins_before_its_slot(self, clock: VirtualClock) -> None:
        """The wall clock is read once a minute; then, no slot may have come."""

        @tasks.loop(schedule=tasks.Every(seconds=200, anchor=START), policy=tasks.Policy(overlap=2))
        async def tick() -> None: ...

        with watching(tick) as told:
            tick.start()
            await clock.advance(seconds=250)
            tick.cancel()
            await clock.settle()
        assert told == ["started 200+0", "finished 200 in 0", "ended cancelled"]

    async def test_p3_current_loop_is_the_number_of_the_body(self, clock: VirtualClock) -> None:
        seen: list[tuple[int, int]] = []

        @tasks.loop(seconds=1, count=3, policy=tasks.Policy(overlap=True))
        async def tick() -> None:
            before = tick.current_loop
            await asyncio.sleep(3 - before)
            seen.append((before, tick.current_loop))

        @tick.after_loop
        async def after() -> None:
            seen.append((tick.current_loop, -1))

        await tick.start()
        assert sorted(seen[:3]) == [(0, 0), (1, 1), (2, 2)]
        assert seen[3] == (3, -1)

    async def test_v1_a_context_variable_of_an_observer_is_seen_by_its_body_alone(
        self, clock: VirtualClock
    ) -> None:
        variable = contextvars.ContextVar("variable", default="")
        seen: list[tuple[int, str]] = []

        @tasks.loop(seconds=1, count=3, policy=tasks.Policy(overlap=True))
        async def tick() -> None:
            await asyncio.sleep(5)
            seen.append((tick.current_loop, variable.get()))

        def watch(event: tasks.Event) -> None:
            if isinstance(event, tasks.Started):
                assert variable.get() == ""
                variable.set(f"{clock.elapsed:g}")

        unobserve = tasks.observe(watch)
        await tick.start()
        unobserve()
        assert seen == [(0, "0"), (1, "1"), (2, "2")]

    async def test_p3_with_interval_0_is_refused(self) -> None:
        with pytest.raises(ValueError, match="`overlap` needs an interval of more than 0"):
            tasks.loop(policy=tasks.Policy(overlap=True))

    async def test_p3_change_interval_to_0_is_refused_and_changes_nothing(
        self, clock: VirtualClock
    ) -> None:
        @tasks.loop(seconds=5, policy=tasks.Policy(overlap=2))
        async def tick() -> None: ...

        tick.start()
        await clock.advance(seconds=1)
        with pytest.raises(ValueError, match="overlap=2"):
            tick.change_interval(seconds=0)
        assert tick.seconds == 5
        tick.change_interval(seconds=2)
        await clock.advance(seconds=1)
        assert tick.current_loop == 2
        tick.cancel()

    async def test_p3_a_schedule_that_ends_awaits_the_bodies(self, clock: VirtualClock) -> None:
        moments = tasks.At(clock.now().replace(second=1), clock.now().replace(second=2))

        @tasks.loop(schedule=moments, policy=tasks.Policy(overlap=True))
        async def tick() -> None:
            await asyncio.sleep(10)

        with watching(tick) as told:
            await tick.start()
        assert clock.elapsed == 12
        assert told[-3:] == ["finished 1 in 10", "finished 2 in 10", "ended completed"]

    async def test_l13_next_iteration_counts_those_at_work(self, clock: VirtualClock) -> None:
        @tasks.loop(seconds=1, count=2, policy=tasks.Policy(overlap=True))
        async def tick() -> None:
            await asyncio.sleep(5)

        task = tick.start()
        await clock.advance(seconds=0.5)
        seen = [tick.next_iteration]
        await clock.advance(seconds=1)
        seen.append(tick.next_iteration)
        assert seen == [START + timedelta(seconds=1), None]
        await task

    async def test_l4_a_schedule_may_stop_its_loop_when_it_is_asked(
        self, clock: VirtualClock
    ) -> None:
        class Stopping:
            def next_after(self, moment: datetime, /) -> datetime | None:
                if clock.elapsed > 10:
                    tick.stop()
                return every_ten.next_after(moment)

        every_ten = tasks.Every(seconds=10, anchor=START)

        @tasks.loop(schedule=Stopping(), policy=tasks.Policy(overlap=True))
        async def tick() -> None:
            await asyncio.sleep(3)

        task = tick.start()
        await clock.advance(seconds=15)
        # The next slot is looked up anew, and the schedule is asked from within the wait.
        clock.shift(seconds=-13)
        tick.policy = tasks.Policy(overlap=2)
        await task
        assert tick.ending == "stopped"


class TestEnd:
    """However a run ends, its bodies are over before `after_loop`."""

    async def test_p3_stop_lets_all_at_work_finish(self, clock: VirtualClock) -> None:
        @tasks.loop(seconds=1, policy=tasks.Policy(overlap=True))
        async def tick() -> None:
            await asyncio.sleep(10)

        with watching(tick) as told:
            task = tick.start()
            await clock.advance(seconds=1.5)
            tick.stop()
            await task
        assert clock.elapsed == 11
        assert told[-4:] == [
            *("finished 0 in 10", "finished 1 in 10", "skipped 10 from 2 busy", "ended stopped"),
        ]

    async def test_p3_count_counts_successes_and_no_more_begin_than_are_wanted(
        self, clock: VirtualClock
    ) -> None:
        begun: list[int] = []

        @tasks.loop(seconds=1, count=3, policy=tasks.Policy(overlap=True, max_failures=None))
        async def tick() -> None:
            begun.append(tick.current_loop)
            await asyncio.sleep(5)
            if tick.current_loop == 1:
                raise LookupError

        await tick.start()
        assert begun == [0, 1, 2, 3]
        assert tick.ending == "completed"

    @pytest.mark.parametrize("lowered_to", [1, 2])
    async def test_p3_count_may_be_lowered_while_bodies_are_at_work(
        self, clock: VirtualClock, lowered_to: int
    ) -> None:
        @tasks.loop(seconds=1, count=9, policy=tasks.Policy(overlap=True))
        async def tick() -> None:
            # All are over in one turn.
            await asyncio.sleep(5 - clock.elapsed)

        with watching(tick) as told:
            task = tick.start()
            await clock.advance(seconds=2.5)
            tick.count = lowered_to
            await task
        assert sum(line.startswith("started") for line in told) == 3
        assert told[-1] == "ended completed"
        assert clock.elapsed == 5

    async def test_p3_restart_while_two_bodies_run(self, clock: VirtualClock) -> None:
        story: list[str] = []

        @tasks.loop(seconds=1, policy=tasks.Policy(overlap=2))
        async def tick(word: str) -> None:
            story.append(f"{word} begins")
            try:
                await asyncio.sleep(10)
            finally:
                await asyncio.sleep(1)
                story.append(f"{word} is over")

        @tick.after_loop
        async def after() -> None:
            story.append("after_loop")

        tick.start("one")
        await clock.advance(seconds=1.5)
        tick.restart("two")
        await clock.advance(seconds=1.2)
        assert story == [
            *("one begins", "one begins", "one is over", "one is over", "after_loop"),
            "two begins",
        ]
        tick.cancel()
        await clock.advance(seconds=2)
        assert_nothing_left()

    async def test_p3_a_second_cancellation_from_outside_reaches_what_cleans_up(
        self, clock: VirtualClock
    ) -> None:
        @tasks.loop(seconds=1, policy=tasks.Policy(overlap=True))
        async def tick() -> None:
            try:
                await asyncio.sleep(10)
            finally:
                await asyncio.sleep(100)

        task = tick.start()
        await clock.advance(seconds=0.5)
        task.cancel()
        await clock.advance(seconds=1)
        assert tick.is_running()
        task.cancel()
        await clock.settle()
        assert task.cancelled()
        assert tick.ending == "cancelled"
        assert_nothing_left()

    async def test_l5_a_cancellation_from_outside_after_stop_ends_it_cancelled(
        self, clock: VirtualClock
    ) -> None:
        @tasks.loop(seconds=1, policy=tasks.Policy(overlap=True))
        async def tick() -> None:
            await asyncio.sleep(10)

        timers = timers_of(asyncio.get_running_loop())
        task = tick.start()
        await clock.advance(seconds=1.5)
        tick.stop()
        await clock.advance(seconds=1)
        task.cancel()
        await asyncio.wait([task])
        assert (task.cancelled(), tick.ending) == (True, "cancelled")
        assert clock.elapsed == 2.5
        assert timers._heap == []

    async def test_l13_cancelled_from_outside_there_is_no_next_iteration(
        self, clock: VirtualClock
    ) -> None:
        @tasks.loop(seconds=10, policy=tasks.Policy(overlap=True))
        async def tick() -> None:
            try:
                await asyncio.sleep(100)
            finally:
                await asyncio.sleep(5)

        task = tick.start()
        await clock.advance(seconds=1)
        task.cancel()
        await clock.advance(seconds=1)
        assert tick.is_running()
        assert tick.next_iteration is None
        # S3: nor is there one that could be asked for.
        with pytest.raises(RuntimeError, match="it is about to end"):
            tick.trigger()
        await asyncio.wait([task])

    @pytest.mark.parametrize("outside", [False, True])
    async def test_l5_what_is_cancelled_is_not_tried_again(
        self, clock: VirtualClock, outside: bool
    ) -> None:
        @tasks.loop(seconds=10, policy=tasks.Policy(overlap=True))
        async def tick() -> None:
            try:
                await asyncio.sleep(100)
            except asyncio.CancelledError:
                raise ConnectionError from None

        task = tick.start()
        await clock.advance(seconds=1)
        if outside:
            task.cancel()
        else:
            tick.cancel()
        await clock.settle()
        assert task.cancelled()

    async def test_p3_somebody_may_cancel_bodies_and_the_numbers_go_on(
        self, clock: VirtualClock
    ) -> None:
        begun: list[int] = []

        @tasks.loop(seconds=1, name="tick", policy=tasks.Policy(overlap=True))
        async def tick() -> None:
            begun.append(tick.current_loop)
            await asyncio.sleep(10)

        tick.start()
        await clock.advance(seconds=1.5)
        for task in others():
            if task.get_name() in {"tick 0", "tick 1"}:
                task.cancel()
        await clock.advance(seconds=2)
        assert begun == [0, 1, 2, 3]
        tick.cancel()

    async def test_p3_cancel_from_a_body(self, clock: VirtualClock) -> None:
        @tasks.loop(seconds=1, policy=tasks.Policy(overlap=True))
        async def tick() -> None:
            if tick.current_loop == 2:
                tick.cancel()
            await asyncio.sleep(10)

        with watching(tick) as told:
            task = tick.start()
            await asyncio.wait([task])
        assert clock.elapsed == 2
        assert sum(line.endswith("CancelledError") for line in told) == 3
        assert_nothing_left()

    async def test_v2_a_body_cancelled_before_its_first_turn_is_told_as_skipped(
        self, clock: VirtualClock
    ) -> None:
        event_loop = asyncio.get_running_loop()
        event_loop.set_task_factory(None)

        @tasks.loop(seconds=1, name="tick", policy=tasks.Policy(overlap=True))
        async def tick() -> None:
            await asyncio.sleep(10)

        def cancel_all() -> None:
            for task in asyncio.all_tasks():
                if task.get_name().startswith("tick"):
                    task.cancel()

        with watching(tick) as told:
            tick.start()
            await clock.advance(seconds=1.5)
            # In the turn in which the loop makes the task, and right after it.
            event_loop.call_at(2, event_loop.call_soon, cancel_all)
            await clock.advance(seconds=0.5)
        assert sorted(told) == [
            *("ended cancelled", "finished 0 CancelledError", "finished 1 CancelledError"),
            *("skipped 1 from 2 late", "started 0+0", "started 1+0"),
        ]

    async def test_l11_a_body_cancelled_in_a_back_off_leaves_no_timer(
        self, clock: VirtualClock, full_jitter: None
    ) -> None:
        @tasks.loop(hours=1, policy=tasks.Policy(overlap=True))
        async def tick() -> None:
            raise ConnectionError

        timers = timers_of(asyncio.get_running_loop())
        task = tick.start()
        await clock.advance(seconds=100)
        tick.cancel()
        await asyncio.wait([task])
        assert_nothing_left()
        assert timers._heap == []

    async def test_l11_timers_of_bodies_that_somebody_cancels_do_not_pile_up(
        self, clock: VirtualClock, full_jitter: None
    ) -> None:
        @tasks.loop(seconds=1, name="tick", policy=tasks.Policy(overlap=True))
        async def tick() -> None:
            raise ConnectionError

        timers = timers_of(asyncio.get_running_loop())
        tick.start()
        await clock.advance(seconds=10.5)
        for task in others():
            if task.get_name().startswith("tick "):
                task.cancel()
        await clock.settle()
        # That for the next slot, and at most as many that nobody waits for.
        assert len(timers._heap) <= 2
        tick.cancel()

    async def test_c3_nothing_is_kept_of_the_instance(self, clock: VirtualClock) -> None:
        class Cog:
            @tasks.loop(seconds=1, policy=tasks.Policy(overlap=2, timeout=5))
            async def tick(self) -> None:
                await asyncio.sleep(10)

        cog = Cog()
        loop = cog.tick
        cog.tick.start()
        await clock.advance(seconds=20)
        cog.tick.cancel()
        await clock.settle()
        reference = weakref.ref(cog)
        del cog
        gc.collect()
        assert reference() is None
        assert not loop.is_running()
        assert_nothing_left()


class TestFailures:
    """Retries and the `error` hook work for each body."""

    async def test_p3_a_failure_lets_the_others_finish(self, clock: VirtualClock) -> None:
        story: list[str] = []

        @tasks.loop(seconds=1, policy=tasks.Policy(overlap=True))
        async def tick() -> None:
            await asyncio.sleep(1.5 if tick.current_loop == 1 else 6)
            if tick.current_loop == 1:
                raise LookupError
            story.append(f"{tick.current_loop} at {clock.elapsed:g}")

        @tick.error
        async def error(error: Exception) -> None:
            story.append(type(error).__name__)

        failure = await ended(tick.start())
        assert isinstance(failure, LookupError)
        assert tick.ending == "failed"
        assert story == ["0 at 6", "2 at 8", "LookupError"]

    async def test_l9_a_second_failure_hides_not_the_first_and_is_told(
        self, clock: VirtualClock
    ) -> None:
        told: list[str] = []

        @tasks.loop(seconds=1, policy=tasks.Policy(overlap=True))
        async def tick() -> None:
            await asyncio.sleep(3)
            raise LookupError(tick.current_loop)

        @tick.error
        async def error(error: Exception) -> None:
            told.append(str(error))

        failure = await ended(tick.start())
        assert str(failure) == "0"
        assert sorted(told) == ["0", "1", "2"]
        assert told[-1] == "0"

    async def test_l9_a_cancellation_hides_no_failure(self, clock: VirtualClock) -> None:
        told: list[str] = []

        @tasks.loop(seconds=1, policy=tasks.Policy(overlap=True))
        async def tick() -> None:
            await asyncio.sleep(1.5 if tick.current_loop == 0 else 60)
            raise LookupError

        @tick.error
        async def error(error: Exception) -> None:
            told.append(type(error).__name__)

        task = tick.start()
        await clock.advance(seconds=3)
        tick.cancel()
        await asyncio.wait([task])
        assert task.cancelled()
        assert told == ["LookupError"]
        assert tick.ending == "failed"

    @pytest.mark.parametrize("outside", [False, True])
    async def test_l9_nor_does_a_cancellation_that_a_body_answers_with_one(
        self, clock: VirtualClock, outside: bool
    ) -> None:
        told: list[str] = []

        @tasks.loop(seconds=1, policy=tasks.Policy(overlap=True))
        async def tick() -> None:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                raise LookupError from None

        @tick.error
        async def error(error: Exception) -> None:
            told.append(type(error).__name__)

        task = tick.start()
        await clock.advance(seconds=0.5)
        if outside:
            task.cancel()
        else:
            tick.cancel()
        await asyncio.wait([task])
        assert task.cancelled()
        assert told == ["LookupError"]

    async def test_l10_a_cancellation_that_nobody_asked_for_is_a_failure(
        self, clock: VirtualClock
    ) -> None:
        @tasks.loop(seconds=1, policy=tasks.Policy(overlap=True))
        async def tick() -> None:
            await foreign_cancellation()

        failure = await ended(tick.start())
        assert isinstance(failure, RuntimeError)
        assert isinstance(failure.__cause__, asyncio.CancelledError)

    async def test_l9_no_exception_was_never_retrieved(self, clock: VirtualClock) -> None:
        reports: list[object] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, report: reports.append(report))

        @tasks.loop(seconds=1, policy=tasks.Policy(overlap=True))
        async def tick() -> None:
            raise LookupError

        task = tick.start()
        await asyncio.wait([task])
        del task
        gc.collect()
        assert reports == []

    async def test_p3_a_schedule_that_fails_lets_the_bodies_finish(
        self, clock: VirtualClock
    ) -> None:
        start = clock.now()

        class Failing:
            def next_after(self, moment: datetime, /) -> datetime | None:
                if moment == start:
                    return start.replace(second=1)
                raise LookupError("schedule")

        @tasks.loop(schedule=Failing(), policy=tasks.Policy(overlap=True))
        async def tick() -> None:
            await asyncio.sleep(5)

        failure = await ended(tick.start())
        assert isinstance(failure, LookupError)
        assert clock.elapsed == 6

    @pytest.mark.parametrize("raised", [KeyboardInterrupt, SystemExit])
    def test_l10_those_that_pass_through(self, raised: type[BaseException]) -> None:
        clock = VirtualClock()

        @tasks.loop(seconds=1, policy=tasks.Policy(overlap=True))
        async def tick() -> None:
            raise raised

        async def main() -> None:
            tick.start()
            await clock.advance(seconds=5)

        with pytest.raises(raised):
            clock.run(main())
        assert not tick.is_running()

    @pytest.mark.parametrize(
        "eager",
        [
            False,
            pytest.param(
                True,
                marks=pytest.mark.skipif(
                    sys.version_info < (3, 12), reason="eager tasks are new in 3.12"
                ),
            ),
        ],
    )
    def test_l10_they_wait_for_no_other_body(self, eager: bool) -> None:
        clock = VirtualClock()

        @tasks.loop(seconds=1, policy=tasks.Policy(overlap=True))
        async def tick() -> None:
            if tick.current_loop == 1:
                raise KeyboardInterrupt
            await asyncio.sleep(100)

        async def main() -> None:
            if eager:
                make_eager(asyncio.get_running_loop())
            tick.start()
            await clock.advance(seconds=500)

        with pytest.raises(KeyboardInterrupt):
            clock.run(main())
        assert clock.elapsed == 1

    async def test_p5_retries_of_one_body_do_not_stop_the_others(
        self, clock: VirtualClock, full_jitter: None
    ) -> None:
        @tasks.loop(seconds=1, count=3, policy=tasks.Policy(overlap=True, retries=2))
        async def tick() -> None:
            if tick.current_loop == 0 and clock.elapsed < 1:
                raise ConnectionError

        with watching(tick) as told:
            await tick.start()
        assert told == [
            *("started 0+0", "retrying 0 ConnectionError 1", "started 1+0", "finished 1 in 0"),
            *("finished 0 in 2", "started 2+0", "finished 2 in 0", "ended completed"),
        ]

    async def test_l8_each_back_off_takes_its_time(
        self, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(random, "random", lambda: 0.5)

        @tasks.loop(seconds=100, count=1, policy=tasks.Policy(overlap=True))
        async def tick() -> None:
            if clock.elapsed < 3:
                raise ConnectionError

        await tick.start()
        assert clock.elapsed == 1 + 2

    @pytest.mark.parametrize("timing", ["interval", "schedule"])
    async def test_v3_the_log_names_the_slot_of_the_body(
        self, clock: VirtualClock, log: pytest.LogCaptureFixture, full_jitter: None, timing: str
    ) -> None:
        """It is looked up when it is needed, and a clock was set by then."""
        policy = tasks.Policy(overlap=True)

        async def body() -> None:
            if said(log):
                return
            await asyncio.sleep(3)
            if timing == "schedule":
                clock.shift(seconds=30)
            raise ConnectionError

        by_interval = tasks.loop(seconds=10, wait_first=True, policy=policy)(body)
        by_schedule = tasks.loop(schedule=tasks.Every(seconds=10, anchor=START), policy=policy)(
            body
        )
        loop = by_interval if timing == "interval" else by_schedule
        loop.start()
        await clock.advance(seconds=14)
        loop.cancel()
        await clock.settle()
        assert "attempt 1 for the slot at 2026-01-05 12:00:10+00:00" in said(log)[0]


class TestPolicyChanges:
    """From overlap to none and back, with bodies at work."""

    async def test_p3_to_none_and_back(self, clock: VirtualClock) -> None:
        most = [0, 0]

        @tasks.loop(seconds=1, policy=tasks.Policy(overlap=3))
        async def tick() -> None:
            most[0] += 1
            most[1] = max(most)
            await asyncio.sleep(2.5)
            most[0] -= 1

        tick.start()
        await clock.advance(seconds=2.2)
        assert most == [3, 3]
        tick.policy = None
        most[1] = 0
        await clock.advance(seconds=10)
        assert most[0] == 1
        # L13: the one at work has begun at 12.
        assert tick.next_iteration == START + timedelta(seconds=13)
        tick.policy = tasks.Policy(overlap=True)
        most[1] = 0
        await clock.advance(seconds=10)
        assert most[1] == 3
        tick.stop()
        await clock.advance(seconds=3)
        assert not tick.is_running()
        assert_nothing_left()

    async def test_p3_a_lower_limit_waits_for_the_bodies(self, clock: VirtualClock) -> None:
        begun: list[float] = []

        @tasks.loop(seconds=1, policy=tasks.Policy(overlap=4))
        async def tick() -> None:
            begun.append(clock.elapsed)
            await asyncio.sleep(10)

        tick.start()
        await clock.advance(seconds=2.5)
        tick.policy = tasks.Policy(overlap=2)
        await clock.advance(seconds=9)
        assert begun == [0, 1, 2, 11]
        tick.cancel()

    async def test_p3_a_schedule_may_stop_or_change_its_own_loop(self, clock: VirtualClock) -> None:
        start = clock.now()

        class Stopping:
            def next_after(self, moment: datetime, /) -> datetime | None:
                if moment != start:
                    tick.stop()
                return tasks.Every(seconds=1, anchor=start).next_after(moment)

        @tasks.loop(schedule=Stopping(), policy=tasks.Policy(overlap=True))
        async def tick() -> None: ...

        await tick.start()
        assert tick.ending == "stopped"


@pytest.mark.skipif(sys.version_info < (3, 12), reason="eager tasks are new in 3.12")
async def test_p3_bodies_of_eager_tasks() -> None:
    make_eager(asyncio.get_running_loop())
    seen: list[int] = []

    @tasks.loop(seconds=1, count=3, policy=tasks.Policy(overlap=2, timeout=1, max_failures=None))
    async def tick() -> None:
        seen.append(tick.current_loop)

    with watching(tick) as told:
        await tick.start()
    assert seen == [0, 1, 2]
    assert told[-2:] == ["finished 2 in 0", "ended completed"]
    assert_nothing_left()


def test_c3_bodies_at_work_when_the_event_loop_is_gone_are_let_go() -> None:
    """L11: a closed event loop runs nothing any more, and nothing may be awaited in it."""
    clock = VirtualClock()
    event_loop = clock.new_event_loop()
    began: list[int] = []

    class Home:
        @tasks.loop(seconds=1, policy=tasks.Policy(overlap=2, max_failures=None))
        async def tick(self) -> None:
            began.append(self.tick.current_loop)
            if self.tick.current_loop:
                raise LookupError
            await asyncio.sleep(100)

        @tick.error
        async def error(self, error: Exception) -> None:
            await asyncio.sleep(100)

    async def main(home: Home) -> weakref.ref[Home]:
        home.tick.start()
        await asyncio.sleep(1.5)
        return weakref.ref(home)

    gone = event_loop.run_until_complete(main(Home()))
    event_loop.close()
    assert began == [0, 1]
    home = gone()
    assert home is not None
    # Until somebody asks, the loop doesn't know.
    assert not home.tick.is_running()
    del home
    gc.collect()
    assert gone() is None


async def test_p4_one_that_ignores_its_time_limit_holds_up_nobody_elses(
    clock: VirtualClock,
) -> None:
    ended: list[str] = []

    @tasks.loop(
        seconds=10,
        count=2,
        policy=tasks.Policy(overlap=2, timeout=15, retries=0, max_failures=None),
    )
    async def tick() -> None:
        number = tick.current_loop
        if number > 1:
            return
        try:
            await asyncio.sleep(100)
        except asyncio.CancelledError:
            ended.append(f"{number} at {clock.elapsed:g}")
            if number == 0:
                await asyncio.sleep(20)
            raise

    await tick.start()
    assert ended == ["0 at 15", "1 at 25"]


async def test_p3_a_schedule_may_stop_its_own_loop_when_it_is_first_asked(
    clock: VirtualClock,
) -> None:
    class Stopping:
        def next_after(self, moment: datetime, /) -> datetime:
            tick.stop()
            return moment + timedelta(seconds=10)

    @tasks.loop(schedule=Stopping(), policy=tasks.Policy(overlap=2))
    async def tick() -> None: ...

    with watching(tick) as told:
        await tick.start()
    assert (told, clock.elapsed) == (["ended stopped"], 0)
    assert_nothing_left()


async def test_l9_a_body_that_raises_generator_exit_fails_the_loop(clock: VirtualClock) -> None:
    """The event loop isn't gone, and the run must not wait for the body for ever."""

    @tasks.loop(seconds=10, policy=tasks.Policy(overlap=2, max_failures=None))
    async def tick() -> None:
        raise GeneratorExit

    assert isinstance(await ended(tick.start()), GeneratorExit)
    assert clock.elapsed == 0
    assert_nothing_left()
