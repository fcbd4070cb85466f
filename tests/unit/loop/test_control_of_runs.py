"""Pause, resume, trigger and policy as a user holds them (contract S2, S3, S5, C1, V1)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from support.story import Story
from support.told import watching

import defectio_tasks as tasks
from defectio_tasks._run.run import Run
from defectio_tasks.testing import VirtualClock


@pytest.mark.parametrize("name", ["pause", "resume", "trigger"])
async def test_s5_from_another_thread(clock: VirtualClock, name: str) -> None:
    story = Story(seconds=10)
    story.loop.start()
    await clock.settle()
    with pytest.raises(RuntimeError, match="call_soon_threadsafe"):
        await asyncio.to_thread(getattr(story.loop, name))
    # Reading is allowed.
    assert await asyncio.to_thread(story.loop.is_paused) is False
    asyncio.get_running_loop().call_soon_threadsafe(getattr(story.loop, name))
    await clock.settle()
    assert story.loop.is_paused() == (name == "pause")
    story.loop.cancel()


async def test_s2_a_paused_loop_has_no_next_iteration_though_one_was_triggered(
    clock: VirtualClock,
) -> None:
    @tasks.loop(seconds=10)
    async def tick() -> None:
        await asyncio.sleep(5)

    tick.start()
    await clock.advance(seconds=1)
    tick.trigger()
    tick.pause()
    assert tick.next_iteration is None
    tick.cancel()


async def test_c1_each_instance_is_paused_and_has_a_policy_by_itself(clock: VirtualClock) -> None:
    class Cog:
        def __init__(self) -> None:
            self.runs = 0

        @tasks.loop(seconds=1, policy=tasks.Policy(retries=1))
        async def tick(self) -> None:
            self.runs += 1

    one, other = Cog(), Cog()
    one.tick.start()
    other.tick.start()
    await clock.settle()
    one.tick.pause()
    other.tick.policy = tasks.Policy(retries=2)
    await clock.advance(seconds=5)
    assert (one.runs, other.runs) == (1, 6)
    assert one.tick.policy == Cog.tick.policy == tasks.Policy(retries=1)
    one.tick.trigger()
    await clock.settle()
    assert (one.runs, other.runs) == (2, 6)
    one.tick.cancel()
    other.tick.cancel()


@pytest.mark.parametrize("overlap", [False, True])
async def test_v1_an_observer_may_remove_itself_and_control_loops(
    clock: VirtualClock, overlap: bool
) -> None:
    @tasks.loop(seconds=10, policy=tasks.Policy(overlap=overlap))
    async def tick() -> None: ...

    @tasks.loop(seconds=1)
    async def other() -> None: ...

    unobserve: Callable[[], None]

    def watch(event: tasks.Event) -> None:
        if event.loop is tick and isinstance(event, tasks.Finished):
            unobserve()
            other.start()
            tick.stop()
            raise LookupError

    unobserve = tasks.observe(watch)
    with watching(tick) as told:
        await tick.start()
        await clock.settle()
    assert other.is_running()
    other.cancel()
    assert told == ["started 0+0", "finished 0 in 0", "ended stopped"]


@pytest.mark.parametrize("overlap", [False, True])
@pytest.mark.parametrize("act", ["stop", "cancel", "pause", "trigger", "restart"])
async def test_v2_an_observer_that_acts_at_the_first_start(
    clock: VirtualClock, overlap: bool, act: str
) -> None:
    @tasks.loop(seconds=10, policy=tasks.Policy(overlap=overlap, max_failures=None))
    async def tick() -> None:
        await asyncio.sleep(1)

    unobserve: Callable[[], None]

    def watch(event: tasks.Event) -> None:
        if isinstance(event, tasks.Started):
            unobserve()
            getattr(tick, act)()

    unobserve = tasks.observe(watch)
    with watching(tick) as told:
        task = tick.start()
        await clock.advance(seconds=0.5)
        tick.cancel()
        await asyncio.wait([task])
        tick.cancel()
        await clock.settle()
    assert sum("started" in line for line in told) == sum("finished" in line for line in told)
    assert not tick.is_running()


async def test_s2_s3_names_and_state_in_repr(clock: VirtualClock) -> None:
    story = Story(seconds=10)
    story.loop.start()
    await clock.settle()
    story.loop.pause()
    assert repr(story.loop) == "<Loop 'story': every 10 seconds, paused>"
    story.loop.resume()
    assert repr(story.loop).startswith("<Loop 'story': every 10 seconds, waiting, next ")
    story.loop.cancel()


async def test_s5_a_thread_that_asks_in_the_moment_in_which_a_run_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It has just seen the run alive; of what a run needs, nothing is left."""

    @tasks.loop(seconds=10, count=1)
    async def tick() -> None: ...

    await tick.start()
    monkeypatch.setattr(Run, "has_ended", lambda _: False)
    assert not tick.is_running()
    assert not tick.is_paused()
    assert (tick.current_loop, tick.next_iteration, tick.get_task()) == (0, None, None)
