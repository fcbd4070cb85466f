"""The life of one run (contract L2-L11)."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import gc
import logging
import random
import sys
import weakref
from collections.abc import AsyncIterator, Callable, Coroutine
from datetime import datetime, time, timedelta
from itertools import pairwise
from traceback import walk_tb
from typing import Any

import pytest
from support.event_loops import make_eager
from support.story import Story, ended, raising, sleeping
from support.virtual_time import START, pending_timers, turns

import defectio_tasks as tasks
from defectio_tasks._loop.decorator import LoopDecorator
from defectio_tasks._time.timers import Timers
from defectio_tasks.testing import VirtualClock


class TestOrder:
    """Contract L2, L3."""

    async def test_l2_before_loop_iterations_after_loop(self) -> None:
        story = Story(seconds=1, count=2)
        await story.loop.start()
        assert story.told == ["before_loop", "body", "body", "after_loop"]

    async def test_l2_on_failure_error_and_then_after_loop(self) -> None:
        story = Story(seconds=1)
        story.steps["body"] = raising(ValueError("no"))
        assert isinstance(await ended(story.loop.start()), ValueError)
        assert story.told == ["before_loop", "body", "error", "after_loop"]

    async def test_l3_count_ends_the_loop_without_a_last_sleep(self, clock: VirtualClock) -> None:
        story = Story(hours=24, count=1)
        await story.loop.start()
        assert clock.elapsed == 0
        assert story.told.count("body") == 1

    async def test_l3_only_successful_iterations_count(self, full_jitter: None) -> None:
        story = Story(seconds=1, count=2)
        outcomes = iter([OSError(), None, OSError(), OSError(), None])

        async def body() -> None:
            outcome = next(outcomes)
            if outcome is not None:
                raise outcome

        story.steps["body"] = body
        await story.loop.start()
        assert story.told.count("body") == 5
        assert story.iterations_in_after_loop == 2

    async def test_l3_current_loop(self) -> None:
        seen: list[int] = []
        story = Story(seconds=1, count=3)

        async def body() -> None:
            seen.append(story.loop.current_loop)
            assert story.loop._current_loop == story.loop.current_loop

        story.steps["body"] = body
        await story.loop.start()
        assert seen == [0, 1, 2]
        assert story.iterations_in_after_loop == 3
        assert story.loop.current_loop == 0

    async def test_repr_tells_each_stage(self) -> None:
        story = Story(seconds=10)
        told: list[str] = []

        async def look() -> None:
            # After what the interval is.
            told.append(repr(story.loop).partition(", ")[2].partition(", next")[0].rstrip(">"))

        story.steps |= {"before_loop": look, "body": look, "after_loop": look}
        task = story.loop.start()
        # Before the task's first turn, too, somebody may look.
        assert repr(story.loop).startswith("<Loop 'story'")
        await asyncio.sleep(1)
        await look()
        story.loop.stop()
        await task
        await look()
        assert told == ["preparing", "working", "waiting", "finishing", "not running"]

    async def test_a_failed_loop_starts_again(self) -> None:
        story = Story(seconds=1, count=1)
        story.steps["body"] = raising(ValueError())
        await ended(story.loop.start())
        assert story.loop.failed()
        story.steps.clear()
        task = story.loop.start()
        assert not story.loop.failed()
        await task
        assert not story.loop.failed()


class TestStop:
    """Contract L4."""

    async def test_in_the_body_the_iteration_finishes(self, clock: VirtualClock) -> None:
        story = Story(seconds=100)
        finished: list[float] = []

        async def body() -> None:
            await asyncio.sleep(3)
            finished.append(clock.elapsed)

        story.steps["body"] = body
        task = story.loop.start()
        await asyncio.sleep(1)
        story.loop.stop()
        await task
        assert finished == [3]
        assert clock.elapsed == 3
        assert story.iterations_in_after_loop == 1

    async def test_in_the_body_its_retries_finish_too(
        self, clock: VirtualClock, full_jitter: None
    ) -> None:
        story = Story(seconds=100)
        outcomes = iter([OSError(), OSError(), None])

        async def body() -> None:
            outcome = next(outcomes)
            if outcome is not None:
                raise outcome

        story.steps["body"] = body
        task = story.loop.start()
        await asyncio.sleep(1)
        story.loop.stop()
        await task
        assert clock.elapsed == 2 + 4
        assert story.told.count("body") == 3

    async def test_from_the_body_itself(self) -> None:
        story = Story(seconds=1)

        async def body() -> None:
            story.loop.stop()
            await asyncio.sleep(1)

        story.steps["body"] = body
        await story.loop.start()
        assert story.told.count("body") == 1

    async def test_asleep_it_ends_at_once_without_another_body(self, clock: VirtualClock) -> None:
        story = Story(hours=24)
        task = story.loop.start()
        await asyncio.sleep(5)
        story.loop.stop()
        await task
        assert clock.elapsed == 5
        assert story.told == ["before_loop", "body", "after_loop"]
        assert not story.loop.failed()

    async def test_in_the_turn_in_which_the_timer_fires(self) -> None:
        story = Story(seconds=10)

        async def stop_then() -> None:
            await asyncio.sleep(10)
            story.loop.stop()

        # First, so that its timer is the first of the two.
        stopping = asyncio.create_task(stop_then())
        await story.loop.start()
        assert story.told.count("body") == 1
        await stopping

    async def test_with_interval_0(self) -> None:
        story = Story()
        task = story.loop.start()
        await turns()
        count = story.told.count("body")
        story.loop.stop()
        await task
        assert story.told.count("body") == count

    async def test_in_before_loop_it_ends_at_once_without_a_body(self, clock: VirtualClock) -> None:
        story = Story(seconds=1)
        story.steps["before_loop"] = sleeping(1_000)
        task = story.loop.start()
        await asyncio.sleep(5)
        story.loop.stop()
        story.loop.stop()
        assert not story.loop.is_being_cancelled()
        await task
        assert clock.elapsed == 5
        assert story.told == ["before_loop", "after_loop"]
        assert story.cancelled_in_after_loop is False

    async def test_in_before_loop_it_leaves_no_trace_on_the_task(self) -> None:
        """`stop` is no cancellation: nothing in `after_loop` may take it for one."""
        story = Story(seconds=1)
        story.steps["before_loop"] = sleeping(1_000)
        seen: list[int] = []

        async def after() -> None:
            task = asyncio.current_task()
            assert task is not None
            seen.append(task.cancelling())

        story.steps["after_loop"] = after
        task = story.loop.start()
        await asyncio.sleep(5)
        story.loop.stop()
        await task
        assert seen == [0]

    async def test_from_before_loop_itself_the_hook_finishes(self) -> None:
        story = Story(seconds=1)

        async def before() -> None:
            story.loop.stop()
            await asyncio.sleep(1)
            story.told.append("finished")

        story.steps["before_loop"] = before
        await story.loop.start()
        assert story.told == ["before_loop", "finished", "after_loop"]

    async def test_a_before_loop_that_shrugs_it_off_is_followed_by_no_body(self) -> None:
        story = Story(seconds=1)

        async def before() -> None:
            try:
                await asyncio.sleep(1_000)
            except asyncio.CancelledError:
                await asyncio.sleep(1)

        story.steps["before_loop"] = before
        task = story.loop.start()
        await asyncio.sleep(5)
        story.loop.stop()
        await task
        assert story.told == ["before_loop", "after_loop"]

    async def test_in_before_loop_a_cancellation_on_top_wins(self) -> None:
        story = Story(seconds=1)
        story.steps["before_loop"] = sleeping(1_000)
        task = story.loop.start()
        await asyncio.sleep(5)
        story.loop.stop()
        story.loop.cancel()
        assert isinstance(await ended(task), asyncio.CancelledError)
        assert story.told == ["before_loop", "after_loop"]

    async def test_before_the_first_turn(self, lazy_tasks: None) -> None:
        story = Story(seconds=1)
        task = story.loop.start()
        story.loop.stop()
        await task
        assert story.told == ["after_loop"]

    def test_in_before_loop_from_outside_the_event_loop(self) -> None:
        event_loop = VirtualClock(START).new_event_loop()
        story = Story(seconds=1, loop=event_loop)
        story.steps["before_loop"] = sleeping(1_000)
        task = story.loop.start()
        event_loop.run_until_complete(asyncio.sleep(5))
        story.loop.stop()
        event_loop.run_until_complete(task)
        assert event_loop.time() == 5
        assert story.told == ["before_loop", "after_loop"]
        event_loop.close()

    async def test_has_no_effect_when_not_running(self) -> None:
        story = Story(seconds=1, count=2)
        story.loop.stop()
        await story.loop.start()
        story.loop.stop()
        await story.loop.start()
        assert story.told.count("body") == 4

    async def test_and_then_an_exception_in_before_loop(self) -> None:
        """PEERS.md: the next `start` ended at once."""
        story = Story(seconds=1, count=2)

        async def before() -> None:
            story.loop.stop()
            raise ValueError

        story.steps["before_loop"] = before
        assert isinstance(await ended(story.loop.start()), ValueError)
        story.steps.clear()
        await story.loop.start()
        assert story.told.count("body") == 2


class TestCancel:
    """Contract L5."""

    @pytest.mark.parametrize("step", ["before_loop", "body"])
    async def test_the_task_ends_cancelled(self, step: str) -> None:
        story = Story(seconds=1)
        story.steps[step] = sleeping(100)
        task = story.loop.start()
        await asyncio.sleep(5)
        story.loop.cancel()
        assert story.loop.is_being_cancelled()
        assert isinstance(await ended(task), asyncio.CancelledError)
        assert story.told[-1] == "after_loop"
        assert story.told.count("after_loop") == 1
        assert story.cancelled_in_after_loop is True
        assert not story.loop.is_being_cancelled()
        assert not story.loop.failed()
        assert story.errors == []

    async def test_asleep(self, clock: VirtualClock) -> None:
        story = Story(seconds=100)
        task = story.loop.start()
        await asyncio.sleep(5)
        story.loop.cancel()
        assert isinstance(await ended(task), asyncio.CancelledError)
        assert clock.elapsed == 5

    async def test_before_the_first_turn_after_loop_runs_all_the_same(
        self, lazy_tasks: None
    ) -> None:
        story = Story(seconds=1)
        task = story.loop.start()
        story.loop.cancel()
        assert isinstance(await ended(task), asyncio.CancelledError)
        assert story.told == ["after_loop"]

    async def test_of_the_task_itself_is_the_same(self) -> None:
        story = Story(seconds=1)
        task = story.loop.start()
        await turns()
        task.cancel()
        assert isinstance(await ended(task), asyncio.CancelledError)
        assert story.cancelled_in_after_loop is True

    async def test_also_when_after_loop_raises(self, capsys: pytest.CaptureFixture[str]) -> None:
        story = Story(seconds=1)
        story.steps["after_loop"] = raising(ValueError("after"))
        task = story.loop.start()
        await turns()
        story.loop.cancel()
        assert isinstance(await ended(task), asyncio.CancelledError)
        err = capsys.readouterr().err
        assert "ValueError: after" in err
        assert "CancelledError" in err
        assert "'story'" in err
        # And it can be cancelled again.
        story.steps.clear()
        task = story.loop.start()
        await turns()
        story.loop.cancel()
        assert isinstance(await ended(task), asyncio.CancelledError)

    async def test_after_loop_is_left_alone_by_a_second_cancel(self) -> None:
        story = Story(seconds=1)

        async def after() -> None:
            await asyncio.sleep(10)
            story.told.append("finished")

        story.steps["after_loop"] = after
        task = story.loop.start()
        await turns()
        story.loop.cancel()
        await asyncio.sleep(1)
        assert story.loop.is_being_cancelled()
        story.loop.cancel()
        assert isinstance(await ended(task), asyncio.CancelledError)
        assert story.told[-1] == "finished"

    async def test_in_after_loop_tells_nothing_twice(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """L9: the `error` hook was told of the exception, so nothing goes to `sys.stderr`."""
        story = Story(seconds=1)
        story.steps |= {"body": raising(ValueError("told")), "after_loop": sleeping(100)}
        task = story.loop.start()
        await asyncio.sleep(1)
        assert len(story.errors) == 1
        story.loop.cancel()
        assert isinstance(await ended(task), asyncio.CancelledError)
        assert capsys.readouterr().err == ""

    async def test_of_a_loop_that_is_ending_anyway(self) -> None:
        story = Story(seconds=1, count=1)
        story.steps["after_loop"] = sleeping(100)
        task = story.loop.start()
        await asyncio.sleep(1)
        story.loop.cancel()
        assert isinstance(await ended(task), asyncio.CancelledError)
        assert story.told == ["before_loop", "body", "after_loop"]

    async def test_during_the_error_hook(self, capsys: pytest.CaptureFixture[str]) -> None:
        story = Story(seconds=1)
        story.steps |= {"body": raising(ValueError()), "error": sleeping(100)}
        task = story.loop.start()
        await asyncio.sleep(1)
        story.loop.cancel()
        assert isinstance(await ended(task), asyncio.CancelledError)
        assert story.told == ["before_loop", "body", "error", "after_loop"]
        assert story.loop.failed()
        # The hook was broken off, and with it whatever it had to tell.
        assert "ValueError" in capsys.readouterr().err

    async def test_during_a_back_off(self, full_jitter: None) -> None:
        story = Story(seconds=1)
        story.steps["body"] = raising(OSError())
        task = story.loop.start()
        await asyncio.sleep(1)
        story.loop.cancel()
        assert isinstance(await ended(task), asyncio.CancelledError)

    async def test_that_the_body_swallows(self) -> None:
        story = Story(seconds=1)

        async def body() -> None:
            try:
                await asyncio.sleep(100)
            except asyncio.CancelledError:
                await asyncio.sleep(1)

        story.steps["body"] = body
        task = story.loop.start()
        await asyncio.sleep(5)
        story.loop.cancel()
        assert isinstance(await ended(task), asyncio.CancelledError)
        assert story.told.count("body") == 1

    async def test_that_the_body_answers_with_an_exception(self) -> None:
        story = Story(seconds=1)

        async def body() -> None:
            try:
                await asyncio.sleep(100)
            except asyncio.CancelledError:
                raise OSError("clean-up") from None

        story.steps["body"] = body
        task = story.loop.start()
        await asyncio.sleep(5)
        story.loop.cancel()
        assert isinstance(await ended(task), asyncio.CancelledError)
        assert [str(error) for error in story.errors] == ["clean-up"], "it isn't lost"
        assert story.told.count("body") == 1, "nor retried"

    @pytest.mark.parametrize("count", [None, 1])
    @pytest.mark.parametrize("raises", [False, True])
    @pytest.mark.parametrize("step", ["before_loop", "body"])
    async def test_from_a_step_that_awaits_no_more(
        self, step: str, raises: bool, count: int | None
    ) -> None:
        """The cancellation is still on its way, and must not hit a hook instead."""
        story = Story(seconds=1, count=count)

        async def cancel() -> None:
            story.loop.cancel()
            if raises:
                raise ValueError

        async def hook() -> None:
            await asyncio.sleep(1)
            story.told.append("whole")

        story.steps |= {step: cancel, "error": hook, "after_loop": hook}
        assert isinstance(await ended(story.loop.start()), asyncio.CancelledError)
        expected = ["before_loop", "body"] if step == "body" else ["before_loop"]
        expected += ["error", "whole"] if raises else []
        assert story.told == [*expected, "after_loop", "whole"]
        assert story.loop.failed() == raises

    async def test_of_the_task_from_a_body_that_awaits_no_more(self) -> None:
        story = Story(seconds=1, count=1)

        async def body() -> None:
            task = story.loop.get_task()
            assert task is not None
            task.cancel()

        async def after() -> None:
            await asyncio.sleep(1)
            story.told.append("whole")

        story.steps |= {"body": body, "after_loop": after}
        assert isinstance(await ended(story.loop.start()), asyncio.CancelledError)
        assert story.told[-1] == "whole"

    async def test_of_the_task_from_a_before_loop_that_awaits_no_more(self) -> None:
        story = Story(seconds=1)

        async def before() -> None:
            task = story.loop.get_task()
            assert task is not None
            task.cancel()

        story.steps["before_loop"] = before
        assert isinstance(await ended(story.loop.start()), asyncio.CancelledError)
        assert story.told == ["before_loop", "after_loop"]

    async def test_from_an_error_hook_that_awaits_no_more(self) -> None:
        story = Story(seconds=1)

        async def error() -> None:
            story.loop.cancel()

        async def after() -> None:
            await asyncio.sleep(1)
            story.told.append("whole")

        story.steps |= {"body": raising(ValueError()), "error": error, "after_loop": after}
        assert isinstance(await ended(story.loop.start()), asyncio.CancelledError)
        assert story.told[-1] == "whole"

    async def test_in_the_turn_in_which_the_timer_fires(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        """PEERS.md: `InvalidStateError` in the log."""
        story = Story(seconds=10)
        task = story.loop.start()
        await asyncio.sleep(10)
        story.loop.cancel()
        assert isinstance(await ended(task), asyncio.CancelledError)
        assert not caplog.records

    async def test_of_a_time_out_in_the_body_is_none(self) -> None:
        story = Story(seconds=10, count=2)

        async def body() -> None:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(1):
                    await asyncio.sleep(100)
            assert not story.loop.is_being_cancelled()

        story.steps["body"] = body
        await story.loop.start()
        assert story.told.count("body") == 2

    async def test_has_no_effect_when_not_running(self) -> None:
        story = Story(seconds=1, count=1)
        story.loop.cancel()
        await story.loop.start()
        story.loop.cancel()
        assert not story.loop.is_being_cancelled()
        await story.loop.start()
        assert story.told.count("body") == 2


class TestRestart:
    """Contract L6."""

    @staticmethod
    def make() -> tuple[tasks.Loop[[str], None], list[str]]:
        told: list[str] = []

        @tasks.loop(seconds=10)
        async def tick(word: str) -> None:
            told.append(word)

        @tick.after_loop
        async def after() -> None:
            told.append("after")
            await asyncio.sleep(1)
            told.append("over")

        return tick, told

    async def test_cancels_and_starts_again_once_after_loop_is_over(self) -> None:
        tick, told = self.make()
        first = tick.start("one")
        await asyncio.sleep(5)
        tick.restart("two")
        await asyncio.sleep(5)
        assert told == ["one", "after", "over", "two"]
        assert first.cancelled()
        assert tick.get_task() is not first
        tick.cancel()
        await asyncio.sleep(2)

    async def test_starts_a_loop_that_is_not_running(self) -> None:
        tick, told = self.make()
        tick.restart("one")
        assert tick.is_running()
        await turns()
        assert told == ["one"]
        tick.cancel()
        await asyncio.sleep(2)

    async def test_several_in_one_turn_are_one_with_the_last_arguments(self) -> None:
        tick, told = self.make()
        tick.start("one")
        await turns()
        for word in ("two", "three", "four"):
            tick.restart(word)
        await asyncio.sleep(5)
        assert told == ["one", "after", "over", "four"]
        tick.restart("five")
        await asyncio.sleep(0.5)
        tick.restart("six")
        await asyncio.sleep(5)
        assert told[4:] == ["after", "over", "six"]
        tick.cancel()
        await asyncio.sleep(2)

    @pytest.mark.parametrize("wins", ["cancel", "stop"])
    async def test_a_later_cancel_or_stop_wins(self, wins: str) -> None:
        tick, told = self.make()
        tick.start("one")
        await turns()
        tick.restart("two")
        getattr(tick, wins)()
        await asyncio.sleep(5)
        assert told == ["one", "after", "over"]
        assert not tick.is_running()

    async def test_after_a_cancel_wins_over_it(self) -> None:
        tick, told = self.make()
        tick.start("one")
        await turns()
        tick.cancel()
        tick.restart("two")
        await asyncio.sleep(5)
        assert told == ["one", "after", "over", "two"]
        tick.cancel()
        await asyncio.sleep(2)

    async def test_from_the_body(self) -> None:
        words: list[int] = []

        @tasks.loop(seconds=1)
        async def tick(number: int) -> None:
            words.append(number)
            if number < 3:
                tick.restart(number + 1)
            else:
                tick.stop()

        tick.start(1)
        await asyncio.sleep(5)
        assert words == [1, 2, 3]
        assert not tick.is_running()

    @pytest.mark.parametrize("hook", ["error", "after_loop"])
    async def test_from_a_hook_at_the_end(self, hook: str) -> None:
        story = Story(seconds=1, count=1)
        story.steps["body"] = raising(ValueError())

        async def restart() -> None:
            story.steps.clear()
            story.loop.restart()
            await asyncio.sleep(1)
            story.told.append("hook over")

        story.steps[hook] = restart
        first = story.loop.start()
        assert isinstance(await ended(first), ValueError), "the hook isn't cancelled"
        await turns()
        assert story.told.count("hook over") == 1
        assert story.told[-3:] == ["before_loop", "body", "after_loop"]
        assert not story.loop.failed()

    @pytest.mark.skipif(sys.version_info < (3, 12), reason="eager tasks are of Python 3.12")
    async def test_again_and_again_with_eager_tasks(self) -> None:
        story = Story()
        story.steps["body"] = raising(ValueError())

        async def error() -> None:
            if len(story.errors) < 2_000:
                story.loop.restart()

        story.steps["error"] = error
        make_eager(asyncio.get_running_loop())
        try:
            story.loop.start()
            await turns(20_000)
        finally:
            asyncio.get_running_loop().set_task_factory(None)
        assert len(story.errors) == 2_000
        assert not story.loop.is_running()

    @pytest.mark.skipif(sys.version_info < (3, 12), reason="eager tasks came with Python 3.12")
    async def test_c3_an_eager_run_that_fails_at_once_keeps_no_instance_alive(
        self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # What pytest keeps of the log would keep the instance.
        monkeypatch.setattr(logging.getLogger("defectio_tasks"), "disabled", True)

        class Bot:
            @tasks.loop(seconds=1)
            async def tick(self) -> None:
                raise LookupError

        bot = Bot()
        gone = weakref.ref(bot)
        make_eager(asyncio.get_running_loop())
        try:
            bot.tick.start()
        finally:
            asyncio.get_running_loop().set_task_factory(None)
        await turns()
        assert bot.tick.failed()
        assert "LookupError" in capsys.readouterr().err
        del bot
        gc.collect()
        assert gone() is None

    @pytest.mark.parametrize("wins", ["cancel", "stop", "start"])
    async def test_between_the_end_and_the_new_start_another_word_counts(self, wins: str) -> None:
        tick, told = self.make()
        task = tick.start("one")
        await turns()
        tick.restart("two")

        def act(_: object) -> None:
            assert not tick.is_running()
            tick.start("three") if wins == "start" else getattr(tick, wins)()

        # Before the library's own callback, which comes as the last step of the run.
        task.add_done_callback(act)
        await asyncio.sleep(5)
        assert told == ["one", "after", "over"] + (["three"] if wins == "start" else [])
        tick.cancel()
        await asyncio.sleep(2)

    async def test_a_restart_of_what_was_started_in_between_counts(self, lazy_tasks: None) -> None:
        tick, told = self.make()
        task = tick.start("one")
        await turns()
        tick.restart("two")

        def act(_: object) -> None:
            tick.start("three")
            tick.restart("four")

        task.add_done_callback(act)
        await asyncio.sleep(5)
        assert told == ["one", "after", "over", "after", "over", "four"]
        tick.cancel()
        await asyncio.sleep(2)

    async def test_a_start_in_between_is_refused(self) -> None:
        tick, _ = self.make()
        tick.start("one")
        await turns()
        tick.restart("two")
        with pytest.raises(RuntimeError, match="running already"):
            tick.start("three")
        tick.cancel()
        await asyncio.sleep(2)


class TestChangesOfARunThatEnds:
    """Contract L4, L12, L14: whatever is changed, a loop that was told to stop does."""

    @pytest.mark.parametrize(
        "change",
        [
            lambda loop: loop.change_interval(seconds=5),
            lambda loop: loop.change_interval(seconds=0),
            lambda loop: loop.add_exception_type(KeyError),
            lambda loop: loop.clear_exception_types(),
        ],
        ids=["interval", "interval 0", "add", "clear"],
    )
    @pytest.mark.parametrize("step", ["before_loop", "body"])
    async def test_after_stop(self, step: str, change: Callable[[tasks.Loop], None]) -> None:
        story = Story(seconds=10)

        async def end() -> None:
            story.loop.stop()
            change(story.loop)

        story.steps[step] = end
        await story.loop.start()
        assert story.told == ["before_loop", *(["body"] if step == "body" else []), "after_loop"]

    async def test_asleep_other_changes_leave_the_wait_alone(self, clock: VirtualClock) -> None:
        runs: list[float] = []

        @tasks.loop(seconds=10, count=3)
        async def tick() -> None:
            runs.append(clock.elapsed)

        task = tick.start()
        await asyncio.sleep(4)
        run = tick._run
        assert run is not None
        slots = run.slots
        tick.add_exception_type(KeyError)
        assert run.slots is slots
        await task
        assert runs == [0, 10, 20]


class TestRetry:
    """Contract L8."""

    async def test_a_retry_at_once_comes_after_a_turn(
        self, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Full jitter may have no delay at all: others get their turn all the same, by no timer."""
        monkeypatch.setattr(random, "random", lambda: 0.0)
        order: list[str] = []
        timers: list[float] = []
        event_loop = asyncio.get_running_loop()
        call_at = event_loop.call_at

        def take_down(when: float, *args: Any, **kwargs: Any) -> asyncio.TimerHandle:
            timers.append(when)
            return call_at(when, *args, **kwargs)

        monkeypatch.setattr(event_loop, "call_at", take_down)

        @tasks.loop(seconds=10, count=1)
        async def tick() -> None:
            order.append("tick")
            if len(order) < 5:
                raise OSError

        tick.start()
        while tick.is_running():
            order.append("other")
            await asyncio.sleep(0)
        assert "tick tick" not in " ".join(order)
        assert order.count("tick") > 1
        assert clock.elapsed == 0
        assert timers == []

    async def test_the_same_iteration_again_after_a_back_off(
        self, clock: VirtualClock, full_jitter: None, log: pytest.LogCaptureFixture
    ) -> None:
        runs: list[tuple[float, int]] = []

        @tasks.loop(seconds=1_000, count=2)
        async def tick() -> None:
            runs.append((clock.elapsed, tick.current_loop))
            if len(runs) in {1, 2, 3, 5}:
                message = f"attempt {len(runs)}"
                raise ConnectionError(message)

        await tick.start()
        # The back-off begins anew after the success, and the grid stays where it was.
        assert runs == [(0, 0), (2, 0), (6, 0), (14, 0), (1000, 1), (1002, 1)]
        assert [record.levelname for record in log.records] == ["WARNING"] * 4
        told = [record.getMessage() for record in log.records]
        assert "ConnectionError(attempt 1)" in told[0]
        assert "2.00 s" in told[0]
        assert "8.00 s" in told[2]

    async def test_the_warning_names_the_loop(
        self, full_jitter: None, log: pytest.LogCaptureFixture
    ) -> None:
        story = Story(seconds=1)
        story.steps["body"] = raising(OSError())
        task = story.loop.start()
        await asyncio.sleep(1)
        story.loop.cancel()
        await ended(task)
        assert [record.levelname for record in log.records] == ["WARNING"]
        assert "'story'" in log.records[0].getMessage()

    async def test_the_delay_stops_growing_at_1024_seconds(
        self, clock: VirtualClock, full_jitter: None
    ) -> None:
        runs: list[float] = []

        @tasks.loop(count=1)
        async def tick() -> None:
            runs.append(clock.elapsed)
            if len(runs) < 15:
                raise OSError

        await tick.start()
        delays = [later - earlier for earlier, later in pairwise(runs)]
        assert delays == [2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 1024, 1024, 1024, 1024]

    async def test_full_jitter(self, clock: VirtualClock) -> None:
        """A delay falls anywhere in its range."""
        firsts: list[float] = []
        for _ in range(200):
            begun: list[float] = []

            @tasks.loop(count=1)
            async def tick(begun: list[float]) -> None:
                begun.append(clock.elapsed)
                if len(begun) == 1:
                    raise OSError

            await tick.start(begun)
            firsts.append(begun[1] - begun[0])
        assert min(firsts) < 0.2
        assert max(firsts) > 1.8
        assert max(firsts) <= 2

    @pytest.mark.parametrize(
        "error",
        [
            "OSError()",
            "TimeoutError()",
            "ConnectionResetError()",
            "aiohttp.ClientError()",
            "aiohttp.ServerDisconnectedError()",
            "defectio.GatewayNotFound()",
        ],
    )
    async def test_the_default_exceptions(self, error: str, full_jitter: None) -> None:
        import aiohttp  # noqa: PLC0415
        import defectio  # noqa: PLC0415

        story = Story(count=1)
        errors = [eval(error, {"aiohttp": aiohttp, "defectio": defectio})]  # noqa: S307

        async def body() -> None:
            if errors:
                raise errors.pop()

        story.steps["body"] = body
        await story.loop.start()
        assert story.told.count("body") == 2

    async def test_without_reconnect_they_are_failures(self) -> None:
        story = Story(seconds=1, reconnect=False)
        story.steps["body"] = raising(OSError("gone"))
        assert isinstance(await ended(story.loop.start()), OSError)
        assert story.told == ["before_loop", "body", "error", "after_loop"]

    async def test_others_are_failures(self) -> None:
        story = Story(seconds=1)
        story.steps["body"] = raising(LookupError())
        assert isinstance(await ended(story.loop.start()), LookupError)
        assert story.told.count("body") == 1

    async def test_l14_types_added_and_removed_count_at_once(self, full_jitter: None) -> None:
        story = Story(seconds=1)
        story.loop.add_exception_type(LookupError)
        story.steps["body"] = raising(LookupError())
        task = story.loop.start()
        await asyncio.sleep(3)
        assert story.told.count("body") == 2
        assert story.loop.remove_exception_type(LookupError)
        assert isinstance(await ended(task), LookupError)

    async def test_only_the_body_is_retried(self) -> None:
        story = Story(seconds=1)
        story.steps["before_loop"] = raising(OSError())
        assert isinstance(await ended(story.loop.start()), OSError)
        assert story.told == ["before_loop", "error", "after_loop"]

    async def test_slots_that_passed_meanwhile_get_one_iteration(
        self, clock: VirtualClock, full_jitter: None, log: pytest.LogCaptureFixture
    ) -> None:
        runs: list[float] = []

        @tasks.loop(seconds=1, count=3)
        async def tick() -> None:
            runs.append(clock.elapsed)
            if len(runs) in {1, 2}:
                raise OSError

        await tick.start()
        assert runs == [0, 2, 6, 6, 7]


class TestEventLoopGone:
    """Contract L11: whatever happens, the loop can be started again."""

    def test_an_event_loop_that_was_closed_on_a_sleeping_loop(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        story = Story(seconds=1, count=2)
        first = VirtualClock(START).new_event_loop()

        async def begin() -> None:
            story.loop.start()
            await turns()

        first.run_until_complete(begin())
        first.close()
        assert not story.loop.is_running()
        assert story.loop.get_task() is None
        assert story.loop.current_loop == 0
        second = VirtualClock(START).new_event_loop()

        async def again() -> None:
            await story.loop.start()

        second.run_until_complete(again())
        second.close()
        assert story.told.count("body") == 1 + 2
        gc.collect()
        # That is asyncio's, of the first task: nobody let it end.
        assert "Task was destroyed but it is pending" in caplog.text

    @pytest.mark.parametrize("step", ["before_loop", "body", "error", "after_loop"])
    async def test_a_coroutine_that_was_closed_on_a_step(
        self, step: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """What closes an event loop may begin with its coroutines."""
        story = Story(seconds=1, count=1)
        if step == "error":
            story.steps["body"] = raising(LookupError())
        story.steps[step] = sleeping(1_000)
        task = story.loop.start()
        await turns()
        assert story.told[-1] == step
        coroutine = task.get_coro()
        assert isinstance(coroutine, Coroutine)
        coroutine.close()
        assert not story.loop.is_running()
        assert story.loop.next_iteration is None
        story.steps.clear()
        await story.loop.start()
        # asyncio resumes what can't be resumed any more.
        task.cancel()
        assert isinstance(await ended(task), RuntimeError)
        assert capsys.readouterr().err == ""

    @pytest.mark.parametrize("step", ["before_loop", "body", "error", "after_loop"])
    def test_an_event_loop_that_was_closed_on_a_step(
        self, step: str, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
    ) -> None:
        """L9: that is nobody's failure, and nothing is told of it."""
        story = Story(seconds=1, count=1)
        if step == "error":
            story.steps["body"] = raising(LookupError())
        story.steps[step] = sleeping(1_000)
        first = VirtualClock(START).new_event_loop()

        async def begin() -> None:
            story.loop.start()
            await turns()

        first.run_until_complete(begin())
        assert story.told[-1] == step
        first.close()
        assert not story.loop.is_running()
        story.steps.clear()
        story.errors.clear()
        gc.collect()
        assert "Task was destroyed but it is pending" in caplog.text
        assert capsys.readouterr().err == ""
        second = VirtualClock(START).new_event_loop()

        async def again() -> None:
            await story.loop.start()

        second.run_until_complete(again())
        second.close()
        assert story.told[-1] == "after_loop"

    @pytest.mark.filterwarnings("ignore:.*was destroyed but it is pending")
    @pytest.mark.parametrize("ends", [False, True], ids=["at work", "between two runs"])
    def test_an_event_loop_that_was_closed_keeps_no_instance_alive(self, ends: bool) -> None:
        """C3, L6: nor does a restart whose turn never came."""

        class Local:
            @tasks.loop(seconds=1)
            async def tick(self) -> None: ...

        async def begin(bot: Local) -> None:
            task = bot.tick.start()
            await turns()
            bot.tick.restart()
            if ends:
                task.add_done_callback(lambda _: event_loop.stop())
                await asyncio.sleep(10)

        bot = Local()
        gone = weakref.ref(bot)
        event_loop = VirtualClock(START).new_event_loop()
        with pytest.raises(RuntimeError, match="stopped") if ends else contextlib.nullcontext():
            event_loop.run_until_complete(begin(bot))
        event_loop.close()
        assert not bot.tick.is_running()
        del bot
        gc.collect()
        assert gone() is None

    def test_a_closed_event_loop_refuses_and_nothing_changes(self) -> None:
        closed = VirtualClock(START).new_event_loop()
        closed.close()
        story = Story(seconds=1, loop=closed)
        with pytest.raises(RuntimeError, match="closed"):
            story.loop.start()
        assert not story.loop.is_running()
        assert story.told == []

    def test_a_loop_runs_in_one_event_loop_after_another(self) -> None:
        story = Story(seconds=1, count=2)
        for _ in range(3):
            event_loop = VirtualClock(START).new_event_loop()

            async def main() -> None:
                await story.loop.start()

            event_loop.run_until_complete(main())
            event_loop.close()
        assert story.told.count("body") == 6

    async def test_a_task_factory_that_refuses_changes_nothing(self) -> None:
        """Its exception passes, and no coroutine is left unawaited."""
        event_loop = asyncio.get_running_loop()

        def refuse(*_: object, **__: object) -> asyncio.Task[Any]:
            raise LookupError

        event_loop.set_task_factory(refuse)
        story = Story(seconds=1)
        try:
            with pytest.raises(LookupError):
                story.loop.start()
        finally:
            event_loop.set_task_factory(None)
        assert not story.loop.is_running()

    async def test_no_timer_is_left_behind(self) -> None:
        event_loop = asyncio.get_running_loop()
        story = Story(hours=1)
        for end in (story.loop.cancel, story.loop.stop, story.loop.restart):
            story.loop.restart()
            await turns()
            end()
            await turns(10)
        story.loop.cancel()
        await turns()
        assert pending_timers(event_loop) == []
        assert asyncio.all_tasks() == {asyncio.current_task()}


class TestTaskFactories:
    """Contract L1, L2, L5, L11: whatever makes the task, tools that watch all tasks for example."""

    @staticmethod
    def wrap(
        event_loop: asyncio.AbstractEventLoop, coroutine: Any, **options: Any
    ) -> asyncio.Task[Any]:
        async def watch() -> object:
            return await coroutine

        return asyncio.Task(watch(), loop=event_loop, **options)

    @pytest.fixture
    async def wrapped(self) -> AsyncIterator[None]:
        event_loop = asyncio.get_running_loop()
        before = event_loop.get_task_factory()
        event_loop.set_task_factory(self.wrap)
        yield
        event_loop.set_task_factory(before)

    async def test_while_one_is_at_work_there_is_no_task(self) -> None:
        seen: list[object] = []

        def look(
            event_loop: asyncio.AbstractEventLoop, coroutine: Any, **options: Any
        ) -> asyncio.Task[Any]:
            seen.extend([tick.is_running(), tick.get_task(), tick.current_loop])
            return asyncio.Task(coroutine, loop=event_loop, **options)

        @tasks.loop(count=1)
        async def tick() -> None: ...

        event_loop = asyncio.get_running_loop()
        before = event_loop.get_task_factory()
        event_loop.set_task_factory(look)
        try:
            task = tick.start()
        finally:
            event_loop.set_task_factory(before)
        assert seen == [True, None, 0]
        assert tick.get_task() is task
        await task

    async def test_a_coroutine_may_be_wrapped(self, wrapped: None) -> None:
        story = Story(seconds=1, count=2)
        await story.loop.start()
        assert story.told == ["before_loop", "body", "body", "after_loop"]

    async def test_cancelled_before_it_began(self, wrapped: None) -> None:
        story = Story(seconds=1)
        task = story.loop.start()
        story.loop.cancel()
        assert story.loop.is_being_cancelled()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert story.told == ["after_loop"]
        assert not story.loop.is_running()

    @pytest.mark.filterwarnings("ignore:coroutine 'live' was never awaited")
    async def test_a_task_that_ends_before_the_loop_began_leaves_no_flag(
        self, wrapped: None
    ) -> None:
        story = Story(seconds=1, count=1)
        task = story.loop.start()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert not story.loop.is_running()
        assert story.loop.get_task() is None
        await story.loop.start()
        assert story.told == ["before_loop", "body", "after_loop"]

    async def test_a_factory_that_asks(self) -> None:
        seen: list[bool] = []

        def ask(
            event_loop: asyncio.AbstractEventLoop, coroutine: Any, **options: Any
        ) -> asyncio.Task[Any]:
            seen.append(story.loop.is_running())
            return asyncio.Task(coroutine, loop=event_loop, **options)

        story = Story(seconds=1, count=1)
        event_loop = asyncio.get_running_loop()
        before = event_loop.get_task_factory()
        event_loop.set_task_factory(ask)
        task = story.loop.start()
        event_loop.set_task_factory(before)
        await task
        assert seen == [True]


class TestWordsOfASchedule:
    """Contract L4, L12: a schedule of the user's own may steer the loop that asks it."""

    class Steering:
        """Every minute; at the first question, it does something."""

        def __init__(self, act: Callable[[], None]) -> None:
            self.act: Callable[[], None] | None = act

        def next_after(self, moment: datetime, /) -> datetime:
            """Act once, and tell the next minute."""
            if self.act is not None:
                act, self.act = self.act, None
                act()
            return moment.replace(second=0, microsecond=0) + timedelta(minutes=1)

    async def test_stop_at_the_first_question(self) -> None:
        story = Story()
        story.loop.change_interval(schedule=self.Steering(story.loop.stop))
        await story.loop.start()
        assert story.told == ["before_loop", "after_loop"]

    async def test_change_at_the_first_question(self, clock: VirtualClock) -> None:
        story = Story(count=2)
        story.loop.change_interval(
            schedule=self.Steering(lambda: story.loop.change_interval(hours=1))
        )
        await story.loop.start()
        assert clock.elapsed == 3600

    async def test_a_look_at_the_first_question(self) -> None:
        story = Story(count=1)
        seen: list[str] = []
        schedule = self.Steering(lambda: seen.append(repr(story.loop)))
        story.loop.change_interval(schedule=schedule)
        await story.loop.start()
        assert ", waiting" in seen[0]

    @pytest.mark.parametrize("question", [1, 2, 3])
    async def test_stop_at_a_later_question(self, clock: VirtualClock, question: int) -> None:
        """No body comes after it, and no long sleep."""
        story = Story()
        schedule = self.Steering(lambda: None)
        asked = 0

        def count() -> None:
            nonlocal asked
            asked += 1
            schedule.act = count
            if asked == question:
                bodies.append(story.told.count("body"))
                story.loop.stop()

        bodies: list[int] = []
        schedule.act = count
        story.loop.change_interval(schedule=schedule)
        clock.shift(hours=-1)
        await story.loop.start()
        assert [story.told.count("body")] == bodies
        assert clock.elapsed == 60 * (question - 1)

    async def test_stop_at_the_question_after_a_clock_was_set_back(
        self, clock: VirtualClock
    ) -> None:
        story = Story()
        schedule = self.Steering(lambda: None)

        async def set_back() -> None:
            clock.shift(hours=-1)
            schedule.act = story.loop.stop

        story.steps["body"] = set_back
        story.loop.change_interval(schedule=schedule)
        await story.loop.start()
        assert story.told.count("body") == 1
        assert clock.elapsed == 60

    async def test_change_at_the_question_after_a_clock_was_set_back(
        self, clock: VirtualClock
    ) -> None:
        story = Story(count=3)
        schedule = self.Steering(lambda: None)

        async def set_back() -> None:
            clock.shift(hours=-1)
            schedule.act = lambda: story.loop.change_interval(seconds=7)

        story.steps["body"] = set_back
        story.loop.change_interval(schedule=schedule)
        await story.loop.start()
        assert story.told.count("body") == 3

    async def test_stop_at_a_change(self) -> None:
        story = Story(seconds=10)
        task = story.loop.start()
        await turns()
        story.loop.change_interval(schedule=self.Steering(story.loop.stop))
        await task
        assert story.told == ["before_loop", "body", "after_loop"]


class TestNothingIsKept:
    """Contract C3, L9, L11."""

    @pytest.mark.parametrize(
        "make",
        [
            pytest.param(lambda: tasks.loop(count=2), id="again and again"),
            pytest.param(lambda: tasks.loop(seconds=1, count=2), id="interval"),
            pytest.param(lambda: tasks.loop(time=time(12), count=2), id="time"),
        ],
    )
    @pytest.mark.parametrize("fails", [False, True])
    def test_a_loop_that_has_ended_keeps_no_event_loop(
        self, make: Callable[[], LoopDecorator], fails: bool, lazy_tasks: None
    ) -> None:
        @make()
        async def tick() -> None:
            if fails and tick.current_loop == 1:
                raise LookupError

        @tick.error
        async def keep(error: Exception) -> None: ...

        async def main() -> None:
            error = await ended(tick.start())
            # Who keeps the exception keeps what the run's frame has, and what that has.
            for frame, _ in walk_tb(error.__traceback__) if error is not None else ():
                for local in frame.f_locals.values():
                    assert Timers not in {type(local), *map(type, gc.get_referents(local))}

        event_loop = VirtualClock(START).new_event_loop()
        event_loop.run_until_complete(main())
        event_loop.close()
        gone = weakref.ref(event_loop)
        del event_loop
        gc.collect()
        assert gone() is None

    async def test_a_failure_is_in_no_cycle(
        self,
        capsys: pytest.CaptureFixture[str],
        lazy_tasks: None,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        # What pytest keeps of the log would keep the failure.
        monkeypatch.setattr(logging.getLogger("defectio_tasks"), "disabled", True)

        class Failure(Exception):  # noqa: N818 -- it's one of ours
            pass

        gone: list[weakref.ref[Failure]] = []

        @tasks.loop()
        async def tick() -> None:
            failure = Failure()
            gone.append(weakref.ref(failure))
            try:
                raise failure
            finally:
                del failure

        gc.collect()
        gc.disable()
        try:
            tick.start()
            await turns(10)
            assert tick.failed()
            assert gone[0]() is None
        finally:
            gc.enable()
        assert "Failure" in capsys.readouterr().err

    async def test_no_timer_waits_for_those_that_were_cancelled(self) -> None:
        @tasks.loop(hours=24 * 365)
        async def yearly() -> None: ...

        @tasks.loop(seconds=5, count=2)
        async def twice() -> None: ...

        yearly.start()
        task = twice.start()
        await asyncio.sleep(1)
        yearly.cancel()
        await task
        await turns()
        assert pending_timers(asyncio.get_running_loop()) == []


class TestFoundByTrying:
    """What public bots and reviewers have met (contract L5, L6, L9, L10)."""

    @pytest.mark.parametrize("where", ["body", "after_loop", "before_loop"])
    async def test_a_generator_exit_of_ones_own_is_a_failure(
        self, where: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        story = Story(seconds=1, count=1)
        story.steps[where] = raising(GeneratorExit())
        task = story.loop.start()
        await asyncio.wait([task])
        assert story.loop.failed()
        assert story.told[-1] == "after_loop"
        assert "GeneratorExit" in capsys.readouterr().err
        assert isinstance(task.exception(), GeneratorExit)

    @pytest.mark.parametrize("again", ["cancel", "restart"])
    async def test_a_second_cancellation_leaves_a_clean_up_alone(self, again: str) -> None:
        cleaned: list[str] = []
        story = Story(seconds=1)

        async def body() -> None:
            try:
                await asyncio.sleep(10)
            finally:
                await asyncio.sleep(1)
                cleaned.append("up")

        story.steps["body"] = body
        task = story.loop.start()
        await asyncio.sleep(5)
        story.loop.cancel()
        await asyncio.sleep(0.5)
        getattr(story.loop, again)()
        await asyncio.wait([task])
        story.loop.cancel()
        assert cleaned == ["up"]

    async def test_a_restart_has_the_context_of_its_caller(self) -> None:
        number: contextvars.ContextVar[int] = contextvars.ContextVar("number")
        seen: list[int] = []

        @tasks.loop(seconds=10)
        async def tick() -> None:
            seen.append(number.get())

        number.set(1)
        tick.start()
        await asyncio.sleep(1)
        number.set(2)
        tick.restart()
        await asyncio.sleep(1)
        tick.cancel()
        assert seen == [1, 2]

    async def test_a_cancelled_task_is_not_followed_by_a_restart(self) -> None:
        story = Story(seconds=1)
        task = story.loop.start()
        await asyncio.sleep(0.5)
        story.loop.restart()
        task.cancel()
        await asyncio.wait([task])
        await asyncio.sleep(1)
        assert not story.loop.is_running()

    def test_a_pending_restart_does_not_survive_the_end_of_the_event_loop(
        self, clock: VirtualClock
    ) -> None:
        story = Story(seconds=1)

        async def slow() -> None:
            await asyncio.sleep(5)

        story.steps["after_loop"] = slow

        async def main() -> None:
            story.loop.start()
            await asyncio.sleep(0.5)
            story.loop.restart()

        clock.run(main())
        assert not story.loop.is_running()
        assert story.told.count("before_loop") == 1

    @pytest.mark.skipif(sys.version_info < (3, 13), reason="the count can't be trusted before")
    async def test_a_cancellation_that_the_body_swallows_ends_the_loop_after_it(self) -> None:
        story = Story(seconds=1)
        finished: list[str] = []

        async def body() -> None:
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.sleep(10)
            await asyncio.sleep(1)
            finished.append("body")

        story.steps["body"] = body
        task = story.loop.start()
        await asyncio.sleep(5)
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()
        assert (finished, story.loop.ending) == (["body"], "cancelled")

    @pytest.mark.skipif(sys.version_info < (3, 13), reason="the count can't be trusted before")
    async def test_a_time_out_of_the_bodys_own_ends_nothing(self) -> None:
        story = Story(seconds=1, count=2)

        async def body() -> None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(1):
                    await asyncio.sleep(10)

        story.steps["body"] = body
        await story.loop.start()
        assert story.told.count("body") == 2
