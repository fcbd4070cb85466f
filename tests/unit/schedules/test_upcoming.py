"""`upcoming` (contract W14)."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

import defectio_tasks as tasks
from defectio_tasks._loop.upcoming import upcoming
from defectio_tasks._schedules.at import At
from defectio_tasks._schedules.every import Every
from defectio_tasks.testing import VirtualClock

MORNING = datetime(2026, 3, 30, 8, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
ask: Callable[..., Sequence[datetime]] = upcoming


def test_w14_of_a_schedule() -> None:
    slots = upcoming(Every(hours=1), after=MORNING.astimezone(ZoneInfo("Asia/Tokyo")))
    assert slots == [MORNING + HOUR / 2 + number * HOUR for number in range(5)]
    assert {slot.tzinfo for slot in slots} == {UTC}
    assert upcoming(Every(hours=1), after=slots[0], n=1) == slots[1:2]


async def test_w14_from_now_on(clock: VirtualClock) -> None:
    now = clock.now()
    assert upcoming(Every(hours=1), n=2) == [now + HOUR, now + 2 * HOUR]


def test_w14_from_now_on_without_an_event_loop(clock: VirtualClock) -> None:
    del clock
    before = datetime.now(UTC)
    (slot,) = upcoming(Every(seconds=1), n=1)
    assert before < slot <= datetime.now(UTC) + timedelta(seconds=1)


def test_w14_fewer_where_there_are_no_more() -> None:
    assert upcoming(At(MORNING), after=MORNING - HOUR) == [MORNING]
    assert upcoming(At(MORNING), after=MORNING) == []
    end = datetime.max.replace(tzinfo=UTC)
    assert len(upcoming(Every(hours=1), after=end - 2 * HOUR)) == 2


@pytest.mark.parametrize("starts", [False, True])
async def test_w14_of_a_loop_with_wall_times(clock: VirtualClock, *, starts: bool) -> None:
    @tasks.loop(time=time(13))
    async def body() -> None: ...

    if starts:
        body.start()
    now = clock.now()
    assert upcoming(body, n=2) == [now + HOUR, now + 25 * HOUR]
    assert upcoming(body, after=now + HOUR, n=1) == [now + 25 * HOUR]
    body.cancel()


async def test_w14_of_a_loop_with_a_schedule(clock: VirtualClock) -> None:
    @tasks.loop(schedule=Every(hours=1))
    async def body() -> None: ...

    assert upcoming(body, n=1) == [clock.now() + HOUR]


async def test_w14_of_an_interval_that_is_not_running(clock: VirtualClock) -> None:
    @tasks.loop(minutes=5)
    async def body() -> None: ...

    now = clock.now()
    assert upcoming(body, n=3) == [now, now + 5 * MINUTE, now + 10 * MINUTE]
    assert upcoming(body, after=MORNING, n=2) == [MORNING, MORNING + 5 * MINUTE]


async def test_w14_of_an_interval_that_runs(clock: VirtualClock) -> None:
    @tasks.loop(minutes=5)
    async def body() -> None: ...

    begin = clock.now()
    body.start()
    await asyncio.sleep(120)
    grid = [begin + number * 5 * MINUTE for number in range(30)]
    assert upcoming(body) == grid[1:6]
    assert body.next_iteration == grid[1]
    # What has passed isn't next, whenever it is asked after.
    assert upcoming(body, after=begin - HOUR) == grid[1:6]
    assert upcoming(body, after=grid[4] - MINUTE, n=2) == grid[4:6]
    assert upcoming(body, after=grid[4], n=2) == grid[5:7]
    body.cancel()


@pytest.mark.parametrize("judged_by", ["policy", "trigger", "pause"])
async def test_w14_of_an_interval_whose_slots_are_judged(
    clock: VirtualClock, judged_by: str
) -> None:
    """P1, S2, S3: what decides about slots leaves the grid as it is."""

    @tasks.loop(minutes=5, policy=tasks.Policy(missed="skip") if judged_by == "policy" else None)
    async def body() -> None: ...

    begin = clock.now()
    body.start()
    await asyncio.sleep(120)
    if judged_by == "trigger":
        body.trigger()
    elif judged_by == "pause":
        body.pause()
        assert upcoming(body) == []
        body.resume()
    await asyncio.sleep(1)
    assert upcoming(body, n=2) == [begin + 5 * MINUTE, begin + 10 * MINUTE]
    body.cancel()


async def test_w14_of_an_interval_whose_body_is_late(clock: VirtualClock) -> None:
    """The iteration that is late has no slot ahead; the grid stays."""

    @tasks.loop(minutes=5)
    async def body() -> None:
        await asyncio.sleep(720)

    begin = clock.now()
    body.start()
    await asyncio.sleep(660)
    assert upcoming(body, n=2) == [begin + 15 * MINUTE, begin + 20 * MINUTE]
    body.cancel()


async def test_w14_of_an_interval_that_has_yet_to_begin(clock: VirtualClock) -> None:
    @tasks.loop(minutes=5)
    async def body() -> None: ...

    @body.before_loop
    async def wait() -> None:
        await asyncio.sleep(60)

    body.start()
    await asyncio.sleep(30)
    now = clock.now()
    assert upcoming(body, n=2) == [now, now + 5 * MINUTE]
    assert upcoming(body, after=now - HOUR, n=1) == [now]
    body.cancel()


async def test_w14_of_an_interval_of_nothing(clock: VirtualClock) -> None:
    @tasks.loop()
    async def body() -> None: ...

    assert upcoming(body, n=2) == [clock.now()] * 2
    body.start()
    await asyncio.sleep(0)
    assert upcoming(body, n=2) == [clock.now()] * 2
    body.cancel()


async def test_w14_of_a_loop_that_ends(clock: VirtualClock) -> None:
    @tasks.loop(minutes=5)
    async def body() -> None:
        await asyncio.sleep(60)

    task = body.start()
    await asyncio.sleep(30)
    body.stop()
    assert upcoming(body) == []
    await task
    assert upcoming(body, n=1) == [clock.now()]


async def test_w14_of_an_interval_of_centuries(clock: VirtualClock) -> None:
    @tasks.loop(hours=24 * 365.25 * 5000)
    async def body() -> None: ...

    assert len(upcoming(body)) == 2
    body.start()
    await asyncio.sleep(1)
    slots = upcoming(body)
    assert len(slots) == 1
    assert slots[0].year == 7026
    assert upcoming(body, after=slots[0]) == []
    body.cancel()


async def test_w14_of_the_loop_of_an_instance(clock: VirtualClock) -> None:
    class Bot:
        @tasks.loop(minutes=5)
        async def tick(self, greeting: str) -> None: ...

    bot = Bot()
    assert upcoming(bot.tick, n=1) == [clock.now()]
    assert upcoming(Bot.tick, n=1) == [clock.now()]


def test_w14_naive() -> None:
    with pytest.raises(ValueError, match=r"^`after` must be aware"):
        upcoming(Every(hours=1), after=MORNING.replace(tzinfo=None))
    with pytest.raises(TypeError, match=r"^`after` must be a datetime\.datetime, got '08:30'"):
        ask(Every(hours=1), after="08:30")


@pytest.mark.parametrize("n", [0, -1])
def test_w14_too_few(n: int) -> None:
    with pytest.raises(ValueError, match=f"^`n` must be at least 1, got {n}$"):
        upcoming(Every(hours=1), n=n)


@pytest.mark.parametrize("n", [1.0, "5", None, True], ids=repr)
def test_w14_not_a_number_of_slots(n: object) -> None:
    with pytest.raises(TypeError, match=f"^{re.escape(f'`n` must be an int, got {n!r}')}$"):
        ask(Every(hours=1), n=n)


def test_w14_neither_a_schedule_nor_a_loop() -> None:
    message = "`schedule_or_loop` must be an object with a method `next_after`, got 5"
    with pytest.raises(TypeError, match=f"^{re.escape(message)}"):
        ask(5)
