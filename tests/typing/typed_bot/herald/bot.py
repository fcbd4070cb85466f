"""The bot: its heartbeat, and a switchboard for all of its loops."""

import asyncio
import logging
from datetime import datetime, time
from zoneinfo import ZoneInfo

import defectio
from defectio.ext import commands
from typing_extensions import override

import defectio_tasks as tasks

log = logging.getLogger(__name__)

NOON_IN_TOKYO = time(12, tzinfo=ZoneInfo("Asia/Tokyo"))


class Herald(commands.Bot):
    """A bot that posts to one channel."""

    def __init__(self, channel_id: str) -> None:
        super().__init__(command_prefix="!")
        self.channel_id = channel_id
        self.beats = 0
        self.loops: dict[str, tasks.Loop] = {}
        self.register(self.heartbeat)
        self.register(self.noon)
        self.heartbeat.start("still here")
        self.noon.start()

    def register(self, loop: tasks.Loop) -> None:
        """Put a loop on the switchboard."""
        self.loops[loop.name] = loop

    @tasks.loop(minutes=5, name="heartbeat")
    async def heartbeat(self, text: str, *, loud: bool = False) -> int:
        """Say that the bot is alive, and count."""
        self.beats += 1
        await self.post(text.upper() if loud else text)
        return self.beats

    @heartbeat.before_loop
    async def wait_for_the_client(self) -> None:
        """Wait until there is a channel to post to."""
        await self.wait_until_ready()

    @heartbeat.after_loop
    async def say_goodbye(self) -> None:
        """Tell the log how it ended."""
        log.info("cancelled: %s", self.heartbeat.is_being_cancelled())

    @heartbeat.error
    async def on_heartbeat_error(self, error: Exception) -> None:
        """Tell the log, and try again later."""
        log.error("the heart stopped after %d beats", self.heartbeat.current_loop, exc_info=error)
        self.heartbeat.restart("alive again", loud=True)

    @tasks.loop(time=[NOON_IN_TOKYO, time(12)], reconnect=False)
    async def noon(self) -> None:
        """Announce noon."""
        await self.post("it is noon somewhere")

    async def post(self, text: str) -> defectio.Message | None:
        """Post to the channel, if there is one."""
        channel = self.get_channel(self.channel_id)
        if channel is None:
            log.warning("there is no channel %s", self.channel_id)
            return None
        return await channel.send(text)

    @override
    async def on_message(self, message: defectio.Message) -> None:
        """Answer whoever asks for the time."""
        if message.content == "when?":
            await message.channel.send(self.describe_next())
        await self.process_commands(message)

    def describe_next(self) -> str:
        """Say which loop is next."""
        upcoming: list[tuple[datetime, str]] = [
            (loop.next_iteration, loop.name)
            for loop in self.loops.values()
            if loop.next_iteration is not None
        ]
        return min(upcoming)[1] if upcoming else "nothing is planned"

    async def shut_down(self) -> None:
        """Let every loop finish its iteration, and end."""
        running = [task for loop in self.loops.values() if (task := loop.get_task()) is not None]
        for loop in self.loops.values():
            loop.stop()
        if running:
            await asyncio.wait(running, timeout=30)
        beats: int = await self.heartbeat("good night")
        log.info("%d beats", beats)
