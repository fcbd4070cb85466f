"""What is set on an instance's loop may hold the instance, and keeps nothing (contract C3)."""

from __future__ import annotations

import asyncio
import gc
import weakref
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

import defectio_tasks as tasks


class Client:
    """Something that knows those who know it, as bots know their cogs."""

    def __init__(self) -> None:
        self.cogs: list[object] = []

    async def wait_until_ready(self) -> None: ...


class Cog:
    """It has a loop, and may be a schedule."""

    def __init__(self) -> None:
        self.bot = Client()
        self.bot.cogs.append(self)

    @tasks.loop(seconds=10)
    async def tick(self) -> None: ...

    async def prepare(self) -> None: ...

    async def report(self, error: Exception) -> None: ...

    def next_after(self, moment: datetime, /) -> datetime:
        return moment + timedelta(hours=1)


class Slotted:
    """The same with slots."""

    __slots__ = ("__weakref__", "bot")

    def __init__(self) -> None:
        self.bot = Client()
        self.bot.cogs.append(self)

    @tasks.loop(seconds=10)
    async def tick(self) -> None: ...

    async def prepare(self) -> None: ...

    async def report(self, error: Exception) -> None: ...

    def next_after(self, moment: datetime, /) -> datetime:
        return moment + timedelta(hours=1)


AnyCog = Cog | Slotted


def hold_by_closure(cog: AnyCog) -> None:
    async def after() -> None:
        await cog.prepare()

    cog.tick.after_loop(after)


WAYS: dict[str, Callable[[AnyCog], object]] = {
    "its method": lambda cog: cog.tick.before_loop(cog.prepare),
    "its bot's method": lambda cog: cog.tick.before_loop(cog.bot.wait_until_ready),
    "a closure": hold_by_closure,
    "its error hook": lambda cog: cog.tick.error(cog.report),
    "itself as the schedule": lambda cog: cog.tick.change_interval(schedule=cog),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", [Cog, Slotted])
@pytest.mark.parametrize("ran", [True, False], ids=["ran", "never ran"])
async def test_c3_garbage_collection_frees_it(
    kind: type[Cog | Slotted], way: str, ran: bool
) -> None:
    cog = kind()
    WAYS[way](cog)
    if ran:
        task = cog.tick.start()
        await asyncio.sleep(25)
        cog.tick.cancel()
        await asyncio.wait([task])
        del task
    gone = weakref.ref(cog), weakref.ref(cog.bot), weakref.ref(cog.tick)
    del cog
    gc.collect()
    assert [reference() for reference in gone] == [None] * 3


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", [Cog, Slotted])
def test_c1_as_long_as_the_instance_lives_its_loop_is_one(
    kind: type[Cog | Slotted], way: str
) -> None:
    """With all that was set on it, whatever garbage collection does, and though nobody holds it."""
    cog = kind()
    WAYS[way](cog)
    identity = id(cog.tick)
    settings = cog.tick._settings
    for _ in range(5):
        gc.collect()
        assert id(cog.tick) == identity
        assert cog.tick._settings is settings
    other = kind()
    assert other.tick is not cog.tick
    assert other.tick._settings is not settings


def test_c3_the_place_of_one_that_is_gone_is_free_again() -> None:
    """Python gives an object's identity to another one when it's gone."""
    seen: set[int] = set()
    for _ in range(50):
        cog = Cog()
        seen.add(id(cog))
        assert cog.tick.seconds == 10
        assert cog.tick._settings.before_loop is None
        cog.tick.before_loop(cog.prepare)
        cog.tick.change_interval(seconds=5)
        del cog
        gc.collect()
    assert len(seen) < 50
