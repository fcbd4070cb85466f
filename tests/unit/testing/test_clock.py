"""``VirtualClock``: what a bot author's test holds."""

from __future__ import annotations

import asyncio
import datetime as dt
import math
import sys
import time as times
import unittest
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from support.virtual_time import START

import defectio_tasks as tasks
from defectio_tasks.testing import VirtualClock, VirtualTimeError

BERLIN = ZoneInfo("Europe/Berlin")
SPRING = datetime(2026, 3, 26, tzinfo=BERLIN)


class TestShowing:
    """What the clock shows."""

    def test_it_begins_where_it_is_told_in_any_zone(self) -> None:
        clock = VirtualClock(SPRING)
        assert clock.now() == SPRING
        assert clock.now().tzinfo is UTC
        assert clock.now(BERLIN).isoformat() == "2026-03-26T00:00:00+01:00"
        assert clock.elapsed == 0
        assert repr(clock) == "<VirtualClock: 2026-03-25 23:00:00+00:00, after 0.0 s>"

    def test_it_begins_with_the_year_if_not_told(self) -> None:
        assert VirtualClock().now() == datetime(2026, 1, 1, tzinfo=UTC)

    def test_a_naive_start_is_refused(self) -> None:
        with pytest.raises(ValueError, match="`start` must be aware, with a zone, got datetime"):
            VirtualClock(datetime(2026, 3, 26))  # noqa: DTZ001 -- it is the point

    def test_a_start_that_is_no_datetime_is_refused(self) -> None:
        with pytest.raises(TypeError, match=r"`start` must be a datetime, got 3"):
            VirtualClock(3)  # type: ignore[arg-type]


class TestAdvance:
    """Letting time pass."""

    async def test_both_clocks_go_by_it(self, clock: VirtualClock) -> None:
        await clock.advance(days=1, hours=2, minutes=3, seconds=4.5)
        assert clock.elapsed == 93_784.5
        assert clock.now() == START + timedelta(seconds=93_784.5)
        assert asyncio.get_running_loop().time() == 93_784.5

    async def test_everything_due_runs_in_order_the_end_included(self, clock: VirtualClock) -> None:
        told: list[tuple[str, float]] = []

        async def sleeper(seconds: float) -> None:
            await asyncio.sleep(seconds)
            told.append(("slept", clock.elapsed))
            await asyncio.sleep(0)
            told.append(("and a turn", clock.elapsed))

        async with asyncio.TaskGroup() as group:
            for seconds in (5, 1, 5.001):
                group.create_task(sleeper(seconds))
            await clock.advance(seconds=5)
            assert told == [("slept", 1), ("and a turn", 1), ("slept", 5), ("and a turn", 5)]

    async def test_by_nothing_it_still_lets_everything_run(self, clock: VirtualClock) -> None:
        told: list[str] = []
        asyncio.get_running_loop().call_soon(told.append, "run")
        await clock.advance()
        assert told == ["run"]
        assert clock.elapsed == 0

    @pytest.mark.parametrize("seconds", [-1, math.nan, math.inf])
    async def test_back_or_for_ever_is_refused(self, clock: VirtualClock, seconds: float) -> None:
        with pytest.raises(ValueError, match="only pass forward, and in finite steps, got"):
            await clock.advance(seconds=seconds)
        with pytest.raises(ValueError, match="only pass forward, and in finite steps, got"):
            clock.block(seconds)
        assert clock.elapsed == 0

    async def test_years_are_no_problem(self, clock: VirtualClock) -> None:
        await clock.advance(days=365 * 50)
        moment = asyncio.get_running_loop().time()
        await asyncio.sleep(0.001)
        assert asyncio.get_running_loop().time() == pytest.approx(moment + 0.001, abs=1e-5)

    async def test_to_a_moment(self, clock: VirtualClock) -> None:
        await clock.advance_to(SPRING)
        assert clock.now() == SPRING
        await clock.advance_to(SPRING)
        assert clock.now() == SPRING

    async def test_to_a_moment_though_the_wall_clock_is_set(self, clock: VirtualClock) -> None:
        asyncio.get_running_loop().call_later(60, lambda: clock.shift(hours=-1))
        await clock.advance_to(START + timedelta(minutes=5))
        assert clock.now() == START + timedelta(minutes=5)
        assert clock.elapsed == 3_900

    async def test_to_a_moment_that_a_clock_set_forward_reaches(self, clock: VirtualClock) -> None:
        asyncio.get_running_loop().call_later(60, lambda: clock.shift(minutes=2))
        await clock.advance_to(START + timedelta(minutes=5))
        assert clock.now() == START + timedelta(minutes=5)
        asyncio.get_running_loop().call_later(60, lambda: clock.shift(minutes=20))
        await clock.advance_to(START + timedelta(minutes=10))
        assert clock.now() == START + timedelta(minutes=5 + 1 + 20)

    async def test_to_a_moment_that_has_passed_is_refused(self, clock: VirtualClock) -> None:
        with pytest.raises(ValueError, match="`moment` must not have passed: it is 2026-01-05"):
            await clock.advance_to(START - timedelta(seconds=1))

    async def test_to_a_naive_moment_is_refused(self, clock: VirtualClock) -> None:
        with pytest.raises(ValueError, match="`moment` must be aware"):
            await clock.advance_to(START.replace(tzinfo=None))

    async def test_blocking_gives_nothing_a_turn(self, clock: VirtualClock) -> None:
        told: list[float] = []
        asyncio.get_running_loop().call_later(1, lambda: told.append(clock.elapsed))
        clock.block(3)
        assert told == []
        await clock.settle()
        assert told == [3]
        assert clock.now() == START + timedelta(seconds=3)

    def test_elsewhere_it_says_where_it_belongs(self, clock: VirtualClock) -> None:
        other = VirtualClock()
        for step in (
            clock.advance(seconds=1),
            clock.advance_to(START),
            clock.settle(),
            clock.run_until(tasks.loop()(coroutine_function), 1),
        ):
            with pytest.raises(RuntimeError, match=r"in an event loop of this clock, got <Virtual"):
                other.run(step)


async def coroutine_function() -> None: ...


class TestRunUntil:
    """Letting time pass until a loop has done so many iterations."""

    async def test_it_stands_still_there(self, clock: VirtualClock) -> None:
        tick = tasks.loop(seconds=10)(coroutine_function)
        tick.start()
        await clock.run_until(tick, iterations=3)
        assert tick.current_loop == 3
        assert clock.elapsed == 20
        await clock.run_until(tick, iterations=2)
        assert clock.elapsed == 20
        tick.cancel()

    async def test_to_the_last_iteration(self, clock: VirtualClock) -> None:
        tick = tasks.loop(seconds=10, count=3)(coroutine_function)
        task = tick.start()
        await clock.run_until(tick, iterations=3)
        assert clock.elapsed == 20
        await task

    async def test_a_loop_that_ends_before_is_an_error(self, clock: VirtualClock) -> None:
        tick = tasks.loop(seconds=10, count=3, name="tick")(coroutine_function)
        tick.start()
        with pytest.raises(VirtualTimeError, match=r"<Loop 'tick'.*> ended after 3 of 4"):
            await clock.run_until(tick, iterations=4)

    async def test_a_loop_that_is_not_running_is_an_error(self, clock: VirtualClock) -> None:
        tick = tasks.loop(seconds=10, name="tick")(coroutine_function)
        with pytest.raises(RuntimeError, match="`loop` must be running, got <Loop 'tick'"):
            await clock.run_until(tick, iterations=1)

    async def test_a_loop_without_interval(self, clock: VirtualClock) -> None:
        tick = tasks.loop()(coroutine_function)
        tick.start()
        await clock.run_until(tick, iterations=1_000)
        assert clock.elapsed == 0
        tick.cancel()

    async def test_after_a_restart_it_counts_anew(self, clock: VirtualClock) -> None:
        tick = tasks.loop(seconds=10)(coroutine_function)
        tick.start()
        await clock.run_until(tick, iterations=3)
        tick.restart()
        await clock.run_until(tick, iterations=3)
        assert clock.elapsed == 40
        asyncio.get_running_loop().call_later(25, tick.restart)
        await clock.run_until(tick, iterations=10)
        assert clock.elapsed == 65 + 90
        tick.cancel()

    async def test_a_restart_that_is_taken_back(self, clock: VirtualClock) -> None:
        tick = tasks.loop(seconds=10)(coroutine_function)
        tick.start()
        await clock.run_until(tick, iterations=1)
        tick.restart()
        asyncio.get_running_loop().call_soon(tick.cancel)
        with pytest.raises(VirtualTimeError, match="ended after 1 of 3 iterations"):
            await clock.run_until(tick, iterations=3)

    async def test_a_loop_that_fails_is_the_cause(self, clock: VirtualClock) -> None:
        @tasks.loop(seconds=10)
        async def tick() -> None:
            await asyncio.sleep(1)
            raise LookupError

        tick.start()
        with pytest.raises(VirtualTimeError) as caught:
            await clock.run_until(tick, iterations=1)
        assert isinstance(caught.value.__cause__, LookupError)

    async def test_what_is_no_loop_or_no_number_is_refused(self, clock: VirtualClock) -> None:
        tick = tasks.loop(seconds=10)(coroutine_function)
        task = tick.start()
        with pytest.raises(TypeError, match="`loop` must be a loop, got <Task"):
            await clock.run_until(task, 1)  # type: ignore[arg-type]
        with pytest.raises(ValueError, match="`iterations` must be at least 1, got 0"):
            await clock.run_until(tick, 0)
        with pytest.raises(TypeError, match=r"`iterations` must be an int, got 1\.5"):
            await clock.run_until(tick, 1.5)  # type: ignore[arg-type]
        with pytest.raises(TypeError, match="`max_turns` must be an int, got True"):
            VirtualClock(max_turns=True)
        with pytest.raises(ValueError, match="`max_leaps` must be at least 1, got -1"):
            VirtualClock(max_leaps=-1)
        tick.cancel()


class TestSet:
    """Setting the wall clock."""

    async def test_monotonic_time_does_not_change(self, clock: VirtualClock) -> None:
        await clock.advance(seconds=5)
        clock.set(SPRING)
        assert (clock.now(), clock.elapsed) == (SPRING, 5)
        clock.shift(days=-1, hours=-1, minutes=-1, seconds=-1)
        assert (clock.now(), clock.elapsed) == (SPRING - timedelta(seconds=90_061), 5)

    @pytest.mark.parametrize("seconds", [math.nan, math.inf, -math.inf])
    def test_by_for_ever_is_refused(self, clock: VirtualClock, seconds: float) -> None:
        with pytest.raises(ValueError, match="only be set by finite steps, got"):
            clock.shift(seconds=seconds)
        assert clock.now() == START

    def test_to_a_naive_moment_is_refused_and_nothing_changes(self, clock: VirtualClock) -> None:
        with pytest.raises(ValueError, match="`moment` must be aware"):
            clock.set(START.replace(tzinfo=None))
        assert clock.now() == START

    async def test_a_week_of_daily_runs_over_a_clock_change(self, clock: VirtualClock) -> None:
        runs: list[datetime] = []
        clock.set(SPRING)

        @tasks.loop(time=time(8, 30, tzinfo=BERLIN))
        async def digest() -> None:
            runs.append(clock.now(BERLIN))

        digest.start()
        await clock.advance(days=7)
        digest.cancel()
        assert runs == [datetime(2026, 3, day, 8, 30, tzinfo=BERLIN) for day in range(26, 32)] + [
            datetime(2026, 4, 1, 8, 30, tzinfo=BERLIN)
        ]


class TestEverywhere:
    """The clock for all code, by time-machine."""

    async def test_all_code_sees_it(self, clock: VirtualClock) -> None:
        with clock.everywhere():
            assert datetime.now(UTC) == START
            await clock.advance(hours=3)
            assert datetime.now(UTC) == START + timedelta(hours=3)
            clock.set(SPRING)
            assert times.time() == SPRING.timestamp()
            assert dt.datetime.now(BERLIN) == SPRING
        assert abs(datetime.now(UTC) - START) > timedelta(days=1)
        await clock.advance(hours=1)

    def test_without_time_machine_it_says_what_to_install(
        self, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(sys.modules, "time_machine", None)
        with (
            pytest.raises(ModuleNotFoundError, match=r'pip install "defectio-tasks\[testing\]"'),
            clock.everywhere(),
        ):
            pass


class TestRun:
    """Without pytest."""

    def test_it_returns_what_the_coroutine_returns(self) -> None:
        clock = VirtualClock(SPRING)

        async def main() -> str:
            await asyncio.sleep(3600)
            return "done"

        assert clock.run(main()) == "done"
        assert clock.now() == SPRING + timedelta(hours=1)

    def test_several_event_loops_one_after_another_share_the_time(self) -> None:
        clock = VirtualClock()
        clock.run(clock.advance(hours=1))
        clock.run(clock.advance(hours=1))
        assert clock.elapsed == 7200

    async def test_within_an_event_loop_it_says_what_to_do(self, clock: VirtualClock) -> None:
        with pytest.raises(RuntimeError, match="use `await` there"):
            VirtualClock().run(clock.advance(days=1))

    def test_in_a_unittest(self) -> None:
        class TestDaily(unittest.TestCase):
            def test_daily(self) -> None:
                clock = VirtualClock()
                clock.run(clock.advance(days=1))
                self.assertEqual(clock.elapsed, 86_400)  # noqa: PT009 -- as unittest has it

        result = unittest.TestResult()
        TestDaily("test_daily").run(result)
        assert (result.testsRun, result.failures, result.errors) == (1, [], [])
