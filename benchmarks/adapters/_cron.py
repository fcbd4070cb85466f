"""Wall times as cron expressions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import time, tzinfo
from typing import NamedTuple


class Expression(NamedTuple):
    """The hours and minutes of one cron expression, and its zone."""

    hours: str
    minutes: str
    zone: tzinfo | None


def expressions(times: Sequence[time]) -> list[Expression]:
    """Say wall times in as few expressions as can be."""
    minutes_of = dict[tuple[tzinfo | None, int], list[int]]()
    for wall in times:
        minutes_of.setdefault((wall.tzinfo, wall.hour), []).append(wall.minute)
    hours_of = dict[tuple[tzinfo | None, tuple[int, ...]], list[int]]()
    for (zone, hour), minutes in minutes_of.items():
        hours_of.setdefault((zone, tuple(sorted(minutes))), []).append(hour)
    return [
        Expression(_join(hours, 24), _join(minutes, 60), zone)
        for (zone, minutes), hours in hours_of.items()
    ]


def _join(numbers: Sequence[int], all_of_them: int) -> str:
    return "*" if len(numbers) == all_of_them else ",".join(map(str, numbers))
