"""The time that an attempt may take (contract P4)."""

from __future__ import annotations

import asyncio

import pytest
from support.story import Story, ended, sleeping
from support.told import watching
from support.virtual_time import pending_timers

import defectio_tasks as tasks
from defectio_tasks._time.timers import timers_of
from defectio_tasks.testing import VirtualClock


async def test_p4_it_counts_for_each_attempt(clock: VirtualClock, full_jitter: None) -> None:
    @tasks.loop(hours=1, count=1, policy=tasks.Policy(timeout=3))
    async def tick() -> None:
        # The first two attempts take too long, the third doesn't.
        await asyncio.sleep(2 if clock.elapsed > 10 else 5)

    with watching(tick) as told:
        await tick.start()
    assert told[1:3] == ["retrying 0 TimeoutError 1", "retrying 0 TimeoutError 2"]
    assert clock.elapsed == 3 + 2 + 3 + 4 + 2
    assert pending_timers(asyncio.get_running_loop()) == []


async def test_p4_without_retries_it_is_a_failure_that_says_how_long(clock: VirtualClock) -> None:
    @tasks.loop(hours=1, policy=tasks.Policy(timeout=0.25, retries=0))
    async def tick() -> None:
        await asyncio.sleep(5)

    failure = await ended(tick.start())
    assert isinstance(failure, TimeoutError)
    assert str(failure) == "an attempt took longer than 0.25 s"
    assert tick.ending == "failed"


async def test_p4_a_body_may_raise_its_own(clock: VirtualClock) -> None:
    @tasks.loop(hours=1, policy=tasks.Policy(timeout=9, retries=0))
    async def tick() -> None:
        async with asyncio.timeout(1):
            await asyncio.sleep(5)

    failure = await ended(tick.start())
    assert isinstance(failure, TimeoutError)
    assert clock.elapsed == 1


@pytest.mark.parametrize("overlap", [False, True])
@pytest.mark.parametrize("cancel_first", [False, True])
@pytest.mark.parametrize("outside", [False, True])
async def test_p4_a_cancellation_in_the_same_turn_stays_one(
    clock: VirtualClock, overlap: bool, cancel_first: bool, outside: bool
) -> None:
    @tasks.loop(seconds=10, policy=tasks.Policy(timeout=3, overlap=overlap))
    async def tick() -> None:
        await asyncio.sleep(5)

    event_loop = asyncio.get_running_loop()

    def cancel_at_3() -> None:
        event_loop.call_at(3, lambda: task.cancel() if outside else tick.cancel())

    if cancel_first:
        cancel_at_3()
    with watching(tick) as told:
        task = tick.start()
        await clock.settle()
        if not cancel_first:
            cancel_at_3()
        await asyncio.wait([task])
    assert clock.elapsed == 3
    assert task.cancelled()
    assert told == ["started 0+0", "finished 0 CancelledError", "ended cancelled"]
    assert pending_timers(event_loop) == []


async def test_p4_a_body_that_suppresses_it_has_succeeded(clock: VirtualClock) -> None:
    @tasks.loop(seconds=10, count=2, policy=tasks.Policy(timeout=3))
    async def tick() -> None:
        try:
            await asyncio.sleep(5)
        except asyncio.CancelledError:
            # It is cancelled once, and not again while it cleans up.
            await asyncio.sleep(4)

    with watching(tick) as told:
        await tick.start()
    assert told == [
        *("started 0+0", "finished 0 in 7", "started 10+0", "finished 10 in 7"),
        "ended completed",
    ]


async def test_p4_a_body_that_is_over_in_time_leaves_no_timer(clock: VirtualClock) -> None:
    @tasks.loop(seconds=10, count=3, policy=tasks.Policy(timeout=100))
    async def tick() -> None:
        await asyncio.sleep(1)

    await tick.start()
    assert clock.elapsed == 21
    assert pending_timers(asyncio.get_running_loop()) == []


async def test_p4_of_several_bodies_each_has_its_own(clock: VirtualClock) -> None:
    @tasks.loop(
        seconds=1,
        count=3,
        policy=tasks.Policy(timeout=3, overlap=True, max_failures=None, retries=0),
    )
    async def tick() -> None:
        await asyncio.sleep(5 if tick.current_loop < 2 else 2.5)

    with watching(tick) as told:
        task = tick.start()
        await clock.advance(seconds=4.6)
        tick.cancel()
        await asyncio.wait([task])
    assert [line for line in told if "finished" in line][:3] == [
        *("finished 0 TimeoutError", "finished 1 TimeoutError", "finished 2 in 2.5"),
    ]


async def test_p4_a_timer_that_rings_early_is_set_once(
    clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As those of uvloop do, by half a millisecond at most."""
    event_loop = asyncio.get_running_loop()
    call_at, moments = event_loop.call_at, list[float]()

    def early(when: float, *args: object, **kwargs: object) -> asyncio.TimerHandle:
        moments.append(when)
        return call_at(when - 0.0004, *args, **kwargs)  # type: ignore[arg-type] # a callback first

    monkeypatch.setattr(event_loop, "call_at", early)

    @tasks.loop(hours=1, policy=tasks.Policy(timeout=3, retries=0))
    async def tick() -> None:
        await event_loop.create_future()

    assert isinstance(await ended(tick.start()), TimeoutError)
    assert [moment for moment in moments if moment > 0] == [3]


async def test_p4_one_timer_is_enough_for_all_calls(
    clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    event_loop = asyncio.get_running_loop()
    call_at, moments = event_loop.call_at, list[float]()

    def noting(when: float, *args: object, **kwargs: object) -> asyncio.TimerHandle:
        moments.append(when)
        return call_at(when, *args, **kwargs)  # type: ignore[arg-type] # a callback first

    monkeypatch.setattr(event_loop, "call_at", noting)

    @tasks.loop(seconds=10, count=5, policy=tasks.Policy(timeout=100))
    async def tick() -> None: ...

    await tick.start()
    assert [moment for moment in moments if moment >= 100] == [100]


async def test_p4_another_policy_counts_from_the_next_slot_on(clock: VirtualClock) -> None:
    @tasks.loop(seconds=10, count=2, policy=tasks.Policy(timeout=3, retries=0, max_failures=None))
    async def tick() -> None:
        await asyncio.sleep(5)

    with watching(tick) as told:
        task = tick.start()
        await clock.advance(seconds=1)
        tick.policy = tasks.Policy(timeout=6)
        await task
    assert told == [
        *("started 0+0", "finished 0 TimeoutError", "started 10+0", "finished 10 in 5"),
        *("started 20+0", "finished 20 in 5", "ended completed"),
    ]
    assert pending_timers(asyncio.get_running_loop()) == []


async def test_p4_bodies_at_work_keep_theirs_when_the_policy_changes(clock: VirtualClock) -> None:
    policy = tasks.Policy(timeout=5, overlap=True, max_failures=None, retries=0)

    @tasks.loop(seconds=1, policy=policy)
    async def tick() -> None:
        await asyncio.sleep(60)

    with watching(tick) as told:
        task = tick.start()
        await clock.advance(seconds=1.5)
        tick.policy = tasks.Policy(overlap=True)
        await clock.advance(seconds=10)
        tick.cancel()
        await asyncio.wait([task])
    timed_out = [line for line in told if line.endswith("TimeoutError")]
    assert timed_out == ["finished 0 TimeoutError", "finished 1 TimeoutError"]
    assert pending_timers(asyncio.get_running_loop()) == []


async def test_p4_an_assigned_function_has_the_time_too(clock: VirtualClock) -> None:
    @tasks.loop(seconds=10, policy=tasks.Policy(timeout=3, retries=0))
    async def tick() -> None: ...

    async def slow() -> None:
        await asyncio.sleep(5)

    task = tick.start()
    await clock.advance(seconds=1)
    tick.coro = slow
    assert isinstance(await ended(task), TimeoutError)
    assert clock.elapsed == 13


async def test_p4_one_that_cleans_up_is_not_cancelled_again_when_the_next_runs_out(
    clock: VirtualClock,
) -> None:
    @tasks.loop(seconds=1, count=2, policy=tasks.Policy(timeout=3, overlap=True))
    async def tick() -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            await asyncio.sleep(10)

    with watching(tick) as told:
        await tick.start()
    assert told[2:4] == ["finished 0 in 13", "finished 1 in 13"]
    assert pending_timers(asyncio.get_running_loop()) == []


async def test_l11_no_timer_is_left_for_what_was_stopped_meanwhile(
    clock: VirtualClock, full_jitter: None
) -> None:
    story = Story(seconds=100, policy=tasks.Policy(timeout=1, overlap=True))
    story.steps["body"] = sleeping(60)
    # The last alarm rings in it, and there is nothing else to wait for.
    story.steps["after_loop"] = sleeping(5)
    task = story.loop.start()
    await clock.advance(seconds=0.5)
    story.loop.stop()
    await clock.advance(seconds=1)
    del story.steps["body"]
    await task
    assert clock.elapsed == 8
    assert pending_timers(asyncio.get_running_loop()) == []


async def test_l11_a_time_out_leaves_no_cancellation_behind(
    clock: VirtualClock, full_jitter: None
) -> None:
    """P4: it was the time-out's own; whoever counts those of the task must not find it."""
    counted: list[int] = []

    @tasks.loop(seconds=100, count=2, policy=tasks.Policy(timeout=3, retries=1))
    async def tick() -> None:
        task = asyncio.current_task()
        assert task is not None
        counted.append(task.cancelling())
        await asyncio.sleep(5 if len(counted) == 1 else 1)

    await tick.start()
    assert counted == [0, 0, 0]


async def test_l11_another_policy_leaves_no_timer_when_the_last_body_is_over(
    clock: VirtualClock,
) -> None:
    @tasks.loop(hours=1, policy=tasks.Policy(timeout=50, overlap=True))
    async def tick() -> None:
        await asyncio.sleep(3)

    task = tick.start()
    await clock.advance(seconds=1)
    tick.policy = tasks.Policy(overlap=True)
    await clock.advance(seconds=1)
    tick.stop()
    await task
    assert clock.elapsed == 3
    assert pending_timers(asyncio.get_running_loop()) == []
    assert all(sleeper.done() for _, _, sleeper in timers_of(asyncio.get_running_loop())._heap)


@pytest.mark.parametrize(
    ("takes", "end"), [(15, "finished 10 TimeoutError"), (5, "finished 10 in 5")]
)
async def test_p4_l11_a_body_about_to_begin_has_the_time_of_its_policy(
    clock: VirtualClock, lazy_tasks: None, takes: float, end: str
) -> None:
    """Another function may be assigned in the turn in which its task was created."""
    event_loop = asyncio.get_running_loop()
    policy = tasks.Policy(timeout=12, overlap=True, retries=0, max_failures=None)

    @tasks.loop(seconds=10, policy=policy)
    async def tick() -> None:
        await asyncio.sleep(takes if tick.current_loop == 1 else 1)

    async def other() -> None: ...

    with watching(tick) as told:
        task = tick.start()
        await clock.advance(seconds=1)
        # Set after the loop's own timer, so that it is called right after the loop.
        event_loop.call_at(10, event_loop.call_soon, setattr, tick, "coro", other)
        await clock.advance(seconds=10)
        tick.stop()
        await task
    assert told[2:4] == ["started 10+0", end]
    assert pending_timers(event_loop) == []
    assert all(sleeper.done() for _, _, sleeper in timers_of(event_loop)._heap)
