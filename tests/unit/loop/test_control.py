"""Which loops run, and how they are shut down (contract S1, S4, and S5, C3, L11 of them)."""

from __future__ import annotations

import asyncio
import gc
import math
import threading
import weakref
from collections.abc import Callable, Coroutine
from datetime import timedelta

import pytest
from support.virtual_time import pending_timers, turns
from typing_extensions import override

import defectio_tasks as tasks
from defectio_tasks._loop import control
from defectio_tasks._run.run import started
from defectio_tasks.testing import VirtualClock


async def nothing() -> None: ...


def sleepy(seconds: float = 10, *, name: str = "sleepy") -> tasks.Loop[[], None]:
    """Make a loop that is asleep but for an instant."""
    return tasks.loop(seconds=seconds, name=name)(nothing)


def busy(seconds: float, *, name: str = "busy") -> tasks.Loop[[], None]:
    """Make a loop whose body takes so long."""

    async def body() -> None:
        await asyncio.sleep(seconds)

    return tasks.loop(seconds=10, name=name)(body)


def now() -> float:
    return asyncio.get_running_loop().time()


@pytest.fixture(autouse=True)
def nothing_is_left() -> None:
    """Begin without what other tests have left to the garbage collector."""
    gc.collect()
    assert tasks.loops() == []
    assert control._waiting == {}


# S1


async def test_s1_by_name_then_by_start() -> None:
    b, a_second, a_first = sleepy(name="b"), sleepy(name="a"), sleepy(name="a")
    assert tasks.loops() == []
    b.start()
    a_first.start()
    a_second.start()
    assert tasks.loops() == [a_first, a_second, b]
    a_first.restart()
    await turns()
    assert tasks.loops() == [a_second, a_first, b]
    a_second.name = "c"
    assert tasks.loops() == [a_first, b, a_second]
    await tasks.shutdown()
    assert tasks.loops() == []


async def test_s1_from_start_until_the_task_is_done() -> None:
    seen: dict[str, list[tasks.Loop]] = {}

    @tasks.loop(seconds=10, count=1)
    async def tick() -> None:
        seen["body"] = tasks.loops()
        await asyncio.sleep(1)

    @tick.before_loop
    async def before() -> None:
        seen["before"] = tasks.loops()

    @tick.after_loop
    async def after() -> None:
        seen["after"] = tasks.loops()

    task = tick.start()
    assert tasks.loops() == [tick]
    await task
    assert tasks.loops() == []
    assert seen == {"before": [tick], "body": [tick], "after": [tick]}


async def test_s1_one_that_could_not_start_does_not_run(clock: VirtualClock) -> None:
    event_loop = clock.new_event_loop()
    event_loop.close()
    tick = tasks.loop(loop=event_loop)(nothing)
    with pytest.raises(RuntimeError):
        tick.start()
    assert tasks.loops() == []


async def test_s1_one_cancelled_before_it_began_does_not_run() -> None:
    lives: list[Coroutine[object, object, None]] = []

    def wrap(
        event_loop: asyncio.AbstractEventLoop, coro: Coroutine[object, object, None], **_: object
    ) -> asyncio.Task[None]:
        async def wrapped() -> None:
            await coro

        lives.append(coro)
        return asyncio.Task(wrapped(), loop=event_loop)

    event_loop = asyncio.get_running_loop()
    before = event_loop.get_task_factory()
    event_loop.set_task_factory(wrap)  # type: ignore[arg-type]
    tick = sleepy()
    task = tick.start()
    event_loop.set_task_factory(before)
    task.cancel()
    await asyncio.wait([task])
    assert tasks.loops() == []
    lives[0].close()


async def test_s1_of_all_event_loops_and_threads(clock: VirtualClock) -> None:
    here, there, elsewhere = sleepy(name="x"), sleepy(name="x"), sleepy(name="a")
    is_started, may_end = threading.Event(), threading.Event()

    async def main() -> None:
        there.start()
        elsewhere.start()
        is_started.set()
        may_end.wait()
        await tasks.shutdown()

    here.start()
    thread = threading.Thread(target=lambda: VirtualClock().run(main()))
    thread.start()
    is_started.wait()
    assert tasks.loops() == [elsewhere, here, there]
    may_end.set()
    thread.join()
    assert tasks.loops() == [here]
    await tasks.shutdown()


def test_s1_those_of_a_closed_event_loop_do_not_run(clock: VirtualClock) -> None:
    tick = sleepy()

    async def main() -> None:
        tick.start()
        await asyncio.sleep(1)

    first, second = clock.new_event_loop(), clock.new_event_loop()
    first.run_until_complete(main())
    assert tasks.loops() == [tick]
    first.close()
    assert tasks.loops() == []
    second.run_until_complete(main())
    # The run of the first event loop isn't over, but it is the past.
    assert tasks.loops() == [tick]
    second.run_until_complete(tasks.shutdown())
    second.close()


class Unhashable:
    """An instance that is equal to none."""

    __hash__ = None  # type: ignore[assignment]

    @override
    def __eq__(self, other: object) -> bool:
        raise AssertionError

    @tasks.loop(seconds=10)
    async def tick(self) -> None: ...


class OddLoop(tasks.Loop[[], None]):
    """A loop that wants to be left alone, and is falsy."""

    @override
    def __hash__(self) -> int:
        raise AssertionError

    @override
    def __eq__(self, other: object) -> bool:
        raise AssertionError

    def __bool__(self) -> bool:
        raise AssertionError


async def test_s1_and_s4_ask_nothing_of_what_users_define() -> None:
    odd, instance = OddLoop(nothing, seconds=10), Unhashable()
    odd.start()
    instance.tick.start()
    assert [loop.name for loop in tasks.loops()] == ["Unhashable.tick", "nothing"]
    assert await tasks.shutdown(odd, odd, instance.tick) == []
    assert tasks.loops() == []


async def test_s1_and_c3_nothing_is_kept_alive() -> None:
    class Bot:
        @tasks.loop(seconds=10)
        async def tick(self) -> None: ...

    bot, before = Bot(), len(started)
    bot.tick.start()
    await asyncio.sleep(1)
    assert tasks.loops() == [bot.tick]
    assert await tasks.shutdown() == []
    freed = weakref.ref(bot)
    del bot
    gc.collect()
    assert freed() is None
    assert len(started) == before


async def test_s1_what_nobody_can_wake_any_more_is_not_kept_alive() -> None:
    @tasks.loop(seconds=10)
    async def lost() -> None:
        await asyncio.get_running_loop().create_future()

    reports: list[object] = []
    asyncio.get_running_loop().set_exception_handler(
        lambda _, report: reports.append(report["message"])
    )
    sibling = sleepy()
    sibling.start()
    lost.start()
    await asyncio.sleep(1)
    assert len(tasks.loops()) == 2
    freed = weakref.ref(lost)
    del lost
    gc.collect()
    assert freed() is None
    # asyncio says so.
    assert reports == ["Task was destroyed but it is pending!"]
    assert tasks.loops() == [sibling]
    await tasks.shutdown()


def test_s1_of_an_event_loop_that_is_gone_nothing_is_kept(clock: VirtualClock) -> None:
    async def start() -> weakref.ref[tasks.Loop]:
        tick = sleepy()
        tick.start()
        return weakref.ref(tick)

    event_loop = clock.new_event_loop()
    event_loop.set_exception_handler(lambda *_: None)
    freed = event_loop.run_until_complete(start())
    assert len(tasks.loops()) == 1
    event_loop.close()
    del event_loop
    gc.collect()
    assert freed() is None


async def test_s1_the_registry_does_not_grow() -> None:
    tick, before = sleepy(), len(started)
    for _ in range(100):
        tick.start()
        await tasks.shutdown(tick)
    assert len(started) <= before + 1


# S4


async def test_s4_all_of_this_event_loop_are_stopped() -> None:
    slow, idle = busy(3), sleepy()
    slow.start()
    idle.start()
    await asyncio.sleep(1)
    assert await tasks.shutdown() == []
    assert now() == 3
    assert (slow.ending, idle.ending) == ("stopped", "stopped")


async def test_s4_only_those_that_are_given() -> None:
    first, second, resting = sleepy(name="1"), sleepy(name="2"), sleepy(name="3")
    first.start()
    second.start()
    await asyncio.sleep(1)
    assert await tasks.shutdown(first, resting) == []
    assert tasks.loops() == [second]
    assert now() == 1
    await tasks.shutdown()


async def test_s4_without_any_that_runs_there_is_nothing_to_do() -> None:
    assert await tasks.shutdown() == []
    assert await tasks.shutdown(sleepy()) == []
    assert now() == 0


async def test_s4_those_of_other_threads_go_on_without_arguments() -> None:
    is_started, may_end, there = threading.Event(), threading.Event(), sleepy()

    async def main() -> None:
        there.start()
        is_started.set()
        may_end.wait()
        await tasks.shutdown()

    thread = threading.Thread(target=lambda: VirtualClock().run(main()))
    thread.start()
    is_started.wait()
    assert await tasks.shutdown() == []
    assert tasks.loops() == [there]
    # S5: where it is given, nothing is stopped at all.
    here = sleepy()
    here.start()
    with pytest.raises(RuntimeError, match=r"`loops\[1\]`.*'sleepy'.*call_soon_threadsafe"):
        await tasks.shutdown(here, there)
    assert here.next_iteration is not None
    assert there.next_iteration is not None
    may_end.set()
    thread.join()
    await tasks.shutdown()


@pytest.mark.parametrize(
    ("timeout", "end"),
    [
        pytest.param(2, 3, id="int"),
        pytest.param(2.5, 3.5, id="float"),
        pytest.param(timedelta(seconds=3), 4, id="timedelta"),
        pytest.param(0, 1, id="zero"),
        pytest.param(timedelta(), 1, id="no time"),
        pytest.param(None, 100, id="no limit"),
    ],
)
async def test_s4_what_takes_longer_is_cancelled(
    timeout: float | timedelta | None,  # noqa: ASYNC109 -- passed on
    end: float,
) -> None:
    slow, quick, idle = busy(100), busy(1.5), sleepy()
    for loop in (slow, quick, idle):
        loop.start()
    await asyncio.sleep(1)
    late = await tasks.shutdown(slow, quick, idle, timeout=timeout)
    assert now() == end
    assert late == [loop for loop in (slow, quick) if loop.ending == "cancelled"]
    assert (slow in late) is (timeout is not None)
    assert (quick in late) is (end == 1)
    assert idle.ending == "stopped"
    assert tasks.loops() == []


async def test_s4_ten_seconds_by_default() -> None:
    slow = busy(100)
    slow.start()
    await asyncio.sleep(1)
    assert await tasks.shutdown() == [slow]
    assert now() == 11


async def test_s4_at_timeout_0_what_ends_at_once_is_not_cancelled() -> None:
    just_started, asleep, preparing = sleepy(name="1"), sleepy(name="2"), sleepy(name="3")
    finishing = sleepy(name="4")

    @preparing.before_loop
    async def prepare() -> None:
        await asyncio.sleep(100)

    @asleep.after_loop
    @preparing.after_loop
    async def clean_up() -> None: ...

    @finishing.after_loop
    async def take_long() -> None:
        await asyncio.sleep(100)

    asleep.start()
    preparing.start()
    finishing.start()
    await asyncio.sleep(1)
    just_started.start()
    assert await tasks.shutdown(timeout=0) == [finishing]
    endings = [loop.ending for loop in (just_started, asleep, preparing, finishing)]
    assert endings == ["stopped", "stopped", "stopped", "cancelled"]
    assert now() == 1


@pytest.mark.parametrize(
    ("timeout", "kind", "match"),
    [
        pytest.param(-1, ValueError, r"`timeout` .*negative.*-1", id="negative"),
        pytest.param(timedelta(seconds=-1), ValueError, r"`timeout` .*negative", id="timedelta"),
        pytest.param(math.nan, ValueError, r"`timeout` .*finite.*nan", id="nan"),
        pytest.param(math.inf, ValueError, r"`timeout` .*finite.*inf", id="infinite"),
        pytest.param(10**400, ValueError, r"`timeout` .*finite.*inf", id="huge"),
        pytest.param(True, TypeError, r"`timeout` must be .*True", id="bool"),
        pytest.param("10", TypeError, r"`timeout` must be .*'10'", id="str"),
    ],
)
async def test_s4_a_wrong_timeout(
    timeout: float,  # noqa: ASYNC109 -- passed on
    kind: type[Exception],
    match: str,
) -> None:
    tick = sleepy()
    tick.start()
    with pytest.raises(kind, match=match):
        await tasks.shutdown(timeout=timeout)
    assert tick.next_iteration is not None
    await tasks.shutdown()


@pytest.mark.parametrize(
    ("wrong", "match"),
    [
        pytest.param(None, r"`loops\[1\]` must be a Loop, got None$", id="None"),
        pytest.param(nothing, r"`loops\[1\]` must be a Loop, got <function nothing", id="function"),
        pytest.param([], r"got \[\] \(write `shutdown\(\*loops\)`\)$", id="list"),
    ],
)
async def test_s4_what_is_no_loop(wrong: tasks.Loop, match: str) -> None:
    tick = sleepy()
    tick.start()
    with pytest.raises(TypeError, match=match):
        await tasks.shutdown(tick, wrong)
    assert tick.next_iteration is not None
    await tasks.shutdown()


async def test_s4_nothing_is_raised_of_what_they_raise(
    capsys: pytest.CaptureFixture[str],
) -> None:
    @tasks.loop(seconds=10)
    async def fails() -> None:
        await asyncio.sleep(2)
        raise LookupError("gone")

    @tasks.loop(seconds=10)
    async def fails_late() -> None:
        try:
            await asyncio.sleep(100)
        finally:
            raise LookupError("broken off")

    fails.start()
    fails_late.start()
    await asyncio.sleep(1)
    assert await tasks.shutdown(timeout=5) == [fails_late]
    assert (fails.failed(), fails_late.failed()) == (True, True)
    assert "gone" in capsys.readouterr().err


async def test_s4_cleaning_up_is_waited_for() -> None:
    @tasks.loop(seconds=10)
    async def tick() -> None:
        try:
            await asyncio.sleep(100)
        finally:
            await asyncio.sleep(5)

    @tick.after_loop
    async def clean_up() -> None:
        await asyncio.sleep(5)

    tick.start()
    await asyncio.sleep(1)
    assert await tasks.shutdown(timeout=2) == [tick]
    assert now() == 13


async def test_s4_a_body_that_ignores_a_cancellation_is_waited_for() -> None:
    ignored = 0

    @tasks.loop(seconds=10)
    async def stubborn() -> None:
        nonlocal ignored
        for _ in range(3):
            try:
                await asyncio.sleep(20)
            except asyncio.CancelledError:
                ignored += 1

    stubborn.start()
    await asyncio.sleep(1)
    # It is cancelled once: more would break off what others clean up.
    assert await tasks.shutdown(timeout=2) == [stubborn]
    assert ignored == 1
    assert now() == 43
    assert not stubborn.is_running()


async def test_s4_in_an_outage_the_timeout_ends_the_retries(full_jitter: None) -> None:
    attempts = 0

    @tasks.loop(seconds=10)
    async def fetch() -> None:
        nonlocal attempts
        attempts += 1
        raise ConnectionError

    fetch.start()
    await asyncio.sleep(1)
    assert await tasks.shutdown() == [fetch]
    assert now() == 11
    # At 0, 2 and 6: stopped, it goes on with its retries.
    assert attempts == 3


# S4: called by a loop


async def test_s4_a_body_that_calls_it_is_not_waited_for() -> None:
    idle, late = sleepy(), list[list[tasks.Loop]]()

    @tasks.loop(seconds=10)
    async def closer() -> None:
        await asyncio.sleep(1)
        late.append(await tasks.shutdown())
        await asyncio.sleep(20)

    idle.start()
    await closer.start()
    assert late == [[]]
    assert now() == 21
    assert (idle.ending, closer.ending) == ("stopped", "stopped")


@pytest.mark.parametrize("hook", ["before_loop", "after_loop", "error"])
async def test_s4_a_hook_that_calls_it_is_not_waited_for(hook: str) -> None:
    idle, late = busy(100), list[list[tasks.Loop]]()

    @tasks.loop(seconds=10, count=1)
    async def closer() -> None:
        if hook == "error":
            raise LookupError

    async def close(*_: Exception) -> None:
        late.append(await tasks.shutdown(closer, idle, timeout=5))

    async def close_by_error(_: Exception) -> None:
        await close()

    if hook == "error":
        closer.error(close_by_error)
    else:
        register: Callable[..., object] = getattr(closer, hook)
        register(close)
    idle.start()
    task = closer.start()
    await asyncio.wait([task])
    assert late == [[idle]]
    assert now() == 5
    ends = {"before_loop": "stopped", "after_loop": "completed", "error": "failed"}
    assert closer.ending == ends[hook]


async def test_s4_two_loops_that_call_it_do_not_wait_for_each_other() -> None:
    ends: list[tuple[str, float, list[tasks.Loop]]] = []

    def closer(name: str, others: Callable[[], list[tasks.Loop]]) -> tasks.Loop[[], None]:
        async def body() -> None:
            await asyncio.sleep(1)
            late = await tasks.shutdown(*others())
            ends.append((name, now(), late))

        return tasks.loop(seconds=10, name=name)(body)

    first = closer("first", lambda: [second])
    second = closer("second", list)
    third = closer("third", list)
    slow = busy(4)
    for loop in (first, second, third, slow):
        loop.start()
    await asyncio.sleep(2)
    assert await tasks.shutdown(timeout=None) == []
    # The one that called last goes first, and those that wait for it go on by that.
    assert ends == [("third", 4, []), ("second", 4, []), ("first", 4, [])]
    assert [loop.ending for loop in (first, second, third)] == ["stopped"] * 3


@pytest.mark.parametrize("policy", [None, tasks.Policy(overlap=2)])
async def test_s4_a_task_that_a_body_waits_for_has_until_the_timeout(
    policy: tasks.Policy | None,
) -> None:
    """It can't be told apart from one that only happens to come of a body."""

    @tasks.loop(seconds=10, policy=policy)
    async def closer() -> None:
        await asyncio.create_task(tasks.shutdown(timeout=5))

    task = closer.start()
    await asyncio.wait([task])
    assert now() == 5
    assert closer.ending == "cancelled"


# S4 and restarts


@pytest.mark.usefixtures("lazy_tasks")  # An eager body begins in the turn of the restart.
@pytest.mark.parametrize("given", [True, False])
@pytest.mark.parametrize("turns_before", range(4))
async def test_s4_a_pending_restart_is_taken_back(*, given: bool, turns_before: int) -> None:
    bodies: list[float] = []

    @tasks.loop(seconds=10)
    async def tick() -> None:
        bodies.append(now())

    tick.start()
    await asyncio.sleep(1)
    tick.restart()
    await turns(turns_before)
    begun = len(bodies)
    assert await tasks.shutdown(*[tick] * given) == []
    assert not tick.is_running()
    await asyncio.sleep(100)
    assert not tick.is_running()
    assert len(bodies) == begun


async def test_s4_a_restart_about_to_begin_when_its_task_is_awaited_is_taken_back() -> None:
    tick = sleepy()
    task = tick.start()
    await asyncio.sleep(1)
    tick.restart()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert tasks.loops() == []
    await tasks.shutdown()
    assert not tick.is_running()
    await turns()
    assert not tick.is_running()


@pytest.mark.parametrize("seconds", [0, 10])
async def test_s4_a_restart_by_a_hook_is_taken_back(seconds: float) -> None:
    tick, slow = sleepy(), busy(100)

    @tick.after_loop
    async def tick_on() -> None:
        tick.restart()

    @slow.after_loop
    async def slow_on() -> None:
        slow.restart()

    tick.start()
    slow.start()
    await asyncio.sleep(1)
    assert await tasks.shutdown(timeout=seconds) == [slow]
    await turns()
    assert tasks.loops() == []


async def test_s4_what_is_started_meanwhile_runs_on() -> None:
    slow, other, idle = busy(5), sleepy(name="other"), sleepy()
    slow.start()
    task = idle.start()
    await asyncio.sleep(1)
    closing = asyncio.create_task(tasks.shutdown())
    await task
    await asyncio.sleep(1)
    idle.start()
    other.start()
    assert await closing == []
    assert tasks.loops() == [other, idle]
    await tasks.shutdown()


# S4: several, and cancelled


async def test_s4_several_at_once() -> None:
    slow, quick = busy(100, name="slow"), busy(3, name="quick")
    slow.start()
    quick.start()
    await asyncio.sleep(1)
    done = await asyncio.gather(
        tasks.shutdown(timeout=5), tasks.shutdown(timeout=5), tasks.shutdown(quick, timeout=1)
    )
    assert list(done) == [[slow], [slow], [quick]]
    assert now() == 6


async def test_s4_cancelled_itself_the_loops_stay_stopped_and_l11_nothing_is_left() -> None:
    slow, idle = busy(20), sleepy()
    task = slow.start()
    idle.start()
    await asyncio.sleep(1)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(2):
            await tasks.shutdown()
    assert now() == 3
    assert control._waiting == {}
    assert slow.is_running()
    assert slow.next_iteration is None
    # The event loop has nothing of it any more, and a restart is what it was.
    assert len(pending_timers(asyncio.get_running_loop())) <= 2
    slow.restart()
    await asyncio.wait([task])
    await turns()
    assert tasks.loops() == [slow]
    await tasks.shutdown(timeout=0)


async def test_s4_cancelled_while_what_is_late_cleans_up() -> None:
    @tasks.loop(seconds=10)
    async def stubborn() -> None:
        try:
            await asyncio.sleep(100)
        finally:
            await asyncio.sleep(50)

    task = stubborn.start()
    await asyncio.sleep(1)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(20):
            await tasks.shutdown(timeout=5)
    assert stubborn.is_being_cancelled()
    await asyncio.wait([task])
    assert now() == 56
    assert control._waiting == {}


async def test_s4_a_loop_can_start_again_afterwards() -> None:
    tick = sleepy()
    for _ in range(3):
        tick.start()
        await asyncio.sleep(15)
        await tasks.shutdown()
        assert not tick.is_running()
    assert now() == 45


async def test_s4_called_by_a_body_beside_others_it_is_not_waited_for(clock: VirtualClock) -> None:
    """With `overlap`, a body has a task of its own; it can't be over before `shutdown` is."""
    told: list[str] = []

    @tasks.loop(seconds=1, policy=tasks.Policy(overlap=2))
    async def tick() -> None:
        number = tick.current_loop
        if number == 1:
            assert await tasks.shutdown() == []
        else:
            await asyncio.sleep(5)
        told.append(f"{number} at {clock.elapsed:g}")

    await tick.start()
    assert told == ["1 at 1", "0 at 5"]
    assert tick.ending == "stopped"


async def test_s4_called_by_two_bodies_of_a_loop() -> None:
    """Neither can wait for the loop, whose bodies they are."""
    ended: list[int] = []

    @tasks.loop(seconds=1, policy=tasks.Policy(overlap=2))
    async def tick() -> None:
        number = tick.current_loop
        await asyncio.sleep(2 - number)
        assert await tasks.shutdown(tick, idle) == []
        ended.append(number)

    idle = busy(4)
    idle.start()
    await tick.start()
    assert ended == [0, 1]
    assert tick.ending == "stopped"
    assert now() == 4
