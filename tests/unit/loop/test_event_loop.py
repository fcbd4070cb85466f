"""Which event loop a loop starts in, and from where it may be steered (contract L1)."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from collections.abc import Callable

import pytest

import defectio_tasks as tasks
from defectio_tasks.testing import VirtualClock


class Holder:
    """Something that has an event loop, as a client does."""

    def __init__(self, loop: object) -> None:
        self.loop = loop


class Cog:
    """Something with a loop of ours, which knows of an event loop by way of others."""

    @tasks.loop(count=1)
    async def tick(self) -> None: ...


@pytest.mark.parametrize("way", ["loop", "bot", "client"])
def test_l1_that_of_the_instance_or_of_its_bot(clock: VirtualClock, way: str) -> None:
    event_loop = clock.new_event_loop()
    cog = Cog()
    vars(cog)[way] = event_loop if way == "loop" else Holder(event_loop)
    task = cog.tick.start()
    assert task.get_loop() is event_loop
    event_loop.run_until_complete(task)
    event_loop.close()


async def test_l1_the_one_that_runs_comes_first(clock: VirtualClock) -> None:
    event_loop = clock.new_event_loop()
    cog = Cog()
    vars(cog)["loop"] = event_loop
    assert cog.tick.start().get_loop() is asyncio.get_running_loop()
    event_loop.close()


def test_l1_what_is_no_event_loop_or_fails_is_passed_over(clock: VirtualClock) -> None:
    class Odd(Cog):
        loop = "no event loop"

        @property
        def bot(self) -> object:
            raise LookupError

    event_loop = clock.new_event_loop()
    asyncio.set_event_loop(event_loop)
    try:
        odd = Odd()
        task = odd.tick.start()
        assert task.get_loop() is event_loop
        event_loop.run_until_complete(task)
    finally:
        asyncio.set_event_loop(None)
        event_loop.close()


STEPS: dict[str, Callable[[tasks.Loop[[], None]], object]] = {
    "stop": lambda loop: loop.stop(),
    "cancel": lambda loop: loop.cancel(),
    "restart": lambda loop: loop.restart(),
    "change_interval": lambda loop: loop.change_interval(seconds=5),
}


@pytest.mark.parametrize("step", STEPS)
async def test_a_call_from_another_thread_is_refused_and_changes_nothing(step: str) -> None:
    """It would be in the midst of what the event loop does; in debug mode it broke off half-way."""
    runs: list[float] = []

    @tasks.loop(seconds=10)
    async def tick() -> None:
        runs.append(asyncio.get_running_loop().time())

    task = tick.start()
    await asyncio.sleep(5)
    errors: list[BaseException] = []

    def call() -> None:
        try:
            STEPS[step](tick)
        except RuntimeError as error:
            errors.append(error)
        assert tick.is_running()

    thread = threading.Thread(target=call)
    thread.start()
    thread.join()
    [error] = errors
    assert "call_soon_threadsafe" in str(error)
    assert "tick" in str(error)
    await asyncio.sleep(20)
    assert len(runs) == 3
    assert not task.done()
    asyncio.get_running_loop().call_soon_threadsafe(tick.stop)
    await task


async def test_a_start_from_another_thread_is_refused() -> None:
    @tasks.loop(loop=asyncio.get_running_loop())
    async def tick() -> None: ...

    with pytest.raises(RuntimeError, match="call_soon_threadsafe"):
        await asyncio.to_thread(tick.start)
    assert not tick.is_running()


async def test_s5_nor_may_one_that_runs_be_started_from_there() -> None:
    @tasks.loop(seconds=1)
    async def tick() -> None: ...

    tick.start()
    with pytest.raises(RuntimeError, match="call_soon_threadsafe"):
        await asyncio.to_thread(tick.start)
    tick.cancel()


async def test_from_within_another_event_loop_one_that_does_not_run_may_be_steered(
    clock: VirtualClock,
) -> None:
    event_loop = clock.new_event_loop()

    @tasks.loop(loop=event_loop)
    async def tick() -> None: ...

    task = tick.start()
    tick.cancel()
    await asyncio.to_thread(event_loop.run_until_complete, asyncio.wait([task]))
    event_loop.close()
    assert task.cancelled()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork.*:DeprecationWarning")
async def test_in_a_forked_process_nothing_runs_until_it_is_started() -> None:
    @tasks.loop(seconds=10)
    async def tick() -> None: ...

    tick.start()
    await asyncio.sleep(1)
    child = os.fork()
    if child == 0:  # pragma: no cover -- another process
        status = 1
        try:
            asyncio._set_running_loop(None)
            tick.cancel()
            clock = VirtualClock()
            before = tick.is_running()

            async def main() -> bool:
                tick.start()
                await asyncio.sleep(1)
                return tick.is_running()

            status = 0 if (before, clock.run(main())) == (False, True) else 2
        finally:
            sys.stdout.flush()
            os._exit(status)
    _, status = os.waitpid(child, 0)  # noqa: ASYNC222 -- it takes no time to speak of
    assert os.waitstatus_to_exitcode(status) == 0
    assert tick.is_running()
    tick.cancel()
