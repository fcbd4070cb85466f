"""disnake."""

from __future__ import annotations

from benchmarks.adapters._tasks import ForkAdapter


class Disnake(ForkAdapter):
    """`disnake.ext.tasks` of disnake."""

    module = "disnake.ext.tasks"
    package = "disnake"


ADAPTER = Disnake
