"""Text in columns, for a terminal or for a block of code in a chat. Pure."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta, tzinfo
from itertools import accumulate
from typing import Final, NamedTuple
from unicodedata import category, east_asian_width

from defectio_tasks._events.printable import printable
from defectio_tasks._schedules.shown import show_slot

# Each unit, how many seconds it has, and from how many of it on the next one is used.
_UNITS: Final = (
    ("ms", 0.001, 1_000),
    ("s", 1, 60),
    ("min", 60, 60),
    ("h", 3_600, 48),
    ("days", 86_400, math.inf),
)
# Below this, a number has one decimal.
_EXACT: Final = 10
# Within so many days, a day of the week says which one it is.
_WEEK: Final = 7


class Column(NamedTuple):
    """A column of a table."""

    heading: str
    limit: int
    """How wide it may be at most, in columns of a terminal."""
    is_number: bool = False
    """Whether it's aligned on the right."""


def lay_out(columns: Sequence[Column], rows: Iterable[Sequence[str]]) -> str:
    """Return a table as text, without a line end after it.

    What would not be printed is escaped, and backticks, which would end a block of code, are
    replaced: names may come from a chat.

    Args:
        columns: The columns, from left to right.
        rows: The rows, each with a cell for every column.
    """
    table = [[column.heading for column in columns]]
    table += [
        [_cut(cell, column.limit) for column, cell in zip(columns, row, strict=True)]
        for row in rows
    ]
    widths = [max(map(_width_of, cells)) for cells in zip(*table, strict=True)]
    return "\n".join(
        "  ".join(
            _pad(cell, width, on_the_left=column.is_number)
            for column, cell, width in zip(columns, row, widths, strict=True)
        ).rstrip()
        for row in table
    )


def show_briefly(length: timedelta) -> str:
    """Return a length of time, not negative, in one unit: ``1.2 s``, ``3 min``."""
    seconds = length.total_seconds()
    numbers = (
        (round(seconds / size, 1 if seconds / size < _EXACT else None), unit, limit)
        for unit, size, limit in _UNITS
    )
    number, unit = next((number, unit) for number, unit, limit in numbers if number < limit)
    return f"{str(number).removesuffix('.0')} {unit}"


def show_near(slot: datetime, now: datetime, zone: tzinfo) -> str:
    """Return a slot as people near it read it: without the date today, or in the same week.

    Args:
        slot: The slot.
        now: The present moment.
        zone: The zone to show it in.
    """
    day, date, clock = show_slot(slot, zone).split(" ", 2)
    days = abs((slot.astimezone(zone).date() - now.astimezone(zone).date()).days)
    if days == 0:
        return clock
    return f"{day} {clock}" if days < _WEEK else f"{date} {clock}"


def _cut(text: str, limit: int) -> str:
    """Return what has room of a text, with an ellipsis where that isn't all."""
    # Marks above and below letters take no room, so there's a bound to their number as well.
    most = 2 * limit
    shown = printable(text[: most + 1].replace("`", "'"))
    widths = list(accumulate(map(_width_of, shown)))
    if len(text) <= most and (not widths or widths[-1] <= limit):
        return shown
    return f"{shown[: bisect_right(widths[:most], limit - 1)]}…"


def _pad(cell: str, width: int, *, on_the_left: bool) -> str:
    padding = " " * (width - _width_of(cell))
    return padding + cell if on_the_left else cell + padding


def _width_of(text: str) -> int:
    """Return how many columns of a terminal a text takes."""
    return sum(
        0 if category(char) in {"Mn", "Me"} else 1 + (east_asian_width(char) in {"F", "W"})
        for char in text
    )
