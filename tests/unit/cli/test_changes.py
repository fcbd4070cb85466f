"""Which slots a change of the clocks touches, against a search through all wall times."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from defectio_tasks import Cron, DailySchedule, Weekdays, merge, shift
from defectio_tasks._cli.changes import touched
from defectio_tasks._zones.gap_and_fold import Fold, Gap, classify, resolve
from defectio_tasks._zones.instants import to_moment

YEAR = timedelta(days=366)


@pytest.mark.parametrize(
    ("name", "begin"),
    [
        ("Europe/London", date(2026, 1, 1)),
        ("America/New_York", date(2026, 1, 1)),
        ("Australia/Lord_Howe", date(2026, 1, 1)),
        ("Africa/Casablanca", date(2026, 1, 1)),
        ("America/Nuuk", date(2024, 1, 1)),
        ("Africa/Cairo", date(2026, 1, 1)),
        ("Pacific/Apia", date(2011, 3, 1)),
        ("Asia/Tokyo", date(2026, 1, 1)),
    ],
)
@pytest.mark.parametrize("fold", [0, 1])
def test_daily_times(name: str, begin: date, fold: int) -> None:
    zone = ZoneInfo(name)
    walls = [time(hour, minute) for hour in (0, 1, 2, 3, 23) for minute in (0, 20, 59)]
    schedule = DailySchedule([wall.replace(tzinfo=zone, fold=fold) for wall in walls])
    after = datetime(begin.year, begin.month, begin.day, tzinfo=UTC)
    expected: set[tuple[datetime, datetime, bool]] = set()
    for number in range(-3, 370):
        day = begin + timedelta(days=number)
        for wall in walls:
            local = datetime.combine(day, wall)
            slot = to_moment(resolve(day.toordinal(), wall.replace(fold=fold), zone))
            kind = classify(local, zone)
            if isinstance(kind, Gap | Fold) and after < slot <= after + YEAR:
                expected.add((slot, local, isinstance(kind, Gap)))
    found = touched(schedule, after, after + YEAR)
    assert {(one.slot, one.wall, one.forward) for one in found} == expected
    assert len(found) == len(expected)
    assert [one.slot for one in found] == sorted(one.slot for one in found)


def test_the_dates_that_count() -> None:
    """W8: the date is the nominal one."""
    zone = ZoneInfo("America/Nuuk")
    after = datetime(2024, 1, 1, tzinfo=UTC)
    wall = time(23, 30, tzinfo=zone)
    for days, number in (("sat", 1), ("sun", 0)):
        schedule = DailySchedule(wall, on=Weekdays(days))
        found = [one for one in touched(schedule, after, after + YEAR) if one.forward]
        assert len(found) == number


def test_crons_and_what_is_made_of_them() -> None:
    zone = ZoneInfo("Europe/London")
    after = datetime(2026, 1, 1, tzinfo=UTC)
    cron = Cron("0,30 1 * * sun", zone, on=Weekdays("sun"))
    daily = DailySchedule([time(1, tzinfo=zone), time(1, 30, tzinfo=zone)])
    slots = [one.slot for one in touched(cron, after, after + YEAR)]
    assert slots == [one.slot for one in touched(daily, after, after + YEAR)]
    assert len(slots) == 4
    # Whenever the clocks show such a minute: W12.
    assert touched(Cron("*/30 * * * *", zone), after, after + YEAR) == []
    day = timedelta(days=1)
    moved = touched(merge(shift(cron, day), shift(daily, -day)), after, after + YEAR)
    expected = sorted(slot + delta for slot in slots for delta in (day, -day))
    assert [one.slot for one in moved] == expected
    # Only those between the two moments.
    (one,) = touched(daily, slots[0], slots[1])
    assert one.slot == slots[1]
