"""What a cron expression says: its minutes, its hours, and the dates that count. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Final, NamedTuple

_FEBRUARY: Final = 2
_FIELDS: Final = 5
# Of months, by their number; that of February is looked up.
_LENGTHS: Final = (0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_EVERY_DAY: Final = 2**32 - 2
# Those that each month has; the last one, too.
_COMMON_DAYS: Final = 2**29 - 1
_EVERY_MONTH: Final = 2**13 - 2
_EVERY_WEEKDAY: Final = 2**7 - 1
# Multiplied with seven bits it repeats them over five weeks.
_FIVE_WEEKS: Final = sum(1 << week * 7 for week in range(5))


@dataclass(frozen=True, slots=True)
class CronDays:
    """The dates that count, by the three day fields of a cron expression.

    Sets are numbers: the bit of a value in them is set.
    """

    days: int
    """Days of the month; bit 0 is the last one, whichever that is."""
    months: int
    """Months, from bit 1 on."""
    weekdays: int
    """Weekdays from Sunday on, bit 0; each of them in a month."""
    nths: int
    """First weekdays of a month in bits 0 to 6, second ones in bits 7 to 13, up to fifth ones."""
    lasts: int
    """Last weekdays of a month, from Sunday on."""
    either: bool
    """Whether the day of the month or the weekday is enough; else a date has to have both."""

    def __contains__(self, day: object) -> bool:
        """Return whether a date counts."""
        if not isinstance(day, date):
            return False
        return bool(self._of_month(day.year, day.month) >> day.day & 1)

    def onwards(self, begin: date, *, later: bool) -> Iterator[date]:
        """Return the dates that count, in order, to the end of the calendar.

        Args:
            begin: The date at which to begin.
            later: Whether to begin at the next one.
        """
        year, month, months = begin.year, begin.month, self.months
        # Leap days alone come in every fourth year, at most.
        leap_days = months == 1 << _FEBRUARY and not (self.either or self.days & _COMMON_DAYS)
        years = 4 if leap_days else 1
        # Without the days before.
        found = self._of_month(year, month) & -1 << begin.day + later
        while True:
            while found:
                least = found & -found
                yield date(year, month, least.bit_length() - 1)
                found ^= least
            rest = months >> month + 1
            if not rest:
                year, month, rest = year + years - year % years, 0, months >> 1
                if year > date.max.year:
                    return
            month += (rest & -rest).bit_length()
            found = self._of_month(year, month)

    def possible(self) -> bool:
        """Return whether any date counts, ever."""
        # In the 400 years after which the calendar repeats, each day of each month, the 29th of
        # February too, has each weekday.
        for month in range(1, 13):
            if self.months >> month & 1:
                for length in (29, 28) if month == _FEBRUARY else (_LENGTHS[month],):
                    for first in range(7):
                        if self._of_length(length, first):
                            return True
        return False

    def _of_month(self, year: int, month: int) -> int:
        """Return the days of a month that count, as bits."""
        if not self.months >> month & 1:
            return 0
        length = _LENGTHS[month]
        if month == _FEBRUARY and year % 4 == 0 and (year % 100 or year % 400 == 0):
            length = 29
        if self.weekdays == _EVERY_WEEKDAY:
            return (self.days | (self.days & 1) << length) & (2 << length) - 2
        return self._of_length(length, date(year, month, 1).isoweekday() % 7)

    def _of_length(self, length: int, first: int) -> int:
        """Return the days of a month that count, as bits.

        Args:
            length: How many days the month has.
            first: The weekday of the first, 0 for a Sunday.
        """
        whole = (2 << length) - 2
        days = (self.days | (self.days & 1) << length) & whole
        weekdays = self.weekdays
        found = ((weekdays << 7 | weekdays) >> first & _EVERY_WEEKDAY) * _FIVE_WEEKS
        if self.nths:
            for week in (0, 7, 14, 21, 28):
                found |= _turned(self.nths >> week & _EVERY_WEEKDAY, first) << week
        if self.lasts:
            # The last seven days of the month have each weekday, too.
            found |= _turned(self.lasts, (first + length) % 7) << length - 7
        found = found << 1 & whole
        return days | found if self.either else days & found


class CronFields(NamedTuple):
    """What an expression says."""

    minutes: bytes
    """The minutes of an hour, in order."""
    hours: bytes
    """The hours of a day, in order."""
    days: CronDays
    weekly: int
    """The weekdays of some weeks, from Monday on, where they alone decide; else 0."""


class _Field(NamedTuple):
    name: str
    low: int
    high: int
    names: Mapping[str, int]
    example: str
    """What to write, where nothing better is known."""


_MONTHS: Final = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1
    )
}
_WEEKDAYS: Final = {
    name: number for number, name in enumerate(("sun", "mon", "tue", "wed", "thu", "fri", "sat"))
}
_MINUTE: Final = _Field("minute", 0, 59, {}, "`0` or `*/15`")
_HOUR: Final = _Field("hour", 0, 23, {}, "`0` for midnight or `9-17`")
_DAY: Final = _Field("day of month", 1, 31, {}, "`1` or `L` for the last one")
_MONTH: Final = _Field("month", 1, 12, _MONTHS, "`1` or `jan` for January")
_WEEKDAY: Final = _Field("day of week", 0, 7, _WEEKDAYS, "`0`, `7` or `sun` for Sunday, `mon-fri`")
_ORDER: Final = "minute, hour, day of month, month, day of week"
_SHORT: Final = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
_MOST_DIGITS: Final = 9


@lru_cache
def parse_cron(expression: str) -> CronFields:
    """Return what a cron expression says.

    Raises:
        ValueError: It says nothing that could be kept to; the message tells what to write.
    """
    parts = _split(expression)
    minutes = _parse(parts[0], _MINUTE, expression)
    hours = _parse(parts[1], _HOUR, expression)
    days = _parse_days(parts[2], expression)
    months = _parse(parts[3], _MONTH, expression)
    weekdays, nths, lasts = _parse_weekdays(parts[4], expression)
    # Vixie's rule, and Debian's: a field counts as given unless it begins with a star. What a star
    # begins may still leave out dates, as `*/2` does.
    either = not (parts[2].startswith("*") or parts[4].startswith("*"))
    # The rest is there so that expressions that say the same are equal.
    if weekdays == _EVERY_WEEKDAY:
        nths = lasts = 0
    if days & _EVERY_DAY == _EVERY_DAY:
        days = _EVERY_DAY
    if either and (days == _EVERY_DAY or weekdays == _EVERY_WEEKDAY):
        days, weekdays, nths, lasts, either = _EVERY_DAY, _EVERY_WEEKDAY, 0, 0, False
    rule = CronDays(days, months, weekdays, nths, lasts, either)
    alone = days == _EVERY_DAY and months == _EVERY_MONTH and not (nths or lasts)
    weekly = weekdays * _FIVE_WEEKS >> 1 if alone else 0
    if not (weekly or rule.possible()):
        raise _wrong(
            "name a date that comes",
            " ".join(parts[2:]),
            expression,
            "write `L` for the last day of a month",
        )
    return CronFields(_members(minutes), _members(hours), rule, weekly)


def _split(expression: str) -> list[str]:
    text = expression.lower()
    parts = text.split()
    if parts and parts[0].startswith("@"):
        name = " ".join(parts)
        if name in _SHORT:
            return _SHORT[name].split()
        if name == "@reboot":
            raise _wrong(
                "say when by the clock",
                "@reboot",
                expression,
                "call in `before_loop` what is to run at the start",
            )
        raise _wrong(
            f"be five fields or one of {', '.join(_SHORT)}",
            name,
            expression,
            "write `@daily`, or `Every` for an interval",
        )
    if len(parts) != _FIELDS:
        more = "leave out seconds and the year" if len(parts) > _FIELDS else "write `*` for any"
        message = (
            f"`expression` must have five fields ({_ORDER}), got {len(parts)} in "
            f"{expression!r} ({more}, as in `30 8 * * *`)"
        )
        raise ValueError(message)
    return parts


def _parse(text: str, field: _Field, expression: str) -> int:
    """Return the values of a field, as bits."""
    if text == "*":
        return (2 << field.high) - (1 << field.low)
    if text.isdigit():
        return 1 << _parse_value(text, text, field, expression)
    found = 0
    for item in _items(text, field, expression):
        found |= _parse_item(item, field, expression)
    return found


def _parse_days(text: str, expression: str) -> int:
    if "l" not in text:
        return _parse(text, _DAY, expression)
    found = 0
    for item in _items(text, _DAY, expression):
        found |= 1 if item == "l" else _parse_item(item, _DAY, expression)
    return found


def _parse_weekdays(text: str, expression: str) -> tuple[int, int, int]:
    """Return each weekday, the nth ones and the last ones."""
    weekdays = nths = lasts = 0
    if not ("#" in text or "l" in text):
        found = _parse(text, _WEEKDAY, expression)
        return (found | found >> 7) & _EVERY_WEEKDAY, nths, lasts
    for item in _items(text, _WEEKDAY, expression):
        name, hash_, nth = item.partition("#")
        if hash_:
            if nth not in {"1", "2", "3", "4", "5"}:
                raise _wrong(
                    "have a number from 1 to 5 after `#`",
                    item,
                    expression,
                    "write `FRI#2` for a month's second Friday, `FRIL` for its last",
                )
            nths |= 1 << _parse_value(name, item, _WEEKDAY, expression) % 7 + 7 * (int(nth) - 1)
        elif item[-1] == "l" and len(item) > 1:
            lasts |= 1 << _parse_value(item[:-1], item, _WEEKDAY, expression) % 7
        else:
            found = _parse_item(item, _WEEKDAY, expression)
            weekdays |= (found | found >> 7) & _EVERY_WEEKDAY
    return weekdays, nths, lasts


def _items(text: str, field: _Field, expression: str) -> list[str]:
    items = text.split(",")
    if not all(items):
        advice = ",".join(filter(None, items)) or "*"
        raise _wrong(f"have no empty item as {field.name}", text, expression, f"write `{advice}`")
    return items


def _parse_item(item: str, field: _Field, expression: str) -> int:
    """Return the values of a star, a value or a range, with a step or without, as bits."""
    span, slash, step_text = item.partition("/")
    first_text, dash, last_text = span.partition("-")
    if span == "*":
        first, last = field.low, field.high
    else:
        first = _parse_value(first_text, item, field, expression)
        if dash:
            last = _parse_value(last_text, item, field, expression)
        else:
            # From there on, where a step follows.
            last = field.high if slash else first
    step = _parse_step(step_text, field, item, expression) if slash else 1
    if last >= first:
        if step == 1:
            return (2 << last) - (1 << first)
        return sum(1 << value for value in range(first, last + 1, step))
    if field is not _WEEKDAY:
        advice = f"{first_text}-{field.high}{slash}{step_text}"
        advice += f",{field.low}-{last_text}{slash}{step_text}"
        raise _wrong(
            f"have ranges that go up as {field.name}", item, expression, f"write `{advice}`"
        )
    return sum(1 << value % 7 for value in range(first, last + 8, step))


def _parse_step(text: str, field: _Field, item: str, expression: str) -> int:
    # With as many as there are values, a step comes to the first one only, as `*/24` does.
    most = field.high if field is _WEEKDAY else field.high + 1 - field.low
    if _is_number(text) and len(text) <= _MOST_DIGITS and 1 <= int(text) <= most:
        return int(text)
    raise _wrong(
        f"have steps from 1 to {most} as {field.name}",
        item,
        expression,
        "write `*/5` for every fifth, or `Every` for an interval that goes on and on",
    )


def _parse_value(text: str, item: str, field: _Field, expression: str) -> int:
    """Return the value that a text, which is all of an item or a part of it, stands for."""
    if text in field.names:
        return field.names[text]
    if _is_number(text):
        if len(text) <= _MOST_DIGITS and field.low <= int(text) <= field.high:
            return int(text)
        rule = f"have numbers from {field.low} to {field.high} as {field.name}"
        raise _wrong(rule, text, expression, f"write {field.example}")
    names = f" or {', '.join(field.names)}" if field.names else ""
    rule = f"have numbers from {field.low} to {field.high}{names} as {field.name}"
    raise _wrong(rule, text or item, expression, _advise(text, field))


def _advise(text: str, field: _Field) -> str:
    """Return what to write for something that is no value of a field."""
    name = text[:3]
    advice = f"write {field.example}"
    if "?" in text:
        advice = "write `*`"
    elif name in field.names:
        advice = f"write `{name}`"
    elif name in _MONTHS:
        advice = "names of months stand in the fourth field"
    elif name in _WEEKDAYS:
        advice = "names of weekdays stand in the fifth field"
    elif text == "l" and field is _WEEKDAY:
        advice = "write `FRIL` for a month's last Friday, `L` as day of month for its last day"
    elif text.startswith("h"):
        advice = f"`H` is Jenkins': {advice}"
    return advice


def _wrong(rule: str, got: str, expression: str, advice: str) -> ValueError:
    # As it was written, where no letter has another length in lower case.
    begin = expression.lower().find(got)
    written = expression[begin : begin + len(got)] if begin >= 0 else got
    where = "" if written == expression else f" in {expression!r}"
    return ValueError(f"`expression` must {rule}, got {written!r}{where} ({advice})")


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()


@lru_cache
def _members(bits: int) -> bytes:
    return bytes(value for value in range(bits.bit_length()) if bits >> value & 1)


def _turned(weekdays: int, first: int) -> int:
    """Return weekdays from another one than Sunday on."""
    return (weekdays << 7 | weekdays) >> first & _EVERY_WEEKDAY
