"""The cog itself; its commands are tried in `tests/integration/test_cog.py`."""

from __future__ import annotations

import gc
import subprocess
import sys
import weakref
from collections.abc import AsyncGenerator

import pytest
from defectio.ext import commands
from support.virtual_time import turns

import defectio_tasks as tasks
from defectio_tasks._events import observers
from defectio_tasks.cog import Tasks


@pytest.fixture
async def bot() -> AsyncGenerator[commands.Bot]:
    """Make a bot, which stays alone; nothing of its cogs is left."""
    before = list(observers.observers)
    yield commands.Bot("!")
    gc.collect()
    assert list(observers.observers) == before


def observing() -> int:
    return len(observers.observers)


async def test_it_counts_from_when_it_is_made_until_it_is_unloaded(bot: commands.Bot) -> None:
    """V1: an observer until `cog_unload`, and nothing that has to be removed twice."""
    before, cog = observing(), Tasks(bot)
    assert observing() == before + 1
    bot.add_cog(cog)
    bot.remove_cog("Tasks")
    assert observing() == before
    cog.cog_unload()
    assert observing() == before


async def test_one_that_was_never_added_is_garbage(bot: commands.Bot) -> None:
    before, cog = observing(), Tasks(bot)
    reference = weakref.ref(cog)
    del cog
    gc.collect()
    assert reference() is None
    assert observing() == before


async def test_a_loop_is_not_kept(bot: commands.Bot) -> None:
    """V5."""
    cog = Tasks(bot)
    tick = tasks.loop(count=1, name="gone")(nothing)
    await tick.start()
    await turns()
    reference = weakref.ref(tick)
    assert [found.label for found in cog._loops()] == ["gone"]
    del tick
    gc.collect()
    assert reference() is None
    assert not cog._loops()


async def nothing() -> None: ...


async def test_loops_of_the_bot_and_its_cogs_are_known() -> None:
    class Herald(commands.Bot):
        @tasks.loop(hours=1)
        async def beat(self) -> None: ...

    class News(commands.Cog):
        @tasks.loop(hours=1)
        async def fetch(self) -> None: ...

    bot = Herald("!")
    cog = Tasks(bot)
    bot.add_cog(cog)
    bot.add_cog(News())
    names = [found.loop.name.rpartition("<locals>.")[2] for found in cog._loops()]
    assert names == ["Herald.beat", "News.fetch"]
    bot.remove_cog("Tasks")


async def test_wrong_arguments(bot: commands.Bot) -> None:
    """Nothing is observed then."""
    before = observing()
    with pytest.raises(TypeError) as caught:
        Tasks(None)  # type: ignore[arg-type]
    assert str(caught.value) == "`bot` must be a defectio.ext.commands.Bot, got None"
    with pytest.raises(TypeError) as caught:
        Tasks(bot, allowed=True)  # type: ignore[arg-type]
    assert str(caught.value) == "`allowed` must be a function that takes a context, got True"
    assert observing() == before


def test_nobody_else_imports_the_host() -> None:
    """Issue 2: only who imports the cog pays for the host, and has it already."""
    script = """if True:
        import sys
        import defectio_tasks, defectio_tasks.testing, defectio_tasks.__main__
        assert not {"defectio", "defectio_tasks.cog", "defectio_tasks._chat"} & set(sys.modules)
    """
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)  # noqa: S603 -- our own
