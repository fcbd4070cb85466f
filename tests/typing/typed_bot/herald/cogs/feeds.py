"""Feeds, fetched again and again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

import aiohttp
from defectio.ext import commands

import defectio_tasks as tasks
from herald.bot import Herald

T = TypeVar("T")


class Changing(Generic[T]):
    """A value that is looked at again and again, and told when it has changed."""

    def __init__(self, value: T) -> None:
        self.value = value
        self.changes = 0

    @tasks.loop()
    async def watch(self, value: T) -> T:
        """Look at a value."""
        if value != self.value:
            self.value, self.changes = value, self.changes + 1
        return self.value


@dataclass
class Feed:
    """A feed, with a loop of its own."""

    url: str
    last_status: int = 0

    @tasks.loop(minutes=15)
    async def fetch(self, session: aiohttp.ClientSession) -> int:
        """Fetch it."""
        async with session.get(self.url) as response:
            response.raise_for_status()
            self.last_status = response.status
        return self.last_status


class Feeds(commands.Cog):
    """Fetches feeds, and tells when one is new."""

    def __init__(self, bot: Herald, urls: list[str]) -> None:
        self.bot = bot
        self.feeds = [Feed(url) for url in urls]
        self.status = Changing(0)
        self.supervise.start()

    @tasks.loop(hours=1, reconnect=True)
    async def supervise(self) -> None:
        """See that every feed is fetched."""
        async with aiohttp.ClientSession() as session:
            for feed in self.feeds:
                await self.status.watch(await feed.fetch(session))

    @supervise.before_loop
    async def ready(self) -> None:
        """Add what may be tried again."""
        self.supervise.remove_exception_type(OSError)
        self.supervise.add_exception_type(aiohttp.ClientPayloadError)
        await self.bot.wait_until_ready()

    @supervise.error
    async def give_up(self, error: Exception) -> None:
        """Say so."""
        await self.bot.post(f"no more feeds: {error!r}")

    @commands.Cog.listener()
    async def on_ready(self) -> None:
        """Fetch at once."""
        if self.supervise.is_running():
            self.supervise.restart()
