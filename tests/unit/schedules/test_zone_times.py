"""The slots of one zone (contract W2-W6)."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, time, timedelta, timezone, tzinfo
from typing import Final
from zoneinfo import ZoneInfo

import pytest
from support.zones import OwnZone

from defectio_tasks._schedules import zone_times as _zone
from defectio_tasks._schedules.zone_times import ZoneTimes
from defectio_tasks._zones.gap_and_fold import microseconds_of_day, resolve
from defectio_tasks._zones.instants import FIRST_INSTANT, LAST_INSTANT, to_instant, to_moment
from defectio_tasks._zones.offsets import Stretch, stretch_at

BERLIN: Final = ZoneInfo("Europe/Berlin")
HOUR: Final = timedelta(hours=1)


class SummerTime(OwnZone):
    """A user's own zone: what Europe/Berlin has in 2026, with `fold` as PEP 495 wants it."""

    begin = datetime.fromisoformat("2026-03-29 01:00")
    end = datetime.fromisoformat("2026-10-25 01:00")

    def utcoffset(self, moment: datetime | None, /) -> timedelta:
        """Tell an hour, in summer two."""
        return HOUR + self.dst(moment)

    def dst(self, moment: datetime | None, /) -> timedelta:
        """Tell what summer adds."""
        if moment is None:
            return timedelta()
        wall = moment.replace(tzinfo=None)
        # In the gap and in the fold, `fold=0` stands for the offset before, `fold=1` for after.
        winter_until = self.begin + (HOUR if moment.fold else 2 * HOUR)
        summer_until = self.end + (HOUR if moment.fold else 2 * HOUR)
        return HOUR if winter_until <= wall < summer_until else timedelta()

    def fromutc(self, moment: datetime, /) -> datetime:
        """Turn UTC into a wall time."""
        utc = moment.replace(tzinfo=None)
        if self.begin <= utc < self.end:
            return moment + 2 * HOUR
        return (moment + HOUR).replace(fold=int(self.end <= utc < self.end + HOUR))


@pytest.fixture
def expansions(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """List the local dates on which a time was resolved one by one."""
    resolved: list[int] = []

    def count(day: int, wall: time, zone: tzinfo) -> int:
        resolved.append(day)
        return resolve(day, wall, zone)

    monkeypatch.setattr(_zone, "resolve", count)
    return resolved


def utc(*parts: int) -> datetime:
    """Write a moment in UTC."""
    year, month, day, *rest = parts
    hour, minute, second = (*rest, 0, 0, 0)[:3]
    return datetime(year, month, day, hour, minute, second, tzinfo=UTC)


def zone_times(zone: tzinfo, times: Iterable[time]) -> ZoneTimes:
    """Make the times of a zone."""
    by_fold: dict[int, set[int]] = {}
    for wall in times:
        by_fold.setdefault(wall.fold, set()).add(microseconds_of_day(wall))
    return ZoneTimes(zone, [(fold, sorted(walls)) for fold, walls in by_fold.items()])


def after(times: ZoneTimes, moment: datetime) -> datetime:
    """Ask for the next slot in moments instead of instants."""
    return to_moment(times.next_after(to_instant(moment)))


def walk(times: ZoneTimes, begin: datetime, end: datetime) -> Iterator[datetime]:
    """Go from slot to slot."""
    slot = after(times, begin)
    while slot < end:
        yield slot
        slot = after(times, slot)


def walk_to_the_end(times: ZoneTimes, begin: datetime) -> Iterator[datetime]:
    """Go from slot to slot as long as there is one."""
    slot = begin
    with suppress(OverflowError):
        while True:
            slot = after(times, slot)
            yield slot


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        pytest.param(utc(2026, 7, 1, 5, 59, 59), utc(2026, 7, 1, 6), id="just before"),
        pytest.param(utc(2026, 7, 1, 6), utc(2026, 7, 1, 18), id="strictly after"),
        pytest.param(utc(2026, 7, 1, 18), utc(2026, 7, 2, 6), id="next local date"),
        pytest.param(utc(2026, 7, 1, 23), utc(2026, 7, 2, 6), id="other date in UTC"),
    ],
)
def test_w4_far_from_a_transition(moment: datetime, expected: datetime) -> None:
    """W4: strictly after the moment, on the zone's clocks."""
    assert after(zone_times(BERLIN, [time(20), time(8), time(8)]), moment) == expected


@pytest.mark.parametrize(
    ("times", "moment", "expected"),
    [
        pytest.param([time(2, 30)], utc(2026, 3, 29), utc(2026, 3, 29, 1, 30), id="W2 gap"),
        pytest.param(
            [time(2, 30), time(3, 30)],
            utc(2026, 3, 29, 1, 30),
            utc(2026, 3, 30, 0, 30),
            id="W3 a gap's time and its like are one slot",
        ),
        pytest.param(
            [time(2, 59, 59, 999_999)],
            utc(2026, 3, 29),
            utc(2026, 3, 29, 1, 59, 59).replace(microsecond=999_999),
            id="W2 gap, to its very end",
        ),
        pytest.param([time(2, 30)], utc(2026, 10, 25), utc(2026, 10, 25, 0, 30), id="W2 first"),
        pytest.param(
            [time(2, 30, fold=1)], utc(2026, 10, 25), utc(2026, 10, 25, 1, 30), id="W2 second"
        ),
        pytest.param(
            [time(2, 30), time(2, 30, fold=1)],
            utc(2026, 10, 25, 0, 30),
            utc(2026, 10, 25, 1, 30),
            id="W2 both",
        ),
        pytest.param(
            [time(2, 30)], utc(2026, 10, 25, 0, 30), utc(2026, 10, 26, 1, 30), id="W2 first only"
        ),
    ],
)
@pytest.mark.parametrize("zone", [BERLIN, SummerTime()], ids=["ZoneInfo", "own class"])
def test_w2_near_a_transition(
    zone: tzinfo,
    times: list[time],
    moment: datetime,
    expected: datetime,
    expansions: list[int],
) -> None:
    """W2, W3: each time of each local date counts once; a known zone needs no listing of dates."""
    assert after(zone_times(zone, times), moment) == expected
    assert (expansions == []) == (zone is BERLIN)


def test_w2_own_class_with_summer_time_walks_like_the_same_zoneinfo() -> None:
    """W2: a user's own `tzinfo` gets the same slots as a `ZoneInfo` with the same rules."""
    walls = [time(0, 30), time(2), time(2, 30), time(2, 30, fold=1), time(3), time(23, 59)]
    begin, end = utc(2026, 1, 2), utc(2026, 12, 30)
    own = list(walk(zone_times(SummerTime(), walls), begin, end))
    assert own == list(walk(zone_times(BERLIN, walls), begin, end))
    assert len(own) > 5 * 360


def test_w5_local_date_that_does_not_exist() -> None:
    """W5: Pacific/Apia had no 2011-12-30; its times coincide with the next day's: one slot."""
    times = zone_times(ZoneInfo("Pacific/Apia"), [time(8, 30)])
    slots = list(walk(times, utc(2011, 12, 28), utc(2012, 1, 2)))
    assert slots == [
        utc(2011, 12, 28, 18, 30),
        utc(2011, 12, 29, 18, 30),
        utc(2011, 12, 30, 18, 30),
        utc(2011, 12, 31, 18, 30),
        utc(2012, 1, 1, 18, 30),
    ]


@pytest.mark.parametrize(
    ("offset", "moment", "expected"),
    [
        pytest.param(timedelta(), utc(2026, 1, 1, 8), utc(2026, 1, 2, 8), id="UTC"),
        pytest.param(
            timedelta(hours=-9.5), utc(1994, 8, 4, 0, 20), utc(1994, 8, 4, 17, 30), id="-09:30"
        ),
        pytest.param(timedelta(hours=19), utc(2026, 1, 1), utc(2026, 1, 1, 13), id="+19:00"),
        pytest.param(
            timedelta(hours=-23, minutes=-59), utc(2026, 1, 1), utc(2026, 1, 1, 7, 59), id="-23:59"
        ),
    ],
)
def test_w4_fixed_offsets(offset: timedelta, moment: datetime, expected: datetime) -> None:
    """W4: fixed offsets up to a day either way."""
    assert after(zone_times(timezone(offset), [time(8)]), moment) == expected


def test_w4_fixed_offset_holds_up_to_the_ends_of_the_range(expansions: list[int]) -> None:
    """W4: the first and the last moments too."""
    times = zone_times(timezone(HOUR), [time(8)])
    for instant in (FIRST_INSTANT, LAST_INSTANT - 1, LAST_INSTANT):
        assert times.next_after(instant) > instant
    for year in (2, 1970, 2026, 9998):
        assert after(times, utc(year, 5, 5)) == utc(year, 5, 5, 7)
    assert expansions == []


def test_w4_a_stretch_is_looked_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """W4: within it, nothing is asked."""
    asked: list[int] = []

    def count(zone: tzinfo, instant: int) -> Stretch | None:
        asked.append(instant)
        return stretch_at(zone, instant)

    monkeypatch.setattr(_zone, "stretch_at", count)
    times = zone_times(BERLIN, [time(8)])
    for day in range(1, 28):
        after(times, utc(2026, 2, day))
    assert len(asked) == 1
    stretch = stretch_at(BERLIN, asked[0])
    assert stretch is not None
    times.next_after(stretch.start)
    times.next_after(stretch.end - 1)
    assert len(asked) == 1
    times.next_after(stretch.end)
    times.next_after(stretch.start - 1)
    assert len(asked) == 3


def test_w4_asked_here_and_there_it_answers_like_a_fresh_one() -> None:
    """W4: what is kept of a question doesn't count for the next."""
    walls = [time(2, 30), time(2, 30, fold=1), time(23, 59)]
    times = zone_times(BERLIN, walls)
    moments = [
        utc(2026, month, day, hour)
        for month in (3, 10)
        for day in (24, 25, 29, 30)
        for hour in range(24)
    ]
    rng = random.Random(1)  # noqa: S311 -- no secret
    for moment in rng.sample(moments, len(moments)):
        assert after(times, moment) == after(zone_times(BERLIN, walls), moment)


def test_w4_expanded_window_is_reused(expansions: list[int]) -> None:
    """W4: one expansion serves the questions of a few days, near a transition too."""
    times = zone_times(SummerTime(), [time(2, 30)])
    after(times, utc(2026, 3, 28))
    expanded = len(expansions)
    assert after(times, utc(2026, 3, 28, 12)) == utc(2026, 3, 29, 1, 30)
    assert after(times, utc(2026, 3, 29, 1, 30)) == utc(2026, 3, 30, 0, 30)
    assert len(expansions) == expanded


def test_w4_own_class_is_asked_once_per_window() -> None:
    """W4: a user's own zone may be slow: within a window it isn't asked again."""
    zone = OwnZone(2 * HOUR)
    times = zone_times(zone, [time(8)])
    assert after(times, utc(2026, 7, 1)) == utc(2026, 7, 1, 6)
    asked = zone.asked
    assert asked > 0
    assert after(times, utc(2026, 7, 1, 12)) == utc(2026, 7, 2, 6)
    assert after(times, utc(2026, 7, 2, 12)) == utc(2026, 7, 3, 6)
    assert after(times, utc(2026, 7, 3, 12)) == utc(2026, 7, 4, 6)
    assert zone.asked == asked
    assert after(times, utc(2026, 8, 1)) == utc(2026, 8, 1, 6)
    assert zone.asked > asked


def test_w4_expanded_window_holds_up_to_its_last_slot() -> None:
    """W4: also where that is midnight, and the days of the window end with it."""
    zone = OwnZone(timedelta())
    times = zone_times(zone, [time(0)])
    assert after(times, utc(2026, 7, 1)) == utc(2026, 7, 2)
    asked = zone.asked
    assert after(times, utc(2026, 7, 4, 12)) == utc(2026, 7, 5)
    assert zone.asked == asked


@pytest.mark.parametrize("offset", [-23, -12, 0, 12, 23])
@pytest.mark.parametrize("wall", [time(1), time(23)], ids=str)
def test_w4_expanded_window_is_left_where_it_is_not_complete(offset: int, wall: time) -> None:
    """W4: after any other question around it, the answer is that of a fresh object."""
    noon = utc(2026, 7, 10, 12)
    for hours in range(-24 * 5, 24 * 8, 3):
        moment = noon + timedelta(hours=hours)
        asked, fresh = (zone_times(OwnZone(timedelta(hours=offset)), [wall]) for _ in range(2))
        after(asked, noon)
        assert after(asked, moment) == after(fresh, moment)


class OwnNewfoundland(ZoneInfo):
    """A class that isn't trusted to be quiet: each of its windows is expanded."""


class FoldOverMidnight(SummerTime):
    """Summer ends at 00:30, which becomes 23:30 of the day before."""

    end = datetime.fromisoformat("2026-10-24 22:30")


@pytest.mark.parametrize(
    ("zone", "first", "second"),
    [
        # Until 2011 St. John's set its clocks back at 00:01.
        pytest.param(
            ZoneInfo("America/St_Johns"),
            utc(2010, 11, 7, 2, 30, 30),
            utc(2010, 11, 7, 3, 15),
            id="ZoneInfo",
        ),
        pytest.param(
            OwnNewfoundland("America/St_Johns"),
            utc(2010, 11, 7, 2, 30, 30),
            utc(2010, 11, 7, 3, 15),
            id="own class west",
        ),
        pytest.param(
            FoldOverMidnight(),
            utc(2026, 10, 24, 22, 0, 30),
            utc(2026, 10, 24, 22, 45),
            id="own class east",
        ),
    ],
)
def test_w4_no_slot_is_lost_at_a_fold_over_midnight(
    zone: tzinfo, first: datetime, second: datetime
) -> None:
    """W4: there a date's last slot comes after the next date's first, whatever was asked before."""
    walls = [time(0, 0, 30), time(23, 45, fold=1)]
    for hours in range(24 * 7):
        times = zone_times(zone, walls)
        after(times, first - timedelta(hours=hours, seconds=1))
        assert after(times, first - timedelta(minutes=1)) == first
        assert after(times, first) == second


def test_w4_own_class_is_never_assumed_quiet() -> None:
    """W4: nobody knows how often a user's own zone changes its offset: each date is asked for."""

    class OneOddDay(OwnZone):
        def utcoffset(self, moment: datetime | None, /) -> timedelta:
            odd = moment is not None and (moment.month, moment.day) == (7, 2)
            return HOUR if odd else timedelta()

    times = zone_times(OneOddDay(), [time(8)])
    assert list(walk(times, utc(2026, 7, 1), utc(2026, 7, 4))) == [
        utc(2026, 7, 1, 8),
        utc(2026, 7, 2, 7),
        utc(2026, 7, 3, 8),
    ]


ZONES: Final = [
    pytest.param(UTC, id="UTC"),
    pytest.param(timezone(timedelta(hours=14)), id="+14:00"),
    pytest.param(timezone(timedelta(hours=-12)), id="-12:00"),
    pytest.param(BERLIN, id="ZoneInfo east"),
    pytest.param(ZoneInfo("Pacific/Honolulu"), id="ZoneInfo west"),
    pytest.param(SummerTime(), id="own class"),
]


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("wall", [time(0), time(12), time.max], ids=str)
def test_w6_moments_8_days_inside_the_range(zone: tzinfo, wall: time) -> None:
    """W6: such moments have an answer within a day (plus a gap), at either end of the range."""
    times = zone_times(zone, [wall])
    ends = [
        datetime.min.replace(tzinfo=UTC) + timedelta(days=8),
        datetime.max.replace(tzinfo=UTC) - timedelta(days=8),
    ]
    for moment in ends:
        slot = after(times, moment)
        assert moment < slot <= moment + timedelta(days=1)
        assert slot.astimezone(zone).replace(tzinfo=None).time() == wall


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("days", [0, 1, 2, 3, 4, 5])
def test_w6_moments_near_the_ends_of_the_range(zone: tzinfo, days: int) -> None:
    """W6: more than is promised: as long as the slot itself is within the range, it is found."""
    times = zone_times(zone, [time(12)])
    ends = [
        datetime.min.replace(tzinfo=UTC) + timedelta(days=days),
        datetime.max.replace(tzinfo=UTC) - timedelta(days=days + 2),
    ]
    for moment in ends:
        slot = after(times, moment)
        assert moment < slot <= moment + timedelta(days=1)
        assert slot.astimezone(zone).hour == 12


@pytest.mark.parametrize("zone", ZONES)
def test_w6_no_slot_within_the_range(zone: tzinfo) -> None:
    """W6: where the range of datetime ends, so do the slots; nothing searches on without end."""
    times = zone_times(zone, [time(12)])
    last = list(walk_to_the_end(times, datetime.max.replace(tzinfo=UTC) - timedelta(days=8)))[-1]
    assert last >= datetime.max.replace(tzinfo=UTC) - timedelta(days=1)
    assert after(zone_times(zone, [time(12)]), last - timedelta(hours=1)) == last
    for moment in (last, datetime.max.replace(tzinfo=UTC)):
        with pytest.raises(OverflowError):
            after(zone_times(zone, [time(12)]), moment)
