"""What a user holds: starting (contract L1), asking (L13), loops in classes (C1-C3)."""

from __future__ import annotations

import asyncio
import copy
import gc
import weakref
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from datetime import time
from typing import Any, Generic, TypeVar

import pytest
from support.virtual_time import START, turns

import defectio_tasks as tasks
from defectio_tasks.testing import VirtualClock

T = TypeVar("T")


class Bot:
    """A class with a loop."""

    def __init__(self) -> None:
        self.told: list[object] = []

    @tasks.loop(seconds=10)
    async def tick(self, *words: str) -> str:
        self.told.append(words)
        return " ".join(words)

    @tick.before_loop
    async def before(self) -> None:
        self.told.append("before")

    @tick.after_loop
    async def after(self) -> None:
        self.told.append("after")

    @tick.error
    async def on_error(self, error: Exception) -> None:
        self.told.append(error)


class TestStart:
    """Contract L1."""

    async def test_in_the_running_event_loop(self) -> None:
        @tasks.loop(seconds=1, count=2)
        async def tick() -> None: ...

        task = tick.start()
        assert task.get_loop() is asyncio.get_running_loop()
        assert tick.get_task() is task
        await task

    def test_in_the_event_loop_given(self) -> None:
        event_loop = VirtualClock(START).new_event_loop()
        runs: list[int] = []

        @tasks.loop(seconds=1, count=1, loop=event_loop)
        async def tick() -> None:
            runs.append(1)

        event_loop.run_until_complete(tick.start())
        event_loop.close()
        assert runs == [1]

    def test_in_the_current_event_loop_before_it_runs(self) -> None:
        event_loop = VirtualClock(START).new_event_loop()
        asyncio.set_event_loop(event_loop)
        runs: list[int] = []

        @tasks.loop(seconds=1, count=2)
        async def tick() -> None:
            runs.append(1)

        try:
            task = tick.start()
            assert tick.is_running()
            event_loop.run_until_complete(task)
        finally:
            event_loop.close()
            asyncio.set_event_loop(None)
        assert runs == [1, 1]

    def test_without_any_event_loop_it_says_what_to_do(self) -> None:
        asyncio.set_event_loop(None)

        @tasks.loop(seconds=1)
        async def tick() -> None: ...

        with pytest.raises(RuntimeError, match=r"start the loop in a coroutine, pass `loop=`"):
            tick.start()
        assert not tick.is_running()

    async def test_twice_is_an_error_that_changes_nothing(self) -> None:
        @tasks.loop(seconds=1, name="busy")
        async def tick() -> None: ...

        task = tick.start()
        with pytest.raises(RuntimeError, match="loop 'busy' is running already"):
            tick.start()
        assert tick.get_task() is task
        tick.cancel()
        with pytest.raises(RuntimeError, match="running already"):
            tick.start()
        await asyncio.wait([task])
        assert task.cancelled()

    async def test_the_name_names_the_task(self) -> None:
        @tasks.loop(count=1, name="my task")
        async def named() -> None: ...

        @tasks.loop(count=1)
        async def nameless() -> None: ...

        for loop in (named, nameless):
            task = loop.start()
            assert task.get_name() == loop.name
            await task
        assert named.name == "my task"
        assert nameless.name.endswith("nameless")

    async def test_the_arguments_are_those_of_each_iteration(self) -> None:
        told: list[tuple[int, str]] = []

        @tasks.loop(count=2)
        async def tick(number: int, *, word: str) -> None:
            told.append((number, word))

        await tick.start(3, word="x")
        assert told == [(3, "x"), (3, "x")]

    async def test_a_call_runs_the_function_once_apart_from_the_loop(self) -> None:
        bot = Bot()
        assert await bot.tick("a", "b") == "a b"
        assert await Bot.tick(bot, "c") == "c"
        assert bot.told == [("a", "b"), ("c",)]
        assert not bot.tick.is_running()


class TestState:
    """Contract L13, and what a loop shows."""

    async def test_running_from_start_until_the_task_is_done(self) -> None:
        @tasks.loop(seconds=1, count=2)
        async def tick() -> None: ...

        seen: list[bool] = []

        @tick.after_loop
        async def after() -> None:
            seen.append(tick.is_running())

        assert not tick.is_running()
        assert tick.get_task() is None
        task = tick.start()
        assert tick.is_running()
        await task
        assert not tick.is_running()
        assert tick.get_task() is None
        assert seen == [True]

    def test_the_interval_as_given(self) -> None:
        @tasks.loop(seconds=30, minutes=-0.25, hours=1)
        async def tick() -> None: ...

        assert (tick.seconds, tick.minutes, tick.hours) == (30.0, -0.25, 1.0)
        assert type(tick.seconds) is float
        assert tick.time is None
        tick.change_interval(time=time(8))
        assert [tick.seconds, tick.minutes, tick.hours] == [None] * 3

    def test_w7_the_times_are_a_new_list_at_each_read(self) -> None:
        @tasks.loop(time=[time(9), time(8), time(9)])
        async def tick() -> None: ...

        times = tick.time
        assert times is not None
        assert [wall.hour for wall in times] == [8, 9]
        times.clear()
        assert tick.time
        assert tick.time is not tick.time

    def test_the_function_and_the_options(self) -> None:
        async def tick() -> None: ...

        loop = tasks.loop(count=3, reconnect=False)(tick)
        assert loop.coro is tick
        assert loop.count == 3
        assert loop.reconnect is False
        assert tasks.loop()(tick).count is None
        assert tasks.loop()(tick).reconnect is True

    async def test_f2_the_function_of_a_bound_loop_is_the_decorated_one(self) -> None:
        bot = Bot()
        assert bot.tick.coro is Bot.tick.coro
        assert await bot.tick.coro(bot, "x") == "x"
        assert bot.tick.coro.__name__ == "tick"
        assert bot.told == [("x",)]

    async def test_l15_a_hook_registered_twice_the_last_one_counts(self) -> None:
        told: list[str] = []

        @tasks.loop(count=1)
        async def tick() -> None: ...

        @tick.before_loop
        async def first() -> None:
            told.append("first")

        @tick.before_loop
        async def second() -> None:
            told.append("second")

        await tick.start()
        assert told == ["second"]
        await first()
        assert told == ["second", "first"], "the hook comes back as it was"


class TestClass:
    """Contract C1-C3."""

    async def test_c1_one_object_per_instance_with_its_own_state(self) -> None:
        one, other = Bot(), Bot()
        assert one.tick is one.tick
        assert one.tick is not other.tick
        task = one.tick.start("x")
        await turns()
        assert one.tick.is_running()
        assert not other.tick.is_running()
        assert not Bot.tick.is_running()
        assert one.told == ["before", ("x",)]
        assert other.told == []
        one.tick.cancel()
        await asyncio.wait([task])
        assert one.told == ["before", ("x",), "after"]

    async def test_c1_the_error_hook_gets_the_instance(self) -> None:
        class Failing(Bot):
            @tasks.loop()
            async def fail(self) -> None:
                raise ValueError

            @fail.error
            async def failed(self, error: Exception) -> None:
                self.told.append(error)

        bot = Failing()
        await asyncio.wait([bot.fail.start()])
        [error] = bot.told
        assert isinstance(error, ValueError)

    def test_c1_settings_are_those_at_the_time_of_binding(self) -> None:
        class Local:
            @tasks.loop(seconds=1)
            async def tick(self) -> None: ...

        early = Local()
        assert early.tick.seconds == 1
        Local.tick.change_interval(seconds=2)
        Local.tick.add_exception_type(LookupError)
        late = Local()
        assert (early.tick.seconds, late.tick.seconds) == (1, 2)
        assert late.tick.remove_exception_type(LookupError)
        assert not early.tick.remove_exception_type(LookupError)
        assert Local.tick.remove_exception_type(LookupError)

    def test_c1_changing_one_changes_no_other(self) -> None:
        one, other = Bot(), Bot()
        one.tick.change_interval(seconds=1)
        one.tick.clear_exception_types()
        assert (one.tick.seconds, other.tick.seconds, Bot.tick.seconds) == (1, 10, 10)
        assert other.tick.remove_exception_type(OSError)

    async def test_c1_the_name_is_kept(self) -> None:
        class Local:
            @tasks.loop(count=1, name="mine")
            async def tick(self) -> None: ...

        task = Local.tick.start(Local())
        assert task.get_name() == "mine"
        await task
        bot = Local()
        task = bot.tick.start()
        assert task.get_name() == "mine"
        await task

    async def test_hooks_of_a_loop_started_on_the_class(self) -> None:
        bot = Bot()
        task = Bot.tick.start(bot, "x")
        await turns()
        Bot.tick.cancel()
        await asyncio.wait([task])
        assert bot.told == ["before", ("x",), "after"]

    async def test_hooks_registered_on_an_instance(self) -> None:
        class Local:
            def __init__(self) -> None:
                self.told: list[str] = []
                self.tick.before_loop(self.prepare)

            @tasks.loop(count=1)
            async def tick(self) -> None:
                self.told.append("tick")

            async def prepare(self, *, force: bool = False) -> None:
                assert force is False
                self.told.append("prepare")

        bot = Local()
        await bot.tick.start()
        assert bot.told == ["prepare", "tick"]

    async def test_c2_subclasses_and_super(self) -> None:
        class Child(Bot):
            @tasks.loop(seconds=20)
            async def tick(self, *words: str) -> str:
                return "child " + await super().tick(*words)

            def parents(self) -> tasks.Loop[..., str]:
                return super().tick

        class Heir(Bot):
            pass

        child = Child()
        assert await child.tick("x") == "child x"
        assert child.parents() is child.parents()
        assert child.parents() is not child.tick
        assert (child.parents().seconds, child.tick.seconds) == (10, 20)
        heir = Heir()
        assert heir.tick is heir.tick
        assert await heir.tick("y") == "y"

    async def test_c2_private_and_aliased_names(self) -> None:
        class Local:
            @tasks.loop(seconds=1)
            async def __secret(self) -> None: ...

            alias = __secret

            def secret(self) -> tasks.Loop[[], None]:
                return self.__secret

        bot = Local()
        assert bot.secret() is bot.secret()
        assert bot.alias is bot.secret()
        task = bot.secret().start()
        bot.secret().cancel()
        await asyncio.wait([task])
        assert task.cancelled()

    async def test_c2_slots(self) -> None:
        class Slotted:
            __slots__ = ("__weakref__", "told")

            @tasks.loop(count=1)
            async def tick(self) -> None:
                self.told = "x"

        bot = Slotted()
        assert bot.tick is bot.tick
        await bot.tick.start()
        assert bot.told == "x"

    def test_c2_slots_without_weakref_are_an_error_that_says_so(self) -> None:
        class Slotted:
            __slots__ = ()

            @tasks.loop()
            async def tick(self) -> None: ...

        with pytest.raises(TypeError, match=r"got .*'Slotted' \(add `__weakref__` to `__slots__`"):
            _ = Slotted().tick

    def test_c2_slots_of_a_dataclass(self) -> None:
        @dataclass(slots=True)
        class Data:
            @tasks.loop()
            async def tick(self) -> None: ...

        with pytest.raises(TypeError, match=r"'Data' \(write `@dataclass\(.*weakref_slot="):
            _ = Data().tick

        @dataclass(slots=True, weakref_slot=True)
        class Cured:
            @tasks.loop()
            async def tick(self) -> None: ...

        cured = Cured()
        assert cured.tick is cured.tick

    @pytest.mark.parametrize("base", [int, tuple, bytes])
    async def test_c2_what_can_have_no_weak_references(self, base: type[Any]) -> None:
        ran: list[object] = []

        async def tick(self: object) -> None:
            ran.append(self)

        kind = type("Small", (base,), {"tick": tasks.loop(count=1)(tick), "method": tick})
        with pytest.raises(TypeError, match=r"'Small' \(write `tasks.loop\(...\)\(instance.method"):
            _ = kind().tick
        instance = kind()
        await tasks.loop(count=1)(instance.method).start()
        assert ran == [instance]

    @pytest.mark.parametrize("is_above", [True, False])
    async def test_c2_abstract_loops(self, is_above: bool) -> None:
        async def tick(self: object) -> None: ...

        def decorated() -> Any:
            if is_above:
                return abstractmethod(tasks.loop(count=1)(tick))
            return tasks.loop(count=1)(abstractmethod(tick))

        class Base(ABC):  # noqa: B024 -- its loop is
            poll = decorated()
            # Not a reason to be abstract.
            kind = tasks.Loop

        class Child(Base):
            @tasks.loop(count=1)
            async def poll(self) -> None: ...

        assert Base.__abstractmethods__ == {"poll"}
        with pytest.raises(TypeError, match="abstract"):
            Base()
        child = Child()
        await child.poll.start()

    async def test_c2_unhashable_and_falsy_instances(self) -> None:
        class Odd:
            __hash__ = None  # type: ignore[assignment]

            def __bool__(self) -> bool:
                return False

            def __eq__(self, other: object) -> bool:
                return True

            @tasks.loop(count=1)
            async def tick(self) -> None:
                self.ran = True

        one, other = Odd(), Odd()
        assert one.tick is one.tick
        assert one.tick is not other.tick
        await one.tick.start()
        assert one.ran
        assert not hasattr(other, "ran")

    async def test_c2_dataclasses(self) -> None:
        @dataclass(eq=True)
        class Data:
            number: int

            @tasks.loop(count=1)
            async def tick(self) -> None:
                self.number += 1

        one, other = Data(1), Data(1)
        await one.tick.start()
        assert (one.number, other.number) == (2, 1)
        assert one.tick is not other.tick

    async def test_c2_generic_classes(self) -> None:
        class Box(Generic[T]):
            def __init__(self, content: T) -> None:
                self.content = content

            @tasks.loop(count=1)
            async def tick(self) -> T:
                return self.content

        box = Box("x")
        assert await box.tick() == "x"
        assert box.tick is box.tick

    async def test_c2_the_hosts_cog(self) -> None:
        from defectio.ext import commands  # noqa: PLC0415

        class Ticker(commands.Cog):
            """A cog."""

            def __init__(self) -> None:
                self.told: list[str] = []

            @tasks.loop(count=1)
            async def tick(self) -> None:
                self.told.append("tick")

            @tick.before_loop
            async def before(self) -> None:
                self.told.append("before")

        cog = Ticker()
        await cog.tick.start()
        assert cog.told == ["before", "tick"]

    @pytest.mark.parametrize("end", ["never started", "ended", "failed", "cancelled"])
    async def test_c3_a_loop_that_is_not_running_keeps_no_instance_alive(self, end: str) -> None:
        class Local:
            @tasks.loop(seconds=1)
            async def tick(self) -> None:
                if end == "failed":
                    raise ValueError
                if end == "ended":
                    self.tick.stop()

            @tick.error
            async def error(self, error: Exception) -> None: ...

        bot = Local()
        gone = weakref.ref(bot)
        loop = bot.tick
        kept: list[asyncio.Task[None]] = []
        if end != "never started":
            kept.append(loop.start())
            await turns()
            loop.cancel()
            await asyncio.wait(kept)
        if end == "failed":
            # Its traceback shows the body, and thus holds the instance.
            kept.clear()
        assert not loop.is_running()
        del bot
        gc.collect()
        assert gone() is None
        with pytest.raises(RuntimeError, match=r"the instance that loop .* is gone"):
            loop.start()
        with pytest.raises(RuntimeError, match="is gone"):
            await loop()

    async def test_c3_a_running_loop_keeps_its_instance(self, clock: VirtualClock) -> None:
        bot = Bot()
        told = bot.told
        gone = weakref.ref(bot)
        task = bot.tick.start("x")
        del bot
        await asyncio.sleep(15)
        gc.collect()
        assert gone() is not None
        assert told == ["before", ("x",), ("x",)]
        task.cancel()
        await asyncio.wait([task])
        del task
        gc.collect()
        assert gone() is None

    async def test_c3_a_restart_keeps_the_instance_that_nobody_else_does(self) -> None:
        bot = Bot()
        told = bot.told
        loop = bot.tick
        loop.start("one")
        del bot
        await turns()
        loop.restart("two")
        await turns()
        assert told == ["before", ("one",), "after", "before", ("two",)]
        loop.cancel()
        await turns()

    async def test_the_functions_parameters_may_be_called_self(self) -> None:
        class Local:
            told = 0

            @tasks.loop(seconds=1)
            async def tick(self) -> int:
                self.told += 1
                return self.told

        bot = Local()
        Local.tick.start(self=bot)
        await turns()
        Local.tick.restart(self=bot)
        await turns()
        Local.tick.cancel()
        await turns()
        assert await Local.tick(self=bot) == 3

    @pytest.mark.parametrize("how", [copy.copy, copy.deepcopy])
    async def test_c3_a_copy_of_an_instance_has_loops_of_its_own(
        self, how: Callable[[Bot], Bot]
    ) -> None:
        bot = Bot()
        bot.tick.change_interval(seconds=3)
        task = bot.tick.start()
        twin = how(bot)
        assert twin.tick is not bot.tick
        assert not twin.tick.is_running()
        assert twin.tick.seconds == 10
        task.cancel()
        await asyncio.wait([task])

    async def test_c3_a_copy_of_a_loop_is_a_loop_of_its_own(self) -> None:
        class Local:
            def __init__(self) -> None:
                self.told: list[str] = []
                self.alias = self.tick

            @tasks.loop(seconds=1)
            async def tick(self) -> None:
                self.told.append("x")

        bot = Local()
        task = bot.alias.start()
        await turns()
        twin = copy.deepcopy(bot)
        assert not twin.alias.is_running()
        twin.alias.start()
        await turns()
        assert (bot.told, twin.told) == (["x"], ["x", "x"])
        twin.alias.cancel()
        again = copy.copy(bot.alias)
        assert not again.is_running()
        assert again.seconds == 1
        unbound = copy.deepcopy(Local.tick)
        unbound.change_interval(seconds=5)
        assert Local.tick.seconds == 1
        task.cancel()
        await turns()

    async def test_a_loop_on_an_instances_own_attribute_is_left_as_it_is(self) -> None:
        class Local:
            def __init__(self) -> None:
                self.told: list[str] = []
                self.tick = tasks.loop(count=1)(self.body)

            async def body(self) -> None:
                self.told.append("x")

        bot = Local()
        await bot.tick.start()
        assert bot.told == ["x"]

    def test_a_bound_loop_as_a_class_attribute_stays_bound(self) -> None:
        bot = Bot()

        class Other:
            ticker: tasks.Loop = bot.tick

        assert Other().ticker is bot.tick
