"""One timer for all loops of an event loop, and its clocks (contract L4, L11, L12, 7)."""

from __future__ import annotations

import asyncio
import gc
import random
import weakref
from datetime import UTC, datetime
from heapq import heappop

import pytest
from support.virtual_time import START, pending_timers, turns

from defectio_tasks._time import timers as _timers
from defectio_tasks._time.timers import Sleeper, Timers, timers_of
from defectio_tasks.testing import VirtualClock


def timers_here() -> tuple[Timers, asyncio.AbstractEventLoop]:
    event_loop = asyncio.get_running_loop()
    return timers_of(event_loop), event_loop


async def give_up(timers: Timers, sleeper: Sleeper) -> None:
    sleeper.cancel()
    timers.give_up()
    await turns()


async def test_a_sleeper_is_done_at_its_moment(clock: VirtualClock) -> None:
    timers, event_loop = timers_here()
    sleeper = timers.sleeper(timers.now() + 5)
    await clock.advance(seconds=4.9)
    assert not sleeper.done()
    await sleeper
    assert clock.elapsed == 5
    assert pending_timers(event_loop) == []


async def test_a_moment_that_has_passed_takes_a_turn(clock: VirtualClock) -> None:
    timers, event_loop = timers_here()
    order: list[str] = []
    event_loop.call_soon(order.append, "other")
    await timers.sleeper(timers.now() - 5)
    assert order == ["other"]
    assert clock.elapsed == 0


async def test_sleepers_are_done_in_order_and_those_of_one_moment_as_they_came() -> None:
    timers, _ = timers_here()
    told: list[tuple[int, int]] = []

    async def sleep(when: int, number: int) -> None:
        await timers.sleeper(timers.now() + when)
        told.append((when, number))

    rng = random.Random(1)  # noqa: S311 -- no secret
    plan = [(rng.randrange(10), number) for number in range(100)]
    async with asyncio.TaskGroup() as group:
        for when, number in plan:
            group.create_task(sleep(when, number))
    assert told == sorted(plan)


async def test_however_many_sleep_there_are_two_timers_at_most() -> None:
    timers, event_loop = timers_here()
    for when in [50, 10, 30, 5, 40]:
        timers.sleeper(timers.now() + when)
    begin = timers.now()
    assert sorted(timer.when() - begin for timer in pending_timers(event_loop)) == [5, 10]
    await asyncio.sleep(7)
    [timer] = pending_timers(event_loop)
    assert timer.when() - begin == 10
    await asyncio.sleep(5)
    [timer] = pending_timers(event_loop)
    assert timer.when() - begin == 30


async def test_one_who_sleeps_long_costs_one_who_sleeps_briefly_no_timer(
    clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    timers, event_loop = timers_here()
    long = timers.sleeper(timers.now() + 100)
    made: list[float] = []
    call_at = event_loop.call_at

    def count(when: float, *args: object) -> asyncio.TimerHandle:
        made.append(when)
        return call_at(when, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(event_loop, "call_at", count)
    for _ in range(99):
        await timers.sleeper(timers.now() + 1)
    assert len(made) == 99
    await long
    assert (len(made), clock.elapsed) == (99, 100)
    assert pending_timers(event_loop) == []


async def test_of_two_timers_the_one_for_later_may_ring_in_vain(clock: VirtualClock) -> None:
    """Its future is given up, and forgotten when others sleep longer."""
    timers, event_loop = timers_here()
    given_up = timers.sleeper(timers.now() + 5)
    first = timers.sleeper(timers.now() + 1)
    last = timers.sleeper(timers.now() + 10)
    await give_up(timers, given_up)
    await first
    await last
    assert clock.elapsed == 10
    assert pending_timers(event_loop) == []


async def test_both_ring_in_one_turn_and_nobody_wakes_early(clock: VirtualClock) -> None:
    timers, event_loop = timers_here()
    far = timers.sleeper(timers.now() + 2)
    near = timers.sleeper(timers.now() + 1)
    begun = timers.now()
    woken = event_loop.create_future()

    def sleep_on(_: Sleeper) -> None:
        timers.sleeper(begun + 15).add_done_callback(woken.set_result)

    near.add_done_callback(sleep_on)
    clock.block(seconds=10)
    await far
    await woken
    assert clock.elapsed == 15
    assert pending_timers(event_loop) == []


async def test_woken_a_sleeper_is_done_now(clock: VirtualClock) -> None:
    timers, event_loop = timers_here()
    sleeper = timers.sleeper(timers.now() + 100)
    timers.wake(sleeper)
    timers.wake(sleeper)
    await sleeper
    assert clock.elapsed == 0
    assert pending_timers(event_loop) == []


async def test_a_wake_after_the_moment_is_nothing() -> None:
    timers, event_loop = timers_here()
    sleeper, other = timers.sleeper(timers.now() + 1), timers.sleeper(timers.now() + 2)
    await sleeper
    timers.wake(sleeper)
    assert len(pending_timers(event_loop)) == 1
    await other


async def test_l11_given_up_the_last_leaves_no_timer_behind() -> None:
    timers, event_loop = timers_here()
    first, second = timers.sleeper(timers.now() + 100), timers.sleeper(timers.now() + 200)
    await give_up(timers, first)
    assert len(pending_timers(event_loop)) == 1
    await give_up(timers, second)
    assert pending_timers(event_loop) == []
    await timers.sleeper(timers.now() + 1)


async def test_l11_those_given_up_are_forgotten_when_they_are_half_of_all() -> None:
    timers, _ = timers_here()
    kept = [timers.sleeper(timers.now() + 1000 + number) for number in range(10)]
    gone: list[weakref.ref[Sleeper]] = []
    for number in range(1_000):
        sleeper = timers.sleeper(timers.now() + 100 + number % 7)
        gone.append(weakref.ref(sleeper))
        await give_up(timers, sleeper)
        del sleeper
        assert sum(reference() is not None for reference in gone) <= len(kept)
    assert not any(sleeper.done() for sleeper in kept)
    await kept[0]


async def test_l11_they_are_forgotten_all_at_once() -> None:
    """Not one by one, which would take the whole heap each time."""
    timers, _ = timers_here()
    sleepers = [timers.sleeper(timers.now() + 100 + number) for number in range(10)]
    left: list[int] = []
    for sleeper in sleepers:
        await give_up(timers, sleeper)
        left.append(len(timers._heap))
    assert left == [10, 10, 10, 10, 10, 4, 4, 4, 1, 0]


async def test_l11_they_are_forgotten_also_when_those_before_them_are_done(
    clock: VirtualClock,
) -> None:
    timers, _ = timers_here()
    kept = [timers.sleeper(timers.now() + when) for when in (1, 2, 50)]
    for _ in range(2):
        await give_up(timers, timers.sleeper(timers.now() + 100))
    assert len(timers._heap) == 5
    await kept[1]
    # Now they are more than half of all.
    assert len(timers._heap) == 1
    await kept[2]


async def test_l11_no_timer_is_left_for_one_that_was_forgotten(clock: VirtualClock) -> None:
    timers, event_loop = timers_here()
    given_up = [timers.sleeper(timers.now() + 100) for _ in range(2)]
    last = timers.sleeper(timers.now() + 1)
    for sleeper in given_up:
        await give_up(timers, sleeper)
    assert len(timers._heap) == 1
    await last
    assert clock.elapsed == 1
    assert pending_timers(event_loop) == []


async def test_after_some_were_given_up_the_others_are_done_in_order() -> None:
    timers, _ = timers_here()
    rng = random.Random(2)  # noqa: S311 -- no secret
    told: list[int] = []

    async def sleep(when: int) -> None:
        await timers.sleeper(timers.now() + when)
        told.append(when)

    plan = [rng.randrange(1, 10_000) for _ in range(300)]
    kept = [asyncio.create_task(sleep(when)) for when in plan[:100]]
    await turns()
    given_up = [timers.sleeper(timers.now() + when) for when in plan[100:]]
    for sleeper in given_up:
        await give_up(timers, sleeper)
    await asyncio.wait(kept)
    assert told == sorted(plan[:100])


async def test_those_cancelled_of_which_nobody_has_told_yet_are_counted_once() -> None:
    timers, event_loop = timers_here()
    sleepers = [timers.sleeper(timers.now() + 100) for _ in range(8)]
    for sleeper in sleepers[:6]:
        sleeper.cancel()
    # At the fifth word of them, all six are forgotten.
    for _ in range(6):
        timers.give_up()
    assert len(timers._heap) == 2
    assert timers._given_up == 0
    await asyncio.sleep(150)
    assert all(sleeper.done() for sleeper in sleepers)
    assert pending_timers(event_loop) == []


async def test_one_cancelled_whose_moment_comes_before_it_is_given_up(clock: VirtualClock) -> None:
    timers, event_loop = timers_here()
    sleepers = [timers.sleeper(timers.now() + when) for when in (1, 1, 2, 3)]
    sleepers[0].cancel()
    sleepers[2].cancel()
    await sleepers[1]
    # Only now somebody tells.
    timers.give_up()
    timers.give_up()
    assert len(pending_timers(event_loop)) == 1
    await sleepers[3]
    assert clock.elapsed == 3
    assert timers._given_up == 0
    assert pending_timers(event_loop) == []


async def test_a_timer_that_fires_early_counts_as_the_moment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    timers, event_loop = timers_here()
    call_at = event_loop.call_at

    def early(when: float, *args: object) -> asyncio.TimerHandle:
        return call_at(when - 0.0005, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(event_loop, "call_at", early)
    rings = 0
    ring = Timers._ring

    def count(self: Timers, when: float) -> None:
        nonlocal rings
        rings += 1
        ring(self, when)

    monkeypatch.setattr(Timers, "_ring", count)
    await timers.sleeper(timers.now() + 5)
    assert rings == 1


async def test_ctrl_c_in_the_midst_leaves_nobody_asleep(monkeypatch: pytest.MonkeyPatch) -> None:
    timers, event_loop = timers_here()
    when = timers.now() + 1
    sleepers = [timers.sleeper(when) for _ in range(3)]
    pops = 0

    def interrupted(heap: list[tuple[float, int, Sleeper]]) -> tuple[float, int, Sleeper]:
        nonlocal pops
        pops += 1
        if pops == 2:
            raise KeyboardInterrupt
        return heappop(heap)

    monkeypatch.setattr("defectio_tasks._time.timers.heappop", interrupted)
    [timer] = pending_timers(event_loop)
    timer.cancel()
    # As the event loop would, at the first moment.
    with pytest.raises(KeyboardInterrupt):
        timers._ring(when)
    assert len(pending_timers(event_loop)) == 1
    await asyncio.wait(sleepers)


@pytest.mark.parametrize("point", ["now", "heap"])
async def test_ctrl_c_as_it_begins_to_ring_leaves_nobody_asleep(
    monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    timers, event_loop = timers_here()
    when = timers.now() + 1
    sleepers = [timers.sleeper(when) for _ in range(3)]

    def interrupted(*_: object) -> float:
        monkeypatch.undo()
        raise KeyboardInterrupt

    if point == "now":
        monkeypatch.setattr(timers, "now", interrupted)
    else:
        monkeypatch.setattr("defectio_tasks._time.timers.heappop", interrupted)
    [timer] = pending_timers(event_loop)
    timer.cancel()
    with pytest.raises(KeyboardInterrupt):
        timers._ring(when)
    assert len(pending_timers(event_loop)) == 1
    await asyncio.wait(sleepers)


async def test_a_timer_that_the_event_loop_loses_is_set_anew(clock: VirtualClock) -> None:
    """Ctrl-C may come when it has taken the timer and not called it yet."""
    timers, event_loop = timers_here()
    scheduled: list[asyncio.TimerHandle] | None = vars(event_loop).get("_scheduled")
    if scheduled is None:
        pytest.skip("it isn't known where this event loop has its timers")
    begun = timers.now()
    sleepers = [timers.sleeper(begun + delay) for delay in (100, 150, 200)]
    scheduled.clear()
    gc.collect()
    assert [timer.when() - begun for timer in pending_timers(event_loop)] == [100]
    nearer = timers.sleeper(begun + 50)
    # Both of them, or only the one for later.
    scheduled.sort(key=asyncio.TimerHandle.when)
    del scheduled[1:]
    gc.collect()
    assert [timer.when() - begun for timer in pending_timers(event_loop)] == [50]
    await nearer
    await asyncio.wait(sleepers)
    assert clock.elapsed == 200
    assert pending_timers(event_loop) == []


@pytest.mark.parametrize("how", ["is gone", "rings"])
async def test_one_that_was_taken_back_changes_nothing(how: str) -> None:
    """uvloop lets go of a timer as soon as it is cancelled, in the midst of arming another."""
    timers, event_loop = timers_here()
    handle = event_loop.call_later(1_000, print)
    gone = weakref.ref(handle)

    def taken_back() -> None:
        if how == "rings":
            timers._ring(timers.now() + 1)
        else:
            timers._lose(gone)

    last, first = timers.sleeper(timers.now() + 30), timers.sleeper(timers.now() + 20)
    taken_back()
    await first
    # It was armed already.
    assert len(pending_timers(event_loop)) == 1 + 1
    await last
    handle.cancel()


async def test_a_timer_that_could_not_be_set_is_set_for_the_next(
    clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    timers, event_loop = timers_here()
    late = timers.sleeper(timers.now() + 10)
    with monkeypatch.context() as patch:

        def interrupted(*_: object, **__: object) -> asyncio.TimerHandle:
            raise KeyboardInterrupt

        patch.setattr(event_loop, "call_at", interrupted)
        with pytest.raises(KeyboardInterrupt):
            timers.sleeper(timers.now() + 1)
    await timers.sleeper(timers.now() + 2)
    assert clock.elapsed == 2
    await late
    assert clock.elapsed == 10
    assert pending_timers(event_loop) == []


async def test_an_event_loop_has_one_of_them_as_long_as_it_is_used() -> None:
    timers, event_loop = timers_here()
    assert timers_of(event_loop) is timers
    gone = weakref.ref(timers)
    del timers
    assert gone() is None
    assert id(event_loop) not in _timers._known
    # While something sleeps, it is the event loop that keeps them.
    timers = timers_of(event_loop)
    sleeper = timers.sleeper(timers.now() + 1)
    gone = weakref.ref(timers)
    del timers
    assert gone() is timers_of(event_loop)
    await sleeper


def test_they_keep_no_event_loop() -> None:
    first, second = VirtualClock().new_event_loop(), VirtualClock().new_event_loop()
    timers_of(first).sleeper(5)
    assert timers_of(first) is not timers_of(second)
    gone = weakref.ref(first)
    first.close()
    second.close()
    del first
    gc.collect()
    assert gone() is None


async def test_section_7_they_tell_the_wall_clock_in_utc(clock: VirtualClock) -> None:
    timers, _ = timers_here()
    assert timers.utc_now() == START
    assert timers.utc_now().tzinfo is UTC
    clock.set(datetime(1969, 12, 31, 23, 59, 58, 500_000, tzinfo=UTC))
    assert timers.utc_now() == datetime(1969, 12, 31, 23, 59, 58, 500_000, tzinfo=UTC)
