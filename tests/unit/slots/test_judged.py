"""What becomes of slots: missed, graced, delayed (contract P1, P2, P7)."""

from __future__ import annotations

import asyncio
import random
from collections import deque
from datetime import datetime, timedelta

import pytest
from support.stopped import clocks_at
from support.told import watching
from support.virtual_time import START

import defectio_tasks as tasks
from defectio_tasks._policy.policy import Missed
from defectio_tasks._slots import pending
from defectio_tasks._slots.interval import IntervalSlots
from defectio_tasks._slots.judged import Judge, JudgedSlots, is_decisive
from defectio_tasks.testing import VirtualClock

NO_PATIENCE = 1e9


def every(seconds: float) -> tasks.Every:
    return tasks.Every(seconds=seconds, anchor=START)


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Count all slots that were missed, however slow the machine is."""
    monkeypatch.setattr(pending, "MOST_SECONDS", NO_PATIENCE)
    monkeypatch.setattr(pending, "MOST_SECONDS_FOR_ALL", NO_PATIENCE)


class TestMissed:
    """P1: one code path for all that is missed, for whatever reason."""

    @pytest.mark.parametrize(
        ("missed", "expected"),
        [
            ("one", ["skipped 2 from 10 busy", "started 30+5"]),
            ("skip", ["skipped 3 from 10 busy", "started 40+0"]),
            ("all", ["started 10+25", "finished 10 in 0", "started 20+15"]),
        ],
    )
    @pytest.mark.parametrize("timing", ["interval", "schedule"])
    async def test_p1_a_busy_body(
        self, clock: VirtualClock, missed: Missed, expected: list[str], timing: str
    ) -> None:
        policy = tasks.Policy(missed=missed)

        @tasks.loop(seconds=10, policy=policy)
        async def by_interval() -> None:
            await asyncio.sleep(35 if by_interval.current_loop == 0 else 0)

        @tasks.loop(schedule=every(10), policy=policy)
        async def by_schedule() -> None:
            await asyncio.sleep(35 if by_schedule.current_loop == 0 else 0)

        loop = by_interval if timing == "interval" else by_schedule
        if loop is by_schedule:
            # Its first slot is then that of the interval.
            clock.set(START - timedelta(seconds=10))
        with watching(loop) as told:
            loop.start()
            await clock.advance(seconds=41 if loop is by_interval else 51)
            loop.cancel()
            await clock.settle()
        assert told[:2] == ["started 0+0", "finished 0 in 35"]
        assert told[2 : 2 + len(expected)] == expected

    async def test_p1_a_blocked_event_loop_and_a_clock_set_forward_are_one_path(
        self, clock: VirtualClock
    ) -> None:
        @tasks.loop(schedule=every(10), policy=tasks.Policy(missed="all"))
        async def tick() -> None: ...

        with watching(tick) as told:
            tick.start()
            await clock.settle()
            clock.block(25)
            await clock.settle()
            clock.shift(seconds=20)
            await clock.advance(seconds=15)
            tick.cancel()
            await clock.settle()
        started = [line for line in told if line.startswith("started")]
        assert [line.split("+")[0] for line in started] == [
            f"started {slot}" for slot in (10, 20, 30, 40, 50, 60)
        ]

    @pytest.mark.parametrize(("late", "runs"), [(0.001, True), (1.0, True), (1.001, False)])
    async def test_p1_skip_runs_what_begins_within_a_second(
        self, clock: VirtualClock, late: float, runs: bool
    ) -> None:
        @tasks.loop(schedule=every(10), policy=tasks.Policy(missed="skip"))
        async def tick() -> None: ...

        with watching(tick) as told:
            tick.start()
            await clock.settle()
            clock.block(10 + late)
            await clock.settle()
            tick.cancel()
            await clock.settle()
        assert told[0] == (f"started 10+{late:g}" if runs else "skipped 1 from 10 late")

    @pytest.mark.usefixtures("patient")
    @pytest.mark.parametrize("timing", ["interval", "schedule"])
    async def test_p1_all_after_a_night_is_bounded_and_the_rest_is_told(
        self, clock: VirtualClock, timing: str
    ) -> None:
        policy = tasks.Policy(missed="all")
        ran: list[datetime] = []
        skipped: list[tasks.Skipped] = []

        def watch(event: tasks.Event) -> None:
            if isinstance(event, tasks.Started):
                ran.append(event.slot)
            elif isinstance(event, tasks.Skipped):
                skipped.append(event)

        @tasks.loop(seconds=1, wait_first=True, policy=policy)
        async def by_interval() -> None: ...

        @tasks.loop(schedule=every(1), policy=policy)
        async def by_schedule() -> None: ...

        loop = by_interval if timing == "interval" else by_schedule
        unobserve = tasks.observe(watch)
        loop.start()
        await clock.settle()
        clock.block(28_800)
        await clock.run_until(loop, iterations=10_000)
        loop.cancel()
        await clock.settle()
        unobserve()
        assert ran == [START + timedelta(seconds=second) for second in range(18_801, 28_801)]
        (event,) = skipped
        assert event.first == START + timedelta(seconds=1)
        # Nobody counts on beyond 10,000.
        assert event.count == (18_800 if timing == "interval" else 10_001)
        assert str(event.count) == ("18800" if timing == "interval" else "at least 10001")
        assert event.reason == "late"

    @pytest.mark.usefixtures("patient")
    async def test_p1_of_some_more_than_10000_the_oldest_are_skipped(
        self, clock: VirtualClock
    ) -> None:
        @tasks.loop(schedule=every(1), policy=tasks.Policy(missed="all"))
        async def tick() -> None: ...

        with watching(tick) as told:
            tick.start()
            await clock.settle()
            clock.block(10_500)
            await clock.run_until(tick, iterations=1)
            tick.cancel()
            await clock.settle()
        assert told[:2] == ["skipped at least 500 from 1 late", "started 501+9999"]

    @pytest.mark.usefixtures("patient")
    async def test_p1_a_backlog_is_bounded_as_a_whole(self, clock: VirtualClock) -> None:
        @tasks.loop(seconds=1, wait_first=True, policy=tasks.Policy(missed="all"))
        async def tick() -> None:
            if tick.current_loop == 0:
                clock.block(50)

        with watching(tick) as told:
            tick.start()
            await clock.settle()
            clock.block(10_000)
            await clock.run_until(tick, iterations=2)
            tick.cancel()
            await clock.settle()
        assert told[:4] == [
            *("started 1+9999", "finished 1 in 50"),
            *("skipped 49 from 2 busy", "started 51+9999"),
        ]

    async def test_p1_a_stall_in_the_count_runs_none_twice(
        self, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        moment, asked = [0.0], [0]
        monkeypatch.setattr(pending, "perf_counter", lambda: moment[0])

        class Stalling:
            def next_after(self, after: datetime, /) -> datetime | None:
                asked[0] += 1
                moment[0] += 2 if asked[0] == 20 else 0
                return every(1).next_after(after)

        @tasks.loop(schedule=Stalling(), policy=tasks.Policy(missed="all"))
        async def tick() -> None: ...

        with watching(tick) as told:
            tick.start()
            await clock.settle()
            clock.block(50)
            await clock.settle()
            tick.cancel()
            await clock.settle()
        started = [line.split("+")[0] for line in told if line.startswith("started")]
        assert started == [f"started {second}" for second in range(1, 51)]

    async def test_p1_a_schedule_that_is_slow_loses_the_oldest_and_tells_so(
        self, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        moment = [0.0]
        monkeypatch.setattr(pending, "perf_counter", lambda: moment[0])

        class Slow:
            def next_after(self, after: datetime, /) -> datetime | None:
                moment[0] += 0.05
                return every(1).next_after(after)

        @tasks.loop(schedule=Slow(), policy=tasks.Policy(missed="all"))
        async def tick() -> None: ...

        with watching(tick) as told:
            tick.start()
            await clock.settle()
            clock.block(50)
            await clock.settle()
            tick.cancel()
            await clock.settle()
        assert told[0].startswith("skipped at least 20 from 1 late")
        assert told[-2:] == ["finished 50 in 0", "ended cancelled"]

    async def test_p1_l7_a_clock_set_back_within_a_backlog_runs_none_twice(
        self, clock: VirtualClock
    ) -> None:
        @tasks.loop(schedule=every(10), policy=tasks.Policy(missed="all"))
        async def tick() -> None:
            if tick.current_loop == 1:
                clock.shift(seconds=-35)

        with watching(tick) as told:
            tick.start()
            await clock.settle()
            clock.block(45)
            await clock.advance(seconds=50)
            tick.cancel()
            await clock.settle()
        started = [line for line in told if line.startswith("started")]
        assert started == [
            *("started 10+35", "started 20+25", "started 30+0", "started 40+0"),
            *("started 50+0", "started 60+0"),
        ]

    async def test_p1_another_policy_collapses_a_backlog(self, clock: VirtualClock) -> None:
        @tasks.loop(seconds=10, policy=tasks.Policy(missed="all"))
        async def tick() -> None:
            await asyncio.sleep(11 if tick.current_loop else 55)

        with watching(tick) as told:
            tick.start()
            await clock.advance(seconds=60)
            tick.policy = tasks.Policy()
            await clock.advance(seconds=10)
            tick.cancel()
            await clock.settle()
        assert told[2:6] == [
            *("started 10+45", "finished 10 in 11"),
            *("skipped 4 from 20 busy", "started 60+6"),
        ]

    async def test_l13_with_a_backlog_the_next_iteration_is_now(self, clock: VirtualClock) -> None:
        @tasks.loop(seconds=10, policy=tasks.Policy(missed="all"))
        async def tick() -> None:
            await asyncio.sleep(35)

        tick.start()
        await clock.advance(seconds=36)
        seen = [tick.next_iteration]
        tick.pause()
        seen.append(tick.next_iteration)
        assert seen == [clock.now(), None]
        tick.cancel()

    async def test_v2_a_backlog_that_is_dropped_was_missed_by_a_busy_body(
        self, clock: VirtualClock
    ) -> None:
        @tasks.loop(seconds=10, policy=tasks.Policy(missed="all", grace=16))
        async def tick() -> None:
            await asyncio.sleep(35 if tick.current_loop == 0 else 4)

        with watching(tick) as told:
            tick.start()
            await clock.advance(seconds=39)
            tick.cancel()
            await clock.settle()
        assert told[2:5] == ["skipped 1 from 10 busy", "started 20+15", "finished 20 in 4"]

    async def test_v2_the_last_of_a_backlog_may_be_missed_by_a_busy_body_too(
        self, clock: VirtualClock
    ) -> None:
        @tasks.loop(seconds=10, policy=tasks.Policy(missed="all", grace=16))
        async def tick() -> None:
            await asyncio.sleep(35 if tick.current_loop == 0 else 12)

        with watching(tick) as told:
            tick.start()
            await clock.advance(seconds=48)
            tick.cancel()
            await clock.settle()
        assert told[2:6] == [
            *("skipped 1 from 10 busy", "started 20+15", "finished 20 in 12"),
            "skipped 1 from 30 busy",
        ]

    async def test_v2_one_of_a_backlog_is_told_once_though_none_has_come_since(
        self, clock: VirtualClock
    ) -> None:
        moments = [START + timedelta(seconds=seconds) for seconds in (1, 10, 12, 100)]

        @tasks.loop(schedule=tasks.At(*moments), policy=tasks.Policy(missed="all", grace=5))
        async def tick() -> None:
            await asyncio.sleep(12 if tick.current_loop == 0 else 6)

        with watching(tick) as told:
            await tick.start()
        assert told[2:] == [
            *("started 10+3", "finished 10 in 6", "skipped 1 from 12 busy"),
            *("started 100+0", "finished 100 in 6", "ended completed"),
        ]

    async def test_v2_one_slot_too_many_is_told(self, clock: VirtualClock) -> None:
        @tasks.loop(seconds=1, wait_first=True, policy=tasks.Policy(missed="all"))
        async def tick() -> None: ...

        with watching(tick) as told:
            tick.start()
            await clock.settle()
            clock.block(10_001)
            await clock.run_until(tick, iterations=1)
            tick.cancel()
            await clock.settle()
        assert told[:2] == ["skipped 1 from 1 late", "started 2+9999"]


class TestGrace:
    """P2: judged once, when the iteration would begin."""

    @pytest.mark.parametrize(("grace", "runs"), [(4.9, False), (5, True), (None, True)])
    async def test_p2_of_the_latest(
        self, clock: VirtualClock, grace: float | None, runs: bool
    ) -> None:
        @tasks.loop(seconds=10, policy=tasks.Policy(grace=grace))
        async def tick() -> None:
            await asyncio.sleep(35 if tick.current_loop == 0 else 0)

        with watching(tick) as told:
            tick.start()
            await clock.advance(seconds=36)
            tick.cancel()
            await clock.settle()
        assert told[2] == ("skipped 2 from 10 busy" if runs else "skipped 3 from 10 busy")
        assert ("started 30+5" in told) == runs

    async def test_p2_retries_do_not_count(self, clock: VirtualClock) -> None:
        outcomes = iter([OSError(), OSError(), None])

        @tasks.loop(hours=1, count=1, policy=tasks.Policy(grace=0))
        async def tick() -> None:
            if (outcome := next(outcomes)) is not None:
                raise outcome

        await tick.start()
        assert tick.ending == "completed"
        assert clock.elapsed > 0


class TestJitter:
    """P7: drawn once for each slot, whose identity stays."""

    @pytest.fixture(autouse=True)
    def half(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(random, "random", lambda: 0.5)

    @pytest.mark.parametrize("timing", ["interval", "schedule"])
    async def test_p7_each_iteration_is_delayed(self, clock: VirtualClock, timing: str) -> None:
        policy = tasks.Policy(jitter=4, missed="skip")

        @tasks.loop(seconds=10, wait_first=True, policy=policy)
        async def by_interval() -> None: ...

        @tasks.loop(schedule=every(10), policy=policy)
        async def by_schedule() -> None: ...

        loop = by_interval if timing == "interval" else by_schedule
        with watching(loop) as told:
            loop.start()
            await clock.advance(seconds=11)
            # The slot, though it has come.
            assert loop.next_iteration == START + timedelta(seconds=10)
            await clock.advance(seconds=2)
            assert loop.next_iteration == START + timedelta(seconds=20)
            await clock.advance(seconds=10)
            loop.cancel()
            await clock.settle()
        assert [line.split("+")[0] for line in told if "started" in line] == [
            *("started 10", "started 20"),
        ]
        assert all("+2" in line for line in told if "started" in line)

    @pytest.mark.parametrize("missed", ["one", "all"])
    async def test_p7_it_is_drawn_for_each_slot(
        self, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch, missed: Missed
    ) -> None:
        drawn = iter([0.25, 0.5, 0.75, 0.0])
        monkeypatch.setattr(random, "random", lambda: next(drawn))

        @tasks.loop(seconds=10, count=3, policy=tasks.Policy(jitter=4, missed=missed))
        async def tick() -> None: ...

        with watching(tick) as told:
            await tick.start()
        assert [line for line in told if "started" in line] == [
            *("started 0+1", "started 10+2", "started 20+3"),
        ]

    async def test_l13_without_it_a_slot_that_has_come_is_due_now(
        self, clock: VirtualClock
    ) -> None:
        @tasks.loop(seconds=10, policy=tasks.Policy(missed="skip"))
        async def tick() -> None:
            await asyncio.sleep(35)

        tick.start()
        await clock.advance(seconds=25)
        assert tick.next_iteration == clock.now()
        tick.cancel()

    async def test_p7_it_may_be_less_than_a_second(self, clock: VirtualClock) -> None:
        @tasks.loop(seconds=10, count=1, policy=tasks.Policy(jitter=0.5))
        async def tick() -> None: ...

        await tick.start()
        assert clock.elapsed == 0.25

    async def test_p7_stop_during_it_ends_at_once(self, clock: VirtualClock) -> None:
        @tasks.loop(seconds=10, policy=tasks.Policy(jitter=8))
        async def tick() -> None: ...

        with watching(tick) as told:
            task = tick.start()
            await clock.advance(seconds=3)
            tick.stop()
            await task
        assert clock.elapsed == 3
        assert told == ["skipped 1 from 0 late", "ended stopped"]

    async def test_p7_no_slot_from_before_the_start_is_run(
        self, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """While it naps until a slot and its delay, the loop looks at the clock."""
        monkeypatch.setattr(random, "random", lambda: 1.0)

        @tasks.loop(schedule=every(100), count=1, policy=tasks.Policy(jitter=500))
        async def tick() -> None: ...

        await clock.advance(seconds=1_050)
        with watching(tick) as told:
            await tick.start()
        assert told[0] == "started 1100+500"

    async def test_p7_longer_than_the_interval_runs_each_slot_of_all_once_and_in_order(
        self, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        drawn = random.Random(3)  # noqa: S311 -- a test
        monkeypatch.setattr(random, "random", drawn.random)

        @tasks.loop(seconds=10, policy=tasks.Policy(jitter=35, missed="all"))
        async def tick() -> None: ...

        slots: list[datetime] = []
        lates: list[timedelta] = []

        def watch(event: tasks.Event) -> None:
            if isinstance(event, tasks.Started):
                slots.append(event.slot)
                lates.append(event.late)

        unobserve = tasks.observe(watch)
        tick.start()
        await clock.run_until(tick, iterations=20)
        tick.cancel()
        unobserve()
        assert slots == [START + timedelta(seconds=10 * number) for number in range(20)]
        assert max(lates) <= timedelta(seconds=35)

    async def test_p7_at_interval_0(self, clock: VirtualClock) -> None:
        @tasks.loop(count=3, policy=tasks.Policy(jitter=2))
        async def tick() -> None: ...

        task = tick.start()
        await clock.advance(seconds=0.5)
        assert tick.next_iteration == clock.now()
        await task
        assert clock.elapsed == 3


class TestAll:
    """P1: each slot is run, whatever kind of slots there are."""

    async def test_p1_an_interval_of_0_has_one_slot_at_a_time(self, clock: VirtualClock) -> None:
        @tasks.loop(count=3, policy=tasks.Policy(missed="all"))
        async def tick() -> None:
            await asyncio.sleep(5)

        with watching(tick) as told:
            await tick.start()
        assert [line for line in told if line.startswith("started")] == [
            "started 0+0",
            "started 5+0",
            "started 10+0",
        ]

    async def test_p1_all_of_a_schedule_that_has_come_to_its_end(self, clock: VirtualClock) -> None:
        moments = [START + timedelta(seconds=seconds) for seconds in (10, 20, 30)]

        @tasks.loop(schedule=tasks.At(*moments), policy=tasks.Policy(missed="all"))
        async def tick() -> None:
            await asyncio.sleep(50 if tick.current_loop == 0 else 0)

        with watching(tick) as told:
            await tick.start()
        assert [line for line in told if line.startswith("started")] == [
            "started 10+0",
            "started 20+40",
            "started 30+30",
        ]
        assert tick.ending == "completed"


def test_p1_of_slots_without_end_the_latest_10_000_are_kept(patient: None) -> None:
    """Nobody counts all of them."""
    slots = pending.PendingSlots(every(1), START)
    row = deque[datetime](maxlen=pending.MOST_KEPT)
    now = START + timedelta(hours=14)
    claim = slots.claim(now, row)
    assert claim is not None
    assert (len(row), row[0], row[-1]) == (10_000, now - timedelta(seconds=9_999), now)


@pytest.mark.parametrize(
    ("policy", "is_judged"),
    [
        (None, False),
        (tasks.Policy(), False),
        (tasks.Policy(timeout=1, overlap=2, retries=1, max_failures=None), False),
        (tasks.Policy(missed="all"), True),
        (tasks.Policy(missed="skip"), True),
        (tasks.Policy(grace=0), True),
        (tasks.Policy(jitter=0.5), True),
    ],
)
def test_p8_slots_are_judged_only_where_a_policy_says_something_about_them(
    policy: tasks.Policy | None, is_judged: bool
) -> None:
    assert is_decisive(policy) is is_judged


class TestClaimed:
    """V1: what is claimed is told with its moment, and nothing as skipped for it a second time."""

    def test_s3_the_slot_of_what_was_triggered_is_the_present(self) -> None:
        timers, judge = clocks_at(15.0, START), Judge(lambda *_: True)
        slots = JudgedSlots(judge, IntervalSlots(0.0, 10.0, claimed=1))
        judge.triggered = True
        assert slots.claim(timers)
        assert slots.claimed(timers) == (START, timedelta(), 0, START, 15.0)

    def test_p1_each_of_a_backlog_is_claimed_by_itself(self) -> None:
        timers, judge = clocks_at(35.0, START), Judge(lambda *_: True)
        judge.follow(tasks.Policy(missed="all"))
        slots = JudgedSlots(judge, IntervalSlots(0.0, 10.0))
        for late in (25, 15, 5):
            assert slots.claim(timers)
            due = START - timedelta(seconds=late)
            assert slots.claimed(timers) == (due, START - due, 0, due, 35.0)
        assert not slots.claim(timers)
