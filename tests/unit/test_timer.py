"""Waiting until a moment, ended early from outside (contract L4, L11, L12)."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest
from support.virtual_time import START, pending_timers, turns

from defectio_tasks._timer import Timer
from defectio_tasks.testing import VirtualClock


def timer_here() -> tuple[Timer, asyncio.AbstractEventLoop]:
    event_loop = asyncio.get_running_loop()
    return Timer(event_loop), event_loop


async def test_it_waits_until_the_moment(clock: VirtualClock) -> None:
    timer, _ = timer_here()
    assert await timer.until(timer.now() + 5)
    assert clock.elapsed == 5


async def test_a_moment_that_has_passed_takes_a_turn(clock: VirtualClock) -> None:
    timer, _ = timer_here()
    order: list[str] = []
    asyncio.get_running_loop().call_soon(order.append, "other")
    assert await timer.until(timer.now() - 5)
    assert order == ["other"]
    assert clock.elapsed == 0


async def test_woken_it_ends_at_once_and_says_so(clock: VirtualClock) -> None:
    timer, event_loop = timer_here()
    waiting = asyncio.ensure_future(timer.until(timer.now() + 100))
    await turns()
    timer.wake()
    timer.wake()
    assert await waiting is False
    assert clock.elapsed == 0
    assert pending_timers(event_loop) == []


async def test_l12_woken_in_the_turn_of_the_moment_it_says_so_too() -> None:
    timer, _ = timer_here()
    waiting = asyncio.ensure_future(timer.until(timer.now() + 5))
    await turns()
    # Set later, this comes after the timer's own, and before the one who waits.
    asyncio.get_running_loop().call_at(timer.now() + 5, timer.wake)
    assert await waiting is False


async def test_a_wake_without_a_waiter_is_nothing() -> None:
    timer, _ = timer_here()
    timer.wake()
    assert await timer.until(timer.now() + 1)


async def test_a_wake_after_the_wait_is_nothing() -> None:
    timer, _ = timer_here()
    assert await timer.until(timer.now() + 1)
    timer.wake()
    assert await timer.until(timer.now() + 1)


async def test_l11_cancelled_it_leaves_no_timer_behind() -> None:
    timer, event_loop = timer_here()
    waiting = asyncio.ensure_future(timer.until(timer.now() + 100))
    await turns()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert pending_timers(event_loop) == []


async def test_section_7_it_tells_the_wall_clock_in_utc(clock: VirtualClock) -> None:
    timer, _ = timer_here()
    assert timer.utc_now() == START
    assert timer.utc_now().tzinfo is UTC
    clock.set(datetime(1969, 12, 31, 23, 59, 58, 500_000, tzinfo=UTC))
    assert timer.utc_now() == datetime(1969, 12, 31, 23, 59, 58, 500_000, tzinfo=UTC)
