"""One adapter per candidate: how it makes, starts and cancels loops, and tells slots."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Final

from benchmarks.adapters._adapter import Adapter

FLOOR: Final = "floor"
OURS: Final = "ours"

# In the order of the table's columns. Each has a module here, and a file in `requirements`.
LABELS: Final = {
    FLOOR: "floor",
    OURS: "defectio_tasks",
    "defectio": "defectio",
    "discord_py": "discord.py",
    "py_cord": "py-cord",
    "disnake": "disnake",
    "nextcord": "nextcord",
    "apscheduler": "APScheduler",
    "aiocron": "aiocron",
}


def load(candidate: str) -> Adapter[Any]:
    """Import a candidate, in whose environment this runs, and make its adapter."""
    adapter: Adapter[Any] = import_module(f"benchmarks.adapters.{candidate}").ADAPTER()
    return adapter
