"""What follows an exception of the body (contract P5, P6, V2)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from support.story import ended, foreign_cancellation
from support.told import watching

import defectio_tasks as tasks
from defectio_tasks.testing import VirtualClock


def failing_with(*outcomes: BaseException | None) -> Iterator[BaseException | None]:
    yield from outcomes
    while True:
        yield None


class TestRetries:
    """P5: retries used up are a failed iteration, with the last exception."""

    @pytest.mark.parametrize("retries", [0, 2])
    async def test_p5_used_up(self, clock: VirtualClock, full_jitter: None, retries: int) -> None:
        errors = [ConnectionError(number) for number in range(4)]
        outcomes = iter(errors)

        @tasks.loop(hours=1, policy=tasks.Policy(retries=retries))
        async def tick() -> None:
            raise next(outcomes)

        with watching(tick) as told:
            failure = await ended(tick.start())
        assert failure is errors[retries]
        assert sum(line.startswith("retrying") for line in told) == retries
        assert told[-2:] == ["finished 0 ConnectionError", "ended failed"]

    async def test_p5_p6_across_max_failures(self, clock: VirtualClock, full_jitter: None) -> None:
        attempts: list[int] = []

        @tasks.loop(hours=1, policy=tasks.Policy(retries=1, max_failures=3))
        async def tick() -> None:
            attempts.append(tick.current_loop)
            raise ConnectionError

        with watching(tick) as told:
            failure = await ended(tick.start())
        assert isinstance(failure, ConnectionError)
        assert attempts == [0, 0, 1, 1, 2, 2]
        assert sum(line.startswith("finished") for line in told) == 3

    async def test_p5_of_an_exception_that_is_not_retried_there_are_none(
        self, clock: VirtualClock
    ) -> None:
        @tasks.loop(hours=1, policy=tasks.Policy(retries=5))
        async def tick() -> None:
            raise LookupError

        assert isinstance(await ended(tick.start()), LookupError)
        assert clock.elapsed == 0

    async def test_p5_another_failure_after_a_retry(
        self, clock: VirtualClock, full_jitter: None
    ) -> None:
        outcomes = failing_with(ConnectionError(), LookupError())

        @tasks.loop(seconds=10, count=1, policy=tasks.Policy(max_failures=None))
        async def tick() -> None:
            if (outcome := next(outcomes)) is not None:
                raise outcome

        with watching(tick) as told:
            await tick.start()
        assert told == [
            *("started 0+0", "retrying 0 ConnectionError 1", "finished 0 LookupError"),
            *("started 10+0", "finished 10 in 0", "ended completed"),
        ]

    @pytest.mark.parametrize("overlap", [False, True])
    async def test_l10_a_further_attempt_that_awaits_what_was_cancelled_fails(
        self, clock: VirtualClock, full_jitter: None, overlap: bool
    ) -> None:
        @tasks.loop(hours=1, policy=tasks.Policy(overlap=overlap))
        async def tick() -> None:
            if clock.elapsed == 0:
                raise ConnectionError
            await foreign_cancellation()

        failure = await ended(tick.start())
        assert isinstance(failure, RuntimeError)
        assert isinstance(failure.__cause__, asyncio.CancelledError)
        assert clock.elapsed == 2

    @pytest.mark.parametrize("overlap", [False, True])
    async def test_l5_a_cancellation_from_outside_is_none_to_try_again_after(
        self, clock: VirtualClock, overlap: bool
    ) -> None:
        @tasks.loop(hours=1, policy=tasks.Policy(overlap=overlap))
        async def tick() -> None:
            await asyncio.sleep(10)

        tick.add_exception_type(asyncio.CancelledError)
        task = tick.start()
        await clock.advance(seconds=1)
        task.cancel()
        await asyncio.wait([task])
        assert (task.cancelled(), tick.ending) == (True, "cancelled")
        assert clock.elapsed == 1


class TestMaxFailures:
    """P6: a failed iteration calls `error`, and the loop goes on."""

    async def test_p6_in_a_row_and_a_success_sets_the_count_back(self, clock: VirtualClock) -> None:
        errors: list[str] = []
        outcomes = failing_with(LookupError("0"), None, LookupError("2"), LookupError("3"))

        @tasks.loop(seconds=1, policy=tasks.Policy(max_failures=2))
        async def tick() -> None:
            if (outcome := next(outcomes)) is not None:
                raise outcome

        @tick.error
        async def error(error: Exception) -> None:
            errors.append(f"{error} in {tick.current_loop}, {tick.failed()}")

        failure = await ended(tick.start())
        assert str(failure) == "3"
        assert errors == ["0 in 0, False", "2 in 2, False", "3 in 3, True"]
        assert tick.ending == "failed"

    @pytest.mark.parametrize("overlap", [False, True])
    async def test_p6_in_a_row_though_the_hook_takes_longer_than_the_interval(
        self, clock: VirtualClock, overlap: bool
    ) -> None:
        @tasks.loop(seconds=1, policy=tasks.Policy(overlap=overlap, max_failures=2))
        async def tick() -> None:
            raise LookupError(tick.current_loop)

        @tick.error
        async def error(error: Exception) -> None:
            await asyncio.sleep(1.5)

        with watching(tick) as told:
            failure = await ended(tick.start())
        assert str(failure) == "1"
        assert sum(line.startswith("started") for line in told) == 2

    async def test_p6_a_success_while_the_hook_is_at_work_sets_the_count_back(
        self, clock: VirtualClock
    ) -> None:
        outcomes = failing_with(LookupError(), None, LookupError())

        @tasks.loop(seconds=1, count=2, policy=tasks.Policy(overlap=True, max_failures=2))
        async def tick() -> None:
            if (outcome := next(outcomes)) is not None:
                raise outcome

        @tick.error
        async def error(error: Exception) -> None:
            await asyncio.sleep(2.5)

        await tick.start()
        assert tick.ending == "completed"

    async def test_p6_without_a_hook_it_is_logged_and_none_for_ever(
        self, clock: VirtualClock, capsys: pytest.CaptureFixture[str]
    ) -> None:
        @tasks.loop(seconds=1, policy=tasks.Policy(max_failures=None))
        async def tick() -> None:
            raise LookupError

        tick.start()
        await clock.advance(seconds=49.5)
        tick.stop()
        await clock.settle()
        assert tick.ending == "stopped"
        assert not tick.failed()
        assert capsys.readouterr().err.count("\nLookupError\n") == 50

    async def test_p6_a_hook_that_fails_does_not_end_the_loop(
        self, clock: VirtualClock, capsys: pytest.CaptureFixture[str]
    ) -> None:
        outcomes = failing_with(LookupError("first"))

        @tasks.loop(seconds=1, count=1, policy=tasks.Policy(max_failures=None))
        async def tick() -> None:
            if (outcome := next(outcomes)) is not None:
                raise outcome

        @tick.error
        async def error(error: Exception) -> None:
            raise ValueError("in the hook")

        await tick.start()
        shown = capsys.readouterr().err
        assert "LookupError: first" in shown
        assert "ValueError: in the hook" in shown

    async def test_p6_count_counts_successes(self, clock: VirtualClock) -> None:
        outcomes = failing_with(LookupError(), None, LookupError(), None)

        @tasks.loop(seconds=1, count=2, policy=tasks.Policy(max_failures=None))
        async def tick() -> None:
            if (outcome := next(outcomes)) is not None:
                raise outcome

        await tick.start()
        assert clock.elapsed == 3

    async def test_l10_what_was_cancelled_elsewhere_is_a_failure_with_a_policy_too(
        self, clock: VirtualClock
    ) -> None:
        errors: list[Exception] = []

        @tasks.loop(seconds=1, count=1, policy=tasks.Policy(max_failures=None))
        async def tick() -> None:
            if tick.current_loop == 0:
                raise asyncio.CancelledError

        @tick.error
        async def error(error: Exception) -> None:
            errors.append(error)

        await tick.start()
        (failure,) = errors
        assert isinstance(failure, RuntimeError)
        assert isinstance(failure.__cause__, asyncio.CancelledError)

    @pytest.mark.parametrize("overlap", [False, True])
    @pytest.mark.parametrize("outside", [False, True])
    async def test_v2_cancelled_in_the_hook_the_iteration_is_told_once(
        self, clock: VirtualClock, overlap: bool, outside: bool, capsys: pytest.CaptureFixture[str]
    ) -> None:
        @tasks.loop(hours=1, policy=tasks.Policy(max_failures=None, overlap=overlap))
        async def tick() -> None:
            raise LookupError

        @tick.error
        async def error(error: Exception) -> None:
            await asyncio.sleep(5)

        with watching(tick) as told:
            task = tick.start()
            await clock.advance(seconds=1)
            if outside:
                task.cancel()
            else:
                tick.cancel()
            await asyncio.wait([task])
        assert told == ["started 0+0", "finished 0 LookupError", "ended cancelled"]
        assert task.cancelled()
        # L9: what the hook had to tell isn't lost.
        assert "LookupError" in capsys.readouterr().err

    async def test_v2_an_iteration_cancelled_after_one_that_failed_is_told_too(
        self, clock: VirtualClock
    ) -> None:
        @tasks.loop(seconds=10, policy=tasks.Policy(max_failures=None))
        async def tick() -> None:
            if tick.current_loop == 0:
                raise LookupError
            await asyncio.sleep(5)

        @tick.error
        async def error(error: Exception) -> None: ...

        with watching(tick) as told:
            task = tick.start()
            await clock.advance(seconds=11)
            tick.cancel()
            await asyncio.wait([task])
        assert told == [
            *("started 0+0", "finished 0 LookupError", "started 10+0"),
            *("finished 10 CancelledError", "ended cancelled"),
        ]

    async def test_v2_slots_during_the_hook_came_while_the_loop_was_busy(
        self, clock: VirtualClock
    ) -> None:
        outcomes = failing_with(LookupError())

        @tasks.loop(seconds=10, count=1, policy=tasks.Policy(max_failures=None))
        async def tick() -> None:
            if (outcome := next(outcomes)) is not None:
                raise outcome

        @tick.error
        async def error(error: Exception) -> None:
            await asyncio.sleep(25)

        with watching(tick) as told:
            await tick.start()
        assert told[2] == "skipped 1 from 10 busy"
