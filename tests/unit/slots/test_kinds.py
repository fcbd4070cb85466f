"""Waiting for slots: intervals (contract I1-I3), wall-clock slots (L7), changes (L12)."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from support.virtual_time import START, turns

import defectio_tasks as tasks
from defectio_tasks._slots.kinds import ENDED, NOT_BEGUN
from defectio_tasks._slots.slot import Slots
from defectio_tasks._time.timers import timers_of
from defectio_tasks.testing import VirtualClock


def at(hour: int, minute: int = 0, second: int = 0, *, day: int = 5) -> datetime:
    return datetime(2026, 1, day, hour, minute, second, tzinfo=UTC)


EVERY_TEN_MINUTES = [time(hour, minute) for hour in range(24) for minute in range(0, 60, 10)]


async def test_i1_the_first_iteration_comes_at_once_after_before_loop(clock: VirtualClock) -> None:
    runs: list[float] = []

    @tasks.loop(seconds=10, count=2)
    async def tick() -> None:
        runs.append(clock.elapsed)

    @tick.before_loop
    async def before() -> None:
        await asyncio.sleep(3)

    await tick.start()
    assert runs == [3, 13]


async def test_i1_no_drift_whatever_the_body_takes(clock: VirtualClock) -> None:
    runs: list[float] = []

    @tasks.loop(seconds=0.1, count=1001)
    async def tick() -> None:
        runs.append(clock.elapsed)
        await asyncio.sleep(0.037 if len(runs) % 2 else 0.0999)

    await tick.start()
    assert runs == pytest.approx([k * 0.1 for k in range(1001)], abs=1e-7)


async def test_i2_a_slow_body_is_followed_by_one_late_iteration_on_the_same_grid(
    clock: VirtualClock, log: pytest.LogCaptureFixture
) -> None:
    runs: list[float] = []

    @tasks.loop(seconds=0.1, count=5)
    async def tick() -> None:
        runs.append(clock.elapsed)
        if len(runs) == 2:
            await asyncio.sleep(1.03)

    await tick.start()
    assert runs == pytest.approx([0, 0.1, 1.13, 1.2, 1.3], abs=1e-7)
    [record] = log.records
    assert record.levelname == "WARNING"
    # Due at 0.2, 0.3 ... 1.1: ten slots, of which the late iteration took one.
    assert "9 slots skipped" in record.getMessage()
    assert "tick" in record.getMessage()


async def test_i2_a_blocked_event_loop_gets_one_late_iteration(
    clock: VirtualClock, log: pytest.LogCaptureFixture
) -> None:
    runs: list[float] = []

    @tasks.loop(seconds=10, count=4)
    async def tick() -> None:
        runs.append(clock.elapsed)

    task = tick.start()
    await asyncio.sleep(5)
    clock.block(30)  # Something blocks: time passes, and nothing gets a turn.
    await task
    assert runs == [0, 35, 40, 50]
    # In its debug mode, asyncio complains of what blocks it.
    ours = [record for record in log.records if record.name == "defectio_tasks"]
    assert ["2 slots skipped" in record.getMessage() for record in ours] == [True]


async def test_i2_an_iteration_late_by_less_than_an_interval_skips_nothing(
    clock: VirtualClock, log: pytest.LogCaptureFixture
) -> None:
    runs: list[float] = []

    @tasks.loop(seconds=10, count=3)
    async def tick() -> None:
        runs.append(clock.elapsed)
        await asyncio.sleep(15 if len(runs) == 1 else 0)

    await tick.start()
    assert runs == [0, 15, 20]
    assert not log.records


@pytest.mark.parametrize("bare", [True, False])
async def test_i3_interval_0_gives_the_event_loop_a_turn_each_time(bare: bool) -> None:
    order: list[str] = []

    async def tick() -> None:
        order.append("tick")

    loop = tasks.loop(count=4)(tick) if bare else tasks.loop(seconds=0, count=4)(tick)

    async def other() -> None:
        while loop.is_running():
            order.append("other")
            await asyncio.sleep(0)

    loop.start()
    await other()
    assert order.count("tick") == 4
    assert "tick tick" not in " ".join(order)


async def test_i2_an_overrun_that_never_awaits_gives_the_event_loop_a_turn_each_time(
    clock: VirtualClock,
) -> None:
    order: list[str] = []

    @tasks.loop(seconds=1, count=4)
    async def tick() -> None:
        order.append("tick")
        clock.block(5)

    tick.start()
    while tick.is_running():
        order.append("other")
        await asyncio.sleep(0)
    assert "tick tick" not in " ".join(order)


async def test_i4_an_interval_of_years_works(clock: VirtualClock) -> None:
    runs: list[float] = []

    @tasks.loop(hours=24 * 365 * 3, count=2)
    async def tick() -> None:
        runs.append(clock.elapsed)

    await tick.start()
    assert runs == pytest.approx([0, 24 * 365 * 3 * 3600])


async def test_l7_slots_by_the_wall_clock(clock: VirtualClock) -> None:
    runs: list[datetime] = []

    @tasks.loop(
        time=[
            time(8, 30, tzinfo=ZoneInfo("Europe/London")),
            time(18, 0, tzinfo=ZoneInfo("Asia/Tokyo")),
        ],
        count=4,
    )
    async def tick() -> None:
        runs.append(clock.now())

    await tick.start()
    assert runs == [at(8, 30, day=6), at(9, 0, day=6), at(8, 30, day=7), at(9, 0, day=7)]


async def test_l7_a_clock_set_back_runs_no_slot_twice(clock: VirtualClock) -> None:
    runs: list[datetime] = []

    @tasks.loop(time=time(13, 0), count=2)
    async def tick() -> None:
        runs.append(clock.now())

    task = tick.start()
    await asyncio.sleep(3600 + 60)
    assert runs == [at(13)]
    clock.set(at(12, 30))
    assert tick.next_iteration == at(13, day=6)
    await task
    assert runs == [at(13), at(13, day=6)]


async def test_l7_a_clock_set_back_loses_no_slot_that_was_not_run(clock: VirtualClock) -> None:
    runs: list[datetime] = []

    @tasks.loop(time=[time(11, 0), time(13, 0)], count=3)
    async def tick() -> None:
        runs.append(clock.now())

    task = tick.start()
    await asyncio.sleep(3600 + 60)
    clock.set(at(10, 30))
    await task
    assert runs == [at(13), at(11), at(11, day=6)]


async def test_l7_a_timer_that_fires_early_runs_no_slot_twice(
    clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs: list[datetime] = []

    @tasks.loop(time=EVERY_TEN_MINUTES, count=3)
    async def tick() -> None:
        runs.append(clock.now())

    event_loop = asyncio.get_running_loop()
    call_at = event_loop.call_at

    def early(when: float, *args: object, **kwargs: object) -> asyncio.TimerHandle:
        return call_at(when - 0.002, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(event_loop, "call_at", early)
    await tick.start()
    assert [run.replace(second=0, microsecond=0) for run in runs] == [
        at(12, 10),
        at(12, 20),
        at(12, 30),
    ]
    assert all(run.second == 0 for run in runs), "no run before its slot"
    assert all(run.microsecond < 10_000 for run in runs), "nor much later"


async def test_l7_a_clock_set_forward_gets_one_iteration_for_all_slots_missed(
    clock: VirtualClock, log: pytest.LogCaptureFixture
) -> None:
    runs: list[datetime] = []

    @tasks.loop(time=EVERY_TEN_MINUTES, count=2)
    async def tick() -> None:
        runs.append(clock.now())

    task = tick.start()
    await asyncio.sleep(5)
    clock.set(at(13, 5))
    await task
    # Noticed within a minute.
    assert at(13, 5) < runs[0] <= at(13, 6)
    assert runs[1:] == [at(13, 10)]
    # 12:10 ... 13:00: six slots, of which the late iteration took one.
    assert ["5 slots skipped" in record.getMessage() for record in log.records] == [True]


async def test_l7_a_machine_that_slept_gets_one_iteration_for_all_slots_missed(
    clock: VirtualClock,
) -> None:
    runs: list[datetime] = []

    @tasks.loop(time=time(13, 0), count=2)
    async def tick() -> None:
        runs.append(clock.now())

    task = tick.start()
    await asyncio.sleep(30)
    clock.shift(days=3, hours=4)  # Suspended: only the wall clock went on.
    await task
    assert at(16, day=8) < runs[0] <= at(16, 2, day=8)
    assert runs[1:] == [at(13, day=9)]


async def test_l7_the_wall_clock_is_read_at_least_once_a_minute(
    clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads: list[float] = []

    def wall_time() -> float:
        reads.append(clock.elapsed)
        return clock.now().timestamp()

    monkeypatch.setattr(asyncio.get_running_loop(), "wall_time", wall_time)

    @tasks.loop(time=time(13, 0), count=1)
    async def tick() -> None: ...

    await tick.start()
    assert max(later - earlier for earlier, later in pairwise(reads)) <= 60


async def test_l7_slots_that_came_during_the_body_get_one_late_iteration(
    clock: VirtualClock, log: pytest.LogCaptureFixture
) -> None:
    runs: list[datetime] = []

    @tasks.loop(time=EVERY_TEN_MINUTES, count=3)
    async def tick() -> None:
        runs.append(clock.now())
        await asyncio.sleep(25 * 60 if len(runs) == 1 else 0)

    await tick.start()
    assert runs == [at(12, 10), at(12, 35), at(12, 40)]
    assert ["1 slot skipped" in record.getMessage() for record in log.records] == [True]


async def test_a_schedule_without_further_slot_ends_the_loop(clock: VirtualClock) -> None:
    runs: list[datetime] = []

    class Twice:
        def next_after(self, moment: datetime, /) -> datetime | None:
            slots = [START + timedelta(hours=1), START + timedelta(hours=2)]
            return next((slot for slot in slots if slot > moment), None)

    @tasks.loop(schedule=Twice())
    async def tick() -> None:
        runs.append(clock.now())
        assert (tick.next_iteration is None) == (len(runs) == 2)

    await tick.start()
    assert runs == [at(13), at(14)]
    assert not tick.failed()
    assert not tick.is_running()


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ("tomorrow", TypeError),
        (datetime(2030, 1, 1), ValueError),  # noqa: DTZ001 -- naive on purpose
        (START - timedelta(days=1), ValueError),
        (START, ValueError),
    ],
)
async def test_a_schedule_that_breaks_its_promise_is_a_failure(
    answer: datetime, error: type[Exception], capsys: pytest.CaptureFixture[str]
) -> None:
    class Broken:
        def next_after(self, moment: datetime, /) -> datetime | None:
            return answer

    @tasks.loop(schedule=Broken())
    async def tick() -> None: ...

    with pytest.raises(error, match="`next_after` must return"):
        await tick.start()
    assert tick.failed()
    assert "tick" in capsys.readouterr().err


async def test_a_schedule_that_fails_later_loses_no_slot(
    clock: VirtualClock, capsys: pytest.CaptureFixture[str]
) -> None:
    runs: list[datetime] = []
    seen: list[datetime | None] = []

    class Once:
        def next_after(self, moment: datetime, /) -> datetime | None:
            if moment >= at(13):
                raise LookupError
            return at(13)

    @tasks.loop(schedule=Once())
    async def tick() -> None:
        runs.append(clock.now())
        seen.append(tick.next_iteration)

    with pytest.raises(LookupError):
        await tick.start()
    assert runs == [at(13)]
    assert seen == [None]
    assert "LookupError" in capsys.readouterr().err


async def test_a_schedule_that_fails_at_once_is_a_failure(
    capsys: pytest.CaptureFixture[str], lazy_tasks: None
) -> None:
    class Failing:
        def next_after(self, moment: datetime, /) -> datetime | None:
            raise LookupError

    @tasks.loop(schedule=Failing())
    async def tick() -> None: ...

    task = tick.start()
    assert tick.next_iteration is None
    with pytest.raises(LookupError):
        await task
    assert tick.failed()
    # Stopped before, it isn't asked at all.
    task = tick.start()
    tick.stop()
    await task
    assert not tick.failed()


class TestChangeInterval:
    """Contract L12."""

    async def test_asleep_the_wait_is_rearmed_from_the_last_slot(self, clock: VirtualClock) -> None:
        runs: list[float] = []

        @tasks.loop(seconds=100, count=4)
        async def tick() -> None:
            runs.append(clock.elapsed)

        task = tick.start()
        await asyncio.sleep(7)
        tick.change_interval(seconds=10)
        assert tick.next_iteration == START + timedelta(seconds=10)
        await task
        assert runs == [0, 10, 20, 30]

    async def test_asleep_at_once_if_that_has_passed(
        self, clock: VirtualClock, log: pytest.LogCaptureFixture
    ) -> None:
        runs: list[float] = []

        @tasks.loop(seconds=100, count=4)
        async def tick() -> None:
            runs.append(clock.elapsed)

        task = tick.start()
        await asyncio.sleep(37)
        tick.change_interval(seconds=10)
        await task
        assert runs == [0, 37, 40, 50]
        assert not log.records, "nobody missed slots that never were"

    async def test_asleep_also_by_the_same_schedule(self, clock: VirtualClock) -> None:
        """Who passes it again has changed it."""

        class Daily:
            hour = 20

            def next_after(self, moment: datetime, /) -> datetime:
                slot = moment.replace(hour=self.hour, minute=0, second=0, microsecond=0)
                return slot if slot > moment else slot + timedelta(days=1)

        schedule = Daily()

        @tasks.loop(schedule=schedule, count=1)
        async def tick() -> None: ...

        task = tick.start()
        await turns()
        schedule.hour = 15
        tick.change_interval(schedule=schedule)
        assert tick.next_iteration == at(15)
        await task
        assert clock.now() == at(15)

    @pytest.mark.parametrize("seconds", [10, 10.5])
    async def test_at_work_slots_before_are_forgiven(
        self, clock: VirtualClock, log: pytest.LogCaptureFixture, seconds: float
    ) -> None:
        """Nobody missed slots that a change takes back, to the same interval as to another."""
        runs: list[float] = []

        @tasks.loop(seconds=10, count=2)
        async def tick() -> None:
            runs.append(clock.elapsed)
            await asyncio.sleep(25)
            tick.change_interval(seconds=seconds)

        await tick.start()
        assert runs == [0, 25]
        assert not log.records

    async def test_in_the_body_from_the_next_wait_on(self, clock: VirtualClock) -> None:
        runs: list[float] = []

        @tasks.loop(seconds=100, count=3)
        async def tick() -> None:
            runs.append(clock.elapsed)
            if len(runs) == 1:
                tick.change_interval(seconds=10)
                await asyncio.sleep(4)

        await tick.start()
        assert runs == [0, 10, 20]

    async def test_before_the_first_run(self, clock: VirtualClock) -> None:
        runs: list[float] = []

        @tasks.loop(seconds=100, count=2)
        async def tick() -> None:
            runs.append(clock.elapsed)

        tick.change_interval(seconds=10)
        assert tick.seconds == 10
        task = tick.start()
        tick.change_interval(seconds=20)
        await task
        assert runs == [0, 20]

    async def test_in_before_loop_and_after_loop(self, clock: VirtualClock) -> None:
        runs: list[float] = []

        @tasks.loop(seconds=100, count=2)
        async def tick() -> None:
            runs.append(clock.elapsed)

        @tick.before_loop
        async def before() -> None:
            tick.change_interval(seconds=10)

        @tick.after_loop
        async def after() -> None:
            tick.change_interval(seconds=30)

        await tick.start()
        assert runs == [0, 10]
        assert tick.seconds == 30

    async def test_during_a_back_off(self, clock: VirtualClock, full_jitter: None) -> None:
        runs: list[float] = []

        @tasks.loop(seconds=100, count=2)
        async def tick() -> None:
            runs.append(clock.elapsed)
            if len(runs) == 1:
                raise OSError

        task = tick.start()
        await asyncio.sleep(1)
        tick.change_interval(seconds=10)
        await task
        assert runs == [0, 2, 10], "the back-off isn't shortened, and the grid counts from 0"

    async def test_from_times_to_an_interval_before_any_slot(self, clock: VirtualClock) -> None:
        runs: list[float] = []

        @tasks.loop(time=time(13), count=2)
        async def tick() -> None:
            runs.append(clock.elapsed)

        task = tick.start()
        await asyncio.sleep(5)
        tick.change_interval(seconds=10)
        assert tick.next_iteration == clock.now(), "the first iteration comes at once"
        await task
        assert runs == [5, 15]
        assert tick.time is None

    async def test_from_times_to_an_interval_after_a_slot(self, clock: VirtualClock) -> None:
        runs: list[datetime] = []

        @tasks.loop(time=time(13), count=3)
        async def tick() -> None:
            runs.append(clock.now())

        task = tick.start()
        await asyncio.sleep(3600 + 120)
        tick.change_interval(minutes=5)
        await task
        assert runs == [at(13), at(13, 5), at(13, 10)]

    async def test_from_an_interval_to_times(self, clock: VirtualClock) -> None:
        runs: list[datetime] = []

        @tasks.loop(minutes=5, count=3)
        async def tick() -> None:
            runs.append(clock.now())

        task = tick.start()
        await asyncio.sleep(60)
        tick.change_interval(time=[time(12, 3), time(12, 30)])
        assert tick.next_iteration == at(12, 3)
        assert tick.seconds is None
        await task
        assert runs == [at(12), at(12, 3), at(12, 30)]

    async def test_from_times_to_times_runs_no_slot_twice(self, clock: VirtualClock) -> None:
        runs: list[datetime] = []

        @tasks.loop(time=time(13), count=2)
        async def tick() -> None:
            runs.append(clock.now())
            clock.shift(seconds=-5)
            tick.change_interval(time=[time(13), time(14)])

        await tick.start()
        assert runs == [at(13), at(14)]

    @pytest.mark.parametrize("seconds", [0, 10])
    async def test_to_and_from_interval_0(self, clock: VirtualClock, seconds: int) -> None:
        runs: list[float] = []

        @tasks.loop(seconds=10 - seconds, count=3)
        async def tick() -> None:
            runs.append(clock.elapsed)
            if len(runs) == 1:
                tick.change_interval(seconds=seconds)

        await tick.start()
        assert runs == [0, seconds, 2 * seconds]

    async def test_from_interval_0_it_counts_from_the_last_iteration(
        self, clock: VirtualClock
    ) -> None:
        runs: list[float] = []

        @tasks.loop(seconds=0, count=4)
        async def tick() -> None:
            runs.append(clock.elapsed)
            await asyncio.sleep(3)
            if len(runs) == 3:
                tick.change_interval(seconds=10)

        await tick.start()
        assert runs == [0, 3, 6, 16]

    async def test_to_interval_0_and_back_it_counts_from_the_last_iteration(
        self, clock: VirtualClock
    ) -> None:
        @tasks.loop(seconds=10)
        async def tick() -> None: ...

        tick.start()
        await clock.advance(seconds=4)
        tick.change_interval(seconds=0)
        tick.change_interval(seconds=100)
        assert tick.next_iteration == START + timedelta(seconds=100)
        tick.cancel()

    async def test_by_way_of_times_it_counts_from_the_last_iteration(
        self, clock: VirtualClock
    ) -> None:
        @tasks.loop(hours=1)
        async def tick() -> None: ...

        tick.start()
        await clock.advance(minutes=10)
        tick.change_interval(time=time(18))
        await clock.advance(minutes=1)
        tick.change_interval(time=time(19))
        tick.change_interval(hours=1)
        assert tick.next_iteration == START + timedelta(hours=1)
        tick.cancel()

    async def test_a_setting_that_was_never_in_force_has_no_slot(
        self, clock: VirtualClock, log: pytest.LogCaptureFixture
    ) -> None:
        runs: list[float] = []

        @tasks.loop(time=time(18), count=2)
        async def tick() -> None:
            runs.append(clock.elapsed)

        task = tick.start()
        await clock.advance(seconds=10)
        tick.change_interval(seconds=0.5)
        tick.change_interval(hours=5)
        assert tick.next_iteration == clock.now(), "there was no slot to count from"
        await task
        assert runs == [10, 10 + 5 * 3600]
        assert log.records == []

    async def test_interval_0_skips_nothing(
        self, clock: VirtualClock, log: pytest.LogCaptureFixture
    ) -> None:
        @tasks.loop(count=3)
        async def tick() -> None:
            clock.block(5)

        await tick.start()
        ours = [record for record in log.records if record.name == "defectio_tasks"]
        assert ours == []

    async def test_asleep_a_schedule_without_slot_ends_the_loop(self) -> None:
        class Never:
            def next_after(self, moment: datetime, /) -> datetime | None:
                return None

        @tasks.loop(seconds=100)
        async def tick() -> None: ...

        task = tick.start()
        await turns()
        tick.change_interval(schedule=Never())
        assert tick.next_iteration is None
        await task
        assert not tick.failed()

    async def test_a_bad_schedule_changes_nothing(self, clock: VirtualClock) -> None:
        class Broken:
            def next_after(self, moment: datetime, /) -> datetime | None:
                return moment

        runs: list[float] = []

        @tasks.loop(seconds=10, count=2)
        async def tick() -> None:
            runs.append(clock.elapsed)

        task = tick.start()
        await turns()
        with pytest.raises(ValueError, match="`next_after` must return"):
            tick.change_interval(schedule=Broken())
        assert tick.seconds == 10
        await task
        assert runs == [0, 10]


def next_of(loop: tasks.Loop) -> datetime | None:
    """Tell when a loop's next iteration is due; to a checker, anew each time."""
    return loop.next_iteration


@pytest.mark.parametrize("slots", [NOT_BEGUN, ENDED], ids=["not begun", "ended"])
async def test_before_the_first_and_after_the_last_there_are_no_slots(slots: Slots) -> None:
    timers = timers_of(asyncio.get_running_loop())
    assert slots.wait(timers) is None
    assert not slots.claim(timers)
    assert not slots.claim_each(timers)
    assert slots.late(timers) is None
    assert slots.last_due(timers) is None
    assert slots.ran() == ()
    assert slots.claimed(timers).skipped == 0
    assert (slots.next_due(timers) is None) == (slots is ENDED)


@pytest.mark.usefixtures("clock")
class TestWhatHasComeIsNotLost:
    """L7: a slot that has come and is yet to begin, where the new schedule has it as well."""

    @pytest.fixture
    def ran(self) -> list[datetime]:
        return []

    @pytest.fixture
    def loop(self, ran: list[datetime]) -> tasks.Loop[[], None]:
        @tasks.loop(time=EVERY_TEN_MINUTES)
        async def tick() -> None:
            ran.append(tasks.current_slot())
            await asyncio.sleep(900 if len(ran) == 1 else 1)

        return tick

    async def test_l7_it_came_during_the_body(
        self, clock: VirtualClock, loop: tasks.Loop[[], None], ran: list[datetime]
    ) -> None:
        loop.start()
        await clock.advance(minutes=22)
        loop.change_interval(time=EVERY_TEN_MINUTES[::2])
        await clock.advance(minutes=20)
        loop.cancel()
        assert ran == [at(12, 10), at(12, 20), at(12, 40)]

    async def test_l12_what_only_the_old_one_had_is_gone(
        self, clock: VirtualClock, loop: tasks.Loop[[], None], ran: list[datetime]
    ) -> None:
        loop.start()
        await clock.advance(minutes=22)
        loop.change_interval(time=[time(12, 15), time(12, 50)])
        await clock.advance(minutes=30)
        loop.cancel()
        assert ran == [at(12, 10), at(12, 50)]

    async def test_s2_it_came_while_the_loop_was_paused(
        self, clock: VirtualClock, loop: tasks.Loop[[], None], ran: list[datetime]
    ) -> None:
        loop.start()
        loop.pause()
        await clock.advance(minutes=25)
        loop.change_interval(time=EVERY_TEN_MINUTES)
        loop.resume()
        await clock.settle()
        loop.cancel()
        assert ran == [at(12, 20)]

    async def test_p7_it_is_delayed_by_jitter(
        self,
        clock: VirtualClock,
        loop: tasks.Loop[[], None],
        ran: list[datetime],
        full_jitter: None,
    ) -> None:
        loop.policy = tasks.Policy(jitter=120)
        loop.start()
        await clock.advance(minutes=11)
        loop.change_interval(time=EVERY_TEN_MINUTES[1:])
        await clock.advance(minutes=2)
        loop.cancel()
        assert ran == [at(12, 10)]

    async def test_l7_it_came_during_before_loop(
        self, clock: VirtualClock, loop: tasks.Loop[[], None], ran: list[datetime]
    ) -> None:
        @loop.before_loop
        async def before() -> None:
            await asyncio.sleep(700)

        loop.start()
        await clock.advance(minutes=11)
        loop.change_interval(time=EVERY_TEN_MINUTES)
        await clock.advance(minutes=1)
        loop.cancel()
        assert ran == [at(12, 10)]

    async def test_l12_the_old_one_may_fail(
        self, clock: VirtualClock, loop: tasks.Loop[[], None], ran: list[datetime]
    ) -> None:
        """It is how one gets rid of it."""

        class Failing:
            def next_after(self, moment: datetime, /) -> datetime:
                if moment >= at(12, 10):
                    raise LookupError
                return at(12, 10)

        loop.change_interval(schedule=Failing())
        loop.start()
        await clock.advance(minutes=12)
        loop.change_interval(time=EVERY_TEN_MINUTES)
        await clock.advance(minutes=20)
        loop.cancel()
        assert ran == [at(12, 10), at(12, 20), at(12, 30)]

    async def test_l12_the_old_one_may_have_ended(
        self, clock: VirtualClock, loop: tasks.Loop[[], None], ran: list[datetime]
    ) -> None:
        loop.change_interval(schedule=tasks.At(at(12, 10)))
        loop.start()
        await clock.advance(minutes=12)
        loop.change_interval(time=EVERY_TEN_MINUTES[:73])
        await clock.advance(minutes=20)
        loop.cancel()
        assert ran == [at(12, 10)]

    async def test_l7_nobody_looks_for_long(
        self,
        clock: VirtualClock,
        loop: tasks.Loop[[], None],
        ran: list[datetime],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """Of many that have come, the first ones are looked at, in whichever order."""
        monkeypatch.setattr("defectio_tasks._slots.pending.MOST_SECONDS", -1.0)
        loop.start()
        loop.pause()
        await clock.advance(minutes=25)
        loop.change_interval(time=[time(12, 20), time(13)])
        loop.resume()
        await clock.settle()
        loop.cancel()
        assert ran == []


class TestWhatRanStaysRun:
    """Contract L7: by slots, whichever schedule they are of."""

    HOURLY = tuple(time(hour) for hour in range(24))

    async def runs_after_a_change(
        self, clock: VirtualClock, *changes: Mapping[str, Any]
    ) -> list[datetime]:
        """Run 13:00 and 14:00, set the clock back to 12:30, and change; return what runs then."""
        runs: list[datetime] = []

        @tasks.loop(time=self.HOURLY)
        async def tick() -> None:
            runs.append(clock.now())

        tick.start()
        await asyncio.sleep(2 * 3600 + 60)
        assert runs == [at(13), at(14)]
        runs.clear()
        clock.set(at(12, 30))
        for change in changes:
            tick.change_interval(**change)
        await asyncio.sleep(3 * 3600 + 60)
        tick.cancel()
        return [run.replace(microsecond=0) for run in runs]

    async def test_after_the_same_times(self, clock: VirtualClock) -> None:
        assert await self.runs_after_a_change(clock, {"time": self.HOURLY}) == [at(15)]

    async def test_after_other_times(self, clock: VirtualClock) -> None:
        """Those between that never ran are not lost."""
        half_hours = [time(hour, minute) for hour in range(24) for minute in (0, 30)]
        runs = await self.runs_after_a_change(clock, {"time": half_hours})
        assert runs == [at(13, 30), at(14, 30), at(15), at(15, 30)]

    async def test_after_other_times_and_back(self, clock: VirtualClock) -> None:
        changes = ({"time": time(20)}, {"time": self.HOURLY})
        assert await self.runs_after_a_change(clock, *changes) == [at(15)]

    @pytest.mark.parametrize("interval", [0, 7200])
    async def test_after_an_interval_between(self, clock: VirtualClock, interval: float) -> None:
        changes = ({"seconds": interval}, {"time": self.HOURLY})
        assert await self.runs_after_a_change(clock, *changes) == [at(15)]

    async def test_an_earlier_schedule_that_fails_ends_nothing(self, clock: VirtualClock) -> None:
        """What it may have run counts as run: lost is better than twice."""

        class Passing:
            is_past = False

            def next_after(self, moment: datetime, /) -> datetime:
                if self.is_past:
                    raise LookupError
                return moment.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)

        runs: list[datetime] = []

        @tasks.loop(schedule=Passing())
        async def tick() -> None:
            runs.append(clock.now())

        tick.start()
        await asyncio.sleep(2 * 3600 + 60)
        Passing.is_past = True
        clock.set(at(12, 30))
        tick.change_interval(time=[time(13, 30), time(14, 30)])
        await asyncio.sleep(3 * 3600)
        tick.cancel()
        assert runs == [at(13), at(14), at(14, 30)]


class TestNextIteration:
    """Contract L13."""

    async def test_of_an_interval(self, clock: VirtualClock, lazy_tasks: None) -> None:
        seen: list[datetime | None] = []

        @tasks.loop(seconds=10, count=2)
        async def tick() -> None:
            seen.append(next_of(tick))

        @tick.before_loop
        async def before() -> None:
            seen.append(next_of(tick))

        @tick.after_loop
        async def after() -> None:
            seen.append(next_of(tick))

        assert next_of(tick) is None
        task = tick.start()
        assert next_of(tick) == START
        await asyncio.sleep(4)
        assert next_of(tick) == START + timedelta(seconds=10)
        upcoming = next_of(tick)
        assert upcoming is not None
        assert upcoming.tzinfo is UTC
        await task
        assert seen == [START, START + timedelta(seconds=10), None, None]
        assert next_of(tick) is None

    async def test_of_times(self) -> None:
        @tasks.loop(time=time(13))
        async def tick() -> None: ...

        task = tick.start()
        assert next_of(tick) == at(13)
        await turns()
        assert next_of(tick) == at(13)
        tick.stop()
        assert next_of(tick) is None
        await task

    async def test_of_an_overdue_slot_is_now(self, clock: VirtualClock) -> None:
        @tasks.loop(time=EVERY_TEN_MINUTES, count=2)
        async def by_clock() -> None:
            clock.block(1234)
            if by_clock.current_loop == 0:
                assert by_clock.next_iteration == clock.now()

        @tasks.loop(seconds=1, count=2)
        async def by_interval() -> None:
            clock.block(1234)
            if by_interval.current_loop == 0:
                assert by_interval.next_iteration == clock.now()

        await by_clock.start()
        await by_interval.start()

    async def test_of_interval_0_is_now(self, clock: VirtualClock) -> None:
        @tasks.loop(count=2)
        async def tick() -> None:
            if tick.current_loop == 0:
                assert next_of(tick) == clock.now()

        await tick.start()

    async def test_beyond_the_year_9999_there_is_none(self) -> None:
        @tasks.loop(hours=1e9)
        async def tick() -> None: ...

        task = tick.start()
        await turns()
        assert next_of(tick) is None
        tick.stop()
        await task

    async def test_told_to_stop_or_cancelled_there_is_none(self) -> None:
        @tasks.loop(seconds=10)
        async def tick() -> None: ...

        task = tick.start()
        await turns()
        tick.cancel()
        assert next_of(tick) is None
        with pytest.raises(asyncio.CancelledError):
            await task
