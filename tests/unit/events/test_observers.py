"""Whoever observes is told of all that happens (contract V1, V2, V4, L16)."""

from __future__ import annotations

import asyncio
import contextvars
import logging
import typing
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, time, timedelta
from types import MethodType

import pytest
from support.virtual_time import START

import defectio_tasks as tasks
from defectio_tasks._events.observers import observers
from defectio_tasks.testing import VirtualClock


def at(second: float) -> datetime:
    return START + timedelta(seconds=second)


EACH_TEN_MINUTES = [time(hour, minute) for hour in range(24) for minute in range(0, 60, 10)]


@pytest.fixture
def seen() -> Iterator[list[tasks.Event]]:
    """Gather all events of a test."""
    events: list[tasks.Event] = []
    unobserve = tasks.observe(events.append)
    yield events
    unobserve()
    assert observers == {}


def describe(events: list[tasks.Event]) -> list[str]:
    """Write events short."""
    told = []
    for event in events:
        match event:
            case tasks.Started(slot=slot, late=late):
                told.append(f"started {(slot - START).total_seconds():g}+{late.total_seconds():g}")
            case tasks.Retrying(error=error, attempt=attempt, delay=delay):
                name = type(error).__name__
                told.append(f"retrying {name} {attempt} in {delay.total_seconds():g}")
            case tasks.Finished(slot=slot, took=took, error=error):
                end = "" if error is None else f" {type(error).__name__}"
                since = (slot - START).total_seconds()
                told.append(f"finished {since:g} in {took.total_seconds():g}{end}")
            case tasks.Skipped(first=first, count=count, reason=reason):
                told.append(f"skipped {count} from {(first - START).total_seconds():g} {reason}")
            case tasks.Ended(ending=ending, error=error):
                told.append(f"ended {ending} {error!r}")
            case _:
                typing.assert_never(event)
    return told


class TestEvents:
    """V2: what is told, in which order, and with which fields."""

    async def test_of_iterations_on_time(self, seen: list[tasks.Event]) -> None:
        @tasks.loop(seconds=10, count=2)
        async def tick() -> None:
            await asyncio.sleep(3)

        await tick.start()
        assert describe(seen) == [
            *("started 0+0", "finished 0 in 3", "started 10+0", "finished 10 in 3"),
            "ended completed None",
        ]
        assert all(event.loop is tick for event in seen)

    async def test_an_overrun_skips_what_came_during_the_body(
        self, seen: list[tasks.Event]
    ) -> None:
        @tasks.loop(seconds=10, count=3)
        async def tick() -> None:
            await asyncio.sleep(35 if tick.current_loop == 0 else 0)

        await tick.start()
        assert describe(seen) == [
            *("started 0+0", "finished 0 in 35", "skipped 2 from 10 busy"),
            *("started 30+5", "finished 30 in 0", "started 40+0", "finished 40 in 0"),
            "ended completed None",
        ]

    async def test_a_blocked_event_loop_is_late(
        self, seen: list[tasks.Event], clock: VirtualClock
    ) -> None:
        @tasks.loop(seconds=10, count=2)
        async def tick() -> None: ...

        task = tick.start()
        await asyncio.sleep(5)
        clock.block(30)
        await task
        assert describe(seen)[2:] == [
            *("skipped 2 from 10 late", "started 30+5", "finished 30 in 0"),
            "ended completed None",
        ]

    async def test_by_the_wall_clock_the_latest_slot_that_has_come_is_run(
        self, seen: list[tasks.Event], clock: VirtualClock
    ) -> None:
        @tasks.loop(time=EACH_TEN_MINUTES, count=3)
        async def tick() -> None:
            await asyncio.sleep(25 * 60 if tick.current_loop == 0 else 0)

        task = tick.start()
        await asyncio.sleep(36 * 60)
        clock.set(at(65 * 60))
        await task
        assert describe(seen) == [
            *("started 600+0", "finished 600 in 1500", "skipped 1 from 1200 busy"),
            *("started 1800+300", "finished 1800 in 0", "skipped 2 from 2400 late"),
            *("started 3600+300", "finished 3600 in 0", "ended completed None"),
        ]

    async def test_a_slot_during_before_loop_is_a_missed_slot(
        self, seen: list[tasks.Event]
    ) -> None:
        @tasks.loop(time=EACH_TEN_MINUTES, count=2)
        async def tick() -> None: ...

        @tick.before_loop
        async def before() -> None:
            await asyncio.sleep(25 * 60)

        await tick.start()
        assert describe(seen) == [
            *("skipped 1 from 600 late", "started 1200+300", "finished 1200 in 0"),
            *("started 1800+0", "finished 1800 in 0", "ended completed None"),
        ]

    async def test_retries(self, seen: list[tasks.Event], full_jitter: None) -> None:
        outcomes = iter([OSError(), TimeoutError(), None])

        @tasks.loop(seconds=10, count=1)
        async def tick() -> None:
            await asyncio.sleep(1)
            if (outcome := next(outcomes)) is not None:
                raise outcome

        await tick.start()
        assert describe(seen) == [
            *("started 0+0", "retrying OSError 1 in 2", "retrying TimeoutError 2 in 4"),
            *("finished 0 in 9", "ended completed None"),
        ]
        assert {event.slot for event in seen if isinstance(event, tasks.Retrying)} == {START}

    @pytest.mark.parametrize("hook", [True, False])
    async def test_a_failure(
        self, seen: list[tasks.Event], capsys: pytest.CaptureFixture[str], hook: bool
    ) -> None:
        @tasks.loop(seconds=10)
        async def tick() -> None:
            raise LookupError

        if hook:

            @tick.error
            async def error(error: Exception) -> None: ...

        await asyncio.wait([tick.start()])
        assert describe(seen) == [
            *("started 0+0", "finished 0 in 0 LookupError", "ended failed LookupError()"),
        ]

    @pytest.mark.parametrize("after", [1, 15])
    async def test_a_cancellation(self, seen: list[tasks.Event], after: float) -> None:
        """In a body it is what the iteration finishes with; asleep there is none."""

        @tasks.loop(seconds=100)
        async def tick() -> None:
            await asyncio.sleep(10)

        task = tick.start()
        await asyncio.sleep(after)
        tick.cancel()
        await asyncio.wait([task])
        finished = "finished 0 in 1 CancelledError" if after == 1 else "finished 0 in 10"
        assert describe(seen) == ["started 0+0", finished, "ended cancelled None"]

    async def test_a_cancellation_during_back_off(
        self, seen: list[tasks.Event], full_jitter: None
    ) -> None:
        @tasks.loop()
        async def tick() -> None:
            raise OSError

        task = tick.start()
        await asyncio.sleep(1)
        tick.cancel()
        await asyncio.wait([task])
        assert describe(seen)[-2:] == ["finished 0 in 1 CancelledError", "ended cancelled None"]

    async def test_slots_that_came_and_get_no_iteration_any_more(
        self, seen: list[tasks.Event], log: pytest.LogCaptureFixture
    ) -> None:
        """They are skipped, however the run ends; but who has to end isn't late."""

        @tasks.loop(seconds=10)
        async def tick() -> None:
            await asyncio.sleep(25)

        @tick.after_loop
        async def after() -> None:
            await asyncio.sleep(10)

        task = tick.start()
        await asyncio.sleep(1)
        tick.stop()
        await task
        assert describe(seen) == [
            *("started 0+0", "finished 0 in 25", "skipped 3 from 10 busy", "ended stopped None"),
        ]
        assert log.records == []

    async def test_a_schedule_that_has_ended(self, seen: list[tasks.Event]) -> None:
        class Once:
            def next_after(self, moment: datetime, /) -> datetime | None:
                return at(60) if moment < at(60) else None

        @tasks.loop(schedule=Once())
        async def tick() -> None: ...

        await tick.start()
        assert describe(seen) == ["started 60+0", "finished 60 in 0", "ended completed None"]

    async def test_an_interval_of_0_skips_nothing(self, seen: list[tasks.Event]) -> None:
        @tasks.loop(count=2)
        async def tick() -> None:
            await asyncio.sleep(5)

        await tick.start()
        assert describe(seen) == [
            *("started 0+0", "finished 0 in 5", "started 5+0", "finished 5 in 5"),
            "ended completed None",
        ]

    async def test_before_loop_that_fails_is_the_end_of_a_run_without_iterations(
        self, seen: list[tasks.Event], capsys: pytest.CaptureFixture[str]
    ) -> None:
        @tasks.loop()
        async def tick() -> None: ...

        @tick.before_loop
        async def before() -> None:
            raise LookupError

        await asyncio.wait([tick.start()])
        assert describe(seen) == ["ended failed LookupError()"]

    async def test_slots_are_in_utc(self, seen: list[tasks.Event]) -> None:
        @tasks.loop(seconds=10, count=1)
        async def tick() -> None: ...

        await tick.start()
        assert {e.slot.tzinfo for e in seen if isinstance(e, tasks.Started)} == {UTC}

    def test_their_hints_can_be_resolved(self) -> None:
        for kind in typing.get_args(tasks.Event):
            assert "loop" in typing.get_type_hints(kind)

    async def test_they_are_values(self, seen: list[tasks.Event]) -> None:
        @tasks.loop(count=1)
        async def tick() -> None: ...

        await tick.start()
        started = seen[0]
        assert isinstance(started, tasks.Started)
        assert started == tasks.Started(tick, started.slot, started.late)
        with pytest.raises(AttributeError):
            started.slot = START  # type: ignore[misc] # frozen
        assert not hasattr(started, "__dict__")


class TestObserve:
    """V1: who is told, where, and what that changes: nothing."""

    async def test_in_the_task_of_the_iteration(self) -> None:
        """A context variable that an observer sets at `Started` is seen by the body."""
        number: contextvars.ContextVar[int] = contextvars.ContextVar("number")
        told: list[asyncio.Task[object] | None] = []

        def observer(event: tasks.Event) -> None:
            told.append(asyncio.current_task())
            if isinstance(event, tasks.Started):
                number.set(7)

        seen: list[int] = []

        @tasks.loop(count=1)
        async def tick() -> None:
            seen.append(number.get())

        unobserve = tasks.observe(observer)
        task = tick.start()
        await task
        unobserve()
        assert seen == [7]
        assert set(told) == {task}

    @pytest.mark.usefixtures("clock")
    async def test_any_callable_may_be_one(self) -> None:
        """V1: it is called as Python calls it, though objects by their method."""
        told: list[str] = []

        class Method:
            def __call__(self, event: tasks.Event) -> None:
                assert self is method
                told.append("method")

        class Static:
            @staticmethod
            def __call__(event: tasks.Event) -> None:
                told.append("static")

        class Class:
            @classmethod
            def __call__(cls, event: tasks.Event) -> None:
                told.append(cls.__name__.lower())

        class Made:
            def __init__(self, event: tasks.Event) -> None:
                told.append("made")

        method, hidden = Method(), Static()
        # Python calls what the class has.
        vars(hidden)["__call__"] = method

        @tasks.loop(seconds=1, count=1)
        async def tick() -> None: ...

        for observer in (method, hidden, Class(), Made):
            unobserve = tasks.observe(observer)
            await tick.start()
            unobserve()
        assert told == [*["method"] * 3, *["static"] * 3, *["class"] * 3, *["made"] * 3]

    def test_an_object_is_called_by_its_method(self) -> None:
        """Which takes two thirds of the time: its class isn't asked at each event."""
        unobserve = tasks.observe(statistics := tasks.Statistics())
        [called] = observers.values()
        unobserve()
        assert isinstance(called, MethodType)
        assert called == statistics.__call__

    async def test_who_hears_of_a_retry_that_is_not_logged(
        self, seen: list[tasks.Event], log: pytest.LogCaptureFixture
    ) -> None:
        log.set_level(logging.ERROR, "defectio_tasks")
        outcomes = iter([OSError, None])

        @tasks.loop(minutes=5, count=1)
        async def tick() -> None:
            if (outcome := next(outcomes)) is not None:
                raise outcome

        await tick.start()
        assert [type(event).__name__ for event in seen] == [
            *("Started", "Retrying", "Finished", "Ended")
        ]

    async def test_who_is_taken_back_is_told_no_more(self) -> None:
        seen: list[tasks.Event] = []

        @tasks.loop(count=1)
        async def tick() -> None: ...

        unobserve, again = tasks.observe(seen.append), tasks.observe(seen.append)
        await tick.start()
        assert len(seen) == 6
        unobserve()
        unobserve()
        await tick.start()
        assert len(seen) == 9
        again()
        await tick.start()
        assert len(seen) == 9

    async def test_what_one_raises_is_logged_and_changes_nothing(
        self, seen: list[tasks.Event], log: pytest.LogCaptureFixture
    ) -> None:
        def broken(event: tasks.Event) -> None:
            raise LookupError(type(event).__name__)

        unobserve = tasks.observe(broken)
        later: list[tasks.Event] = []
        unobserve_later = tasks.observe(later.append)

        @tasks.loop(seconds=1, count=2)
        async def tick() -> None: ...

        await tick.start()
        unobserve()
        unobserve_later()
        assert later == seen
        assert len(seen) == 5
        assert [record.levelname for record in log.records] == ["ERROR"] * 5
        kinds = ["Started", "Finished", "Started", "Finished", "Ended"]
        assert [record.getMessage() for record in log.records] == [
            f"observer {broken!r} failed at {kind}" for kind in kinds
        ]
        assert all(record.exc_info for record in log.records)

    @pytest.mark.parametrize("kind", [asyncio.CancelledError, GeneratorExit, StopAsyncIteration])
    @pytest.mark.parametrize("overlap", [False, 2])
    async def test_nothing_that_one_raises_ends_a_loop(
        self, seen: list[tasks.Event], kind: type[BaseException], overlap: bool | int
    ) -> None:
        """V1, L11: such as the ``CancelledError`` of a task that it asks for its result."""

        def broken(event: tasks.Event) -> None:
            raise kind

        unobserve = tasks.observe(broken)

        @tasks.loop(seconds=1, count=2, policy=tasks.Policy(overlap=overlap))
        async def tick() -> None: ...

        await tick.start()
        unobserve()
        assert [type(event).__name__ for event in seen] == [
            *("Started", "Finished", "Started", "Finished", "Ended")
        ]
        assert (tick.ending, tick.is_running()) == ("completed", False)

    def test_what_ends_the_program_passes(self) -> None:
        """L10: also from an observer."""

        def broken(event: tasks.Event) -> None:
            raise KeyboardInterrupt

        @tasks.loop(seconds=1)
        async def tick() -> None: ...

        async def main() -> None:
            await tick.start()

        unobserve = tasks.observe(broken)
        with pytest.raises(KeyboardInterrupt):
            asyncio.run(main())
        unobserve()

    async def test_the_failure_that_ended_a_loop_is_told_though_its_hook_was_cancelled(
        self, seen: list[tasks.Event]
    ) -> None:
        """L9: nothing that comes later hides it."""
        failure = ValueError("first")

        @tasks.loop(seconds=1)
        async def tick() -> None:
            raise failure

        @tick.error
        async def error(_: Exception) -> None:
            tick.cancel()
            await asyncio.sleep(1)

        with pytest.raises(asyncio.CancelledError):
            await tick.start()
        assert seen[-1] == tasks.Ended(tick, "failed", failure)

    async def test_one_may_take_itself_back(self) -> None:
        seen: list[tasks.Event] = []

        def once(event: tasks.Event) -> None:
            seen.append(event)
            unobserve()

        unobserve = tasks.observe(once)
        unobserve_other = tasks.observe(seen.append)

        @tasks.loop(count=1)
        async def tick() -> None: ...

        await tick.start()
        unobserve_other()
        assert len(seen) == 1 + 3

    @pytest.mark.parametrize("event", [tasks.Started, tasks.Finished])
    async def test_one_may_stop_the_loop(
        self, seen: list[tasks.Event], event: type[tasks.Event]
    ) -> None:
        """At the start of an iteration that is within it: it finishes first."""

        def observer(told: tasks.Event) -> None:
            if isinstance(told, event):
                told.loop.stop()

        @tasks.loop(seconds=1)
        async def tick() -> None: ...

        unobserve = tasks.observe(observer)
        await tick.start()
        unobserve()
        assert describe(seen) == ["started 0+0", "finished 0 in 0", "ended stopped None"]

    @pytest.mark.parametrize("how", ["stop", "cancel", "change_interval"])
    async def test_one_may_end_the_loop_before_a_late_iteration(
        self, seen: list[tasks.Event], clock: VirtualClock, how: str
    ) -> None:
        """The slot of an iteration that doesn't begin any more is skipped as well."""

        def observer(event: tasks.Event) -> None:
            if isinstance(event, tasks.Skipped) and event.count > 1:
                end: Callable[[], None] = getattr(event.loop, how)
                end()
                if how == "change_interval":
                    event.loop.stop()

        @tasks.loop(seconds=10)
        async def tick() -> None: ...

        unobserve = tasks.observe(observer)
        task = tick.start()
        await asyncio.sleep(5)
        clock.block(40)
        await asyncio.wait([task])
        unobserve()
        ending = "cancelled" if how == "cancel" else "stopped"
        assert describe(seen)[2:] == [
            *("skipped 3 from 10 late", "skipped 1 from 40 late", f"ended {ending} None"),
        ]

    async def test_one_may_start_loops(self, seen: list[tasks.Event]) -> None:
        @tasks.loop(count=1)
        async def other() -> None: ...

        def observer(event: tasks.Event) -> None:
            if isinstance(event, tasks.Ended) and event.loop is tick:
                other.start()

        @tasks.loop(count=1)
        async def tick() -> None: ...

        unobserve = tasks.observe(observer)
        await tick.start()
        await asyncio.sleep(1)
        unobserve()
        assert [event.loop for event in seen] == [tick] * 3 + [other] * 3

    async def test_one_may_start_the_loop_again_when_it_has_ended(self) -> None:
        starts = 0

        def observer(event: tasks.Event) -> None:
            nonlocal starts
            if isinstance(event, tasks.Ended) and starts < 2:
                starts += 1
                event.loop.start()

        @tasks.loop(count=1)
        async def tick() -> None: ...

        unobserve = tasks.observe(observer)
        tick.start()
        await asyncio.sleep(1)
        unobserve()
        assert starts == 2
        assert not tick.is_running()

    @pytest.mark.parametrize("wrong", [None, "print", 7])
    def test_only_what_can_be_called(self, wrong: object) -> None:
        with pytest.raises(TypeError, match="`observer` must be callable, got "):
            tasks.observe(wrong)  # type: ignore[arg-type]

    async def test_v4_where_nobody_observes_no_event_is_made(
        self, monkeypatch: pytest.MonkeyPatch, full_jitter: None
    ) -> None:
        """Nor for a retry that the log doesn't take."""
        monkeypatch.setattr(logging.getLogger("defectio_tasks"), "disabled", True)
        made: list[str] = []
        for kind in typing.get_args(tasks.Event):
            monkeypatch.setattr(
                f"defectio_tasks._events.events.{kind.__name__}",
                lambda *_, name=kind.__name__: made.append(name),
            )
        outcomes = iter([OSError(), None, None])

        @tasks.loop(seconds=10, count=2)
        async def tick() -> None:
            if (outcome := next(outcomes)) is not None:
                raise outcome

        await tick.start()
        assert made == []


class TestEnding:
    """L16: how the last run ended."""

    @pytest.mark.usefixtures("lazy_tasks")
    async def test_none_before_the_first_run_and_while_one_runs(self) -> None:
        seen: list[str | None] = []

        @tasks.loop(count=1)
        async def tick() -> None:
            seen.append(tick.ending)

        @tick.before_loop
        async def before() -> None:
            seen.append(tick.ending)

        seen.append(tick.ending)
        await tick.start()
        assert seen == [None, None, None]
        assert tick.ending == "completed"
        task = tick.start()
        seen.append(tick.ending)
        assert seen[-1] is None
        await task

    @pytest.mark.parametrize("ending", ["completed", "stopped", "cancelled", "failed"])
    async def test_from_after_loop_on(
        self, ending: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        seen: list[str | None] = []

        @tasks.loop(seconds=10, count=2)
        async def tick() -> None:
            if ending == "failed":
                raise LookupError

        @tick.after_loop
        async def after() -> None:
            seen.append(tick.ending)

        task = tick.start()
        await asyncio.sleep(5)
        if ending == "stopped":
            tick.stop()
        elif ending == "cancelled":
            tick.cancel()
        await asyncio.wait([task])
        assert seen == [ending]
        assert tick.ending == ending
        assert tick.failed() == (ending == "failed")

    async def test_stopped_in_the_last_iteration_it_has_completed(self) -> None:
        @tasks.loop(count=1)
        async def tick() -> None:
            tick.stop()

        await tick.start()
        assert tick.ending == "completed"

    async def test_after_loop_that_fails(self, capsys: pytest.CaptureFixture[str]) -> None:
        seen: list[str | None] = []

        @tasks.loop(count=1)
        async def tick() -> None: ...

        @tick.after_loop
        async def after() -> None:
            seen.append(tick.ending)
            raise LookupError

        await asyncio.wait([tick.start()])
        assert (seen, tick.ending) == (["completed"], "failed")

    async def test_cancelled_in_after_loop(self) -> None:
        @tasks.loop(count=1)
        async def tick() -> None: ...

        @tick.after_loop
        async def after() -> None:
            await asyncio.sleep(10)

        task = tick.start()
        await asyncio.sleep(5)
        seen = [tick.ending]
        tick.cancel()
        await asyncio.wait([task])
        assert task.cancelled()
        assert [*seen, tick.ending] == ["completed", "cancelled"]

    async def test_a_cancelled_task_is_a_cancelled_run(self) -> None:
        @tasks.loop(seconds=10)
        async def tick() -> None: ...

        task = tick.start()
        await asyncio.sleep(1)
        task.cancel()
        await asyncio.wait([task])
        assert tick.ending == "cancelled"
