"""What a user names on the command line, as values."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, time, tzinfo
from difflib import get_close_matches
from typing import Final

from defectio_tasks._cli.errors import UsageError, one_line
from defectio_tasks._cli.found import Found, object_at
from defectio_tasks._loop.described import is_loop
from defectio_tasks._schedules.cron import Cron
from defectio_tasks._schedules.daily import DailySchedule
from defectio_tasks._schedules.schedule import Schedule, parse_schedule
from defectio_tasks._schedules.weekdays import Weekdays
from defectio_tasks._zones.gap_and_fold import resolve
from defectio_tasks._zones.instants import to_moment

_TIME: Final = re.compile(r"\d{1,2}:\d{2}(:\d{2})?")
_FIRST_YEAR: Final = 1900
_LAST_YEAR: Final = 9000
_LOOP: Final = re.compile(r"[^\W\d][\w.]*:\S+")


def parse_zone(name: str) -> tzinfo:
    """Return a zone by its name.

    Raises:
        UsageError: There is none of that name.
    """
    if name == "UTC":
        return UTC
    # Not at the top, see `stretch_at`.
    from zoneinfo import ZoneInfo, available_timezones  # noqa: PLC0415

    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        known = available_timezones()
    advice = "" if known else " (no zones are installed: `pip install tzdata`)"
    # Most often it is the part behind the slash that one knows.
    names = {zone.rpartition("/")[2].lower(): zone for zone in sorted(known, reverse=True)}
    last = name.rpartition("/")[2].lower().replace(" ", "_")
    if close := get_close_matches(last, names, n=1, cutoff=0.7):
        advice = f" (did you mean {names[close[0]]}?)"
    raise UsageError(f"`--tz` must be the name of a zone, got {name!r}{advice}")


def parse_moment(text: str, zone: tzinfo) -> datetime:
    """Return a moment in UTC.

    Args:
        text: The moment in ISO format; one without an offset is in the zone.
        zone: The zone.

    Raises:
        UsageError: It is none.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        rule = "`--after` must be a moment such as 2026-03-28T12:00 or 2026-03-28T12:00+01:00"
        raise UsageError(f"{rule}, got {text!r}") from None
    # All that is shown is within datetime's range then.
    if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        rule = f"`--after` must be in the years {_FIRST_YEAR} to {_LAST_YEAR}"
        raise UsageError(f"{rule}, got {text!r}")
    if moment.tzinfo is None:
        return to_moment(resolve(moment.toordinal(), moment.time(), zone))
    return moment.astimezone(UTC)


def parse_wanted(what: Sequence[str], tz: tzinfo, on: Sequence[str]) -> Found | Schedule:
    """Return the loop or the schedule that a user asks about.

    Args:
        what: One cron expression, one ``module:loop``, or any number of times.
        tz: The zone by whose clocks a cron or times count.
        on: The weekdays on which they count.

    Raises:
        UsageError: It is nothing of these.
    """
    first, *others = what
    if all(map(_TIME.fullmatch, what)):
        return DailySchedule([_parse_time(text, tz) for text in what], on=_parse_on(on))
    if others:
        raise UsageError(
            "`next` takes one cron expression in quotes, one module:loop, or times such as 08:30, "
            f"got {' '.join(what)!r}"
        )
    if not _LOOP.fullmatch(first):
        return _parse_cron(first, tz, _parse_on(on))
    if on:
        raise UsageError("`--on` goes with a cron expression or times, and not with a loop")
    value = object_at(first)
    if is_loop(value):
        return Found(first, value)
    try:
        return parse_schedule(value, "what", lambda _: "")
    except TypeError:
        kind = type(value).__name__
        raise UsageError(f"{first!r} is no loop and no schedule: it is of type {kind}") from None


def _parse_time(text: str, tz: tzinfo) -> time:
    try:
        return time.fromisoformat(text.zfill(5) if text.count(":") == 1 else text.zfill(8)).replace(
            tzinfo=tz
        )
    except ValueError as error:
        raise UsageError(f"{text!r} is no time of the day: {one_line(error)}") from None


def _parse_cron(text: str, tz: tzinfo, on: Weekdays | None) -> Cron:
    try:
        return Cron(text, tz, on=on)
    except ValueError as error:
        raise UsageError(one_line(error)) from None


def _parse_on(days: Sequence[str]) -> Weekdays | None:
    if not days:
        return None
    try:
        return Weekdays(*(day for text in days for day in text.split(",")))
    except ValueError:
        rule = "`--on` must have weekdays such as mon-fri or sat,sun"
        raise UsageError(f"{rule}, got {','.join(days)!r}") from None
