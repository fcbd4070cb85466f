"""The recipe of the README: a library of holidays as it is (contract W8)."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import holidays

import defectio_tasks as tasks

BERLIN = ZoneInfo("Europe/Berlin")
WORKING_DAYS = tasks.Weekdays("mon-fri")


def test_w8_on_working_days_that_are_no_holidays() -> None:
    german = holidays.country_holidays("DE")

    def works(day: date) -> bool:
        return day in WORKING_DAYS and day not in german

    schedule = tasks.DailySchedule(time(9, tzinfo=BERLIN), on=works)
    slots = tasks.upcoming(schedule, after=datetime(2026, 12, 23, 12, tzinfo=UTC), n=4)
    # Christmas is on a Friday, and the day after it on a Saturday.
    assert [slot.day for slot in slots] == [24, 28, 29, 30]


def test_w8_on_holidays() -> None:
    schedule = tasks.DailySchedule(time(9, tzinfo=BERLIN), on=holidays.country_holidays("DE"))
    [slot] = tasks.upcoming(schedule, after=datetime(2026, 12, 26, 12, tzinfo=UTC), n=1)
    assert slot == datetime(2027, 1, 1, 8, tzinfo=UTC)
