"""The rehearsal that `bot.py` plays when it has no account: a stand-in server with a bad day."""

import asyncio
import contextlib
import dataclasses
import inspect
import logging
import textwrap
from collections.abc import Callable, Generator
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Final

import stand_in
from stage import Stage, open_stage

import defectio_tasks as tasks

if TYPE_CHECKING:
    from bot import Herald

# A rehearsal takes 12 s at most, unless the bot gets stuck.
TIME_LIMIT: Final = 18.0
# What has no times of the day is shown in UTC.
MIDNIGHT: Final = time(tzinfo=UTC)

log = logging.getLogger("rehearsal")


async def play(bot_class: "type[Herald]", statistics: tasks.Statistics) -> None:
    """Play every scene, in less than ten seconds as a rule.

    Args:
        bot_class: The bot to rehearse.
        statistics: What counts what its loops do.

    Raises:
        TimeoutError: The bot got stuck.
    """
    stage = open_stage()
    logging.basicConfig(level=logging.INFO, handlers=[stage], force=True)
    stage.heading(f"a rehearsal of {bot_class.__name__}, the bot of examples/bot.py (times in UTC)")
    async with asyncio.timeout(TIME_LIMIT), stand_in.StandIn() as server:
        log.info("a stand-in for a server listens at %s", server.url)
        async with asyncio.TaskGroup() as group:
            bot = bot_class(stand_in.CHANNEL_ID, server.url)
            serving = group.create_task(bot.serve("the stand-in takes any token"))
            await show_schedules(stage, bot, server)
            await show_retry(stage, server)
            await show_policy(stage, bot, server)
            await show_failure(stage, bot, server)
            stage.heading("scene 5: what all loops have done, and when they are due next")
            await asyncio.sleep(0.2)  # Until the last answer has come: the loops wait again.
            show_statistics(stage, bot, statistics)
            stage.heading("scene 6: Ctrl-C")
            serving.cancel()
    log.info("that is all: %d messages were posted", len(server.messages))
    log.info("with an account: REVOLT_TOKEN=... REVOLT_CHANNEL=... python examples/bot.py")


async def show_schedules(stage: Stage, bot: "Herald", server: stand_in.StandIn) -> None:
    """See each loop run, at a pace that fits a rehearsal."""
    stage.heading("scene 1: by an interval, at times of the day, and three times only")
    for loop in (bot.heartbeat, bot.bulletin, bot.countdown):
        stage.code(head_of(loop.coro))
    times = bot.bulletin.time or []
    soon = datetime.now(times[0].tzinfo) + timedelta(seconds=1.5)
    pace = bot.heartbeat.minutes
    log.info("today there is a heartbeat every second, not every %g minutes", pace)
    log.info("and one more bulletin, on %s", shown(soon))
    bot.heartbeat.change_interval(seconds=1)
    bot.bulletin.change_interval(time=[*times, soon.timetz()])
    await server.wait_for_message("heartbeat 1")
    log.info("somebody in the chat says: !countdown tea")
    await server.say("!countdown tea")
    await server.wait_for_message("now!")
    await server.wait_for_message("bulletin")
    bot.bulletin.change_interval(time=times)
    if (due := bot.bulletin.next_iteration) is not None:
        log.info("the next bulletin is due on %s", " = ".join(in_its_zones(due, bot.bulletin)))


async def show_retry(stage: Stage, server: stand_in.StandIn) -> None:
    """See the heartbeat survive a server that goes away for a while."""
    stage.heading("scene 2: the network fails, and the iteration is tried again")
    with retry_expected() as retrying:
        log.info("the server goes away")
        await server.go_away()
        await retrying.wait()
    log.info("the server is back")
    await server.come_back()
    await server.wait_for_message("heartbeat", after=len(server.messages))


async def show_policy(stage: Stage, bot: "Herald", server: stand_in.StandIn) -> None:
    """See the policy of the heartbeat give up an attempt that takes too long."""
    stage.heading("scene 3: the server never answers, and the policy doesn't wait for it")
    policy = bot.heartbeat.policy or tasks.Policy()
    log.info("today an attempt has half a second, not %g seconds", policy.timeout)
    bot.heartbeat.policy = dataclasses.replace(policy, timeout=0.5)
    with retry_expected() as retrying:
        server.treat_posts(stand_in.Treatment.HANG)
        await retrying.wait()
    log.info("the server answers again")
    server.treat_posts(stand_in.Treatment.TAKE)
    await server.wait_for_message("heartbeat", after=len(server.messages))


async def show_failure(stage: Stage, bot: "Herald", server: stand_in.StandIn) -> None:
    """See the heartbeat end by an error that no other attempt would mend, and start again."""
    stage.heading("scene 4: the bot may not post any more, which no other attempt would mend")
    stage.code(head_of(type(bot).report_failure))
    server.treat_posts(stand_in.Treatment.REFUSE)
    heartbeat = bot.heartbeat.get_task()
    if heartbeat is not None:
        await asyncio.wait([heartbeat])
    log.info("it may post again, and starts its heartbeat anew")
    server.treat_posts(stand_in.Treatment.TAKE)
    bot.heartbeat.start()
    await server.wait_for_message("heartbeat 2", after=len(server.messages))


def show_statistics(stage: Stage, bot: "Herald", statistics: tasks.Statistics) -> None:
    """See what `Statistics` knows: a status command would post the same."""
    rows: list[list[str]] = []
    for loop in (bot.bulletin, bot.countdown, bot.heartbeat):
        seen, due = statistics[loop], loop.next_iteration
        numbers = map(str, (seen.runs, seen.failures, seen.retries))
        rows.append([loop.name, seen.state, *numbers, in_its_zones(due, loop)[0] if due else "-"])
    stage.table(["LOOP", "STATE", "RUNS", "FAILURES", "RETRIES", "NEXT"], rows)


def head_of(function: Callable[..., object]) -> str:
    """Return what a function looks like in its file, from its decorators to its first line."""
    lines = textwrap.dedent(inspect.getsource(function)).splitlines()
    first = next(number for number, line in enumerate(lines) if line.startswith("async def"))
    return "\n".join(lines[: first + 1])


def in_its_zones(slot: datetime, loop: tasks.Loop) -> list[str]:
    """Return a slot as the clocks show it in each zone of a loop, first where it is due."""
    moments = [(each, slot.astimezone(each.tzinfo)) for each in loop.time or [MIDNIGHT]]
    moments.sort(key=lambda pair: pair[0].replace(tzinfo=None) != pair[1].time())
    return list(dict.fromkeys(shown(moment) for _, moment in moments))


def shown(moment: datetime) -> str:
    """Return a moment as its zone's clocks show it, with the zone."""
    return f"{moment:{'%a %H:%M:%S' if moment.second else '%a %H:%M'}} {moment.tzinfo}"


@contextlib.contextmanager
def retry_expected() -> Generator[asyncio.Event]:
    """Observe the loops, and set an event as one of them is to try an iteration again."""
    retrying = asyncio.Event()

    def observe(event: tasks.Event) -> None:
        if isinstance(event, tasks.Retrying):
            retrying.set()

    unobserve = tasks.observe(observe)
    try:
        yield retrying
    finally:
        unobserve()
