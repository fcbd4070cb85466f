"""The loops that there are, and those that somebody means by a name."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Iterable

import pytest
from support.virtual_time import turns

import defectio_tasks as tasks
from defectio_tasks._chat.found import Found, Register, find


class Base:
    """What a cog may derive from."""

    @tasks.loop(hours=1)
    async def shared(self) -> None: ...

    @tasks.loop(hours=1)
    async def replaced(self) -> None: ...


class News(Base):
    """A cog."""

    def __init__(self) -> None:
        self.own = tasks.loop(hours=1, name="own")(self.work)
        self.number = 1

    async def work(self) -> None: ...

    replaced = None  # type: ignore[assignment]

    @tasks.loop(hours=1)
    async def __hidden(self) -> None: ...

    def hidden(self) -> tasks.Loop[[], None]:
        return self.__hidden


def made(name: str) -> tasks.Loop[[], None]:
    """Make a loop."""

    @tasks.loop(hours=1, name=name)
    async def body() -> None: ...

    return body


def labels(there: Iterable[Found]) -> list[str]:
    return [found.label for found in there]


def test_loops_of_a_cog_that_never_ran() -> None:
    """Those of its class and its bases, as its own, and those that it has made."""
    news = News()
    found = Register().look([news], [])
    assert labels(found) == ["Base.shared", "News.__hidden", "own"]
    assert [each.loop for each in found] == [news.shared, news.hidden(), news.own]


async def test_loops_that_run_or_were_observed() -> None:
    """S1: whatever runs is there, whosever it is."""
    register, running, ended, unknown = Register(), made("running"), made("ended"), made("unknown")
    running.start()
    assert labels(register.look([], [ended])) == ["ended", "running"]
    running.cancel()
    await turns()
    assert labels(register.look([], [running])) == ["running"]
    assert not find(unknown.name, register.look([], [running]))


async def test_a_cog_that_was_loaded_again() -> None:
    """The old one's loop has ended and has the same name: it isn't meant."""
    register, old, new = Register(), News(), News()
    old.shared.start()
    await turns()
    assert labels(register.look([old], [old.shared])).count("Base.shared") == 1
    old.shared.cancel()
    await turns()
    (found,) = find("shared", register.look([new], [old.shared]))
    assert found == ("Base.shared", new.shared)


async def test_several_of_one_name_keep_their_numbers() -> None:
    """A number means the same loop in one message and the next, whichever was started first."""
    register, one, two, three = Register(), made("poll"), made("poll"), made("poll")
    two.start()
    assert labels(register.look([], [])) == ["poll"]
    one.start()
    three.start()
    there = register.look([], [three])
    assert labels(there) == ["poll#1", "poll#2", "poll#3"]
    assert there[0].loop is two
    two.restart()
    await turns(10)
    assert register.look([], [three, one]) == there
    for each in (one, two, three):
        each.cancel()


async def test_nothing_keeps_a_loop_alive() -> None:
    """C3."""
    register = Register()
    register.look([], [made("gone")])
    gc.collect()
    assert [seen() for seen in register._seen] == [None]
    register.look([], [])
    assert register._seen == []


NAMES = ["News.fetch", "News.re_fetch", "Sport.FETCH", "remind Ada", "remind Grace", "poll#1"]


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("News.fetch", ["News.fetch"]),
        ("news.FETCH", ["News.fetch"]),
        ("fetch", ["News.fetch", "Sport.FETCH"]),
        ("FETCH", ["News.fetch", "Sport.FETCH"]),
        ("re_fetch", ["News.re_fetch"]),
        ("ada", ["remind Ada"]),
        ("Remind Grace", ["remind Grace"]),
        ("poll#1", ["poll#1"]),
        ("etch", []),
        ("News", []),
        ("News.", []),
        ("poll", []),
    ],
)
def test_whole_names_and_their_ends(name: str, meant: list[str]) -> None:
    there = [Found(each, made(each)) for each in NAMES]
    assert labels(find(name, there)) == meant


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("Feed.poll", ["Feed.poll#1", "Feed.poll#2"]),
        ("poll", ["Feed.poll#1", "Feed.poll#2"]),
        ("Feed.poll#2", ["Feed.poll#2"]),
        ("POLL#2", ["Feed.poll#2"]),
    ],
)
def test_numbers(name: str, meant: list[str]) -> None:
    loops = made("Feed.poll"), made("Feed.poll")
    assert labels(find(name, Register().look([], loops))) == meant


def test_a_whole_name_in_its_own_letters_is_meant_alone() -> None:
    there = [Found(name, made(name)) for name in ("fetch", "Fetch", "News.fetch")]
    assert labels(find("fetch", there)) == ["fetch"]
    assert labels(find("FETCH", there)) == ["fetch", "Fetch", "News.fetch"]


async def test_last_arguments() -> None:
    class Cog:
        @tasks.loop(hours=1)
        async def tick(self, one: int = 1, *, two: int = 2) -> None: ...

    cog = Cog()
    found = Found("tick", cog.tick)
    assert found.last_arguments() is None
    cog.tick.start()
    assert found.last_arguments() == ((), {})
    cog.tick.restart(3, two=4)
    await turns(10)
    assert found.last_arguments() == ((3,), {"two": 4})
    cog.tick.restart(5)
    await turns(10)
    assert found.last_arguments() == ((5,), {})
    task = cog.tick.get_task()
    assert task is not None
    cog.tick.cancel()
    await asyncio.wait([task])
    assert found.last_arguments() is None


async def test_last_arguments_of_a_function() -> None:
    @tasks.loop(hours=1)
    async def tick(one: int, *, two: int = 2) -> None: ...

    tick.start(1, two=3)
    assert Found("tick", tick).last_arguments() == ((1,), {"two": 3})
    tick.cancel()
