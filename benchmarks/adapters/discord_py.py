"""discord.py."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, time

from benchmarks.adapters._tasks import ForkAdapter


class DiscordPy(ForkAdapter):
    """`discord.ext.tasks` of discord.py."""

    module = "discord.ext.tasks"
    package = "discord"

    def asker(self, times: Sequence[time]) -> Callable[[datetime], datetime | None]:
        loop = self.tasks.loop(time=times)(_nothing)
        ask: Callable[[datetime], datetime | None] = loop._get_next_sleep_time
        return ask


async def _nothing() -> None: ...


ADAPTER = DiscordPy
