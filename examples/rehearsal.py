"""The rehearsal that `bot.py` plays when it has no account: a stand-in server with a bad day."""

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, Self

import stand_in
from typing_extensions import override

if TYPE_CHECKING:
    from bot import Herald

# A rehearsal takes 12 s at most, unless the bot gets stuck.
TIME_LIMIT: Final = 18.0
ATTEMPTS_IN_VAIN: Final = 2

log = logging.getLogger("rehearsal")


async def play(bot_class: "type[Herald]") -> None:
    """Play every scene, in less than ten seconds as a rule.

    Args:
        bot_class: The bot to rehearse.

    Raises:
        TimeoutError: The bot got stuck.
    """
    async with asyncio.timeout(TIME_LIMIT), stand_in.StandIn() as server:
        log.info("a stand-in for a server listens at %s", server.url)
        async with asyncio.TaskGroup() as group:
            bot = bot_class(stand_in.CHANNEL_ID, server.url)
            serving = group.create_task(bot.serve("the stand-in takes any token"))
            await show_schedules(bot, server)
            await show_recovery(server)
            await show_failure(bot, server)
            log.info("scene 4: Ctrl-C")
            serving.cancel()
    log.info("that is all: %d messages were posted", len(server.messages))


async def show_schedules(bot: "Herald", server: stand_in.StandIn) -> None:
    """See each loop run, at a pace that fits a rehearsal."""
    log.info("scene 1: a heartbeat every second, a bulletin in two seconds, and a countdown")
    bot.heartbeat.change_interval(seconds=1)
    await server.wait_for_message("heartbeat 1")
    soon = datetime.now(UTC) + timedelta(seconds=2)
    bot.bulletin.change_interval(time=[*(bot.bulletin.time or []), soon.timetz()])
    log.info("somebody in the chat says: !countdown tea")
    await server.say("!countdown tea")
    await server.wait_for_message("now!")
    await server.wait_for_message("bulletin")
    log.info("the next bulletin is due at %s", bot.bulletin.next_iteration)


async def show_recovery(server: stand_in.StandIn) -> None:
    """See the heartbeat survive a server that goes away for a while."""
    log.info("scene 2: the server goes away")
    await server.go_away()
    # Until the second attempt, and not for so many seconds: the first pause is random, but at most
    # 2 s, and the second at most 4 s. So the heartbeat is back in 6 s, however the dice fall.
    with RetryCounter() as counter:
        await counter.wait_for(ATTEMPTS_IN_VAIN)
    log.info("the server is back")
    await server.come_back()
    await server.wait_for_message("heartbeat", after=len(server.messages))


async def show_failure(bot: "Herald", server: stand_in.StandIn) -> None:
    """See the heartbeat end by an error that no other attempt would mend, and start again."""
    log.info("scene 3: the bot may not post any more")
    server.treat_posts(stand_in.Treatment.REFUSE)
    heartbeat = bot.heartbeat.get_task()
    if heartbeat is not None:
        await asyncio.wait([heartbeat])
    log.info("it may post again, and starts its heartbeat anew")
    server.treat_posts(stand_in.Treatment.TAKE)
    bot.heartbeat.start()
    await server.wait_for_message("heartbeat 2", after=len(server.messages))


class RetryCounter(logging.Handler):
    """Counts the retries that the library logs."""

    def __init__(self) -> None:
        """Count from 0."""
        super().__init__(logging.WARNING)
        self._retries = asyncio.Semaphore(0)

    def __enter__(self) -> Self:
        """Listen to the library's log."""
        logging.getLogger("defectio_tasks").addHandler(self)
        return self

    def __exit__(self, *_: object) -> None:
        """Listen no longer."""
        logging.getLogger("defectio_tasks").removeHandler(self)

    @override
    def emit(self, record: logging.LogRecord) -> None:
        """Take note of one record of the log."""
        if "retrying" in record.getMessage():
            self._retries.release()

    async def wait_for(self, retries: int) -> None:
        """Wait for so many retries."""
        for _ in range(retries):
            await self._retries.acquire()
