"""What each command does, and what is answered, word by word."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable, Sequence
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from support.virtual_time import START, turns

import defectio_tasks as tasks
from defectio_tasks._chat import answers
from defectio_tasks._chat.found import Found, Register

LONDON = ZoneInfo("Europe/London")


class News:
    """A cog."""

    def __init__(self) -> None:
        self.fetched: list[str] = []

    @tasks.loop(minutes=5)
    async def fetch(self, what: str = "all") -> None:
        self.fetched.append(what)
        await asyncio.sleep(1.2)

    @tasks.loop(time=time(8, 30, tzinfo=LONDON), on=tasks.Weekdays("mon-fri"))
    async def bulletin(self) -> None: ...

    @tasks.loop(hours=1)
    async def send(self, whom: str) -> None: ...

    @tasks.loop(hours=1)
    async def fail(self) -> None:
        raise LookupError

    @fail.error
    async def say_nothing(self, error: Exception) -> None: ...


class Desk:
    """Where questions are answered."""

    def __init__(self) -> None:
        self.news = News()
        self.statistics = tasks.Statistics()
        self.register = Register()

    def there(self) -> Sequence[Found]:
        return self.register.look([self.news], self.statistics)

    def ask(self, name: str, command: Callable[[Found], str]) -> str:
        return answers.answer(name, self.there(), command)


@pytest.fixture
async def desk() -> AsyncGenerator[Desk]:
    """Count what loops do, and cancel them at the end."""
    desk = Desk()
    unobserve = tasks.observe(desk.statistics)
    yield desk
    unobserve()
    for loop in tasks.loops():
        loop.cancel()
    await turns()


async def test_list(desk: Desk) -> None:
    """V5: the table is that of the statistics; below it stands what never ran."""
    desk.news.fetch.start()
    desk.news.fail.start()
    await asyncio.sleep(61)
    assert (
        answers.show_list(desk.statistics, desk.there())
        == """```
NAME        WHEN             STATE                RUNS  FAILURES  LAST        TOOK  NEXT
News.fail   every 1 hour     failed: LookupError     1         1  12:00 UTC   0 ms  -
News.fetch  every 5 minutes  waiting                 1         0  12:00 UTC  1.2 s  12:05 UTC
```
Not started: `News.bulletin` and `News.send`"""
    )


async def test_list_without_loops(desk: Desk) -> None:
    assert answers.show_list(desk.statistics, []) == "```\nno loop is running, and none was\n```"


async def test_list_of_many(desk: Desk) -> None:
    """What is left out is counted; no message is longer than the server takes."""
    loops = [tasks.loop(hours=1, name=f"loop {number:02} …")(nothing) for number in range(99)]
    for loop in loops:
        loop.start()
    message = answers.show_list(desk.statistics, desk.there())
    rows = [line for line in message.splitlines() if line.startswith("loop ")]
    assert 1_800 < len(message.encode()) <= 2_000
    assert f"(no room for {99 - len(rows)} more loops)" in message
    assert message.endswith("`News.bulletin`, `News.fail`, `News.fetch` and 1 more")


async def nothing() -> None: ...


async def test_next(desk: Desk) -> None:
    """Each in its zone, those without a next one at the end."""
    assert answers.show_next(desk.there()) == "No loop is running."
    desk.news.bulletin.start()
    desk.news.send.start("Ada")
    desk.news.fetch.start()
    await asyncio.sleep(61)
    desk.news.send.pause()
    assert (
        answers.show_next(desk.there())
        == """```
NEXT           IN      NAME
12:05 UTC      4 min   News.fetch
Tue 08:30 GMT  20 h    News.bulletin
-              paused  News.send
```"""
    )


async def test_next_of_one(desk: Desk) -> None:
    desk.news.fetch.start()
    await asyncio.sleep(61)
    slots = """```
SLOT                      IN
Mon 2026-01-05 12:05 UTC  4 min
Mon 2026-01-05 12:10 UTC  9 min
Mon 2026-01-05 12:15 UTC  14 min
Mon 2026-01-05 12:20 UTC  19 min
Mon 2026-01-05 12:25 UTC  24 min
```"""
    assert desk.ask("fetch", answers.show_slots) == f"`News.fetch`, every 5 minutes:\n{slots}"
    desk.news.fetch.pause()
    assert desk.ask("fetch", answers.show_slots) == (
        "`News.fetch`, every 5 minutes. It is paused, and nothing begins before `tasks resume`."
    )


async def test_next_of_one_that_is_paused(desk: Desk) -> None:
    desk.news.bulletin.start()
    await turns()
    desk.news.bulletin.pause()
    title, _, _, row, *_ = desk.ask("bulletin", answers.show_slots).splitlines()
    assert title == (
        "`News.bulletin`, daily at 08:30 Europe/London on mon-fri. It is paused, and nothing "
        "begins before `tasks resume`:"
    )
    assert row == "Tue 2026-01-06 08:30 GMT  20 h"


async def test_next_of_one_that_is_not_running(desk: Desk) -> None:
    title, _, _, first, second, *_ = desk.ask("send", answers.show_slots).splitlines()
    assert title == "`News.send`, every 1 hour. It isn't running; if it were started now:"
    assert first == "Mon 2026-01-05 12:00 UTC  now"
    assert second == "Mon 2026-01-05 13:00 UTC  1 h"


async def test_next_of_one_that_ends(desk: Desk) -> None:
    desk.news.fetch.start()
    await turns()
    desk.news.fetch.stop()
    expected = "`News.fetch`, every 5 minutes. It has no further slot."
    assert desk.ask("fetch", answers.show_slots) == expected
    desk.news.bulletin.start()
    await turns()
    desk.news.bulletin.stop()
    assert desk.ask("bulletin", answers.show_slots).endswith("mon-fri. It has no further slot.")


async def test_next_of_one_whose_slots_are_over(desk: Desk) -> None:
    desk.news.send.change_interval(schedule=tasks.At(START - timedelta(days=1)))
    assert desk.ask("send", answers.show_slots) == (
        "`News.send`, at 2026-01-04 12:00 UTC. It has no further slot."
    )


@pytest.mark.parametrize("overlap", [False, 2])
async def test_next_of_one_with_a_count(desk: Desk, *, overlap: bool | int) -> None:
    """L3, P3: no more are shown than will come."""

    @tasks.loop(minutes=1, count=4, policy=tasks.Policy(overlap=overlap))
    async def tick() -> None:
        await asyncio.sleep(30)

    def slots() -> int:
        return desk.ask("tick", answers.show_slots).count(" UTC ")

    desk.news.send.count = 1
    assert desk.ask("send", answers.show_slots).startswith("`News.send`, every 1 hour, 1 time. It ")
    assert desk.ask("send", answers.show_slots).count(" UTC ") == 1
    tick.start()
    await asyncio.sleep(10)
    assert desk.ask("ick", answers.show_slots).startswith("There is no loop `ick`.")
    name = tick.name.rpartition(".")[2]
    assert desk.ask(name, answers.show_slots).startswith(f"`{tick.name}`, every 1 minute, 4 times:")
    assert slots() == 3
    await asyncio.sleep(40)
    assert slots() == 3
    await asyncio.sleep(20)
    assert slots() == 2
    await asyncio.sleep(120)
    assert desk.ask(name, answers.show_slots).endswith(". It has no further slot.")


async def test_next_of_a_schedule_that_raises(desk: Desk) -> None:
    class Broken:
        def next_after(self, moment: datetime, /) -> datetime | None:
            raise LookupError("a secret")

        def __str__(self) -> str:
            return "`broken`\n" * 100

    broken = tasks.loop(schedule=Broken(), name="broken")(nothing)
    desk.statistics(tasks.Started(broken, START, timedelta()))
    message = desk.ask("broken", answers.show_slots)
    assert message.startswith(r"`broken`, 'broken'\n'broken'\n")
    assert message.endswith("…. Asked for its slots, it raised LookupError.")
    assert len(message) < 400


async def test_pause_and_resume(desk: Desk) -> None:
    """S2."""
    fetch = desk.news.fetch
    assert desk.ask("fetch", answers.pause) == "`News.fetch` isn't running."
    isnt_running = "`News.fetch` isn't running: `tasks restart` starts it."
    assert desk.ask("fetch", answers.resume) == isnt_running
    fetch.start()
    await asyncio.sleep(61)
    assert desk.ask("fetch", answers.resume) == "`News.fetch` isn't paused."
    assert desk.ask("fetch", answers.pause) == (
        "`News.fetch` is paused: an iteration at work finishes, and no further one begins before "
        "`tasks resume`."
    )
    assert fetch.is_paused()
    assert desk.ask("fetch", answers.pause) == "`News.fetch` is paused already."
    assert desk.ask("fetch", answers.resume) == "`News.fetch` goes on: next 12:05 UTC."
    assert not fetch.is_paused()
    fetch.pause()
    await asyncio.sleep(600)
    assert desk.ask("fetch", answers.resume) == "`News.fetch` goes on: due now."
    await turns()
    assert desk.news.fetched == ["all", "all"]


async def test_pause_and_resume_of_one_that_ends(desk: Desk) -> None:
    """S2: both are without effect, and that is said."""
    desk.news.fetch.start()
    desk.news.send.start("Ada")
    await turns()
    desk.news.fetch.stop()
    assert desk.ask("fetch", answers.pause) == "`News.fetch` is about to end."
    desk.news.fetch.restart()
    await turns(10)
    desk.news.fetch.pause()
    desk.news.fetch.stop()
    assert desk.ask("fetch", answers.resume) == "`News.fetch` is about to end."


async def test_run(desk: Desk) -> None:
    """S3."""
    isnt_running = "`News.fetch` isn't running: `tasks restart` starts it."
    assert desk.ask("fetch", answers.run) == isnt_running
    desk.news.fetch.start("sport")
    await asyncio.sleep(61)
    assert desk.ask("fetch", answers.run) == (
        "`News.fetch` runs once now, or right after the iteration at work. Its schedule stays."
    )
    await turns()
    assert desk.news.fetched == ["sport", "sport"]
    assert desk.news.fetch.next_iteration == START + timedelta(minutes=5)


async def test_run_of_one_that_ends(desk: Desk) -> None:
    """S3: it is a `RuntimeError`, and here an answer."""
    desk.news.fetch.start()
    await turns()
    desk.news.fetch.stop()
    assert desk.ask("fetch", answers.run) == (
        "That can't be done:\n```\nloop 'News.fetch' can't be triggered: it is about to end\n```"
    )


async def test_restart(desk: Desk) -> None:
    """L6, with the arguments of the run that goes on."""
    desk.news.fetch.start("sport")
    await asyncio.sleep(61)
    assert desk.ask("fetch", answers.restart) == (
        "`News.fetch` is cancelled, and starts again with the arguments that it had."
    )
    await turns(10)
    assert desk.news.fetched == ["sport", "sport"]
    desk.news.fetch.restart(what="music")
    await turns(10)
    desk.ask("fetch", answers.restart)
    await turns(10)
    assert desk.news.fetched == ["sport", "sport", "music", "music"]


async def test_restart_of_one_that_is_not_running(desk: Desk) -> None:
    assert desk.ask("fetch", answers.restart) == (
        "`News.fetch` wasn't running, and is started, without arguments."
    )
    assert desk.news.fetch.is_running()
    assert desk.ask("send", answers.restart) == (
        "`News.send` isn't running, and needs arguments to start. Those of a run that is over "
        "aren't kept: only your code can start it."
    )
    assert not desk.news.send.is_running()


async def test_restart_of_one_whose_function_takes_other_arguments_now(desk: Desk) -> None:
    """L1: it is a `TypeError`, and here an answer."""

    async def other() -> None: ...

    desk.news.send.start("Ada")
    await turns()
    desk.news.send.coro = other
    message = desk.ask("send", answers.restart)
    assert message.startswith("That can't be done:\n```\nloop 'News.send' can't be started: ")
    assert desk.news.send.is_running()


@pytest.mark.parametrize(
    "command",
    [answers.pause, answers.resume, answers.run, answers.restart],
    ids=lambda f: f.__name__,
)
async def test_a_loop_of_another_thread(desk: Desk, command: Callable[[Found], str]) -> None:
    """S5: it is a `RuntimeError`, and here an answer."""
    loop = tasks.loop(hours=1, name="tick")(nothing)
    ready, done = threading.Event(), threading.Event()

    async def elsewhere() -> None:
        loop.start()
        await turns()
        if command is answers.resume:
            loop.pause()
        ready.set()
        done.wait()
        loop.cancel()

    thread = threading.Thread(target=asyncio.run, args=(elsewhere(),))
    thread.start()
    ready.wait()
    try:
        message = desk.ask("tick", command)
    finally:
        done.set()
        thread.join()
    assert message == (
        "That can't be done:\n```\nthe event loop of loop 'tick' runs in another thread: call this "
        "by its 'call_soon_threadsafe'\n```"
    )


async def test_no_name_a_wrong_one_and_several(desk: Desk) -> None:
    desk.news.bulletin.start()
    desk.news.send.start("Ada")
    await asyncio.wait([desk.news.fail.start()])
    desk.news.send.pause()
    names = """```
NAME           STATE
News.bulletin  next Tue 08:30 GMT
News.fail      failed
News.fetch     not started
News.send      paused
```"""
    assert desk.ask("", answers.pause) == f"Which loop?\n{names}"
    assert desk.ask("Fetsch`", answers.pause) == (
        f"There is no loop `Fetsch'`. There are:\n{names}"
    )
    for _ in range(2):
        tasks.loop(hours=1, name="poll")(nothing).start()
    await turns()
    assert desk.ask("poll", answers.pause) == (
        """`poll` may be any of these:
```
NAME    STATE
poll#1  next 13:00 UTC
poll#2  next 13:00 UTC
```"""
    )
    assert [loop.is_paused() for loop in tasks.loops() if loop.name == "poll"] == [False, False]
    assert desk.ask("poll#2", answers.pause).startswith("`poll#2` is paused:")
    desk.news.bulletin.stop()
    assert answers.answer("", [], answers.pause) == "There are no loops."


async def test_a_state_of_one_that_ends(desk: Desk) -> None:
    desk.news.fetch.start()
    await turns()
    desk.news.fetch.stop()
    assert "News.fetch     no further slot\n" in desk.ask("", answers.pause)


def test_usage_names_all_commands() -> None:
    commands = ("list", "next", "pause", "resume", "run", "restart")
    assert all(f"\ntasks {name} " in answers.USAGE for name in commands)
