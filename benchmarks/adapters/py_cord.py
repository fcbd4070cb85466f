"""py-cord."""

from __future__ import annotations

from benchmarks.adapters._tasks import ForkAdapter


class PyCord(ForkAdapter):
    """`discord.ext.tasks` of py-cord."""

    module = "discord.ext.tasks"
    package = "discord"


ADAPTER = PyCord
