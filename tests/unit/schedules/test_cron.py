"""`Cron`: what expressions say, and when they are due (contract W8, W12, W15)."""

from __future__ import annotations

import copy
import pickle
import re
import tracemalloc
from calendar import isleap
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from itertools import pairwise
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest
from support.strategies import ForeignZone, RestlessZone
from support.zones import OwnZone
from typing_extensions import override

from defectio_tasks import DailySchedule
from defectio_tasks._schedules.cron import Cron
from defectio_tasks._schedules.cron_fields import CronDays, parse_cron

LONDON: Final = ZoneInfo("Europe/London")
NEW_YORK: Final = ZoneInfo("America/New_York")
APIA: Final = ZoneInfo("Pacific/Apia")
LORD_HOWE: Final = ZoneInfo("Australia/Lord_Howe")
NUUK: Final = ZoneInfo("America/Nuuk")
KWAJALEIN: Final = ZoneInfo("Pacific/Kwajalein")
HOUR: Final = timedelta(hours=1)


def at(text: str) -> datetime:
    """Write a moment in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def walk(schedule: Cron, start: str, count: int) -> list[str]:
    """Go from slot to slot, and write what they are in UTC."""
    slots, moment = list[str](), at(start)
    for _ in range(count):
        slot = schedule.next_after(moment)
        assert slot is not None
        assert slot.tzinfo is UTC
        slots.append(slot.strftime("%Y-%m-%d %H:%M"))
        moment = slot
    return slots


# --- What expressions say -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expression", "plain"),
    [
        ("@hourly", "0 * * * *"),
        ("@daily", "0 0 * * *"),
        ("@midnight", "0 0 * * *"),
        ("@weekly", "0 0 * * 0"),
        ("@monthly", "0 0 1 * *"),
        ("@yearly", "0 0 1 1 *"),
        ("@annually", "0 0 1 1 *"),
        (" @Daily ", "0 0 * * *"),
        ("  30\t8 * * *\n", "30 8 * * *"),
        ("000000030 08 * * *", "30 8 * * *"),
        ("059 023 031 012 *", "59 23 31 12 *"),
        ("00 00 01 01 *", "0 0 1 1 *"),
        ("*/000000020 * * * *", "0,20,40 * * * *"),
        ("*/20 * * * *", "0,20,40 * * * *"),
        ("5/20 * * * *", "5,25,45 * * * *"),
        ("5-30/20 * * * *", "5,25 * * * *"),
        ("*/60 */24 * * *", "0 0 * * *"),
        ("10,5,10,5-7 * * * *", "5,6,7,10 * * * *"),
        ("0 0-23 * * *", "0 * * * *"),
        ("0 */1 * * *", "0 * * * *"),
        ("0 9 * JAN,feb-Apr *", "0 9 * 1,2,3,4 *"),
        ("0 9 * * MON-fri", "0 9 * * 1,2,3,4,5"),
        ("0 9 * * fri-mon", "0 9 * * 0,1,5,6"),
        ("0 9 * * 5-1", "0 9 * * 0,1,5,6"),
        ("0 9 * * fri-tue/2", "0 9 * * 2,5,0"),
        ("0 9 * * sat-sun", "0 9 * * 0,6"),
        ("0 9 * * 5-7", "0 9 * * 0,5,6"),
        ("0 9 * * 7", "0 9 * * sun"),
        ("0 9 * * 7-2", "0 9 * * 0-2"),
        ("0 9 * * 0-7", "0 9 * * *"),
        ("0 9 * * */7", "0 9 * * 0"),
        ("0 9 * * friL,7l", "0 9 * * 5L,0L"),
        ("0 9 * * fri#2", "0 9 * * 5#2"),
        ("0 9 1-31 * mon", "0 9 * * *"),
        ("0 9 15 * 0-6", "0 9 * * *"),
        ("0 9 */1 * mon", "0 9 * * mon"),
        ("0 9 1-31,L * *", "0 9 * * *"),
        ("0 9 * * *,fri#2,friL", "0 9 * * *"),
    ],
)
def test_w12_says_the_same(expression: str, plain: str) -> None:
    assert Cron(expression) == Cron(plain)
    assert hash(Cron(expression)) == hash(Cron(plain))
    assert walk(Cron(expression), "2026-01-05 07:11", 5) == walk(Cron(plain), "2026-01-05 07:11", 5)


@pytest.mark.parametrize(
    ("expression", "slots"),
    [
        ("30 8 * * *", ["2026-02-27 08:30", "2026-02-28 08:30", "2026-03-01 08:30"]),
        ("*/15 9 * * *", ["2026-02-27 09:00", "2026-02-27 09:15", "2026-02-27 09:30"]),
        ("0 9,17 * * MON-FRI", ["2026-02-27 09:00", "2026-02-27 17:00", "2026-03-02 09:00"]),
        ("0 9 * * SUN", ["2026-03-01 09:00", "2026-03-08 09:00", "2026-03-15 09:00"]),
        ("0 0 29 2 *", ["2028-02-29 00:00", "2032-02-29 00:00", "2036-02-29 00:00"]),
        ("0 0 L * *", ["2026-02-28 00:00", "2026-03-31 00:00", "2026-04-30 00:00"]),
        ("0 0 1,L 2 *", ["2026-02-28 00:00", "2027-02-01 00:00", "2027-02-28 00:00"]),
        ("0 0 31 * *", ["2026-03-31 00:00", "2026-05-31 00:00", "2026-07-31 00:00"]),
        ("0 9 * * FRI#2", ["2026-03-13 09:00", "2026-04-10 09:00", "2026-05-08 09:00"]),
        ("0 9 * * MON#5", ["2026-03-30 09:00", "2026-06-29 09:00", "2026-08-31 09:00"]),
        ("0 9 * * FRIL", ["2026-02-27 09:00", "2026-03-27 09:00", "2026-04-24 09:00"]),
        ("0 9 * * 5L,MON#1", ["2026-02-27 09:00", "2026-03-02 09:00", "2026-03-27 09:00"]),
        ("0 9 * * MON#3,TUE#4", ["2026-03-16 09:00", "2026-03-24 09:00", "2026-04-20 09:00"]),
        ("0 9 * * MON#4,TUE#3", ["2026-03-17 09:00", "2026-03-23 09:00", "2026-04-21 09:00"]),
        ("0 9 * * MON,WED,FRI#2", ["2026-03-02 09:00", "2026-03-04 09:00", "2026-03-09 09:00"]),
        ("0 9 * * 7,FRI#2", ["2026-03-01 09:00", "2026-03-08 09:00", "2026-03-13 09:00"]),
        ("0 9 * * TUE#3", ["2026-03-17 09:00", "2026-04-21 09:00", "2026-05-19 09:00"]),
        ("0 9 * * TUE#4", ["2026-03-24 09:00", "2026-04-28 09:00", "2026-05-26 09:00"]),
        ("0 9 * * SAT#3,SAT#4", ["2026-02-28 09:00", "2026-03-21 09:00", "2026-03-28 09:00"]),
        # Both hold in a February of 28 days only.
        ("0 9 */21 2 FRIL", ["2030-02-22 09:00", "2041-02-22 09:00", "2047-02-22 09:00"]),
        ("0-30/10 9 * * *", ["2026-02-27 09:00", "2026-02-27 09:10", "2026-02-27 09:20"]),
        ("0 8-10/2 * * *", ["2026-02-27 10:00", "2026-02-28 08:00", "2026-02-28 10:00"]),
        ("0 9 * * 7#1,MON#1", ["2026-03-01 09:00", "2026-03-02 09:00", "2026-04-05 09:00"]),
        ("0 9 * * MONL,7L", ["2026-03-29 09:00", "2026-03-30 09:00", "2026-04-26 09:00"]),
        # Either is enough; and both, where one of them begins with a star.
        ("0 9 1 * MON", ["2026-03-01 09:00", "2026-03-02 09:00", "2026-03-09 09:00"]),
        ("0 9 */2 * MON", ["2026-03-09 09:00", "2026-03-23 09:00", "2026-04-13 09:00"]),
        ("0 9 13 * */5", ["2026-03-13 09:00", "2026-09-13 09:00", "2026-11-13 09:00"]),
        ("0 9 1 6 MON", ["2026-06-01 09:00", "2026-06-08 09:00", "2026-06-15 09:00"]),
        ("0 9 30 2 MON", ["2027-02-01 09:00", "2027-02-08 09:00", "2027-02-15 09:00"]),
    ],
)
def test_w12_slots(expression: str, slots: Sequence[str]) -> None:
    assert walk(Cron(expression), "2026-02-27 08:00", 3) == slots


@pytest.mark.parametrize("weekday", range(7))
def test_w12_weekdays_of_a_month(weekday: int) -> None:
    """Compared with a calendar, over months that begin with each weekday."""
    year = [date(2026, 1, 1) + timedelta(days=number) for number in range(365)]
    those = [day for day in year if day.isoweekday() % 7 == weekday]
    for nth in range(1, 6):
        days = parse_cron(f"0 0 * * {weekday}#{nth}").days
        assert [day for day in year if day in days] == [
            day for day in those if (day.day + 6) // 7 == nth
        ]
    days = parse_cron(f"0 0 * * {weekday}L").days
    assert [day for day in year if day in days] == [
        day for day in those if (day + timedelta(days=7)).month != day.month
    ]


REFUSED = [
    ("0 30 8 * * *", r"have five fields \(minute, hour, .* got 6 in .*leave out seconds"),
    (
        "0 0 12 * * ? 2026",
        r"have five fields .* got 7 in .* the year, as in `30 8 \* \* \*`",
    ),
    ("30 8 * *", r"have five fields .* got 4 in '30 8 \* \*' \(write `\*` for any"),
    ("", r"have five fields .* got 0 in ''"),
    (
        "@reboot",
        r"by the clock, got '@reboot' \(call in `before_loop` what is to run at the start\)",
    ),
    ("@every 5m", r"one of @hourly, @daily, .* got '@every 5m' \(write `@daily`, or `Every`"),
    ("0 0 ? * MON", r"from 1 to 31 as day of month, got '\?' in .* \(write `\*`\)"),
    ("H/15 * * * *", r"from 0 to 59 as minute, got 'H' in .* \(`H` is Jenkins': write `0`"),
    ("h H * * *", r"from 0 to 59 as minute, got 'h' in"),
    ("60 * * * *", r"numbers from 0 to 59 as minute, got '60' in '60 \* .* \(write `0` or"),
    ("0 24 * * *", r"numbers from 0 to 23 as hour, got '24' .* \(write `0` for midnight"),
    ("0 0 0 * *", r"numbers from 1 to 31 as day of month, got '0' .* \(write `1` or `L`"),
    ("0 0 32 * *", r"numbers from 1 to 31 as day of month, got '32'"),
    ("0 0 * 0 *", r"numbers from 1 to 12 as month, got '0' .* \(write `1` or `jan` for January"),
    ("0 0 * 13 *", r"numbers from 1 to 12 as month, got '13'"),
    ("0 0 * * 8", r"numbers from 0 to 7 as day of week, got '8' .* \(write `0`, `7` or `sun`"),
    ("0-60 * * * *", r"numbers from 0 to 59 as minute, got '60'"),
    (f"{10**9} * * * *", r"numbers from 0 to 59 as minute, got '1000000000'"),
    ("9" * 5000 + " * * * *", r"numbers from 0 to 59 as minute, got '9999"),
    ("30-10 * * * *", r"ranges that go up as minute, got '30-10' .* \(write `30-59,0-10`\)"),
    ("0 22-6/2 * * *", r"ranges that go up as hour, .* \(write `22-23/2,0-6/2`\)"),
    ("0 0 25-5 * *", r"ranges that go up as day of month, .* \(write `25-31,1-5`\)"),
    ("0 0 * nov-feb *", r"ranges that go up as month, .* \(write `nov-12,1-feb`\)"),
    ("0 0 30 2 *", r"a date that comes, got '30 2 \*' .* \(write `L` for the last day"),
    ("0 0 30  FEB *", r"a date that comes, got '30 feb \*' in '0 0 30  FEB \*'"),
    ("0 0 31 4,6,9,11,feb *", r"a date that comes, got '31 4,6,9,11,feb \*'"),
    ("0 0 30-31 2 */2", r"a date that comes, got '30-31 2 \*/2'"),
    ("0 0 */31 * FRI#2", r"a date that comes, got '\*/31 \* FRI#2'"),
    (
        "MON * * * *",
        r"from 0 to 59 as minute, got 'MON' .* \(names of weekdays .* the fifth field\)",
    ),
    ("0 0 * MON *", r"from 1 to 12 or jan, feb, .* as month, got 'MON' .*in the fifth field"),
    (
        "0 0 * * JAN",
        r"as day of week, got 'JAN' .* \(names of months stand in the fourth field\)",
    ),
    ("0 0 * * Monday", r"sun, mon, .* as day of week, got 'Monday' .* \(write `mon`\)"),
    ("0 0 * january *", r"jan, feb, .* as month, got 'january' .* \(write `jan`\)"),
    ("*/0 * * * *", r"steps from 1 to 60 as minute, got '\*/0' .* \(write `\*/5` for every fifth"),
    ("*/90 * * * *", r"steps from 1 to 60 as minute, got '\*/90' .* or `Every` for an interval"),
    ("0 */25 * * *", r"steps from 1 to 24 as hour, got '\*/25'"),
    ("0 0 * * */8", r"steps from 1 to 7 as day of week, got '\*/8'"),
    ("0 0 * */13 *", r"steps from 1 to 12 as month, got '\*/13'"),
    ("0 */-1 * * *", r"steps from 1 to 24 as hour, got '\*/-1'"),
    ("*/ * * * *", r"steps from 1 to 60 as minute, got '\*/'"),
    (f"*/{10**9} * * * *", r"steps from 1 to 60 as minute"),
    ("*/" + "9" * 5000 + " * * * *", r"steps from 1 to 60 as minute"),
    ("1,,2 * * * *", r"no empty item as minute, got '1,,2' in .* \(write `1,2`\)"),
    (", * * * *", r"no empty item as minute, got ',' in .* \(write `\*`\)"),
    ("0 0 1,,L * *", r"no empty item as day of month, got '1,,L' in '0 0 1,,L \* \*'"),
    ("0 0 1, * *", r"no empty item as day of month, got '1,'"),
    ("0 0 * * ,1", r"no empty item as day of week, got ',1'"),
    ("5- * * * *", r"from 0 to 59 as minute, got '5-' in"),
    ("-5 * * * *", r"from 0 to 59 as minute, got '-5' in"),
    ("*5 * * * *", r"from 0 to 59 as minute, got '\*5' in"),
    ("1.5 * * * *", r"from 0 to 59 as minute, got '1.5' in"),
    ("٣ * * * *", r"from 0 to 59 as minute, got '٣' in"),
    ("0 0 15W * *", r"from 1 to 31 as day of month, got '15W' .* `L` for the last one"),
    ("0 0 L-3 * *", r"from 1 to 31 as day of month, got 'L' in"),
    ("L 0 * * *", r"from 0 to 59 as minute, got 'L' in"),
    ("0 0 * * L", r"as day of week, got 'L' .* \(write `FRIL` for a month's last Friday"),
    ("0 0 * * 8L", r"from 0 to 7 as day of week, got '8'"),
    ("0 0 * * FRI#6", r"a number from 1 to 5 after `#`, got 'FRI#6' .* \(write `FRI#2`"),
    ("0 0 * * FRI#2#3", r"a number from 1 to 5 after `#`, got 'FRI#2#3'"),
    ("0 0 * * FRI#2,", r"no empty item as day of week, got 'FRI#2,' in '0 0 \* \* FRI#2,'"),
    ("0 0 * * FRI#0", r"a number from 1 to 5 after `#`, got 'FRI#0'"),
    ("0 0 * * FRI#", r"a number from 1 to 5 after `#`, got 'FRI#'"),
    ("0 0 * * #2", r"as day of week, got '#2' in .* \(write `0`, `7` or `sun`"),
    ("0 0 * * MON-FRI#2", r"as day of week, got 'MON-FRI' .* \(write `mon`\)"),
]


@pytest.mark.parametrize(("expression", "words"), REFUSED)
def test_w12_refused(expression: str, words: str) -> None:
    with pytest.raises(ValueError, match=f"^`expression` must .*{words}") as refused:
        Cron(expression)
    assert not str(refused.value).endswith(".")


def _anything(value: Any) -> Any:
    return value


@pytest.mark.parametrize("expression", [None, 5, b"* * * * *", ["*"] * 5])
def test_w12_an_expression_is_text(expression: object) -> None:
    with pytest.raises(TypeError, match=r"^`expression` must be a str, .* \(write `Cron\('30 8"):
        Cron(_anything(expression))


@pytest.mark.parametrize("tz", [None, "Europe/London", tzinfo])
def test_w12_a_zone_is_one(tz: object) -> None:
    with pytest.raises(TypeError, match=r"^`tz` must be a datetime.tzinfo, .* \(write `zoneinfo"):
        Cron("30 8 * * *", _anything(tz))


class LikePytz(OwnZone):
    """A zone as pytz makes them."""

    zone = "Europe/London"

    def localize(self, moment: datetime) -> datetime:
        """Say which offset holds."""
        return moment.replace(tzinfo=self)

    @override
    def utcoffset(self, moment: datetime | None, /) -> timedelta | None:
        """Tell the offset of a moment alone, as it changes."""
        return None if moment is None else super().utcoffset(moment)


@pytest.mark.parametrize(
    ("tz", "words"),
    [
        (LikePytz(), r"a zone from pytz .*write `zoneinfo.ZoneInfo\(\"Europe/London\"\)`"),
        (OwnZone(None), r"a zone that tells its offset"),
    ],
)
def test_w12_a_zone_can_be_used(tz: tzinfo, words: str) -> None:
    with pytest.raises(ValueError, match=rf"^`tz` must .*{words}"):
        Cron("30 8 * * *", tz)


# --- Around changes of the clocks ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("expression", "tz", "start", "slots"),
    [
        pytest.param(
            "30 2 * * *",
            NEW_YORK,
            "2026-03-08 07:10",
            ["2026-03-08 07:30", "2026-03-09 06:30"],
            id="gap: later by its length",
        ),
        pytest.param(
            "0,30 2,3 * * *",
            NEW_YORK,
            "2026-03-08 06:59",
            ["2026-03-08 07:00", "2026-03-08 07:30", "2026-03-09 06:00"],
            id="gap: one slot with what is there already",
        ),
        pytest.param(
            "30 1 * * *",
            NEW_YORK,
            "2026-11-01 05:00",
            ["2026-11-01 05:30", "2026-11-02 06:30"],
            id="fold: the first time",
        ),
        pytest.param(
            "30 0-22 * * *",
            NEW_YORK,
            "2026-11-01 05:00",
            ["2026-11-01 05:30", "2026-11-01 07:30"],
            id="fold: once, with 23 hours",
        ),
        pytest.param(
            "30 * * * *",
            NEW_YORK,
            "2026-11-01 05:00",
            ["2026-11-01 05:30", "2026-11-01 06:30", "2026-11-01 07:30"],
            id="fold: twice, with all hours",
        ),
        pytest.param(
            "30 * * * *",
            NEW_YORK,
            "2026-03-08 06:00",
            ["2026-03-08 06:30", "2026-03-08 07:30"],
            id="gap: none in it, with all hours",
        ),
        pytest.param(
            "0 * * * *",
            LONDON,
            "2026-10-25 00:00",
            ["2026-10-25 01:00", "2026-10-25 02:00"],
            id="fold: asked as it begins, with all hours",
        ),
        pytest.param(
            "0 * * * *",
            LONDON,
            "2026-10-24 22:30",
            ["2026-10-24 23:00", "2026-10-25 00:00", "2026-10-25 01:00", "2026-10-25 02:00"],
            id="fold: the same, asked before it, too",
        ),
        pytest.param(
            "15,45 0-23 * * *",
            LORD_HOWE,
            "2026-10-03 15:00",
            ["2026-10-03 15:15", "2026-10-03 15:45", "2026-10-03 16:15"],
            id="gap of half an hour: 02:15 isn't shown",
        ),
        pytest.param(
            "15 * * * *",
            LORD_HOWE,
            "2026-04-04 14:00",
            ["2026-04-04 14:15", "2026-04-04 15:45", "2026-04-04 16:45"],
            id="fold of half an hour: 01:15 isn't in it",
        ),
        pytest.param(
            "45 * * * *",
            LORD_HOWE,
            "2026-04-04 14:00",
            ["2026-04-04 14:45", "2026-04-04 15:15", "2026-04-04 16:15"],
            id="fold of half an hour: 01:45 is",
        ),
        pytest.param(
            "30 8 * * *",
            APIA,
            "2011-12-29 18:30",
            ["2011-12-30 18:30", "2011-12-31 18:30"],
            id="a date that doesn't exist moves to the next",
        ),
        pytest.param(
            "30 8 30 12 *",
            APIA,
            "2011-12-29 18:30",
            ["2011-12-30 18:30", "2012-12-29 18:30"],
            id="and is due there",
        ),
        pytest.param(
            "0 */1 30 12 *",
            APIA,
            "2011-12-29 18:30",
            ["2012-12-29 10:00", "2012-12-29 11:00"],
            id="but with all hours it isn't shown",
        ),
        pytest.param(
            "30 8 29 2 *",
            LONDON,
            "2026-02-27 08:00",
            ["2028-02-29 08:30", "2032-02-29 08:30"],
            id="years away",
        ),
        pytest.param(
            "59 23 29 2 *",
            LONDON,
            "1891-02-27 08:00",
            ["1892-02-29 23:59", "1896-02-29 23:59", "1904-02-29 23:59"],
            id="years away: none in 1900",
        ),
        pytest.param(
            "59 23 29 2 *",
            LONDON,
            "1995-02-27 08:00",
            ["1996-02-29 23:59", "2000-02-29 23:59", "2004-02-29 23:59"],
            id="years away: one in 2000",
        ),
        pytest.param(
            "30 1 25 10 *",
            LONDON,
            "2026-02-27 08:00",
            ["2026-10-25 00:30", "2027-10-25 00:30"],
            id="months away, in a fold",
        ),
        pytest.param(
            "30 1,2 29 3 *",
            LONDON,
            "2025-06-27 08:00",
            ["2026-03-29 01:30", "2027-03-29 00:30"],
            id="months away, in a gap, with one behind it",
        ),
        pytest.param(
            "30 * 29 3 *",
            LONDON,
            "2026-03-29 00:00",
            ["2026-03-29 00:30", "2026-03-29 01:30"],
            id="in a gap with all hours: the next that is shown",
        ),
        pytest.param(
            "0 12 * * *",
            KWAJALEIN,
            "1969-09-29 12:00",
            ["1969-09-30 01:00", "1969-10-02 00:00"],
            id="fold of 23 hours",
        ),
        pytest.param(
            "0 * 30 9 *",
            KWAJALEIN,
            "1969-09-30 10:30",
            ["1969-09-30 11:00", "1969-09-30 12:00", "1969-09-30 13:00"],
            id="fold of 23 hours, with all of them",
        ),
    ],
)
def test_w12_clocks(expression: str, tz: tzinfo, start: str, slots: Sequence[str]) -> None:
    assert walk(Cron(expression, tz), start, len(slots)) == slots
    key = getattr(tz, "key", "")
    assert walk(Cron(expression, ForeignZone(key)), start, len(slots)) == slots


@pytest.mark.parametrize("tz", [OwnZone(timedelta(hours=5)), timezone(timedelta(hours=5))], ids=str)
@pytest.mark.parametrize("expression", ["* * * * *", "*/5 5-23 * * *", "30 8 * * *", "0 0 29 2 *"])
def test_w12_a_zone_of_ones_own(tz: tzinfo, expression: str) -> None:
    shifted = [at(slot) - 5 * HOUR for slot in walk(Cron(expression), "2026-02-27 23:10", 40)]
    slots = [at(slot) for slot in walk(Cron(expression, tz), "2026-02-27 18:10", 40)]
    assert slots == shifted


@pytest.mark.parametrize("expression", ["*/20 * * * *", "30 0,1,2 * * *"])
def test_w12_a_restless_zone(expression: str) -> None:
    # One of three days, from midnight in UTC, its clocks are an hour ahead.
    shown = Cron(expression, RestlessZone())
    slots = [at(slot) for slot in walk(shown, "2026-01-01 00:00", 200)]
    minutes = {slot.astimezone(RestlessZone()).minute for slot in slots}
    assert minutes == ({0, 20, 40} if expression.startswith("*") else {30})
    assert len(set(slots)) == 200


def test_w12_offsets_of_seconds() -> None:
    # In 1890, New York was at UTC in -4:56:02 until the clocks were set at noon of a day in 1883.
    schedule = Cron("0 9 * * *", NEW_YORK)
    assert schedule.next_after(at("1880-01-01")) == at("1880-01-01 13:56:02")


# --- The answer -----------------------------------------------------------------------------------


def test_w4_a_slot_is_strictly_later() -> None:
    schedule = Cron("30 8 * * *", LONDON)
    slot = at("2026-01-05 08:30")
    for start in ("2026-01-05 08:00", "2026-01-05 08:29:59.999999"):
        assert schedule.next_after(at(start)) == slot
    for start in ("2026-01-05 08:30", "2026-01-05 08:30:00.000001", "2026-01-05 08:31"):
        assert schedule.next_after(at(start)) == at("2026-01-06 08:30")


def test_w4_a_moment_in_any_zone() -> None:
    schedule = Cron("30 8 * * *", LONDON)
    for tz in (UTC, NEW_YORK, OwnZone(timedelta(hours=1))):
        moment = datetime(2026, 7, 5, 3, tzinfo=tz)
        assert schedule.next_after(moment) == at("2026-07-05 07:30")


def test_w6_bad_moments() -> None:
    schedule = Cron("30 8 * * *")
    for _ in range(2):
        with pytest.raises(ValueError, match=r"^`moment` must be aware"):
            schedule.next_after(datetime(2026, 1, 5))  # noqa: DTZ001 -- what is tested
        with pytest.raises(TypeError, match=r"^`moment` must be a datetime.datetime"):
            schedule.next_after(_anything(date(2026, 1, 5)))
        assert schedule.next_after(at("2026-01-05")) == at("2026-01-05 08:30")


@pytest.mark.parametrize(
    "tz",
    [
        UTC,
        timezone(timedelta(hours=19)),
        timezone(-timedelta(hours=19)),
        NEW_YORK,
        APIA,
        ForeignZone("America/New_York"),
    ],
    ids=str,
)
@pytest.mark.parametrize("expression", ["0 8 * * *", "*/30 * * * *", "0 8 * * mon-fri"])
def test_w6_the_ends_of_time(tz: tzinfo, expression: str) -> None:
    schedule = Cron(expression, tz)
    begin, end = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
    for hours in range(8 * 24, 8 * 24 + 30):
        for moment in (begin + hours * HOUR, end - hours * HOUR):
            slot = schedule.next_after(moment)
            assert slot is not None
            assert moment < slot <= moment + timedelta(days=4)
            assert slot == Cron(expression, tz).next_after(moment)
    for early in (timedelta(), timedelta(minutes=1)):
        with pytest.raises(OverflowError):
            schedule.next_after(end - early)


def test_w6_dates_end() -> None:
    assert Cron("0 0 1 6 *").next_after(at("9998-07-01")) == at("9999-06-01")
    late = at("9996-03-01")
    for tz in (UTC, LONDON, ForeignZone("Europe/London")):
        with pytest.raises(
            OverflowError, match=r"^the slot after 9996-.* outside datetime's range"
        ):
            Cron("0 0 29 2 *", tz).next_after(late)
        assert Cron("0 0 29 2 *", tz, on=lambda _: True).next_after(late) is None


@pytest.mark.parametrize("tz", [UTC, LONDON, ForeignZone("Europe/London")], ids=str)
def test_w6_all_that_is_told_names_the_moment(tz: tzinfo) -> None:
    with pytest.raises(OverflowError) as raised:
        Cron("0 0 29 2 *", tz).next_after(at("9996-03-01"))
    told: list[BaseException] = [raised.value]
    while (earlier := told[-1].__context__) is not None:
        told.append(earlier)
    message = "the slot after 9996-03-01 00:00:00+00:00 is outside datetime's range"
    assert {str(error) for error in told} == {message}


def test_w6_the_last_instant_is_within_the_range() -> None:
    expression, late = "59 23 31 12 *", at("9999-12-01")
    minute = timedelta(minutes=1)
    zone = OwnZone(timedelta(microseconds=1) - minute)
    assert Cron(expression, zone).next_after(late) == datetime.max.replace(tzinfo=UTC)
    with pytest.raises(OverflowError, match=r"^the slot after 9999-12-01 .* outside datetime's"):
        Cron(expression, OwnZone(-minute)).next_after(late)


def test_w12_the_longest_wait_is_forty_years() -> None:
    schedule = Cron("0 0 29 2 */7", LONDON)
    days = [date.fromisoformat(slot[:10]) for slot in walk(schedule, "2026-01-01", 12)]
    leap = [year for year in range(2026, days[-1].year + 1) if isleap(year)]
    assert days == [day for year in leap if (day := date(year, 2, 29)).weekday() == 6]
    assert max(late.year - early.year for early, late in pairwise(days)) == 40


def test_w12_leap_days_are_looked_for_in_leap_years(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[int] = []
    look = CronDays._of_month

    def count(days: CronDays, year: int, month: int) -> int:
        looked.append(year)
        return look(days, year, month)

    monkeypatch.setattr(CronDays, "_of_month", count)
    assert walk(Cron("0 0 29 2 *"), "2096-03-01", 1) == ["2104-02-29 00:00"]
    assert set(looked) == {2096, 2100, 2104}
    assert walk(Cron("0 0 L 2 *"), "2096-03-01", 1) == ["2097-02-28 00:00"]


def test_w12_nothing_is_looked_up_while_the_offset_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[datetime] = []
    look = Cron._look_up

    def count(schedule: Cron, moment: datetime) -> datetime | None:
        looked.append(moment)
        return look(schedule, moment)

    monkeypatch.setattr(Cron, "_look_up", count)
    for expression in ("30 8 * * *", "30 12 29 2 *"):
        schedule = Cron(expression, LONDON)
        looked.clear()
        for number in range(20):
            assert schedule.next_after(at("2026-06-01") + number * HOUR) is not None
        assert looked == [at("2026-06-01")]
        # In another zone, a moment is written in UTC there, and no more than that.
        looked.clear()
        moment = at("2026-06-01 12:00").astimezone(NEW_YORK)
        assert schedule.next_after(moment) == schedule.next_after(moment.astimezone(UTC))
        assert looked == [moment]


def test_w12_one_that_was_asked_answers_the_same() -> None:
    schedule = Cron("30 8 * * mon", LONDON)
    asked = [at("2026-01-01") + number * timedelta(hours=31) for number in range(700)]
    for moment in [*asked, *reversed(asked), *asked[::7]]:
        assert schedule.next_after(moment) == Cron("30 8 * * mon", LONDON).next_after(moment)


# --- Dates that count -----------------------------------------------------------------------------


def test_w8_a_container_of_dates() -> None:
    days = {date(2026, 3, 2), date(2026, 3, 9), date(2026, 3, 10)}
    schedule = Cron("30 8,9 * * mon", LONDON, on=days)
    expected = ["2026-03-02 08:30", "2026-03-02 09:30", "2026-03-09 08:30"]
    assert walk(schedule, "2026-02-27 08:00", 3) == expected
    # It is asked anew each time.
    days.remove(date(2026, 3, 9))
    days.add(date(2026, 3, 16))
    assert walk(schedule, "2026-03-02 09:00", 2) == ["2026-03-02 09:30", "2026-03-16 08:30"]
    assert schedule.on is days
    assert schedule.next_after(at("2026-03-17")) is None


def test_w8_a_function() -> None:
    schedule = Cron("30 8 * * *", LONDON, on=lambda day: day.day == 13 and day.weekday() == 4)
    assert walk(schedule, "2026-03-13 08:30", 1) == ["2026-11-13 08:30"]


def test_w8_the_day_fields_are_a_container_themselves() -> None:
    fridays = parse_cron("0 0 13 * */5").days
    assert date(2026, 3, 13) in fridays
    assert date(2026, 2, 27) not in fridays
    assert "2026-03-13" not in fridays
    schedule = Cron("30 8 * * *", on=fridays)
    assert walk(schedule, "2026-03-13 09:00", 2) == ["2026-09-13 08:30", "2026-11-13 08:30"]


@pytest.mark.parametrize("expression", ["* * * * *", "30 8 * * *", "0 0 29 2 *"])
@pytest.mark.parametrize("tz", [UTC, LONDON, OwnZone()], ids=str)
def test_w8_nothing_in_forty_years(expression: str, tz: tzinfo) -> None:
    asked: list[date] = []

    def on(day: date) -> bool:
        asked.append(day)
        return False

    schedule = Cron(expression, tz, on=on)
    for _ in range(2):
        asked.clear()
        assert schedule.next_after(at("2026-02-27 08:00")) is None
        assert date(2026, 2, 26) <= asked[0]
        assert asked == sorted(set(asked))
        assert asked[-1] <= date(2066, 2, 28)
    assert asked[-1] >= date(2064, 2, 29)


def test_w8_just_within_forty_years() -> None:
    for day, found in ((date(2066, 2, 26), True), (date(2066, 3, 2), False)):
        slot = Cron("30 8 * * *", on={day}).next_after(at("2026-02-27 08:00"))
        assert (slot is not None) == found


def test_w8_what_it_raises_comes_out() -> None:
    def on(day: date) -> bool:
        raise OverflowError(day)

    schedule = Cron("30 8 * * *", LONDON, on=on)
    for _ in range(2):
        with pytest.raises(OverflowError, match=r"^2026-02-27$"):
            schedule.next_after(at("2026-02-27 08:00"))


def test_w8_the_nominal_date_counts() -> None:
    # At 23:00 of the 30th, clocks go to midnight.
    saturday = Cron("30 23 * * *", NUUK, on={date(2024, 3, 30)})
    assert walk(saturday, "2024-03-30 12:00", 1) == ["2024-03-31 01:30"]
    assert saturday.next_after(at("2024-03-31 01:30")) is None
    sunday = Cron("30 23 * * *", NUUK, on={date(2024, 3, 31)})
    assert walk(sunday, "2024-03-30 12:00", 1) == ["2024-04-01 00:30"]
    # With all hours, it is the date that is shown.
    sunday = Cron("30 * * * *", NUUK, on={date(2024, 3, 31)})
    assert walk(sunday, "2024-03-30 12:00", 2) == ["2024-03-31 01:30", "2024-03-31 02:30"]


def test_w8_asks_for_no_more_dates_than_can_come_first() -> None:
    asked: list[date] = []

    def on(day: date) -> bool:
        asked.append(day)
        return day == date(2024, 3, 30)

    # A time in a gap: one of the next date could come first, and no later one.
    assert walk(Cron("30 23 * * *", NUUK, on=on), "2024-03-31 01:15", 1) == ["2024-03-31 01:30"]
    assert set(asked) == {date(2024, 3, 30), date(2024, 3, 31)}
    asked.clear()
    assert walk(Cron("30 23 * * sat", NUUK, on=on), "2024-03-31 01:15", 1) == ["2024-03-31 01:30"]
    assert set(asked) == {date(2024, 3, 30)}


@pytest.mark.parametrize("on", [5, "x".split, object()])
def test_w8_on_can_be_asked(on: object) -> None:
    if callable(on):
        assert Cron("30 8 * * *", on=_anything(on)).on == on
        return
    with pytest.raises(TypeError, match=r"^`on` must be a container of dates"):
        Cron("30 8 * * *", on=_anything(on))


# --- A value --------------------------------------------------------------------------------------


def test_w15_equal_and_hashable() -> None:
    schedule = Cron("30 8 * * mon", LONDON)
    assert schedule == Cron("30  8 * * 1", ZoneInfo.no_cache("Europe/London"))
    assert hash(schedule) == hash(Cron("30  8 * * 1", ZoneInfo.no_cache("Europe/London")))
    others = [
        Cron("31 8 * * mon", LONDON),
        Cron("30 9 * * mon", LONDON),
        Cron("30 8 * * tue", LONDON),
        Cron("30 8 * * mon"),
        Cron("30 8 * * mon", LONDON, on={date(2026, 1, 1)}),
        DailySchedule(time(8, 30)),
        "30 8 * * mon",
    ]
    assert all(schedule != other for other in others)
    assert Cron("* * * * *", on={date(2026, 1, 1)}) == Cron("* * * * *", on={date(2026, 1, 1)})
    assert hash(Cron("* * * * *", on=frozenset())) == hash(Cron("* * * * *", on=frozenset()))
    with pytest.raises(TypeError, match="unhashable"):
        hash(Cron("* * * * *", on={date(2026, 1, 1)}))


class Mondays(Cron):
    """A subclass."""

    __slots__ = ()


@pytest.mark.parametrize(
    "schedule",
    [
        Cron("30 8 * * *"),
        Cron("30 8 * * *", LONDON),
        Cron("30 8 * * *", timezone(HOUR), on={date(2026, 1, 1)}),
        Mondays("30 8 * * mon", LONDON),
    ],
    ids=str,
)
def test_w15_made_again(schedule: Cron) -> None:
    schedule.next_after(at("2025-01-01"))
    for again in (pickle.loads(pickle.dumps(schedule)), copy.deepcopy(schedule)):  # noqa: S301
        assert type(again) is type(schedule)
        assert again == schedule
        assert (again.expression, again.on) == (schedule.expression, schedule.on)
        assert repr(again) == repr(schedule)


def test_w15_texts() -> None:
    expression = "30  8 * * MON"
    assert repr(Cron(expression)) == "Cron('30  8 * * MON')"
    assert str(Cron(expression)) == "cron 30 8 * * MON UTC"
    schedule = Cron(expression, LONDON)
    assert repr(schedule) == "Cron('30  8 * * MON', zoneinfo.ZoneInfo(key='Europe/London'))"
    assert str(schedule) == "cron 30 8 * * MON Europe/London"
    schedule = Cron("@daily", on={date(2026, 1, 31)})
    assert repr(schedule) == "Cron('@daily', on={datetime.date(2026, 1, 31)})"
    assert str(schedule) == "cron @daily UTC on 2026-01-31"


def test_w15_immutable() -> None:
    schedule = Cron("30 8 * * *", LONDON)
    assert schedule.expression == "30 8 * * *"
    assert schedule.tz is LONDON
    assert schedule.on is None
    for name in ("expression", "tz", "on", "other"):
        with pytest.raises(AttributeError):
            setattr(schedule, name, None)


def test_many_take_little_memory() -> None:
    keys = ["Europe/London", "America/New_York", "Asia/Tokyo", "Asia/Kolkata", "Australia/Sydney"]
    zones = [ZoneInfo(key) for key in [*keys, "Europe/Berlin", "Asia/Dubai", "UTC", "Japan", "GB"]]
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        schedules = [
            Cron(f"{number % 50}-59 {number // 50} 1,15 * mon-fri,fri#2", zones[number % 10])
            for number in range(1000)
        ]
        for schedule in schedules:
            schedule.next_after(at("2026-07-05 12:34"))
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (after - before) / len(schedules) < 1000


def test_w12_beyond_the_calendar() -> None:
    moment = datetime(9999, 12, 31, 12, tzinfo=UTC)
    message = f"^the slot after {re.escape(str(moment))} is outside datetime's range$"
    for cron in (Cron("30 8 * * *"), Cron("30 8 1 * *"), Cron("30 8 * * *", LONDON)):
        with pytest.raises(OverflowError, match=message):
            cron.next_after(moment)


def test_w12_wrong_kinds() -> None:
    make: Any = Cron
    message = "`expression` must be a str, got 5 of type int (write `Cron('30 8 * * *')`)"
    with pytest.raises(TypeError, match=f"^{re.escape(message)}$"):
        make(5)
    message = (
        "`tz` must be a datetime.tzinfo, got 'x' of type str "
        "(write `zoneinfo.ZoneInfo('Europe/London')`)"
    )
    with pytest.raises(TypeError, match=f"^{re.escape(message)}$"):
        make("@daily", "x")


@pytest.mark.parametrize(
    "tz", [timezone(-timedelta(hours=1)), NEW_YORK, OwnZone(-timedelta(hours=1))], ids=str
)
def test_w6_of_a_date_that_counts_a_slot_beyond_the_calendar_is_an_error(tz: tzinfo) -> None:
    """W8, W12: as of the daily schedule; `None` is for dates that don't count."""
    moment, last = at("9999-12-01 00:00"), {date(9999, 12, 31)}
    for schedule in (
        Cron("59 23 * * *", tz, on=last),
        DailySchedule(time(23, 59, tzinfo=tz), on=last),
    ):
        with pytest.raises(OverflowError, match="is outside datetime's range") as caught:
            schedule.next_after(moment)
        # It isn't shown twice.
        assert caught.value.__suppress_context__ or caught.value.__context__ is None
    assert Cron("59 23 * * *", tz, on=set[date]()).next_after(moment) is None
