"""``stop`` in ``before_loop`` breaks off the hook, and nothing that others await (contract L4)."""

from __future__ import annotations

import asyncio
import gc
import weakref
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from support.virtual_time import turns

import defectio_tasks as tasks
from defectio_tasks.testing import VirtualClock


def preparing(wait: Callable[[], Awaitable[object]]) -> tasks.Loop[[], None]:
    """Make a loop with such a hook."""

    @tasks.loop(count=1)
    async def tick() -> None: ...

    @tick.before_loop
    async def prepare() -> None:
        await wait()

    return tick


async def sleep(seconds: float, result: str = "slept") -> str:
    await asyncio.sleep(seconds)
    return result


@pytest.mark.parametrize("kind", ["task", "future", "shielded"])
async def test_l4_what_another_loop_awaits_goes_on(clock: VirtualClock, kind: str) -> None:
    event_loop = asyncio.get_running_loop()
    shared: asyncio.Future[Any] = event_loop.create_task(sleep(10))
    if kind == "future":
        shared = event_loop.create_future()
        event_loop.call_later(10, shared.set_result, "ready")

    async def wait() -> None:
        await (asyncio.shield(shared) if kind == "shielded" else shared)

    first, second = preparing(wait), preparing(wait)
    first_task, second_task = first.start(), second.start()
    await turns()
    first.stop()
    await first_task
    assert clock.elapsed == 0
    assert first.ending == "stopped"
    assert not shared.cancelled()
    await second_task
    assert clock.elapsed == 10
    assert second.ending == "completed"


@pytest.mark.parametrize("end", ["cancel", "restart"])
async def test_l5_a_cancel_is_handed_on_as_ever(clock: VirtualClock, end: str) -> None:
    awaited = asyncio.create_task(sleep(10))

    async def wait() -> None:
        await (awaited if not awaited.done() else sleep(0))

    loop = preparing(wait)
    task = loop.start()
    await turns()
    getattr(loop, end)()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert awaited.cancelled()
    loop.cancel()


async def test_l5_a_cancel_waits_for_what_cleans_up(clock: VirtualClock) -> None:
    async def stubborn() -> None:
        try:
            await asyncio.sleep(100)
        finally:
            await asyncio.sleep(5)

    async def wait() -> None:
        await asyncio.create_task(stubborn())

    loop = preparing(wait)
    task = loop.start()
    await turns()
    loop.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert clock.elapsed == 5


async def test_l5_a_cancel_that_is_swallowed_below(clock: VirtualClock) -> None:
    told: list[str] = []

    async def stubborn() -> str:
        try:
            await asyncio.sleep(100)
        except asyncio.CancelledError:
            return "swallowed"
        return "slept"

    async def wait() -> None:
        told.append(await asyncio.create_task(stubborn()))

    loop = preparing(wait)
    task = loop.start()
    await turns()
    loop.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert told == ["swallowed"]


@pytest.mark.parametrize("kind", ["gather", "group", "wait_for", "timeout"])
async def test_l4_what_the_hook_has_made_itself_is_cancelled(
    clock: VirtualClock, kind: str
) -> None:
    told: list[str] = []

    async def part() -> None:
        try:
            await asyncio.sleep(100)
        finally:
            await asyncio.sleep(1)
            told.append("cleaned up")

    async def wait() -> None:
        match kind:
            case "gather":
                await asyncio.gather(part(), part())
            case "group":
                async with asyncio.TaskGroup() as group:
                    group.create_task(part())
                    group.create_task(part())
            case "wait_for":
                await asyncio.wait_for(part(), 1000)
            case _:
                async with asyncio.timeout(1000):
                    await part()

    loop = preparing(wait)
    task = loop.start()
    await turns(5)
    loop.stop()
    await task
    assert loop.ending == "stopped"
    assert set(told) == {"cleaned up"}
    assert clock.elapsed == 1


async def test_a_timeout_within_the_hook_runs_out(clock: VirtualClock) -> None:
    told: list[str] = []

    async def wait() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(sleep(100), 5)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(5):
                await asyncio.create_task(sleep(100))
        told.append(await asyncio.wait_for(sleep(5), 10))

    loop = preparing(wait)
    await loop.start()
    assert loop.ending == "completed"
    assert told == ["slept"]
    assert clock.elapsed == 15


async def test_l9_what_the_hook_awaits_fails() -> None:
    async def fail() -> None:
        await asyncio.sleep(1)
        raise ValueError("oh")

    async def wait() -> None:
        await asyncio.create_task(fail())

    loop = preparing(wait)
    with pytest.raises(ValueError, match="oh"):
        await loop.start()


async def test_l10_what_the_hook_awaits_is_cancelled_by_others() -> None:
    shared = asyncio.create_task(sleep(10))

    async def wait() -> None:
        await shared

    loop = preparing(wait)
    task = loop.start()
    await turns()
    shared.cancel()
    with pytest.raises(RuntimeError, match="awaited something that was cancelled"):
        await task


async def test_what_is_done_already_and_turns(clock: VirtualClock) -> None:
    done = asyncio.create_task(sleep(0))
    await done

    async def wait() -> None:
        await done
        await asyncio.sleep(0)
        await asyncio.sleep(1)

    loop = preparing(wait)
    await loop.start()
    assert loop.ending == "completed"


async def test_l4_stop_in_a_turn_of_the_hook(clock: VirtualClock) -> None:
    async def wait() -> None:
        while True:  # noqa: ASYNC110 -- it is these turns that are tested
            await asyncio.sleep(0)

    loop = preparing(wait)
    task = loop.start()
    await turns()
    loop.stop()
    await task
    assert loop.ending == "stopped"


async def test_what_a_task_refuses_is_refused() -> None:
    elsewhere = asyncio.new_event_loop()
    other = elsewhere.create_future()

    async def wait() -> None:
        await other

    loop = preparing(wait)
    with pytest.raises(RuntimeError, match="attached to a different loop"):
        await loop.start()
    elsewhere.close()


async def test_l4_the_hook_is_broken_off_as_its_future_is_done(clock: VirtualClock) -> None:
    event_loop = asyncio.get_running_loop()
    shared = event_loop.create_future()

    async def wait() -> None:
        await shared

    loop = preparing(wait)
    task = loop.start()
    await turns()
    shared.set_result(None)
    loop.stop()
    await task
    assert loop.ending == "stopped"


async def test_nothing_is_kept() -> None:
    shared = asyncio.get_running_loop().create_future()

    class Cog:
        @tasks.loop(seconds=5)
        async def tick(self) -> None: ...

        @tick.before_loop
        async def prepare(self) -> None:
            await shared

    cog = Cog()
    gone = weakref.ref(cog)
    task = cog.tick.start()
    await turns()
    cog.tick.stop()
    await task
    del cog
    gc.collect()
    assert gone() is None
    assert not shared._callbacks
