"""The event loop whose time leaps: what it does in the place of waiting, and what it refuses."""

from __future__ import annotations

import asyncio
import contextlib
import math
import socket
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

import defectio_tasks as tasks
from defectio_tasks.testing import VirtualClock, VirtualTimeError, _event_loop
from defectio_tasks.testing._event_loop import REAL


class TestNothingCanHappen:
    """A test that waits for what can never happen ends with an error."""

    def test_it_says_what_everything_waits_for(self) -> None:
        clock = VirtualClock()

        @tasks.loop(minutes=5, name="stuck")
        async def stuck() -> None:
            await asyncio.Event().wait()

        @tasks.loop(minutes=5, name="waiting for ready")
        async def unready() -> None: ...

        @unready.before_loop
        async def ready() -> None:
            await asyncio.Event().wait()

        async def main() -> None:
            stuck.start()
            unready.start()
            await asyncio.Event().wait()

        with pytest.raises(VirtualTimeError) as caught:
            clock.run(main())
        first, *lines = str(caught.value).splitlines()
        assert first == (
            "nothing will ever happen: everything waits, and no timer is set (threads of your own "
            "are not waited for)"
        )
        by_name = {line.split("'")[1]: line for line in lines}
        assert "in its body" in by_name["stuck"]
        assert "next at 2026-01-01 00:05:00+00:00" in by_name["stuck"]
        assert f"{__file__}:" in by_name["stuck"]
        assert by_name["stuck"].endswith("in " + stuck.__qualname__)
        assert "in `before_loop`" in by_name["waiting for ready"]
        assert by_name["waiting for ready"].endswith("in " + ready.__qualname__)
        assert len(lines) == 3
        assert lines[-1].startswith("  task '")
        assert lines[-1].endswith("in " + main.__qualname__)

    def test_loops_between_iterations_are_told_too(self) -> None:
        clock = VirtualClock(max_turns=50)

        @tasks.loop(name="spinning")
        async def spinning() -> None: ...

        async def main() -> None:
            spinning.start()
            await clock.advance(seconds=1)

        with pytest.raises(VirtualTimeError) as caught:
            clock.run(main())
        first, *lines = str(caught.value).splitlines()
        assert first == (
            "time can't pass: for 50 turns of the event loop something has run again and again "
            "(a loop without interval?); if it has an end, make a clock with a higher `max_turns`"
        )
        assert (
            lines[0]
            == "  loop 'spinning': between two iterations, next at 2026-01-01 00:00:00+00:00"
        )

    async def test_turns_count_from_the_last_leap(self) -> None:
        clock = VirtualClock(max_turns=50)

        async def main() -> None:
            for _ in range(10):
                for _ in range(40):
                    await asyncio.sleep(0)
                await asyncio.sleep(1)

        await asyncio.to_thread(clock.run, main())
        assert clock.elapsed == 10

    def test_what_waits_is_ended_all_the_same(self) -> None:
        told: list[str] = []

        async def main() -> None:
            try:
                await asyncio.Event().wait()
            finally:
                told.append("ended")

        with pytest.raises(VirtualTimeError):
            VirtualClock().run(main())
        assert told == ["ended"]


class TestSettle:
    """Waiting until nothing else can run."""

    async def test_no_time_passes(self, clock: VirtualClock) -> None:
        told: list[int] = []

        async def chain(length: int) -> None:
            for number in range(length):
                await asyncio.sleep(0)
                told.append(number)

        chained = asyncio.create_task(chain(100))
        asyncio.get_running_loop().call_later(1, told.clear)
        await clock.settle()
        assert len(told) == 100
        assert clock.elapsed == 0
        await chained

    async def test_several_may_wait_for_it(self, clock: VirtualClock) -> None:
        await asyncio.gather(*(clock.settle() for _ in range(3)))
        assert clock.elapsed == 0

    async def test_it_can_be_cancelled(self, clock: VirtualClock) -> None:
        waiting = asyncio.create_task(clock.settle())
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        tick = tasks.loop(seconds=1)(self.nothing)
        tick.start()
        waiting = asyncio.create_task(clock.run_until(tick, 3))
        await clock.advance(seconds=1)
        waiting.cancel()
        await clock.advance(seconds=5)
        assert waiting.cancelled()
        tick.cancel()

    async def nothing(self) -> None: ...


class TestRealInputAndOutput:
    """It takes real time, of which none passes."""

    @pytest.mark.parametrize("name", REAL)
    async def test_it_is_refused(self, name: str) -> None:
        assert hasattr(asyncio.SelectorEventLoop, name)
        refused: Callable[..., Coroutine[Any, Any, object]] = getattr(
            asyncio.get_running_loop(), name
        )
        with pytest.raises(VirtualTimeError, match=rf"got `{name}`: put a stand-in in its place"):
            await refused()

    async def test_connecting_is_refused(self) -> None:
        with pytest.raises(VirtualTimeError, match="`create_connection`"):
            await asyncio.open_connection("127.0.0.1", 9)

    async def test_watching_a_socket_is_refused(self) -> None:
        ours, theirs = socket.socketpair()
        with contextlib.closing(ours), contextlib.closing(theirs):
            with pytest.raises(VirtualTimeError, match="got a file or socket to watch"):
                asyncio.get_running_loop().add_reader(ours, lambda: None)
            with pytest.raises(VirtualTimeError, match="got a file or socket to watch"):
                asyncio.get_running_loop().add_writer(ours, lambda: None)

    async def test_signals_from_other_threads_are_heard(self, clock: VirtualClock) -> None:
        heard = asyncio.Event()
        event_loop = asyncio.get_running_loop()
        thread = threading.Thread(target=event_loop.call_soon_threadsafe, args=[heard.set])
        thread.start()
        thread.join()
        await heard.wait()
        assert clock.elapsed == 0


class TestThreads:
    """A function in a thread runs, and meanwhile time stands still."""

    async def test_its_result_comes_back(self, clock: VirtualClock) -> None:
        threads: list[int] = []

        def work(number: int) -> int:
            threads.append(threading.get_ident())
            return number + 1

        assert await asyncio.to_thread(work, 1) == 2
        assert threads != [threading.get_ident()]
        assert clock.elapsed == 0

    async def test_its_exception_comes_back(self) -> None:
        with pytest.raises(ZeroDivisionError):
            await asyncio.to_thread(lambda: 1 / 0)

    async def test_in_an_executor_of_ones_own(self) -> None:
        with ThreadPoolExecutor(1, thread_name_prefix="mine") as pool:
            event_loop = asyncio.get_running_loop()
            name = await event_loop.run_in_executor(pool, lambda: threading.current_thread().name)
            assert name.startswith("mine")
            assert await event_loop.run_in_executor(pool, int) == 0

    async def test_others_get_their_turns_meanwhile_and_no_time(self, clock: VirtualClock) -> None:
        ready = threading.Event()
        told: list[str] = []

        def work() -> None:
            assert ready.wait(5)
            told.append("thread")

        async def other() -> None:
            await asyncio.sleep(0)
            told.append("other")
            ready.set()

        asyncio.get_running_loop().call_later(1, told.append, "a second later")
        async with asyncio.TaskGroup() as group:
            group.create_task(asyncio.to_thread(work))
            group.create_task(other())
        assert told == ["other", "thread"]
        assert clock.elapsed == 0

    async def test_a_thread_may_call_back(self) -> None:
        event_loop = asyncio.get_running_loop()

        async def answer() -> int:
            return 42

        def work() -> int:
            return asyncio.run_coroutine_threadsafe(answer(), event_loop).result(5)

        assert await asyncio.to_thread(work) == 42

    async def test_a_thread_may_call_back_as_often_as_it_likes(self) -> None:
        event_loop = asyncio.get_running_loop()

        def work() -> None:
            for _ in range(100):
                heard = threading.Event()
                event_loop.call_soon_threadsafe(heard.set)
                assert heard.wait(5)

        await asyncio.to_thread(work)

    async def test_who_waits_for_it_can_be_cancelled(self, clock: VirtualClock) -> None:
        released = threading.Event()
        waiting = asyncio.create_task(asyncio.to_thread(released.wait, 5))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        released.set()
        await clock.advance(hours=1)

    def test_a_thread_that_waits_for_time_to_pass_is_given_up(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(_event_loop, "LONGEST_WORK", 0.05)
        released = threading.Event()

        async def main() -> None:
            asyncio.get_running_loop().call_later(1, released.set)
            await asyncio.to_thread(released.wait, 5)

        with pytest.raises(VirtualTimeError, match="it must not wait for anything that takes time"):
            VirtualClock().run(main())
        released.set()


class TestOrder:
    """What is due at one moment."""

    async def test_it_runs_in_the_order_in_which_it_was_set(self, clock: VirtualClock) -> None:
        told: list[tuple[float, int]] = []

        def looper(number: int) -> tasks.Loop:
            async def tick() -> None:
                told.append((clock.elapsed, number))

            return tasks.loop(seconds=10, count=5)(tick)

        loops = [looper(number) for number in range(20)]
        await asyncio.gather(*(each.start() for each in loops))
        assert told == [(10.0 * k, number) for k in range(5) for number in range(20)]


class TestLimits:
    """What may never come is an error."""

    def test_with_a_loop_that_always_has_a_timer(self) -> None:
        clock = VirtualClock(max_leaps=100)

        @tasks.loop(hours=1, name="hourly")
        async def hourly() -> None: ...

        async def main() -> None:
            hourly.start()
            await asyncio.Event().wait()

        with pytest.raises(VirtualTimeError) as caught:
            clock.run(main())
        first, *lines = str(caught.value).splitlines()
        assert first == (
            "what the test waits for has not come in 100 leaps of time, and may never come; it is "
            "2026-01-05 04:00:00+00:00 meanwhile; if it has an end, make a clock with a higher "
            "`max_leaps`"
        )
        assert lines[0].startswith("  loop 'hourly': between two iterations")

    async def test_advancing_has_none(self) -> None:
        clock = VirtualClock(max_leaps=10)

        @tasks.loop(seconds=1)
        async def tick() -> None: ...

        async def main() -> None:
            tick.start()
            await clock.advance(seconds=1_000)
            await clock.advance_to(clock.now() + timedelta(seconds=1_000))
            assert tick.current_loop == 2_001
            tick.cancel()

        await asyncio.to_thread(clock.run, main())

    def test_a_timer_that_never_comes(self) -> None:
        with pytest.raises(VirtualTimeError, match="has not come in 50 leaps"):
            VirtualClock(max_leaps=50).run(asyncio.sleep(math.inf))

    def test_settling_again_and_again(self) -> None:
        clock = VirtualClock(max_turns=100)

        async def main() -> None:
            while True:
                await clock.settle()

        with pytest.raises(VirtualTimeError, match="for 100 turns of the event loop"):
            clock.run(main())

    def test_the_end_of_the_calendar(self) -> None:
        clock = VirtualClock(datetime(9999, 12, 31, tzinfo=UTC))
        with pytest.raises(VirtualTimeError, match="time can't pass beyond the year 9999"):
            clock.run(clock.advance(days=2))
        with pytest.raises(OverflowError):
            clock.block(86_400 * 2)
        assert clock.now() == datetime(9999, 12, 31, tzinfo=UTC)

    def test_of_many_tasks_some_are_told(self) -> None:
        async def main() -> None:
            await asyncio.gather(*(asyncio.Event().wait() for _ in range(100)))

        with pytest.raises(VirtualTimeError) as caught:
            VirtualClock().run(main())
        lines = str(caught.value).splitlines()
        assert len(lines) == 22
        assert lines[-1] == "  and 81 more tasks"
