"""What loops have done, what they are doing, and a table of it (contract V5)."""

from __future__ import annotations

import asyncio
import gc
import re
import threading
import weakref
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from support.virtual_time import START
from typing_extensions import override

import defectio_tasks as tasks
from defectio_tasks.testing import VirtualClock

LONDON = ZoneInfo("Europe/London")
NOTHING = tasks.LoopStatistics(
    state="not running",
    runs=0,
    failures=0,
    retries=0,
    skipped=0,
    last_slot=None,
    last_duration=None,
    last_error=None,
)


@pytest.fixture
def statistics() -> Iterator[tasks.Statistics]:
    """Observe all loops of a test."""
    statistics = tasks.Statistics()
    unobserve = tasks.observe(statistics)
    yield statistics
    unobserve()


class Cog:
    """Something that has a loop."""

    @tasks.loop(seconds=10)
    async def tick(self) -> None:
        raise LookupError("nothing there")

    @tick.error
    async def ignore(self, error: Exception) -> None: ...


class TestNumbers:
    """V5: each field, by what happens."""

    async def test_of_successes(self, statistics: tasks.Statistics) -> None:
        @tasks.loop(seconds=10, count=3)
        async def tick() -> None:
            await asyncio.sleep(1.5)

        await tick.start()
        assert statistics[tick] == tasks.LoopStatistics(
            state="completed",
            runs=3,
            failures=0,
            retries=0,
            skipped=0,
            last_slot=START + timedelta(seconds=20),
            last_duration=timedelta(seconds=1.5),
            last_error=None,
        )

    async def test_a_snapshot_does_not_change(self, statistics: tasks.Statistics) -> None:
        @tasks.loop(seconds=10)
        async def tick() -> None: ...

        tick.start()
        await asyncio.sleep(5)
        first = statistics[tick]
        await asyncio.sleep(10)
        assert (first.runs, statistics[tick].runs) == (1, 2)
        tick.cancel()
        with pytest.raises(AttributeError):
            first.runs = 3  # type: ignore[misc]
        assert not hasattr(first, "__dict__")

    async def test_of_a_failure(self, statistics: tasks.Statistics) -> None:
        cog = Cog()
        await asyncio.wait([cog.tick.start()])
        seen = statistics[cog.tick]
        assert (seen.runs, seen.failures, seen.state) == (1, 1, "failed: LookupError")
        assert repr(seen.last_error) == "LookupError('nothing there')"

    async def test_the_last_error_stays_when_an_iteration_succeeds(
        self, statistics: tasks.Statistics
    ) -> None:
        outcomes = iter([LookupError("first"), None])

        @tasks.loop(count=1)
        async def tick() -> None:
            if (outcome := next(outcomes)) is not None:
                raise outcome

        @tick.error
        async def ignore(error: Exception) -> None: ...

        await asyncio.wait([tick.start()])
        await tick.start()
        seen = statistics[tick]
        assert (seen.runs, seen.failures, seen.state) == (2, 1, "completed")
        assert isinstance(seen.last_error, LookupError)

    async def test_all_failures_count_and_the_last_error_is_that_of_the_last(
        self, statistics: tasks.Statistics
    ) -> None:
        @tasks.loop(seconds=1, policy=tasks.Policy(max_failures=3))
        async def tick() -> None:
            raise LookupError(tick.current_loop)

        @tick.error
        async def ignore(error: Exception) -> None: ...

        await asyncio.wait([tick.start()])
        seen = statistics[tick]
        assert (seen.runs, seen.failures, repr(seen.last_error)) == (3, 3, "LookupError(2)")

    @pytest.mark.usefixtures("full_jitter")
    async def test_of_retries(self, statistics: tasks.Statistics) -> None:
        @tasks.loop(seconds=3, count=1)
        async def tick() -> None:
            if statistics[tick].retries < 3:
                raise ConnectionError

        await tick.start()
        seen = statistics[tick]
        assert (seen.runs, seen.failures, seen.retries, seen.last_error) == (1, 0, 3, None)
        assert seen.last_duration == timedelta(seconds=2 + 4 + 8)

    async def test_of_skipped_slots(self, statistics: tasks.Statistics) -> None:
        @tasks.loop(seconds=10, count=3)
        async def tick() -> None:
            await asyncio.sleep(35 if tick.current_loop < 2 else 0)

        await tick.start()
        assert statistics[tick].skipped == 2 + 3

    async def test_a_cancelled_iteration_is_a_run_and_no_failure(
        self, statistics: tasks.Statistics
    ) -> None:
        @tasks.loop(seconds=10)
        async def tick() -> None:
            await asyncio.sleep(5)

        task = tick.start()
        await asyncio.sleep(2)
        tick.cancel()
        await asyncio.wait([task])
        seen = statistics[tick]
        assert (seen.runs, seen.failures, seen.last_error) == (1, 0, None)
        assert (seen.state, seen.last_duration) == ("cancelled", timedelta(seconds=2))

    @pytest.mark.parametrize("event", ["Started", "Finished", "Retrying", "Skipped", "Ended"])
    def test_any_event_may_be_the_first(self, event: str) -> None:
        @tasks.loop()
        async def tick() -> None: ...

        statistics, due = tasks.Statistics(), datetime(2026, 1, 1, tzinfo=UTC)
        events: dict[str, tasks.Event] = {
            "Started": tasks.Started(tick, due, timedelta()),
            "Finished": tasks.Finished(tick, due, timedelta(), None),
            "Retrying": tasks.Retrying(tick, due, OSError(), 2, timedelta(seconds=3)),
            "Skipped": tasks.Skipped(tick, due, 4, "busy"),
            "Ended": tasks.Ended(tick, "failed", LookupError()),
        }
        statistics(events[event])
        seen = statistics[tick]
        numbers = (seen.runs, seen.failures, seen.retries, seen.skipped, seen.state)
        runs, retries, skipped = event == "Finished", event == "Retrying", 4 * (event == "Skipped")
        assert numbers == (runs, 0, retries, skipped, "not running")


class TestState:
    """V5: what a loop is doing, in words."""

    async def test_through_a_life(self, statistics: tasks.Statistics) -> None:
        states: list[str] = []

        @tasks.loop(seconds=10, count=1, name="tick")
        async def tick() -> None:
            states.append(statistics[tick].state)

        @tick.before_loop
        async def before() -> None:
            states.append(statistics[tick].state)

        @tick.after_loop
        async def after() -> None:
            states.append(statistics[tick].state)

        statistics(tasks.Started(tick, START, timedelta()))
        states.append(statistics[tick].state)
        await tick.start()
        states.append(statistics[tick].state)
        assert states == ["not running", "preparing", "working", "finishing", "completed"]

    @pytest.mark.parametrize("way", ["stop", "cancel"])
    async def test_how_it_ended(self, statistics: tasks.Statistics, way: str) -> None:
        @tasks.loop(seconds=10)
        async def tick() -> None: ...

        task = tick.start()
        await asyncio.sleep(1)
        assert statistics[tick].state == "waiting"
        getattr(tick, way)()
        await asyncio.wait([task])
        assert statistics[tick].state == {"stop": "stopped", "cancel": "cancelled"}[way]

    @pytest.mark.usefixtures("full_jitter")
    async def test_a_retry_counts_down(self, statistics: tasks.Statistics) -> None:
        states: list[str] = []

        @tasks.loop(seconds=60)
        async def tick() -> None:
            await asyncio.sleep(1)
            if statistics[tick].runs == 0 and statistics[tick].retries < 3:
                raise ConnectionResetError

        tick.start()
        for _ in range(23):
            await asyncio.sleep(0.75)
            states.append(statistics[tick].state)
        assert states == [
            "working",
            "retry 1 in 1.5 s after ConnectionResetError",
            "retry 1 in 750 ms after ConnectionResetError",
            *["retry 1 after ConnectionResetError"] * 2,
            "retry 2 in 3.5 s after ConnectionResetError",
            "retry 2 in 2.8 s after ConnectionResetError",
            "retry 2 in 2 s after ConnectionResetError",
            "retry 2 in 1.2 s after ConnectionResetError",
            "retry 2 in 500 ms after ConnectionResetError",
            "retry 2 after ConnectionResetError",
            "retry 3 in 8 s after ConnectionResetError",
            "retry 3 in 7.2 s after ConnectionResetError",
            "retry 3 in 6.5 s after ConnectionResetError",
            "retry 3 in 5.8 s after ConnectionResetError",
            "retry 3 in 5 s after ConnectionResetError",
            "retry 3 in 4.2 s after ConnectionResetError",
            "retry 3 in 3.5 s after ConnectionResetError",
            "retry 3 in 2.8 s after ConnectionResetError",
            "retry 3 in 2 s after ConnectionResetError",
            "retry 3 in 1.2 s after ConnectionResetError",
            "retry 3 in 500 ms after ConnectionResetError",
            "retry 3 after ConnectionResetError",
        ]
        await asyncio.sleep(10)
        assert statistics[tick].state == "waiting"
        # Of the next iteration, which is at work, no attempt has failed.
        await asyncio.sleep(50.5 - 23 * 0.75)
        assert statistics[tick].state == "working"
        tick.cancel()

    async def test_paused_once_no_iteration_is_at_work(self, statistics: tasks.Statistics) -> None:
        @tasks.loop(seconds=10)
        async def tick() -> None:
            await asyncio.sleep(2)

        tick.start()
        await asyncio.sleep(1)
        tick.pause()
        states = [statistics[tick].state]
        await asyncio.sleep(20)
        states.append(statistics[tick].state)
        tick.resume()
        await asyncio.sleep(1)
        states.append(statistics[tick].state)
        tick.cancel()
        assert states == ["working", "paused", "working"]

    @pytest.mark.usefixtures("full_jitter")
    async def test_of_several_bodies(self, statistics: tasks.Statistics) -> None:
        @tasks.loop(seconds=10, policy=tasks.Policy(overlap=2))
        async def tick() -> None:
            await asyncio.sleep(5)
            if statistics[tick].retries == 0:
                raise ConnectionError

        tick.start()
        states: list[str] = []
        for _ in range(4):
            await asyncio.sleep(4.5)
            states.append(statistics[tick].state)
        tick.cancel()
        assert states == ["working", "retry 1 after ConnectionError", "working", "waiting"]

    async def test_a_failure_that_was_no_iteration(
        self, statistics: tasks.Statistics, capsys: pytest.CaptureFixture[str]
    ) -> None:
        fails = True

        @tasks.loop(count=1)
        async def tick() -> None: ...

        @tick.before_loop
        async def before() -> None:
            if fails:
                raise PermissionError

        await asyncio.wait([tick.start()])
        seen = statistics[tick]
        assert (seen.state, seen.runs, seen.failures) == ("failed: PermissionError", 0, 0)
        fails = False
        await tick.start()
        assert statistics[tick].state == "completed"

    async def test_a_failure_that_was_not_observed(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        @tasks.loop(count=1)
        async def tick() -> None:
            raise LookupError

        statistics = tasks.Statistics()
        statistics(tasks.Started(tick, START, timedelta()))
        statistics(tasks.Ended(tick, "completed", None))
        await asyncio.wait([tick.start()])
        assert statistics[tick].state == "failed"


class TestMapping:
    """V5: it maps loops, as themselves, and keeps them weakly."""

    async def test_loops_in_the_order_of_their_first_event(
        self, statistics: tasks.Statistics
    ) -> None:
        made = [tasks.loop(count=1, name=name)(Cog.tick.coro) for name in ("b", "a")]
        for loop in made:
            statistics(tasks.Started(loop, START, timedelta()))
        assert list(statistics) == list(statistics.keys()) == made
        assert len(statistics) == 2
        assert all(loop in statistics for loop in made)
        assert statistics.get(made[0]) == NOTHING
        assert list(statistics.values()) == [NOTHING, NOTHING]

    def test_a_loop_that_it_has_not_seen(self) -> None:
        statistics = tasks.Statistics()
        with pytest.raises(KeyError, match=r"^'Cog.tick'$"):
            statistics[Cog.tick]
        assert Cog.tick not in statistics
        others: list[object] = [5, [], None]
        assert all(other not in statistics for other in others)
        assert statistics.get(Cog.tick) is None
        with pytest.raises(TypeError, match="`loop` must be a loop, got 5"):
            statistics[5]  # type: ignore[index]

    def test_loops_count_as_themselves(self) -> None:
        class Equal(tasks.Loop[[], None]):
            @override
            def __eq__(self, other: object) -> bool:
                return True

            __hash__ = None  # type: ignore[assignment]

        async def body() -> None: ...

        statistics = tasks.Statistics()
        first, second = Equal(body), Equal(body)
        statistics(tasks.Finished(first, START, timedelta(), None))
        assert second not in statistics
        statistics(tasks.Finished(second, START, timedelta(), None))
        assert len(statistics) == 2
        assert statistics[first].runs == 1

    def test_statistics_count_as_themselves(self) -> None:
        first, second = tasks.Statistics(), tasks.Statistics()
        assert first == first  # noqa: PLR0124
        assert first != second
        assert len({first, second, first}) == 2

    def test_a_loop_that_is_gone_is_forgotten(self) -> None:
        statistics = tasks.Statistics()

        def observe_one() -> None:
            loop = tasks.loop(count=1)(Cog.tick.coro)
            statistics(tasks.Finished(loop, START, timedelta(), LookupError("gone")))
            assert list(statistics) == [loop]

        for _ in range(3):
            observe_one()
        assert (len(statistics), list(statistics)) == (0, [])

    def test_loops_that_go_while_it_is_read(self) -> None:
        statistics = tasks.Statistics()
        loops = [tasks.loop(count=1)(Cog.tick.coro) for _ in range(3)]
        for loop in loops:
            statistics(tasks.Finished(loop, START, timedelta(), None))
        seen = iter(statistics)
        assert next(seen) is loops[0]
        del loops[1], loop
        assert list(seen) == loops[1:]

    async def test_c3_it_keeps_neither_instances_nor_frames(
        self, statistics: tasks.Statistics
    ) -> None:
        cog = Cog()
        gone = weakref.ref(cog)
        await asyncio.wait([cog.tick.start()])
        tick = cog.tick
        assert statistics[tick].last_error is statistics[tick].last_error is not None
        del cog
        gc.collect()
        assert gone() is None
        # The loop, which is kept here, has its statistics still.
        assert statistics[tick].failures == 1
        del tick
        gc.collect()
        assert len(statistics) == 0

    def test_it_goes_itself(self) -> None:
        statistics = tasks.Statistics()
        statistics(tasks.Started(Cog.tick, START, timedelta()))
        gone = weakref.ref(statistics)
        del statistics
        gc.collect()
        assert gone() is None

    def test_loops_of_two_threads(self, statistics: tasks.Statistics) -> None:
        loops = [tasks.loop(seconds=1, count=50)(self.nothing) for _ in range(4)]

        def run(loop: tasks.Loop[[], None]) -> None:
            async def main() -> None:
                await loop.start()

            VirtualClock().run(main())

        threads = [threading.Thread(target=run, args=[loop]) for loop in loops]
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            assert all(statistics[loop].runs <= 50 for loop in statistics)
            statistics.table()
        assert [statistics[loop].runs for loop in loops] == [50] * 4

    async def nothing(self) -> None: ...


class Moons:
    """A schedule that shows itself at length."""

    def next_after(self, moment: datetime, /) -> datetime:
        return moment + timedelta(days=29, hours=12)

    @override
    def __repr__(self) -> str:
        return f"Moons({', '.join(map(str, range(100)))})"


class TestTable:
    """V5: text for a terminal or a chat message."""

    def test_of_nothing(self) -> None:
        sentence = "no loop is running, and none was"
        assert tasks.Statistics().table() == sentence

    @pytest.mark.usefixtures("full_jitter")
    async def test_of_all_kinds(self, statistics: tasks.Statistics, clock: VirtualClock) -> None:
        async def nothing() -> None: ...

        async def fail() -> None:
            raise LookupError

        async def nap() -> None:
            await asyncio.sleep(1.2)

        async def fail_at_first() -> None:
            if poll.current_loop == 1:
                raise ConnectionError

        async def ignore(error: Exception) -> None: ...

        poll = tasks.Loop(fail_at_first, hours=1, name="poll")
        once = tasks.Loop(fail, name="again")
        once.error(ignore)
        moons = tasks.Loop(nothing, schedule=Moons(), name="moons")
        work = tasks.Cron("30 13 * * mon-fri", LONDON)
        loops = [
            tasks.Loop(nap, minutes=5, name="fetch\n```"),
            tasks.Loop(nothing, time=time(12, 30, tzinfo=LONDON), name="早上好"),
            *(poll, once, moons),
            # This has done nothing yet, and waits for its first slot.
            tasks.Loop(nothing, schedule=work, name="work"),
        ]
        for loop in loops:
            loop.start()
        await clock.advance(hours=1, seconds=11)
        statistics(tasks.Started(moons, START, timedelta()))
        table = statistics.table()
        for loop in loops:
            loop.cancel()
        rows = [re.split("  +", line) for line in table.split("\n")]
        assert rows == [
            ["NAME", "WHEN", "STATE", "RUNS", "FAILURES", "LAST", "TOOK", "NEXT"],
            ["again", "again and again", "failed: LookupError", "1", "1", "12:00 UTC", "0 ms", "-"],
            [
                *("fetch\\n'''", "every 5 minutes", "waiting", "13", "0", "13:00 UTC", "1.2 s"),
                "13:05 UTC",
            ],
            [
                *("moons", "Moons(0, 1, 2, 3, 4, 5, 6, 7, 8…", "waiting", "0", "0", "-", "-"),
                "2026-02-04 00:00 UTC",
            ],
            [
                *("poll", "every 1 hour", "retry 3 in 3 s after ConnectionError", "1", "0"),
                *("12:00 UTC", "0 ms", "14:00 UTC"),
            ],
            [
                *("work", "cron 30 13 * * mon-fri Europe/L…", "waiting", "0", "0", "-", "-"),
                "13:30 GMT",
            ],
            [
                *("早上好", "daily at 12:30 Europe/London", "waiting", "1", "0", "12:30 GMT"),
                *("0 ms", "Tue 12:30 GMT"),
            ],
        ]
        starts = [line.index("waiting") for line in table.split("\n") if "waiting" in line]
        # Each of these three characters takes two columns.
        assert starts == [*[starts[0]] * 3, starts[0] - 3]

    async def test_numbers_stand_below_one_another(
        self, statistics: tasks.Statistics, clock: VirtualClock
    ) -> None:
        async def nap() -> None:
            await asyncio.sleep(0.25)

        async def fail() -> None:
            await asyncio.sleep(1)
            raise LookupError

        async def ignore(error: Exception) -> None: ...

        policy = tasks.Policy(max_failures=None)
        loops = [
            tasks.Loop(nap, seconds=1, name="often"),
            tasks.Loop(fail, hours=1, name="seldom", policy=policy),
        ]
        loops[1].error(ignore)
        for loop in loops:
            loop.start()
        await clock.advance(seconds=150.5)
        table = statistics.table()
        for loop in loops:
            loop.cancel()
        assert table.split("\n") == [
            "NAME    WHEN            STATE    RUNS  FAILURES  LAST            TOOK  NEXT",
            "often   every 1 second  waiting   151         0  12:02:30 UTC  250 ms  12:02:31 UTC",
            "seldom  every 1 hour    waiting     1         1  12:00 UTC        1 s  13:00 UTC",
        ]
