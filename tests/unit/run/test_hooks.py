"""Calls of hooks, and which exception ends a run (contract L4, L5, L9, L10)."""

from __future__ import annotations

import asyncio
import gc
import weakref

import pytest
from support.story import Story, ended, foreign_cancellation, raising, sleeping
from support.virtual_time import START, turns

import defectio_tasks as tasks
from defectio_tasks.testing import VirtualClock


class TestBeforeLoopIsBrokenOff:
    """Contract L4, L5: what breaks off `before_loop`, and what doesn't count any more."""

    @pytest.mark.parametrize("first", ["stop", "cancel"])
    async def test_a_cancel_from_outside_counts_beside_stop(self, first: str) -> None:
        story = Story(seconds=1)
        story.steps["before_loop"] = sleeping(100)
        task = story.loop.start()
        await turns()
        if first == "stop":
            story.loop.stop()
            task.cancel()
        else:
            task.cancel()
            story.loop.stop()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert story.told == ["before_loop", "after_loop"]
        assert story.cancelled_in_after_loop

    async def test_stop_leaves_alone_what_is_being_cancelled(self, clock: VirtualClock) -> None:
        story = Story(seconds=1)
        cleaned_up = False

        async def prepare() -> None:
            nonlocal cleaned_up
            try:
                await asyncio.sleep(100)
            finally:
                await asyncio.sleep(5)
                cleaned_up = True

        story.steps["before_loop"] = prepare
        task = story.loop.start()
        await turns()
        story.loop.cancel()
        await turns()
        story.loop.stop()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert cleaned_up
        assert clock.elapsed == 5


class TestFailure:
    """Contract L9."""

    async def test_failed_from_then_until_the_next_start(self) -> None:
        story = Story(seconds=1)
        seen: list[bool] = []

        async def look() -> None:
            seen.append(story.loop.failed())

        async def body() -> None:
            seen.append(story.loop.failed())
            raise ValueError

        story.steps |= {"body": body, "error": look, "after_loop": look}
        await ended(story.loop.start())
        assert seen == [False, True, True]
        assert story.loop.failed()
        story.steps.clear()
        task = story.loop.start()
        assert not story.loop.failed()
        story.loop.cancel()
        await ended(task)

    async def test_the_error_hook_gets_the_exception_and_the_task_ends_with_it(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        story = Story(seconds=1)
        error = ValueError("mine")
        story.steps["body"] = raising(error)
        assert await ended(story.loop.start()) is error
        assert story.errors == [error]
        assert capsys.readouterr().err == ""

    @pytest.mark.parametrize("step", ["before_loop", "body"])
    async def test_without_an_error_hook_the_traceback_goes_to_stderr(
        self, step: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        @tasks.loop(seconds=1, name="lonely")
        async def tick() -> None:
            if step == "body":
                raise ValueError("mine")

        @tick.before_loop
        async def before() -> None:
            if step == "before_loop":
                raise ValueError("mine")

        await ended(tick.start())
        first, *rest = capsys.readouterr().err.splitlines()
        assert "lonely" in first
        assert rest[0].startswith("Traceback")
        assert rest[-1] == "ValueError: mine"
        assert tick.failed()

    async def test_before_loop_failing_is_a_failure(self) -> None:
        story = Story(seconds=1)
        story.steps["before_loop"] = raising(ValueError("early"))
        assert isinstance(await ended(story.loop.start()), ValueError)
        assert story.told == ["before_loop", "error", "after_loop"]
        assert story.loop.failed()

    @pytest.mark.parametrize("hook", ["error", "after_loop"])
    async def test_an_exception_from_a_hook_never_hides_the_first(
        self, hook: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        story = Story(seconds=1)
        first, second = ValueError("first"), LookupError("second")
        story.steps |= {"body": raising(first), hook: raising(second)}
        assert await ended(story.loop.start()) is first
        assert second.__context__ is first
        err = capsys.readouterr().err
        assert "LookupError: second" in err
        assert err.index("ValueError: first") < err.index("LookupError: second")
        assert story.told[-1] == "after_loop"

    async def test_after_loop_failing_alone_is_a_failure(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        story = Story(seconds=1, count=1)
        error = ValueError("late")
        story.steps["after_loop"] = raising(error)
        assert await ended(story.loop.start()) is error
        assert story.loop.failed()
        assert "ValueError: late" in capsys.readouterr().err
        assert story.errors == []

    @pytest.mark.parametrize("step", ["body", "after_loop"])
    async def test_an_exception_that_is_no_exception_is_told_too(
        self, step: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        class OddError(BaseException):
            pass

        story = Story(seconds=1, count=1)
        story.steps[step] = raising(OddError("odd"))
        assert isinstance(await ended(story.loop.start()), OddError)
        assert story.loop.failed()
        assert "OddError: odd" in capsys.readouterr().err
        assert story.told == ["before_loop", "body", "after_loop"]

    async def test_asyncio_adds_no_complaint(self, caplog: pytest.LogCaptureFixture) -> None:
        story = Story(seconds=1)
        story.steps["body"] = raising(ValueError())
        story.loop.start()
        await asyncio.sleep(1)
        gc.collect()
        assert not caplog.records

    async def test_asyncio_adds_no_complaint_when_the_task_is_gone(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        """It complains when nobody has the task any more; so nobody may keep the exception."""

        @tasks.loop(seconds=1)
        async def tick() -> None:
            raise ValueError

        told: list[str] = []

        @tick.error
        async def error(error: Exception) -> None:
            told.append(type(error).__name__)

        gone = weakref.ref(tick.start())
        await asyncio.sleep(1)
        gc.collect()
        assert gone() is None
        assert told == ["ValueError"]
        assert not caplog.records

    @pytest.mark.parametrize("hook", ["error", "after_loop"])
    async def test_what_is_told_of_a_hook_names_hook_and_loop(
        self, hook: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        story = Story(seconds=1)
        story.steps |= {"body": raising(ValueError()), hook: raising(LookupError())}
        await ended(story.loop.start())
        headline = capsys.readouterr().err.splitlines()[0]
        assert f"`{hook}`" in headline
        assert "'story'" in headline

    async def test_what_is_told_for_an_error_hook_that_was_broken_off_names_the_loop(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        story = Story(seconds=1)
        story.steps |= {"body": raising(ValueError("first")), "error": sleeping(100)}
        task = story.loop.start()
        await asyncio.sleep(1)
        story.loop.cancel()
        await ended(task)
        headline, *rest = capsys.readouterr().err.splitlines()
        assert "'story'" in headline
        assert rest[-1] == "ValueError: first"


class TestForeignCancellation:
    """Contract L10."""

    @pytest.mark.parametrize("step", ["before_loop", "body"])
    async def test_is_a_failure_and_no_silent_end(self, step: str) -> None:
        story = Story(seconds=1)
        story.steps[step] = foreign_cancellation
        error = await ended(story.loop.start())
        assert isinstance(error, RuntimeError)
        assert isinstance(error.__cause__, asyncio.CancelledError)
        assert story.errors == [error]
        assert story.loop.failed()
        assert story.cancelled_in_after_loop is False

    async def test_the_failure_says_what_happened_and_names_the_loop(self) -> None:
        story = Story(seconds=1)
        story.steps["body"] = foreign_cancellation
        message = str(await ended(story.loop.start()))
        assert "loop 'story'" in message
        assert "was cancelled" in message

    async def test_after_a_stop_in_before_loop_is_a_failure_too(self) -> None:
        story = Story(seconds=1)
        story.steps |= {"before_loop": sleeping(1_000), "after_loop": foreign_cancellation}
        task = story.loop.start()
        await asyncio.sleep(5)
        story.loop.stop()
        assert isinstance(await ended(task), RuntimeError)
        assert story.loop.failed()

    @pytest.mark.parametrize("step", ["before_loop", "body", "after_loop"])
    async def test_that_a_task_group_leaves_behind_is_none(self, step: str) -> None:
        """Before Python 3.13, a failed group leaves the task's count of cancellations raised."""
        story = Story(seconds=1, count=3)

        async def fail() -> None:
            # In the first step of an eager task, asyncio before 3.13 would cancel even the caller
            # of this group, at whatever that awaits next.
            await asyncio.sleep(0)
            raise LookupError

        async def group() -> None:
            with pytest.raises(ExceptionGroup):  # noqa: PT012 -- the group is what raises
                async with asyncio.TaskGroup() as tasks_of_group:
                    tasks_of_group.create_task(fail())
                    tasks_of_group.create_task(asyncio.sleep(1))

        story.steps[step] = group
        assert await ended(story.loop.start()) is None
        assert story.told == ["before_loop", "body", "body", "body", "after_loop"]

    async def test_after_a_failed_task_group_is_a_failure(self) -> None:
        story = Story(seconds=1)

        async def body() -> None:
            async with asyncio.TaskGroup() as group:
                group.create_task(foreign_failure())
                group.create_task(asyncio.sleep(1))

        async def foreign_failure() -> None:
            await asyncio.sleep(0)
            raise LookupError

        story.steps["body"] = body
        assert isinstance(await ended(story.loop.start()), ExceptionGroup)
        assert len(story.errors) == 1

    @pytest.mark.parametrize("hook", ["error", "after_loop"])
    async def test_in_a_hook_at_the_end_it_is_told(
        self, hook: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        story = Story(seconds=1)
        first = ValueError("first")
        story.steps |= {"body": raising(first), hook: foreign_cancellation}
        assert await ended(story.loop.start()) is first
        assert "CancelledError" in capsys.readouterr().err

    async def test_can_be_retried_when_that_was_asked_for(self, full_jitter: None) -> None:
        story = Story(count=1)
        story.loop.add_exception_type(asyncio.CancelledError)
        steps = iter([foreign_cancellation, sleeping(0)])

        async def body() -> None:
            await next(steps)()

        story.steps["body"] = body
        await story.loop.start()
        assert story.told.count("body") == 2

    @pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit])
    @pytest.mark.parametrize("step", ["before_loop", "body", "error", "after_loop"])
    def test_keyboard_interrupt_and_system_exit_pass_through(
        self, kind: type[BaseException], step: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        story = Story(seconds=1)
        story.loop.add_exception_type(BaseException)
        story.steps[step] = raising(kind())
        if step == "error":
            story.loop.clear_exception_types()
            story.steps["body"] = raising(ValueError())
        event_loop = VirtualClock(START).new_event_loop()

        async def main() -> None:
            story.loop.start()
            await asyncio.sleep(1)
            story.loop.stop()
            await asyncio.sleep(100)

        with pytest.raises(kind):
            event_loop.run_until_complete(main())
        assert story.told.count("after_loop") == 1
        # The hook was broken off, and hides no failure by that (L9).
        assert ("ValueError" in capsys.readouterr().err) == (step == "error")
        assert not story.loop.is_running()
        for task in asyncio.all_tasks(event_loop):
            task.cancel()
        event_loop.run_until_complete(asyncio.sleep(0))
        event_loop.close()

    @pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit])
    def test_they_pass_through_although_after_loop_is_cancelled(
        self, kind: type[BaseException]
    ) -> None:
        story = Story(seconds=1)
        story.steps |= {"body": raising(kind()), "after_loop": sleeping(100)}
        event_loop = VirtualClock(START).new_event_loop()

        async def main() -> None:
            story.loop.start()
            await asyncio.sleep(1)
            story.loop.cancel()
            await asyncio.sleep(1)

        with pytest.raises(kind):
            event_loop.run_until_complete(main())
        assert not story.loop.is_running()
        for task in asyncio.all_tasks(event_loop):
            task.cancel()
        event_loop.run_until_complete(asyncio.sleep(0))
        event_loop.close()
