"""Schedules as people read them (contract W15)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

import defectio_tasks as tasks
from defectio_tasks import At, Cron, DailySchedule, Every
from defectio_tasks._schedules.shown import in_units, show_length, show_moment, show_slot, zone_of

LONDON, TOKYO = ZoneInfo("Europe/London"), ZoneInfo("Asia/Tokyo")
DAYS = [date(2026, 3, day) for day in (4, 2, 3, 1)]


@pytest.mark.parametrize(
    ("wall", "shown"),
    [
        (time(8, 30, tzinfo=LONDON), "08:30 Europe/London"),
        (time(8, 30), "08:30 UTC"),
        (time(8, 30, 5), "08:30:05 UTC"),
        (time(8, 30, 0, 7), "08:30:00.000007 UTC"),
        (time(1, 30, tzinfo=LONDON, fold=1), "01:30 Europe/London fold=1"),
        (time(8, tzinfo=timezone(timedelta(hours=-5))), "08:00 UTC-05:00"),
    ],
)
def test_w15_a_time(wall: time, shown: str) -> None:
    schedule = DailySchedule(wall)
    assert repr(schedule) == f"DailySchedule({shown})"
    assert str(schedule) == f"daily at {shown}"


def test_w15_of_many_times_the_first() -> None:
    schedule = DailySchedule([time(hour) for hour in range(5)])
    assert str(schedule) == "daily at 00:00 UTC, 01:00 UTC, 02:00 UTC and 2 more"
    assert repr(schedule).count("UTC") == 5
    three = DailySchedule([time(hour) for hour in range(3)])
    assert str(three) == "daily at 00:00 UTC, 01:00 UTC and 02:00 UTC"


@pytest.mark.parametrize(
    ("on", "shown"),
    [
        (DAYS[:1], "2026-03-04"),
        (set(DAYS[:2]), "2026-03-02 and 2026-03-04"),
        (tuple(DAYS[:3]), "2026-03-02, 2026-03-03 and 2026-03-04"),
        (frozenset(DAYS), "4 dates"),
        (dict.fromkeys(DAYS[:1], "x"), "2026-03-04"),
        ((), "0 dates"),
    ],
)
def test_w15_dates(on: Collection[date], shown: str) -> None:
    assert str(DailySchedule(time(8), on=on)) == f"daily at 08:00 UTC on {shown}"
    assert str(Cron("0 8 * * *", on=on)) == f"cron 0 8 * * * UTC on {shown}"


def test_w15_dates_in_a_repr_are_the_same_in_each_process() -> None:
    shown = ", ".join(map(repr, sorted(DAYS)))
    assert repr(DailySchedule(time(8), on=set(DAYS))).endswith(f"on={{{shown}}})")
    assert repr(DailySchedule(time(8), on=frozenset(DAYS))).endswith(f"on=frozenset({{{shown}}}))")
    assert repr(DailySchedule(time(8), on=DAYS)).endswith(f"on={DAYS!r})")
    assert repr(DailySchedule(time(8), on=set())).endswith("on=set())")

    def works(_: date) -> bool:
        return True

    assert repr(DailySchedule(time(8), on=works)).endswith(f"on={works.__qualname__})")
    assert str(DailySchedule(time(8), on=works)).endswith("on works")


@pytest.mark.parametrize(
    ("schedule", "zone"),
    [
        (DailySchedule([time(8, tzinfo=LONDON), time(9, tzinfo=LONDON)]), LONDON),
        (DailySchedule([time(8, tzinfo=LONDON), time(9, tzinfo=TOKYO)]), UTC),
        (DailySchedule(time(8)), UTC),
        (Cron("0 8 * * *", TOKYO), TOKYO),
        (Every(hours=1), UTC),
        (object(), UTC),
    ],
)
def test_the_zone_in_which_slots_are_shown(schedule: object, zone: object) -> None:
    assert zone_of(schedule) is zone


@pytest.mark.parametrize("days", range(7))
def test_a_slot(days: int) -> None:
    slot = datetime(2026, 3, 30, 7, 30, tzinfo=UTC) + timedelta(days=days)
    name = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"][days]
    assert show_slot(slot, LONDON) == f"{name} {slot:%Y-%m-%d} 08:30 BST"
    assert show_slot(slot + timedelta(seconds=5), UTC) == f"{name} {slot:%Y-%m-%d} 07:30:05 UTC"
    assert show_slot(slot + timedelta(microseconds=5), UTC).endswith(" 07:30:00 UTC")


def test_a_moment() -> None:
    moment = datetime(2026, 3, 30, 7, 30, tzinfo=UTC)
    assert show_moment(moment) == "2026-03-30 07:30 UTC"
    assert show_moment(moment + timedelta(seconds=5)) == "2026-03-30 07:30:05 UTC"
    assert show_moment(moment + timedelta(microseconds=5)) == "2026-03-30 07:30:00.000005 UTC"
    shown = "at 2026-03-30 07:30 UTC and 2026-03-30 08:30 UTC"
    assert str(At(moment + timedelta(hours=1), moment)) == shown


def test_a_length() -> None:
    assert show_length(timedelta(days=1, hours=2, minutes=3, seconds=4)) == (
        "1 day 2 hours 3 minutes 4 seconds"
    )
    assert show_length(timedelta(hours=1, seconds=1.5)) == "1 hour 1.5 seconds"
    assert show_length(timedelta()) == "0 seconds"
    assert repr(in_units(timedelta(seconds=61))) == "[('minutes', 1), ('seconds', 1)]"


@pytest.mark.parametrize(
    ("keywords", "shown"),
    [
        ({"seconds": 5}, "every 5 seconds"),
        ({"minutes": 90}, "every 1 hour 30 minutes"),
        ({}, "again and again"),
        ({"hours": 1e12}, "every 3.6e+15 seconds"),
    ],
)
def test_an_interval(keywords: dict[str, float], shown: str) -> None:
    @tasks.loop(**keywords)  # type: ignore[call-overload, untyped-decorator, unused-ignore]
    async def tick() -> None: ...

    assert repr(tick).partition(": ")[2] == f"{shown}, not running>"
