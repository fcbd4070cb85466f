"""nextcord."""

from __future__ import annotations

from benchmarks.adapters._tasks import ForkAdapter


class Nextcord(ForkAdapter):
    """`nextcord.ext.tasks` of nextcord."""

    module = "nextcord.ext.tasks"
    package = "nextcord"


ADAPTER = Nextcord
