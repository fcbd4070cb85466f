"""What bots of the ancestors do to loops, and go on doing (rules F1 to F3)."""

from __future__ import annotations

import asyncio
import copy
import functools
import gc
import io
import pickle
import weakref
from collections.abc import Callable, Coroutine
from contextlib import redirect_stderr
from datetime import time
from typing import Any, ParamSpec, TypeVar
from unittest import mock

import pytest

import defectio_tasks as tasks
from defectio_tasks.testing import VirtualClock

P = ParamSpec("P")
R = TypeVar("R")

LOOP = asyncio.new_event_loop()
LOOP.close()
STATE = [
    "_call_loop_function",
    "_current_loop",
    "_handle",
    "_has_failed",
    "_hours",
    "_injected",
    "_is_being_cancelled",
    "_last_iteration",
    "_loop",
    "_next_iteration",
    "_seconds",
    "_sleep",
    "_stop_next_iteration",
    "_task",
    "_time",
    "_valid_exception",
]


async def nothing() -> None: ...


@pytest.fixture
def made() -> tasks.Loop[[], None]:
    return tasks.loop(seconds=5)(nothing)


class Reporting(tasks.Loop[P, R]):
    """A loop that counts its errors, as bots write it."""

    made = 0

    def __init__(self, coro: Callable[P, Coroutine[Any, Any, R]], *, channel: str) -> None:
        super().__init__(coro, seconds=5, count=3, name="reporting")
        Reporting.made += 1
        self.channel = channel
        self._told: list[str] = []
        self.error(self.report)
        self._before_loop = self.prepare

    async def prepare(self) -> None:
        self._told.append("prepared")

    async def report(self, error: Exception) -> None:
        self._told.append(f"{self.channel}: {error}")


def reporting(channel: str) -> Callable[[Callable[P, Coroutine[Any, Any, R]]], Reporting[P, R]]:
    return lambda coro: Reporting(coro, channel=channel)


class Bot:
    """Has a loop of a class of its own."""

    @reporting("general")
    async def tick(self, word: str) -> None:
        raise ValueError(word)


class TestLoop:
    """F1: ``Loop(coro, ...)``."""

    def test_f1_it_is_what_the_decorator_makes(self) -> None:
        event_loop = asyncio.new_event_loop()
        keywords: dict[str, Any] = {
            "time": [time(8, 30), time(8, 30)],
            "count": 3,
            "reconnect": False,
            "name": "morning",
            "loop": event_loop,
        }
        made, decorated = tasks.Loop(nothing, **keywords), tasks.loop(**keywords)(nothing)
        for attribute in ("coro", "time", "count", "reconnect", "name", "loop", "seconds"):
            assert getattr(made, attribute) == getattr(decorated, attribute)
        assert repr(made) == repr(decorated)
        event_loop.close()

    def test_f1_by_the_name_of_the_parameter(self) -> None:
        assert tasks.Loop(coro=nothing, minutes=2).minutes == 2

    async def test_f1_it_runs(self, clock: VirtualClock) -> None:
        told: list[float] = []

        async def tick(word: str) -> None:
            told.append(asyncio.get_running_loop().time())
            assert word == "x"

        await tasks.Loop(tick, seconds=5, count=3).start("x")
        assert [moment - told[0] for moment in told] == [0, 5, 10]

    @pytest.mark.parametrize(
        ("arguments", "expected"),
        [
            ((1, 2, 3, None, 4, False), (1, 3, 2, 4, False, "nothing", None)),
            ((1, 2, 3, None, 4, False, "named"), (1, 3, 2, 4, False, "named", None)),
            ((1, 2, 3, None, None, True, LOOP), (1, 3, 2, None, True, "nothing", LOOP)),
        ],
        ids=["discord.py 1", "discord.py 2", "defectio"],
    )
    def test_f1_by_position_as_the_ancestors_have_it(
        self, arguments: Any, expected: tuple[object, ...]
    ) -> None:
        class Old(tasks.Loop[P, R]):
            def __init__(self, coro: Callable[P, Coroutine[Any, Any, R]], *others: Any) -> None:
                super().__init__(coro, *others)

        loop = Old(nothing, *arguments)
        names = ("seconds", "minutes", "hours", "count", "reconnect", "name", "loop")
        assert tuple(getattr(loop, name) for name in names) == expected

    def test_f1_what_discord_py_says_where_nothing_is_given(self) -> None:
        missing: Any = type("_MissingSentinel", (), {"__repr__": lambda _: "..."})()
        loop = tasks.Loop(nothing, seconds=5, minutes=missing, hours=missing, time=missing)
        assert (loop.seconds, loop.minutes, loop.hours, loop.time) == (5, 0, 0, None)

    def test_f1_assigned_before_the_call_of_super(self) -> None:
        class Early(tasks.Loop[P, R]):
            def __init__(self, coro: Callable[P, Coroutine[Any, Any, R]]) -> None:
                self.coro = coro
                self.name = "early"
                self.count = 7
                super().__init__(coro, count=3)

        loop = Early(nothing)
        assert (loop.coro, loop.name, loop.count) == (nothing, "early", 3)
        assert vars(loop) == {}

    @pytest.mark.parametrize(
        ("arguments", "keywords", "message"),
        [
            ((print,), {}, "`callback` must be a coroutine function"),
            ((nothing, 5), {}, r"`Loop` takes keyword arguments only, got 5"),
            ((nothing,), {"second": 5}, r"`Loop` has no parameter `second`.*`seconds`"),
            ((nothing,), {"days": 5}, r"`Loop` has no parameter `days`.*`hours=120`"),
            ((nothing,), {"seconds": 5, "time": time()}, "exclude one another"),
        ],
    )
    def test_f1_wrong_arguments(
        self, arguments: Any, keywords: dict[str, Any], message: str
    ) -> None:
        with pytest.raises(TypeError, match=message):
            tasks.Loop(*arguments, **keywords)


class TestSubclasses:
    """F1: classes of a user's own."""

    async def test_f1_what_an_instance_has_is_of_the_class(self, clock: VirtualClock) -> None:
        before = Reporting.made
        bot = Bot()
        tick: Any = bot.tick
        assert type(tick) is Reporting
        assert tick is bot.tick
        assert tick.channel == "general"
        assert Reporting.made == before
        with pytest.raises(ValueError, match="oh"):
            await tick.start("oh")
        # Shared, as attributes of copies are.
        assert tick._told == ["prepared", "general: oh"]
        assert tick._told is Bot.tick._told

    def test_f1_copies(self) -> None:
        before = Reporting.made
        again: Any
        for again in (copy.copy(Bot.tick), copy.deepcopy(Bot.tick)):
            assert type(again) is Reporting
            assert (again.channel, again.count, again.name) == ("general", 3, "reporting")
            assert again is not Bot.tick
        again.channel = "other"
        assert Bot.tick.channel == "general"
        assert Reporting.made == before

    def test_f1_attributes_in_slots(self) -> None:
        class Slotted(tasks.Loop[P, R]):
            __slots__ = ("_empty", "_filled")

            def __init__(self, coro: Callable[P, Coroutine[Any, Any, R]]) -> None:
                super().__init__(coro)
                self._filled = 1

        again = copy.copy(Slotted(nothing))
        assert again._filled == 1
        assert not hasattr(again, "_empty")

    def test_f1_attributes_set_on_a_plain_loop_go_along(self) -> None:
        class Cog:
            @tasks.loop(seconds=5)
            async def tick(self) -> None: ...

        Cog.tick.category = "news"  # type: ignore[attr-defined]
        assert Cog().tick.category == "news"  # type: ignore[attr-defined]

    def test_f1_the_class_and_its_loops_have_docstrings_of_their_own(self) -> None:
        async def function() -> None:
            """Do nothing."""

        assert Reporting.__doc__ == "A loop that counts its errors, as bots write it."
        loop = reporting("general")(function)
        assert loop.__doc__ == "Do nothing."
        assert loop.__module__ == Reporting.__module__ == __name__
        assert pickle.loads(pickle.dumps(Reporting)) is Reporting  # noqa: S301 -- our own

    def test_c3_an_instance_with_such_a_loop_goes(self) -> None:
        bot = Bot()
        gone = weakref.ref(bot)
        assert vars(bot.tick)["channel"] == "general"
        del bot
        gc.collect()
        assert gone() is None

    @pytest.mark.parametrize("name", ["owner", "start"])
    def test_c3_what_is_set_on_an_instances_loop_may_hold_the_instance(self, name: str) -> None:
        class Cog:
            @tasks.loop(seconds=5)
            async def tick(self) -> None: ...

            def method(self) -> None: ...

        cog = Cog()
        gone = weakref.ref(cog)
        setattr(cog.tick, name, cog.method)
        gc.collect()
        assert getattr(cog.tick, name) == cog.method
        del cog
        gc.collect()
        assert gone() is None

    async def test_f3_methods_in_the_place_of_hooks(self, clock: VirtualClock) -> None:
        told: list[str] = []

        class Own(tasks.Loop[P, R]):
            async def _before_loop(self) -> None:  # type: ignore[mutable-override]
                told.append("before")

            async def _error(self, *args: Any) -> None:
                told.append(f"error: {args[-1]}")
                await super()._error(*args)

        class Cog:
            async def tick(self) -> None:
                raise ValueError("oh")

            tick = Own(tick, name="own")

        cog: Any = Cog()
        with redirect_stderr(io.StringIO()) as shown, pytest.raises(ValueError, match="oh"):
            await cog.tick.start()
        assert told == ["before", "error: oh"]
        assert "unhandled exception in loop 'own'" in shown.getvalue()
        # One may still be set, on the class's loop or an instance's.
        cog.tick._before_loop = nothing
        assert cog.tick._before_loop is nothing
        with redirect_stderr(io.StringIO()), pytest.raises(ValueError, match="oh"):
            await cog.tick.start()
        assert told == ["before", "error: oh", "error: oh"]

    @pytest.mark.parametrize("name", ["_run", "_settings", "_instance", "_begin"])
    def test_f3_what_loops_need_themselves_is_taken(self, name: str) -> None:
        with pytest.raises(TypeError, match=rf"class 'Taken' can't define '{name}' .*choose"):
            type("Taken", (tasks.Loop,), {name: None})
        loop = Reporting(nothing, channel="general")
        with pytest.raises(AttributeError, match=rf"'{name}' of a 'Reporting' object .*choose"):
            setattr(loop, name, None)

    @pytest.mark.parametrize("name", ["_loop", "_call_loop_function"])
    def test_f3_what_would_be_overridden_in_vain(self, name: str) -> None:
        with pytest.raises(TypeError, match=rf"class 'InVain' can't define '{name}' \(register"):
            type("InVain", (tasks.Loop,), {name: lambda self: None})


class TestNames:
    """F3: the names of the ancestors."""

    async def test_f3_task(self, made: tasks.Loop[[], None]) -> None:
        tasks_then = [made._task]
        task = made.start()
        tasks_then.append(made._task)
        made.cancel()
        await asyncio.wait([task])
        tasks_then.append(made._task)
        assert tasks_then == [None, task, None]

    def test_f3_injected(self, made: tasks.Loop[[], None]) -> None:
        bot = Bot()
        assert bot.tick._injected is bot
        assert Bot.tick._injected is None
        assert made._injected is None

    def test_f3_valid_exception(self, made: tasks.Loop[[], None]) -> None:
        assert {OSError, TimeoutError} <= {*made._valid_exception}
        made.add_exception_type(KeyError)
        assert KeyError in made._valid_exception
        made.clear_exception_types()
        assert made._valid_exception == ()

    async def test_f3_current_loop(self, clock: VirtualClock) -> None:
        told: list[int] = []

        @tasks.loop(count=3)
        async def tick() -> None:
            told.append(tick._current_loop)

        await tick.start()
        assert told == [0, 1, 2]

    def test_f3_hooks_are_read(self, made: tasks.Loop[[], None]) -> None:
        assert [made._before_loop, made._after_loop] == [None, None]
        made.before_loop(nothing)
        made.after_loop(nothing)
        assert made._before_loop is nothing
        assert made._after_loop is nothing

    async def test_f3_without_an_error_hook_there_is_one_that_prints(
        self, made: tasks.Loop[[], None]
    ) -> None:
        printing = made._error
        assert printing is not None
        with redirect_stderr(io.StringIO()) as shown:
            await printing(object(), ValueError("oh"))
            await printing("no exception")
        assert "unhandled exception in loop 'nothing':\nValueError: oh\n" in shown.getvalue()
        # A bot that wraps it may put it back.
        made._error = printing
        assert made._error == printing

    async def test_f3_hooks_are_assigned(self, clock: VirtualClock) -> None:
        told: list[str] = []

        async def ready() -> None:
            told.append("ready")

        async def done() -> None:
            told.append("done")

        async def report(error: Exception) -> None:
            told.append(str(error))

        @tasks.loop(seconds=5)
        async def tick() -> None:
            raise ValueError("oh")

        tick._before_loop, tick._after_loop, tick._error = ready, done, report
        assert tick._error is report
        with pytest.raises(ValueError, match="oh"):
            await tick.start()
        assert told == ["ready", "oh", "done"]
        tick._before_loop = tick._after_loop = None
        with pytest.raises(ValueError, match="oh"):
            await tick.start()
        assert told == ["ready", "oh", "done", "oh"]

    @pytest.mark.parametrize("name", ["before_loop", "after_loop", "error"])
    def test_f3_hooks_are_checked_as_the_decorators_do(
        self, made: tasks.Loop[[], None], name: str
    ) -> None:
        with pytest.raises(TypeError, match=f"`{name}` must be a coroutine function"):
            setattr(made, f"_{name}", print)
        with pytest.raises(TypeError, match=f"`{name}` must be a coroutine function"):
            setattr(Reporting(nothing, channel="general"), f"_{name}", print)

    def test_f3_on_the_class(self) -> None:
        attribute: Any = tasks.Loop
        for name in ("_before_loop", "_error", "_task", "_injected"):
            assert getattr(attribute, name) is vars(attribute)[name]

    @pytest.mark.parametrize("name", STATE)
    def test_f3_state_is_not_assigned_in_silence(
        self, made: tasks.Loop[[], None], name: str
    ) -> None:
        message = rf"'{name}' of a 'Loop' object can't be set \([a-z`]"
        with pytest.raises(AttributeError, match=message) as raised:
            setattr(made, name, True)
        assert raised.value.name == name
        assert raised.value.obj is made

        # Nor by a class that does so in its own functions.
        class Impatient(tasks.Loop[P, R]):
            def hurry(self) -> None:
                self._stop_next_iteration = True

        with pytest.raises(AttributeError, match=r"call `stop`"):
            Impatient(nothing).hurry()

    @pytest.mark.parametrize("name", ["_unknown", "_befor_loop", "_x"])
    def test_f3_other_names_are_not_assigned_in_silence(
        self, made: tasks.Loop[[], None], name: str
    ) -> None:
        with pytest.raises(AttributeError, match=rf"'{name}' .*\(leave the underscore out, or "):
            setattr(made, name, None)
        assert not hasattr(made, name)
        with pytest.raises(AttributeError, match=rf"\(write `{name}: object` in the body of "):
            setattr(Reporting(nothing, channel="general"), name, None)

    def test_f3_a_subclass_has_names_of_its_own(self) -> None:
        class Declared(tasks.Loop[P, R]):
            _declared: int
            _seconds: int
            _given = 2

            def nested(self) -> None:
                def function() -> None:
                    self._nested = 4

                function()

        loop = Declared(nothing)
        loop._declared, loop._given, loop._seconds = 1, 3, 5
        loop.nested()
        assert (loop._declared, loop._given, loop._nested, loop._seconds) == (1, 3, 4, 5)

    def test_other_names_are_free(self, made: tasks.Loop[[], None]) -> None:
        made.category = "news"  # type: ignore[attr-defined]
        made.__custom__ = 1  # type: ignore[attr-defined]
        assert vars(made) == {"category": "news", "__custom__": 1}
        with pytest.raises(AttributeError, match="has no attribute 'catgory'") as raised:
            made.catgory  # type: ignore[attr-defined]  # noqa: B018 -- it is what is tested
        assert raised.value.name == "catgory"

    def test_f3_plugin_helpers_copy_hooks(self, made: tasks.Loop[[], None]) -> None:
        made.before_loop(nothing)
        other = tasks.loop(seconds=1)(made.coro)
        for name in ("_before_loop", "_after_loop", "_error"):
            setattr(other, name, getattr(made, name))
        assert other._before_loop is nothing
        assert other._after_loop is None

    def test_f3_tests_patch_start(self, made: tasks.Loop[[], None]) -> None:
        made.start = mock.MagicMock()  # type: ignore[method-assign]
        made.start("x")
        made.start.assert_called_once_with("x")
        with mock.patch.object(tasks.Loop, "start") as start, mock.patch.object(made, "stop"):
            Bot().tick.start("x")
            made.stop()
        start.assert_called_once_with("x")


class TestAssigned:
    """F3: what is public and may be assigned."""

    async def test_f2_the_function_itself(self) -> None:
        bot = Bot()
        assert bot.tick.coro is Bot.tick.coro
        with pytest.raises(ValueError, match="oh"):
            await bot.tick.coro(bot, "oh")

    async def test_f3_coro_by_a_profiler(self, clock: VirtualClock) -> None:
        told: list[str] = []

        class Cog:
            @tasks.loop(seconds=5)
            async def tick(self, word: str, *, end: str) -> None:
                told.append(word + end)

        def profiled(coro: Callable[..., Coroutine[Any, Any, R]]) -> Any:
            @functools.wraps(coro)
            async def wrapper(*args: Any, **kwargs: Any) -> R:
                told.append("profiled")
                return await coro(*args, **kwargs)

            return wrapper

        cog, other = Cog(), Cog()
        cog.tick.start("x", end=".")
        await clock.advance(seconds=1)
        cog.tick.coro = profiled(cog.tick.coro)
        await clock.advance(seconds=5)
        assert told == ["x.", "profiled", "x."]
        cog.tick.cancel()
        assert other.tick.coro is Cog.tick.coro
        await cog.tick("y", end="!")
        assert told[3:] == ["profiled", "y!"]

    @pytest.mark.usefixtures("lazy_tasks")
    async def test_f3_coro_of_a_run_without_arguments(self, clock: VirtualClock) -> None:
        told: list[str] = []

        async def other() -> None:
            told.append("other")

        loop = tasks.loop(seconds=5)(functools.partial(nothing))
        task = loop.start()
        loop.coro = other
        await clock.advance(seconds=1)
        assert told == ["other"]
        loop.cancel()
        await asyncio.wait([task])
        await loop()
        assert told == ["other"] * 2

    async def test_f3_an_assigned_function_gets_what_start_was_given_and_no_more(
        self, clock: VirtualClock
    ) -> None:
        """Not the arguments that belong to a partial which it takes the place of."""
        called: list[object] = []

        async def greet(greeting: str, whom: str, *, mark: str = "", loud: bool = False) -> None:
            called.append((greeting, whom, mark, loud))

        async def part(whom: str, *, loud: bool = False, mark: str = "-") -> None:
            called.append((whom, mark, loud))

        loop = tasks.loop(seconds=1, count=3)(functools.partial(greet, "hello", mark="!"))
        task = loop.start("Ada", loud=True)
        await clock.settle()
        loop.coro = part
        await clock.advance(seconds=1)
        # Of this one nothing is taken apart: it has a name of its own.
        named = functools.partial(greet, "bye")
        named.name = "farewell"  # type: ignore[attr-defined]
        loop.coro = named
        await task
        assert called == [
            *(("hello", "Ada", "!", True), ("Ada", "-", True), ("bye", "Ada", "", True)),
        ]

    @pytest.mark.usefixtures("lazy_tasks")
    async def test_f3_coro_is_patched(self, clock: VirtualClock) -> None:
        told: list[str] = []

        async def tick() -> None:
            told.append("tick")

        loop = tasks.loop(seconds=5)(tick)
        loop.start()
        with mock.patch.object(loop, "coro", mock.AsyncMock()) as patched:
            await clock.advance(seconds=1)
            patched.assert_awaited_once_with()
        assert loop.coro is tick
        await clock.advance(seconds=5)
        assert told == ["tick"]
        del loop.coro
        assert loop.coro is tick
        loop.cancel()

    def test_f3_coro_is_checked(self, made: tasks.Loop[[], None]) -> None:
        with pytest.raises(TypeError, match="`coro` must be a coroutine function"):
            made.coro = print  # type: ignore[assignment]
        assert made.coro is nothing

    async def test_f3_coro_has_other_parameters(self, made: tasks.Loop[[], None]) -> None:
        async def other(word: str) -> None:
            pass

        made.coro = other
        assert (made.__name__, made.__qualname__) == ("other", other.__qualname__)
        with pytest.raises(TypeError, match="missing a required argument: 'word'"):
            made.start()

    @pytest.mark.parametrize(("set_in", "ends_after"), [(1, 4), (4, 4), (5, 5)])
    async def test_f3_count(self, clock: VirtualClock, set_in: int, ends_after: int) -> None:
        told: list[int] = []

        @tasks.loop(seconds=5)
        async def tick() -> None:
            told.append(len(told) + 1)
            if len(told) == set_in:
                tick.count = 4

        await tick.start()
        assert len(told) == ends_after
        assert tick.ending == "completed"

    async def test_f3_count_reached_asleep(self, clock: VirtualClock) -> None:
        loop = tasks.loop(seconds=5)(nothing)
        task = loop.start()
        await clock.advance(seconds=11)
        loop.count = 2
        await clock.advance(seconds=0)
        assert task.done()
        assert loop.ending == "completed"
        loop.count = None
        assert loop.count is None
        with pytest.raises(ValueError, match="`count` must be at least 1"):
            loop.count = 0

    async def test_f3_reconnect(self, clock: VirtualClock) -> None:
        @tasks.loop(seconds=5)
        async def tick() -> None:
            raise OSError

        tick.reconnect = False
        assert tick.reconnect is False
        with redirect_stderr(io.StringIO()), pytest.raises(OSError):  # noqa: PT011 -- it has no text
            await tick.start()
        with pytest.raises(TypeError, match="`reconnect` must be a bool"):
            tick.reconnect = "no"  # type: ignore[assignment]

    async def test_f3_name(self, made: tasks.Loop[[], None]) -> None:
        made.name = "other"
        task = made.start()
        assert task.get_name() == made.name == "other"
        made.cancel()
        with pytest.raises(TypeError, match="`name` must be a str or None"):
            made.name = 5  # type: ignore[assignment]
        made.name = None  # type: ignore[assignment]
        assert [made.name] == ["nothing"]

    def test_f3_loop(self, made: tasks.Loop[[], None]) -> None:
        assert [made.loop] == [None]
        event_loop = asyncio.new_event_loop()
        made.loop = event_loop
        assert [made.loop] == [event_loop]
        task = made.start()
        assert task.get_loop() is event_loop
        made.loop = None
        assert [made.loop] == [event_loop]
        made.cancel()
        with pytest.raises(asyncio.CancelledError):
            event_loop.run_until_complete(task)
        assert [made.loop] == [None]
        event_loop.close()
        with pytest.raises(TypeError, match="`loop` must be an event loop"):
            made.loop = 5  # type: ignore[assignment]
