"""``Weekdays``: the dates of some days of the week. Pure."""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from typing_extensions import override

_NAMES: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
# Fewer than so many days in a row are named one by one.
_RANGE: Final = 3


@dataclass(frozen=True, slots=True, init=False, repr=False)
class Weekdays(Container[date]):
    """All dates that are one of some days of the week, for ``on=``.

    Days are named by three English letters in any case: ``mon``, ``tue``, ``wed``, ``thu``,
    ``fri``, ``sat`` and ``sun``. A range may go on past Sunday: ``fri-mon`` has four days.

    Example:
        >>> from datetime import date
        >>> working_days = Weekdays("mon-fri")
        >>> date(2026, 3, 30) in working_days, date(2026, 3, 29) in working_days
        (True, False)
        >>> Weekdays("Sat", "Sun") == Weekdays("sat-sun")
        True
    """

    days: tuple[str, ...]
    """The names of the days, in lower case, from Monday on."""

    def __init__(self, *days: str) -> None:
        """Check the days.

        Args:
            *days: Each the name of a day, or of the first and the last day of a range, with ``-``
                between them.

        Raises:
            TypeError: One of them isn't a string.
            ValueError: There is none, or one isn't the name of a day or a range of days.
        """
        if not days:
            message = "`days` must name at least one day, got none (write `Weekdays('mon-fri')`)"
            raise ValueError(message)
        named = {day for index, text in enumerate(days) for day in _parse(text, index)}
        object.__setattr__(self, "days", tuple(day for day in _NAMES if day in named))

    @override
    def __contains__(self, day: object, /) -> bool:
        """Return whether a date is one of these days.

        Args:
            day: The date.

        Raises:
            TypeError: It isn't a date, or it is a ``datetime``, whose date depends on the zone.
        """
        if not isinstance(day, date) or isinstance(day, datetime):
            message = f"`day` must be a datetime.date, got {day!r}"
            if isinstance(day, datetime):
                message += " (write `.date()` behind it, in the zone that you mean)"
            raise TypeError(message)
        return _NAMES[day.weekday()] in self.days

    @override
    def __repr__(self) -> str:
        """Show what makes it again."""
        return f"{type(self).__name__}({', '.join(map(repr, self._parts()))})"

    @override
    def __str__(self) -> str:
        """Say which days."""
        return ", ".join(self._parts())

    def _parts(self) -> Iterable[str]:
        """Return the days with those in a row as ranges."""
        if len(self.days) == len(_NAMES):
            return ["mon-sun"]
        parts: list[str] = []
        for first, name in enumerate(_NAMES):
            if name not in self.days or _NAMES[first - 1] in self.days:
                continue
            row = [name]
            while (following := _NAMES[(first + len(row)) % len(_NAMES)]) in self.days:
                row.append(following)
            parts += row if len(row) < _RANGE else [f"{row[0]}-{row[-1]}"]
        return parts


def _parse(text: object, index: int) -> Iterable[str]:
    """Return the days that a text names."""
    if not isinstance(text, str):
        message = f"`days[{index}]` must be a str, got {text!r} (write `Weekdays('sat', 'sun')`)"
        raise TypeError(message)
    first, dash, last = text.lower().partition("-")
    if first not in _NAMES or (dash and last not in _NAMES):
        message = (
            f"`days[{index}]` must be one of {', '.join(_NAMES)}, or two of them with `-` between, "
            f"got {text!r} (write `Weekdays('mon-fri')` or `Weekdays('sat', 'sun')`)"
        )
        raise ValueError(message)
    start = _NAMES.index(first)
    length = (_NAMES.index(last) - start) % len(_NAMES) if dash else 0
    return [_NAMES[(start + day) % len(_NAMES)] for day in range(length + 1)]
