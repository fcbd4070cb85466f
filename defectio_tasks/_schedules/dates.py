"""``on``: the dates on which a schedule counts, checked and looked through. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Container
from datetime import date, datetime
from functools import partial
from inspect import iscoroutinefunction
from operator import contains
from typing import Final, TypeAlias, TypeGuard

Dates: TypeAlias = Container[date] | Callable[[date], bool]
"""Dates: a container of them, or a function that answers for one."""

# How far to look for a date that counts. The rarest that cron expressions name, a 29th of February
# that is a Monday, comes within so many days, too.
FORTY_YEARS: Final = 40 * 365 + 10
_LAST_DAY: Final = date.max.toordinal()


def parse_dates(on: object) -> Callable[[date], object] | None:
    """Check dates that a user passed as ``on``, and return how to ask whether one counts.

    Raises:
        TypeError: It is no container of dates, and no function of one.
    """
    if on is None:
        return None
    for day in on if is_listed(on) else ():
        # What has none in it would never count, though a type checker may let it pass.
        if not isinstance(day, date) or isinstance(day, datetime):
            names = "`tasks.Weekdays('mon-fri')`"
            instead = "`.date()`" if isinstance(day, datetime) else names
            message = f"`on` must have dates in it, got {day!r} (write {instead})"
            raise TypeError(message)
    if isinstance(on, str):
        advice = f"write `on=tasks.Weekdays({on!r})`"
    elif isinstance(on, type):
        advice = "write an object of that class"
    elif iscoroutinefunction(on):
        advice = "write `def`, and not `async def`: nobody would await it"
    elif isinstance(on, Container):
        return partial(contains, on)
    elif callable(on):
        return on
    else:
        advice = "write `on={datetime.date(2026, 1, 31)}`"
    message = f"`on` must be a container of dates or a function of one, got {on!r} ({advice})"
    raise TypeError(message)


class Asked:
    """Dates that were asked for in one search: each date is asked for once, and then anew."""

    __slots__ = ("_answers", "_counts", "_found", "_last")

    def __init__(self, counts: Callable[[date], object], today: int) -> None:
        """Begin a search.

        Args:
            counts: Returns whether a date counts.
            today: Where it begins, as an ordinal.
        """
        self._counts = counts
        self._last = min(today + FORTY_YEARS, _LAST_DAY)
        self._answers: dict[int, bool] = {}
        self._found: dict[int, int | None] = {}

    def onwards(self, day: int) -> int | None:
        """Return the first date that counts, from one on, as ordinals; ``None`` without any."""
        if day not in self._found:
            days = range(max(day, 1), self._last + 1)
            self._found[day] = next(filter(self._has, days), None)
        return self._found[day]

    def _has(self, day: int) -> bool:
        if day not in self._answers:
            self._answers[day] = bool(self._counts(date.fromordinal(day)))
        return self._answers[day]


def is_listed(on: object) -> TypeGuard[Collection[object]]:
    """Return whether all that is in it can be looked through, and is nobody's calculation."""
    return isinstance(on, set | frozenset | list | tuple | dict | range)
