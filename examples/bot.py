"""A defectio bot that keeps a schedule: all of `defectio_tasks` in one file.

Run it as it is, and it plays a rehearsal against a stand-in for a server, on this machine alone:

    python examples/bot.py

Give it an account, and it runs until Ctrl-C:

    REVOLT_TOKEN=... REVOLT_CHANNEL=... python examples/bot.py
"""

import asyncio
import contextlib
import logging
import os
import sys
from datetime import time
from zoneinfo import ZoneInfo

import defectio
import rehearsal
from typing_extensions import override

import defectio_tasks as tasks

log = logging.getLogger("bot")
# It counts what all loops do from here on, and knows what they are doing.
statistics = tasks.Statistics()
tasks.observe(statistics)


class Herald(defectio.Client):
    """A bot that posts to one channel: its heartbeat, a bulletin twice a day, countdowns."""

    def __init__(self, channel_id: str, api_url: str) -> None:
        """Make the bot and start its loops; they wait until it is ready.

        Args:
            channel_id: Where to post.
            api_url: The server's API.
        """
        super().__init__(api_url=api_url)
        self.channel_id = channel_id
        self.heartbeat.start()
        self.bulletin.start()

    # A loop over an interval. Each instance of the class has a loop of its own.
    @tasks.loop(minutes=10, policy=tasks.Policy(timeout=30))
    async def heartbeat(self) -> None:
        """Say that the bot is alive.

        When the network fails, the loop logs it and tries again, after longer and longer pauses.
        A server that hangs is made a failure of the network, a `TimeoutError`, by the policy.
        """
        await self.post(f"heartbeat {self.heartbeat.current_loop + 1}")

    # A loop over wall-clock times, each in its own zone, summer time included.
    @tasks.loop(
        time=[
            time(9, 0, tzinfo=ZoneInfo("Europe/Paris")),
            time(9, 0, tzinfo=ZoneInfo("America/New_York")),
        ]
    )
    async def bulletin(self) -> None:
        """Wish a good morning to two continents."""
        await self.post("bulletin: good morning!")

    # A loop with arguments, which ends by itself after three iterations.
    @tasks.loop(seconds=0.5, count=3)
    async def countdown(self, event: str) -> None:
        """Count down to an event."""
        await self.post(f"{event} in {3 - self.countdown.current_loop}")

    # One hook can serve several loops.
    @heartbeat.before_loop
    @bulletin.before_loop
    async def wait_for_channel(self) -> None:
        """Hold the first iteration back until there is a channel to post to."""
        await self.wait_until_ready()

    # Whatever is not a failure of the network ends the loop, by way of this hook.
    @heartbeat.error
    async def report_failure(self, error: Exception) -> None:
        """Tell the log why there will be no more heartbeats."""
        log.error("the heartbeat failed: %s", error)

    # Called however a loop ends: done, stopped, cancelled or failed.
    @heartbeat.after_loop
    async def sign_off(self) -> None:
        """Tell the log how the heartbeat ended, and after how many iterations."""
        how = "was cancelled" if self.heartbeat.is_being_cancelled() else "ended"
        log.info("the heartbeat %s after %d iterations", how, self.heartbeat.current_loop)

    @countdown.after_loop
    async def announce(self) -> None:
        """Celebrate, unless the countdown was broken off."""
        if self.countdown.current_loop == self.countdown.count:
            await self.post("now!")

    async def on_message(self, message: defectio.Message) -> None:
        """Answer `!countdown tea` in the chat by a countdown to tea."""
        command, _, event = str(message.content).partition(" ")
        if command == "!countdown":
            # Starts the loop; breaks off the countdown that may still be running.
            self.countdown.restart(event)

    async def post(self, text: str) -> None:
        """Post to the bot's channel."""
        channel = self.get_channel(self.channel_id)
        if channel is None:
            message = f"there is no channel {self.channel_id!r}"
            raise LookupError(message)
        log.info("posting: %s", text)
        await channel.send(text)

    async def serve(self, token: str) -> None:
        """Run until cancelled, as by Ctrl-C, and stop gracefully.

        Args:
            token: The bot's token.
        """
        try:
            await self.start(token=token)
        finally:
            await self.close()

    @override
    async def close(self) -> None:
        """Let each loop finish what it is at, then hang up.

        defectio's own `close` does nothing while the client runs.
        """
        log.info("stopping: each loop may finish what it is at")
        # Cancelled are those that still try to reach their server.
        for loop in await tasks.shutdown(self.heartbeat, self.bulletin, self.countdown, timeout=5):
            log.warning("%s had to be cancelled", loop.name)
        if self.websocket is not None and self.websocket.authenticated:
            await self.websocket.close()
        if self.session is not None:
            await self.session.close()


async def main() -> None:
    """Run the bot for the account in the environment, or else rehearse."""
    token = os.environ.get("REVOLT_TOKEN")
    if token is None:
        await rehearsal.play(Herald, statistics)
        return
    channel_id = os.environ.get("REVOLT_CHANNEL")
    if channel_id is None:
        sys.exit("REVOLT_TOKEN is set, so REVOLT_CHANNEL must be set too")
    api_url = os.environ.get("REVOLT_API_URL", "https://api.revolt.chat")
    bot = Herald(channel_id, api_url)
    try:
        await bot.serve(token)
    finally:
        print(statistics.table())


if __name__ == "__main__":
    logging.basicConfig(
        level=logging.INFO,
        format="{asctime} {name:>14}: {message}",
        datefmt="%H:%M:%S",
        style="{",
        stream=sys.stdout,
    )
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(main())
