"""What ``help``, ``inspect.signature``, documentation tools and ``repr`` show of a loop."""

from __future__ import annotations

import asyncio
import copy
import doctest
import functools
import gc
import inspect
import pydoc
import sys
from datetime import time
from types import MethodType
from zoneinfo import ZoneInfo

import pytest

import defectio_tasks as tasks

LONDON = ZoneInfo("Europe/London")


async def remind(channel: str, *, loud: bool = False) -> int:
    """Remind a channel of something.

    >>> remind.name
    'remind'
    """
    return len(channel) + loud


class Bot:
    """A bot with a loop."""

    @tasks.loop(minutes=5)
    async def remind(self, channel: str, *, loud: bool = False) -> int:
        """Remind a channel, as a bot."""
        return len(channel) + loud


@pytest.fixture
def bot() -> Bot:
    return Bot()


def test_a_loop_carries_the_names_of_its_function() -> None:
    loop = tasks.loop(name="reminder")(remind)
    assert (loop.__name__, loop.__qualname__) == ("remind", "remind")
    assert loop.__module__ == __name__
    assert loop.__doc__ == remind.__doc__
    assert loop.__wrapped__ is remind


def test_a_bound_loop_carries_them_too(bot: Bot) -> None:
    loop = bot.remind
    assert (loop.__name__, loop.__qualname__) == ("remind", "Bot.remind")
    assert loop.__module__ == __name__
    assert loop.__doc__ == "Remind a channel, as a bot."
    assert loop.__wrapped__ == MethodType(loop.coro, bot)
    assert copy.copy(loop).__name__ == "remind"


def test_a_function_without_a_docstring_gives_none() -> None:
    @tasks.loop()
    async def silent() -> None: ...

    assert silent.__doc__ is None
    assert tasks.Loop.__doc__ is not None


async def test_a_partial_has_no_name_to_carry() -> None:
    loop = tasks.loop(count=1)(functools.partial(remind, "general"))
    assert not hasattr(loop, "__name__")
    assert await loop() == 7


def test_the_signature_is_the_functions(bot: Bot) -> None:
    assert inspect.signature(tasks.loop()(remind)) == inspect.signature(remind)
    of_function = inspect.signature(Bot.remind)
    assert list(of_function.parameters) == ["self", "channel", "loud"]
    of_method = inspect.signature(bot.remind)
    assert list(of_method.parameters) == ["channel", "loud"]
    assert of_method.parameters["loud"].default is False


def test_the_class_keeps_its_own_signature_and_docstring() -> None:
    # On the class, a `__wrapped__` would be taken for the class that this one wraps.
    assert not hasattr(tasks.Loop, "__wrapped__")
    assert "seconds" in inspect.signature(tasks.Loop).parameters
    assert inspect.unwrap(tasks.Loop) is tasks.Loop
    assert tasks.Loop.__module__ == "defectio_tasks._loop.loop"
    assert "class Loop" in pydoc.plain(pydoc.render_doc(tasks.Loop))


def test_help_shows_the_function(bot: Bot) -> None:
    # Before Python 3.14, annotations that are strings are shown with their quotes.
    shown = pydoc.plain(pydoc.render_doc(bot.remind)).replace("'", "")
    assert "remind(channel: str, *, loud: bool = False) -> int" in shown
    assert "Remind a channel, as a bot." in shown
    of_class = pydoc.plain(pydoc.render_doc(Bot)).replace("'", "")
    assert "remind(self, channel: str, *, loud: bool = False) -> int" in of_class


def test_the_source_is_the_functions() -> None:
    assert "async def remind(self" in inspect.getsource(Bot.remind)


def test_doctest_finds_the_examples(monkeypatch: pytest.MonkeyPatch) -> None:
    module = sys.modules[__name__]
    monkeypatch.setattr(module, "remind", tasks.loop()(remind))
    found = doctest.DocTestFinder(exclude_empty=True).find(module, __name__)
    assert [test.name for test in found if test.examples] == [f"{__name__}.remind"]


def test_a_bound_loop_whose_instance_is_gone_wraps_nothing() -> None:
    loop = Bot().remind
    gc.collect()
    assert not hasattr(loop, "__wrapped__")
    assert "Bot.remind" in repr(loop)


class TestRepr:
    """The name, when the loop runs, what it is doing, the next slot."""

    async def test_of_an_interval(self, bot: Bot) -> None:
        loop = bot.remind
        assert repr(loop) == "<Loop 'Bot.remind': every 5 minutes, not running>"
        task = loop.start("general")
        await asyncio.sleep(1)
        assert repr(loop).endswith(", waiting, next Mon 2026-01-05 12:05 UTC>")
        loop.stop()
        await task

    async def test_of_times(self, lazy_tasks: None) -> None:
        loop = tasks.loop(time=time(8, 30, tzinfo=LONDON), name="morning")(remind)
        assert repr(loop) == "<Loop 'morning': daily at 08:30 Europe/London, not running>"
        task = loop.start("general")
        assert repr(loop).endswith(", starting, next Tue 2026-01-06 08:30 GMT>")
        loop.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    async def test_of_a_failure(self) -> None:
        @tasks.loop(seconds=5)
        async def tick() -> None:
            seen.append(repr(tick))
            raise ValueError

        @tick.error
        async def error(error: Exception) -> None:
            seen.append(repr(tick))

        seen: list[str] = []
        await asyncio.wait([tick.start()])
        assert seen[0].endswith(", working, next Mon 2026-01-05 12:00:05 UTC>")
        assert seen[1].endswith(", finishing>")
        assert repr(tick).endswith(", failed>")
