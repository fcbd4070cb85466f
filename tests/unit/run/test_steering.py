"""How a run is paused, triggered, and goes by another policy (contract S2, S3, 8, V2)."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import pytest
from support.story import Story, ended, raising, sleeping
from support.told import watching
from support.virtual_time import START, pending_timers

import defectio_tasks as tasks
from defectio_tasks.testing import VirtualClock


def every(seconds: float) -> tasks.Every:
    return tasks.Every(seconds=seconds, anchor=START)


class TestPause:
    """S2: no further slot runs, and `missed` decides about those meanwhile."""

    @pytest.mark.parametrize(
        ("policy", "expected"),
        [
            (None, ["skipped 2 from 10 paused", "started 30+5"]),
            (tasks.Policy(missed="skip"), ["skipped 3 from 10 paused", "started 40+0"]),
            (tasks.Policy(missed="all"), ["started 10+25", "finished 10 in 0"]),
        ],
    )
    async def test_s2_resume(
        self, clock: VirtualClock, policy: tasks.Policy | None, expected: list[str]
    ) -> None:
        @tasks.loop(seconds=10, policy=policy)
        async def tick() -> None: ...

        with watching(tick) as told:
            tick.start()
            await clock.advance(seconds=5)
            tick.pause()
            tick.pause()
            await clock.advance(seconds=30)
            assert told == ["started 0+0", "finished 0 in 0"]
            assert tick.is_paused()
            assert tick.is_running()
            assert tick.next_iteration is None
            assert "paused" in repr(tick)
            tick.resume()
            tick.resume()
            assert not tick.is_paused()
            await clock.advance(seconds=5)
            tick.cancel()
            await clock.settle()
        assert told[2:4] == expected

    async def test_s2_the_body_at_work_finishes(self, clock: VirtualClock) -> None:
        @tasks.loop(seconds=10)
        async def tick() -> None:
            await asyncio.sleep(5)

        with watching(tick) as told:
            tick.start()
            await clock.advance(seconds=1)
            tick.pause()
            await clock.advance(seconds=60)
            assert told == ["started 0+0", "finished 0 in 5"]
            tick.stop()
            await clock.settle()
        assert told[2:] == ["skipped 6 from 10 paused", "ended stopped"]

    @pytest.mark.parametrize("timing", ["interval", "schedule"])
    async def test_s2_before_the_first_slot(self, clock: VirtualClock, timing: str) -> None:
        story = Story(**({"seconds": 10} if timing == "interval" else {"schedule": every(10)}))
        story.steps["before_loop"] = sleeping(5)
        story.loop.start()
        story.loop.pause()
        await clock.advance(seconds=50)
        assert "body" not in story.told
        story.loop.resume()
        await clock.settle()
        assert story.told.count("body") == 1
        story.loop.cancel()

    async def test_s2_across_a_clock_that_is_set(self, clock: VirtualClock) -> None:
        @tasks.loop(schedule=every(10), policy=tasks.Policy(missed="all"))
        async def tick() -> None: ...

        with watching(tick) as told:
            tick.start()
            await clock.advance(seconds=15)
            tick.pause()
            clock.shift(seconds=30)
            await clock.advance(seconds=1)
            clock.shift(seconds=-20)
            tick.resume()
            await clock.advance(seconds=20)
            tick.cancel()
            await clock.settle()
        started = [line for line in told if line.startswith("started")]
        assert started == ["started 10+0", "started 20+6", "started 30+0", "started 40+0"]

    async def test_s2_resumed_with_nothing_missed_what_comes_is_late_not_paused(
        self, clock: VirtualClock
    ) -> None:
        @tasks.loop(seconds=10)
        async def tick() -> None: ...

        with watching(tick) as told:
            tick.start()
            await clock.advance(seconds=1)
            tick.pause()
            tick.resume()
            clock.block(25)
            await clock.settle()
            tick.cancel()
            await clock.settle()
        assert told[2] == "skipped 1 from 10 late"

    async def test_s2_what_came_just_before_it_was_resumed_is_paused(
        self, clock: VirtualClock
    ) -> None:
        @tasks.loop(seconds=10, policy=tasks.Policy(grace=0.2))
        async def tick() -> None: ...

        with watching(tick) as told:
            tick.start()
            await clock.advance(seconds=1)
            tick.pause()
            await clock.advance(seconds=9.5)
            tick.resume()
            await clock.settle()
            tick.cancel()
            await clock.settle()
        assert told[2] == "skipped 1 from 10 paused"

    @pytest.mark.parametrize("policy", [None, tasks.Policy(missed="all")])
    async def test_s2_resume_without_a_pause_does_nothing(
        self, clock: VirtualClock, policy: tasks.Policy | None
    ) -> None:
        @tasks.loop(seconds=10, policy=policy)
        async def tick() -> None: ...

        with watching(tick) as told:
            tick.start()
            await clock.advance(seconds=1)
            tick.resume()
            assert not tick.is_paused()
            await clock.advance(seconds=9)
            tick.cancel()
            await clock.settle()
        assert told[2:] == ["started 10+0", "finished 10 in 0", "ended cancelled"]

    async def test_s2_with_overlap(self, clock: VirtualClock) -> None:
        @tasks.loop(seconds=1, policy=tasks.Policy(overlap=2, missed="skip"))
        async def tick() -> None:
            await asyncio.sleep(3)

        with watching(tick) as told:
            tick.start()
            await clock.advance(seconds=1.5)
            tick.pause()
            await clock.advance(seconds=5)
            tick.resume()
            await clock.advance(seconds=0.6)
            tick.cancel()
            await clock.settle()
        assert told[2:6] == [
            *("finished 0 in 3", "finished 1 in 3", "skipped 4 from 2 paused", "started 6+0.5"),
        ]

    async def test_s2_without_effect_when_not_running_or_ending(self, clock: VirtualClock) -> None:
        story = Story(seconds=10)
        story.loop.pause()
        story.loop.resume()
        assert not story.loop.is_paused()

        async def after() -> None:
            story.loop.pause()
            assert not story.loop.is_paused()
            story.loop.resume()

        story.steps["after_loop"] = after
        task = story.loop.start()
        await clock.settle()
        story.loop.stop()
        story.loop.pause()
        await task
        assert story.loop.ending == "stopped"

    async def test_s2_a_new_run_is_not_paused(self, clock: VirtualClock) -> None:
        story = Story(seconds=10)
        story.loop.start()
        await clock.settle()
        story.loop.pause()
        story.loop.restart()
        await clock.settle()
        assert not story.loop.is_paused()
        assert story.told.count("body") == 2
        story.loop.cancel()

    async def test_s2_of_a_schedule_that_fails(self, clock: VirtualClock) -> None:
        story = Story(schedule=every(10))
        task = story.loop.start()
        await clock.settle()
        story.loop.pause()

        class Failing:
            def next_after(self, moment: object, /) -> None:
                raise LookupError

        with pytest.raises(LookupError):
            story.loop.change_interval(schedule=Failing())
        story.loop.resume()
        story.loop.stop()
        await task

    async def test_s2_a_schedule_that_fails_does_so_in_the_run_and_not_in_resume(
        self, clock: VirtualClock
    ) -> None:
        class Failing:
            def next_after(self, moment: datetime, /) -> datetime:
                if moment >= START + timedelta(seconds=10):
                    raise LookupError("schedule")
                return START + timedelta(seconds=10)

        story = Story(schedule=Failing())
        story.steps["body"] = sleeping(5)
        task = story.loop.start()
        await clock.advance(seconds=11)
        story.loop.pause()
        story.loop.resume()
        assert isinstance(await ended(task), LookupError)
        assert clock.elapsed == 15

    async def test_l11_nothing_is_left(self, clock: VirtualClock) -> None:
        for end in ("stop", "cancel"):
            story = Story(seconds=10)
            task = story.loop.start()
            await clock.settle()
            story.loop.pause()
            await clock.settle()
            getattr(story.loop, end)()
            await asyncio.wait([task])
            assert pending_timers(asyncio.get_running_loop()) == []


class TestTrigger:
    """S3: one iteration now, beside the schedule."""

    async def test_s3_asleep(self, clock: VirtualClock) -> None:
        @tasks.loop(seconds=10)
        async def tick() -> None: ...

        with watching(tick) as told:
            tick.start()
            await clock.advance(seconds=4)
            tick.trigger()
            tick.trigger()
            assert tick.next_iteration == START + timedelta(seconds=4)
            await clock.advance(seconds=6)
            tick.cancel()
            await clock.settle()
        assert told[2:6] == ["started 4+0", "finished 4 in 0", "started 10+0", "finished 10 in 0"]

    async def test_s3_it_counts(self, clock: VirtualClock) -> None:
        @tasks.loop(hours=1, count=3)
        async def tick(word: str) -> None:
            words.append(f"{word} {tick.current_loop}")

        words: list[str] = []
        task = tick.start("drink")
        for _ in range(2):
            await clock.advance(seconds=1)
            tick.trigger()
        await task
        assert words == ["drink 0", "drink 1", "drink 2"]

    async def test_s3_with_a_body_at_work_it_comes_right_after(self, clock: VirtualClock) -> None:
        @tasks.loop(seconds=10)
        async def tick() -> None:
            await asyncio.sleep(4)

        with watching(tick) as told:
            tick.start()
            await clock.advance(seconds=1)
            tick.trigger()
            tick.trigger()
            await clock.advance(seconds=8)
            tick.cancel()
            await clock.settle()
        assert told[1:4] == ["finished 0 in 4", "started 4+0", "finished 4 in 4"]
        assert told[-1] == "ended cancelled"

    async def test_s3_with_overlap_full_it_waits_and_with_room_it_does_not(
        self, clock: VirtualClock
    ) -> None:
        @tasks.loop(hours=1, policy=tasks.Policy(overlap=2))
        async def tick() -> None:
            await asyncio.sleep(4)

        with watching(tick) as told:
            tick.start()
            for _ in range(2):
                await clock.advance(seconds=1)
                tick.trigger()
            await clock.advance(seconds=8)
            tick.cancel()
            await clock.settle()
        assert [line for line in told if "started" in line] == [
            *("started 0+0", "started 1+0", "started 4+0"),
        ]

    @pytest.mark.parametrize("timing", ["interval", "schedule"])
    @pytest.mark.parametrize("missed", ["one", "all", "skip"])
    async def test_s3_at_the_very_moment_of_a_slot_both_run_and_neither_twice(
        self, clock: VirtualClock, timing: str, missed: str
    ) -> None:
        policy = tasks.Policy(missed=missed)  # type: ignore[arg-type]

        @tasks.loop(seconds=10, wait_first=True, policy=policy)
        async def by_interval() -> None: ...

        @tasks.loop(schedule=every(10), policy=policy)
        async def by_schedule() -> None: ...

        loop = by_interval if timing == "interval" else by_schedule
        with watching(loop) as told:
            loop.start()
            await clock.settle()
            clock.block(10)
            loop.trigger()
            await clock.advance(seconds=10)
            loop.cancel()
            await clock.settle()
        assert [line for line in told if "started" in line] == [
            *("started 10+0", "started 10+0", "started 20+0"),
        ]

    @pytest.mark.parametrize("missed", ["one", "all"])
    async def test_s3_shortly_before_a_slot_that_still_comes_when_it_is_due(
        self, clock: VirtualClock, missed: str
    ) -> None:
        policy = tasks.Policy(missed=missed, grace=5)  # type: ignore[arg-type]

        @tasks.loop(seconds=10, wait_first=True, policy=policy)
        async def tick() -> None: ...

        with watching(tick) as told:
            tick.start()
            await clock.advance(seconds=9.5)
            tick.trigger()
            await clock.advance(seconds=1)
            tick.cancel()
            await clock.settle()
        assert [line for line in told if "started" in line] == ["started 9.5+0", "started 10+0"]

    async def test_s3_during_a_back_off_it_comes_after(
        self, clock: VirtualClock, full_jitter: None
    ) -> None:
        story = Story(hours=1, count=2)
        story.steps["body"] = raising(ConnectionError())
        with watching(story.loop) as told:
            task = story.loop.start()
            await clock.advance(seconds=1)
            story.loop.trigger()
            del story.steps["body"]
            await task
        assert told == [
            *("started 0+0", "retrying 0 ConnectionError 1", "finished 0 in 2"),
            *("started 2+0", "finished 2 in 0", "ended completed"),
        ]

    async def test_s3_in_before_loop_it_is_one_more(self, clock: VirtualClock) -> None:
        story = Story(hours=1, count=2)

        async def before() -> None:
            story.loop.trigger()

        story.steps["before_loop"] = before
        await story.loop.start()
        assert clock.elapsed == 0
        assert story.told.count("body") == 2

    async def test_s3_while_paused(self, clock: VirtualClock) -> None:
        @tasks.loop(seconds=10)
        async def tick() -> None: ...

        with watching(tick) as told:
            tick.start()
            await clock.advance(seconds=1)
            tick.pause()
            await clock.advance(seconds=30)
            tick.trigger()
            await clock.advance(seconds=1)
            assert tick.is_paused()
            tick.resume()
            await clock.settle()
            tick.cancel()
            await clock.settle()
        assert told[2:6] == [
            *("started 31+0", "finished 31 in 0", "skipped 2 from 10 paused", "started 30+2"),
        ]

    async def test_s3_with_a_backlog_it_lets_one_go_first(self, clock: VirtualClock) -> None:
        @tasks.loop(seconds=10, policy=tasks.Policy(missed="all"))
        async def tick() -> None:
            if tick.current_loop == 0:
                clock.block(35)
                tick.trigger()

        with watching(tick) as told:
            tick.start()
            await clock.settle()
            tick.cancel()
            await clock.settle()
        assert [line for line in told if "started" in line] == [
            *("started 0+0", "started 10+25", "started 35+0", "started 20+15", "started 30+5"),
        ]

    async def test_s3_not_running_or_ending(self, clock: VirtualClock) -> None:
        story = Story(seconds=10)
        with pytest.raises(RuntimeError, match="loop 'story' can't be triggered: it isn't running"):
            story.loop.trigger()
        task = story.loop.start()
        await clock.settle()
        story.loop.stop()
        with pytest.raises(RuntimeError, match="'story' can't be triggered: it is about to end"):
            story.loop.trigger()
        await task

    async def test_s3_at_interval_0(self, clock: VirtualClock) -> None:
        story = Story(count=5)

        async def body() -> None:
            if story.loop.current_loop == 1:
                story.loop.trigger()

        story.steps["body"] = body
        await story.loop.start()
        assert story.told.count("body") == 5


class TestPolicyChanges:
    """An assigned policy counts from the next slot on, in every state."""

    async def test_asleep(self, clock: VirtualClock) -> None:
        @tasks.loop(seconds=10)
        async def tick() -> None: ...

        with watching(tick) as told:
            tick.start()
            await clock.advance(seconds=1)
            tick.policy = tasks.Policy(missed="all")
            clock.block(30)
            await clock.settle()
            tick.policy = None
            clock.block(30)
            await clock.settle()
            tick.cancel()
            await clock.settle()
        assert [line for line in told if not line.startswith("finished")] == [
            *("started 0+0", "started 10+21", "started 20+11", "started 30+1"),
            *("skipped 2 from 40 late", "started 60+1", "ended cancelled"),
        ]

    async def test_retrying_the_policy_of_the_iteration_stays(
        self, clock: VirtualClock, full_jitter: None
    ) -> None:
        story = Story(hours=1, count=1, policy=tasks.Policy(retries=1, max_failures=None))
        story.steps["body"] = raising(ConnectionError())
        with watching(story.loop) as told:
            story.loop.start()
            await clock.advance(seconds=1)
            story.loop.policy = tasks.Policy(retries=7)
            await clock.advance(seconds=2)
            story.loop.cancel()
            await clock.settle()
        assert told[:3] == [
            *("started 0+0", "retrying 0 ConnectionError 1", "finished 0 ConnectionError"),
        ]

    async def test_paused(self, clock: VirtualClock) -> None:
        @tasks.loop(seconds=10)
        async def tick() -> None: ...

        with watching(tick) as told:
            tick.start()
            await clock.advance(seconds=1)
            tick.pause()
            tick.policy = tasks.Policy(missed="all", overlap=2)
            await clock.advance(seconds=30)
            tick.resume()
            await clock.settle()
            tick.cancel()
            await clock.settle()
        assert [line for line in told if "started" in line] == [
            *("started 0+0", "started 10+21", "started 20+11", "started 30+1"),
        ]

    async def test_a_schedule_that_stops_its_loop_when_the_policy_is_followed(
        self, clock: VirtualClock
    ) -> None:
        @tasks.loop(seconds=10, policy=tasks.Policy(overlap=2, grace=5))
        async def tick() -> None:
            await asyncio.sleep(5)

        task = tick.start()
        await clock.advance(seconds=1)
        tick.policy = tasks.Policy(missed="all")
        tick.stop()
        await task
        assert tick.ending == "stopped"

    async def test_after_stop_it_changes_nothing(self, clock: VirtualClock) -> None:
        story = Story(seconds=10)
        story.steps["body"] = sleeping(5)
        task = story.loop.start()
        await clock.advance(seconds=1)
        story.loop.stop()
        story.loop.policy = tasks.Policy(missed="all")
        await task
        assert story.loop.ending == "stopped"


class TestChangeInterval:
    """L12: with a policy, a backlog, a pause."""

    async def test_l12_with_a_backlog(self, clock: VirtualClock) -> None:
        @tasks.loop(seconds=10, policy=tasks.Policy(missed="all"))
        async def tick() -> None:
            await asyncio.sleep(35 if tick.current_loop == 0 else 0.5)

        with watching(tick) as told:
            tick.start()
            await clock.advance(seconds=35.2)
            tick.change_interval(seconds=100)
            await clock.advance(seconds=100)
            tick.cancel()
            await clock.settle()
        assert [line for line in told if "started" in line] == [
            *("started 0+0", "started 10+25", "started 20+15.5", "started 30+6"),
            "started 130+0",
        ]

    async def test_l12_while_paused(self, clock: VirtualClock) -> None:
        @tasks.loop(seconds=10)
        async def tick() -> None: ...

        with watching(tick) as told:
            tick.start()
            await clock.advance(seconds=1)
            tick.pause()
            tick.change_interval(seconds=3)
            await clock.advance(seconds=6)
            assert len(told) == 2
            assert tick.is_paused()
            tick.resume()
            await clock.advance(seconds=2)
            tick.cancel()
            await clock.settle()
        assert told[2:5] == ["skipped 1 from 3 paused", "started 6+1", "finished 6 in 0"]


class TestEndsOfRuns:
    """V2: what came and gets no iteration any more is told when the run ends."""

    @pytest.mark.parametrize("end", ["stop", "cancel"])
    async def test_v2_in_before_loop(self, clock: VirtualClock, end: str) -> None:
        story = Story(schedule=every(10))
        story.steps["before_loop"] = sleeping(60)
        with watching(story.loop) as told:
            task = story.loop.start()
            await clock.advance(seconds=25)
            getattr(story.loop, end)()
            await asyncio.wait([task])
        assert told[0] == "skipped 2 from 10 late"
        assert len(told) == 2

    @pytest.mark.parametrize("overlap", [False, 2])
    async def test_v2_with_a_backlog(self, clock: VirtualClock, overlap: bool | int) -> None:
        @tasks.loop(seconds=1, policy=tasks.Policy(missed="all", overlap=overlap))
        async def tick() -> None:
            await asyncio.sleep(5.5)

        with watching(tick) as told:
            task = tick.start()
            await clock.advance(seconds=6)
            tick.stop()
            await task
        counted = sum(line.startswith("started") for line in told)
        counted += sum(int(line.split()[1]) for line in told if line.startswith("skipped"))
        assert counted == int(clock.elapsed) + 1
        assert told[-1] == "ended stopped"


class TestObservers:
    """V1: whatever an observer does, at `Skipped` from within a claim too."""

    @pytest.mark.parametrize("act", ["stop", "cancel", "pause", "trigger", "restart"])
    @pytest.mark.parametrize("missed", ["one", "all", "skip"])
    async def test_v2_at_skipped(self, clock: VirtualClock, act: str, missed: str) -> None:
        policy = tasks.Policy(missed=missed, grace=14)  # type: ignore[arg-type]

        @tasks.loop(seconds=10, wait_first=True, policy=policy)
        async def tick() -> None: ...

        done: list[str] = []

        def watch(event: tasks.Event) -> None:
            if isinstance(event, tasks.Skipped) and not done:
                done.append(act)
                getattr(tick, act)()
                raise LookupError(act)

        unobserve = tasks.observe(watch)
        with watching(tick) as told:
            tick.start()
            await clock.settle()
            clock.block(45)
            await clock.settle()
            tick.cancel()
            await clock.settle()
        unobserve()
        begun = [line for line in told if line.startswith("started")]
        finished = [line for line in told if line.startswith("finished")]
        assert len(begun) == len(finished)
        skipped = sum(int(line.split()[1]) for line in told if line.startswith("skipped"))
        triggered = 1 if "started 45+0" in begun else 0
        assert len(begun) - triggered + skipped == 4
        assert not tick.is_running()
        assert pending_timers(asyncio.get_running_loop()) == []
