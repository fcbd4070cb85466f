"""What the command line and the commands in a chat show of a loop."""

# pyright: reportPrivateUsage=false
# It looks into loops, so that nobody else has to.

from __future__ import annotations

from datetime import tzinfo
from typing import TypeGuard

from defectio_tasks._loop.loop import Loop
from defectio_tasks._schedules.shown import zone_of


def is_loop(value: object) -> TypeGuard[Loop[..., object]]:
    """Return whether something is a loop; what stands for another object isn't asked."""
    return issubclass(type(value), Loop)


def when_of(loop: Loop[..., object]) -> str:
    """Return when a loop runs, and how often."""
    count = loop.count
    times = "" if count is None else f", {count} time{'' if count == 1 else 's'}"
    return f"{loop._settings.timing}{times}"


def shown_zone_of(loop: Loop[..., object]) -> tzinfo:
    """Return the zone in which to show a loop's slots."""
    return zone_of(loop._settings.timing)
