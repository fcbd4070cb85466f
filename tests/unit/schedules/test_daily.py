"""`DailySchedule` (contract W1-W6); `tests/property` has the fifteen properties."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from typing import Final
from zoneinfo import ZoneInfo

import pytest
from support.slots import slot_after
from support.zones import OwnZone

import defectio_tasks as tasks
from defectio_tasks._schedules import compiled as _compiled

NEW_YORK: Final = ZoneInfo("America/New_York")
PARIS: Final = ZoneInfo("Europe/Paris")


def utc(*parts: int) -> datetime:
    """Write a moment in UTC."""
    year, month, day, *rest = parts
    hour, minute, second = (*rest, 0, 0, 0)[:3]
    return datetime(year, month, day, hour, minute, second, tzinfo=UTC)


def test_w4_answer_is_strictly_later_and_in_utc() -> None:
    """W4: the least slot strictly after the moment, in `datetime.timezone.utc`."""
    schedule = tasks.DailySchedule([time(20), time(8)])
    assert slot_after(schedule, utc(2026, 1, 1, 7, 59, 59)) == utc(2026, 1, 1, 8)
    assert slot_after(schedule, utc(2026, 1, 1, 8)) == utc(2026, 1, 1, 20)
    assert slot_after(schedule, utc(2026, 1, 1, 20)) == utc(2026, 1, 2, 8)
    assert slot_after(schedule, utc(2026, 1, 1)).tzinfo is UTC


def test_w4_least_slot_of_all_zones() -> None:
    """W4: each zone has its own next slot; the least of them is the answer."""
    schedule = tasks.DailySchedule([time(9, tzinfo=NEW_YORK), time(9, tzinfo=PARIS), time(9)])
    walk = [utc(2026, 7, 1)]
    for _ in range(4):
        walk.append(slot_after(schedule, walk[-1]))
    assert [moment.hour for moment in walk] == [0, 7, 9, 13, 7]


def test_w3_equal_instants_are_one_slot() -> None:
    """W3: one instant in three spellings is one slot."""
    schedule = tasks.DailySchedule(
        [time(9, tzinfo=PARIS), time(8), time(8, tzinfo=ZoneInfo("UTC")), time(3, tzinfo=NEW_YORK)]
    )
    assert slot_after(schedule, utc(2026, 1, 1)) == utc(2026, 1, 1, 8)
    assert slot_after(schedule, utc(2026, 1, 1, 8)) == utc(2026, 1, 2, 8)


@pytest.mark.parametrize("zone", [UTC, NEW_YORK, timezone(timedelta(hours=19))], ids=str)
def test_w4_zone_of_the_moment_does_not_matter(zone: tzinfo) -> None:
    """W4: only the instant counts, also when one object is asked again."""
    schedule = tasks.DailySchedule(time(8, tzinfo=PARIS))
    for moment in (utc(2026, 1, 1, 6, 59), utc(2026, 1, 1, 7), utc(2025, 12, 31, 3)):
        fresh = tasks.DailySchedule(time(8, tzinfo=PARIS))
        assert schedule.next_after(moment.astimezone(zone)) == fresh.next_after(moment)


def test_w4_second_pass_of_a_fold_is_an_instant_of_its_own() -> None:
    """W4: a moment with `fold=1` isn't the one with `fold=0`."""
    schedule = tasks.DailySchedule(time(1, 45, tzinfo=NEW_YORK))
    first = datetime(2026, 11, 1, 1, 30, tzinfo=NEW_YORK)
    assert schedule.next_after(first) == utc(2026, 11, 1, 5, 45)
    assert schedule.next_after(first.replace(fold=1)) == utc(2026, 11, 2, 6, 45)


def test_w4_a_subclass_of_datetime_is_a_moment() -> None:
    """W4: as what other libraries of dates pass."""

    class Instant(datetime):
        pass

    answer = tasks.DailySchedule(time(8)).next_after(Instant(2026, 1, 1, tzinfo=UTC))
    assert answer == utc(2026, 1, 1, 8)
    assert type(answer) is datetime


def test_w4_answer_is_kept() -> None:
    """W4: an answer holds up to itself, so a repeated question calculates nothing."""
    zone = OwnZone()
    schedule = tasks.DailySchedule(time(9, tzinfo=zone))
    answer = schedule.next_after(utc(2026, 1, 1, 2))
    asked = zone.asked
    assert asked > 0
    for hour in (2, 3, 7):
        assert schedule.next_after(utc(2026, 1, 1, hour)) == answer
    assert zone.asked == asked


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        pytest.param(utc(2026, 1, 1, 8), utc(2026, 1, 2, 8), id="the answer itself"),
        pytest.param(utc(2026, 1, 1, 1), utc(2026, 1, 1, 8), id="earlier, same answer"),
        pytest.param(utc(2025, 12, 31, 7), utc(2025, 12, 31, 8), id="earlier, another answer"),
    ],
)
def test_w4_a_kept_answer_is_not_given_where_it_does_not_hold(
    moment: datetime, expected: datetime
) -> None:
    """W4: the answer doesn't depend on earlier questions."""
    schedule = tasks.DailySchedule(time(8))
    schedule.next_after(utc(2026, 1, 1, 2))
    assert schedule.next_after(moment) == expected


@pytest.mark.parametrize(
    "zone", [UTC, NEW_YORK, OwnZone()], ids=["fixed offset", "ZoneInfo", "own class"]
)
def test_w6_answer_outside_the_range(zone: tzinfo) -> None:
    """W6: `OverflowError`, which names the moment, and no endless search."""
    schedule = tasks.DailySchedule(time(8, tzinfo=zone))
    late = utc(9999, 12, 31, 23)
    message = "the slot after 9999-12-31 23:00:00+00:00 is outside datetime's range"
    with pytest.raises(OverflowError, match=re.escape(message)):
        slot_after(schedule, late)
    # And the object goes on.
    assert slot_after(schedule, utc(2026, 1, 1)) < utc(2026, 1, 2)


def test_w6_last_slot_within_the_range() -> None:
    """W6: the last microsecond of datetime's range is within it."""
    schedule = tasks.DailySchedule(time.max)
    assert slot_after(schedule, utc(9999, 12, 31)) == datetime.max.replace(tzinfo=UTC)


def test_w6_answer_outside_the_range_in_one_zone_only() -> None:
    """W6: another zone's slot within the range is the answer."""
    schedule = tasks.DailySchedule([time(8), time(23, 59)])
    assert slot_after(schedule, utc(9999, 12, 31, 23)) == utc(9999, 12, 31, 23, 59)
    mixed = tasks.DailySchedule([time(8), time(22, tzinfo=timezone(-timedelta(minutes=90)))])
    assert mixed.next_after(utc(9999, 12, 31, 23)) == utc(9999, 12, 31, 23, 30)


def test_w6_naive_moment() -> None:
    """W6: a naive moment is a `ValueError`."""
    message = "`moment` must be aware (have a `tzinfo`), got datetime.datetime(2026, 1, 1, 8, 0)"
    with pytest.raises(ValueError, match=re.escape(message)):
        tasks.DailySchedule(time(8)).next_after(datetime.fromisoformat("2026-01-01 08:00"))


def test_w6_moment_whose_zone_tells_no_offset() -> None:
    """W6: such a moment is naive, by Python's definition."""

    with pytest.raises(ValueError, match=re.escape("`moment` must be aware")):
        tasks.DailySchedule(time(8)).next_after(datetime(2026, 1, 1, 8, tzinfo=OwnZone(None)))


@pytest.mark.parametrize(
    "moment",
    [date(2026, 1, 1), time(8, tzinfo=UTC), 1_767_225_600.0, "2026-01-01T08:00+00:00", None],
    ids=lambda moment: type(moment).__name__,
)
def test_w6_not_a_moment(moment: object) -> None:
    """W6: anything but a datetime is a `TypeError`."""
    ask: Callable[..., datetime | None] = tasks.DailySchedule(time(8)).next_after
    message = f"`moment` must be a datetime.datetime, got {moment!r}"
    with pytest.raises(TypeError, match=re.escape(message)):
        ask(moment)


def test_w7_times_are_in_order_and_cannot_be_changed() -> None:
    """W7: `times`, as `Loop.time` has them; a schedule may be shared, so it is a tuple."""
    times = tasks.DailySchedule([time(20), time(8), time(8, tzinfo=UTC)]).times
    assert times == (time(8, tzinfo=UTC), time(20, tzinfo=UTC))
    assert isinstance(times, tuple)


def test_repr_shows_the_times() -> None:
    """A log or a debugger tells one schedule from another."""
    schedule = tasks.DailySchedule([time(20, tzinfo=PARIS), time(8)])
    assert repr(schedule) == "DailySchedule(08:00 UTC, 20:00 Europe/Paris)"
    assert str(schedule) == "daily at 08:00 UTC and 20:00 Europe/Paris"


def test_section_1_a_daily_schedule_is_a_schedule() -> None:
    """Contract 1: what `time=` builds can be passed as `schedule=` too, and gives its times."""
    schedule: tasks.Schedule = tasks.DailySchedule(time(8))

    @tasks.loop(schedule=schedule)
    async def body() -> None: ...

    assert body.time == [time(8, tzinfo=UTC)]


def test_w4_while_no_zone_changes_nothing_is_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """W4: from the second question on, the answer is that of the day before."""
    schedule = tasks.DailySchedule([time(9, tzinfo=ZoneInfo("Europe/Berlin")), time(8)])
    slot = slot_after(schedule, utc(2026, 4, 1))
    monkeypatch.setattr(tasks.DailySchedule, "_look_up", None)
    for day in range(1, 31):
        slot = slot_after(schedule, utc(2026, 4, day, 7, 30))
        assert slot == utc(2026, 4, day, 8)
        assert slot.tzinfo is UTC


def test_w4_a_subclass_may_have_the_last_word() -> None:
    class Late(tasks.DailySchedule):
        def next_after(self, moment: datetime, /) -> datetime:
            delay = timedelta(minutes=5)
            slot = super().next_after(moment - delay)
            assert slot is not None
            return slot + delay

    schedule = Late(time(8))
    moment = datetime(2026, 1, 5, tzinfo=UTC)
    assert [slot_after(schedule, moment) for _ in range(3)] == [moment + timedelta(minutes=485)] * 3


@pytest.mark.parametrize("microsecond", [0, 1, 999_999])
def test_w4_microseconds_count(microsecond: int) -> None:
    """W4: strictly after, to the microsecond; asked for the first time, and later."""
    schedule = tasks.DailySchedule([time(8), time(8, 0, 1), time(9)])
    for _ in range(2):
        moment = utc(2026, 4, 1, 8).replace(microsecond=microsecond)
        assert schedule.next_after(moment) == utc(2026, 4, 1, 8, 0, 1)
        moment = moment.replace(second=1)
        assert schedule.next_after(moment) == utc(2026, 4, 1, 9)
        moment -= timedelta(microseconds=2)
        right = utc(2026, 4, 1, 8, 0, 1) if microsecond < 2 else utc(2026, 4, 1, 9)
        assert schedule.next_after(moment) == right


def test_w2_a_second_occurrence_is_not_the_first_after_a_quiet_summer() -> None:
    """W2: the fold begins at the very instant that would be its first occurrence."""
    schedule = tasks.DailySchedule(time(2, fold=1, tzinfo=ZoneInfo("Europe/Berlin")))
    assert schedule.next_after(utc(2026, 10, 1)) == utc(2026, 10, 2, 0)
    assert schedule.next_after(utc(2026, 10, 24, 0)) == utc(2026, 10, 25, 1)


@pytest.mark.parametrize("times", [time(8), time(8, tzinfo=ZoneInfo("Europe/Berlin"))], ids=str)
def test_w6_at_the_end_of_the_range(times: time) -> None:
    """W6: an `OverflowError`, also when the schedule knows of a quiet time before."""
    schedule = tasks.DailySchedule(times)
    end = datetime.max.replace(tzinfo=UTC)
    for _ in range(2):
        with pytest.raises(OverflowError, match="outside datetime's range"):
            schedule.next_after(end)
        schedule.next_after(utc(2026, 4, 1))
        schedule.next_after(end - timedelta(days=3))


def second(number: int, zone: tzinfo | None) -> time:
    """Return a time of day by its second."""
    return time(number // 3600, number // 60 % 60, number % 60, tzinfo=zone)


def test_w4_a_zone_of_another_class_is_not_asked_for_each_of_many_times() -> None:
    """W4: a time each second, and the zone is asked twice a date."""
    zone = OwnZone()
    schedule = tasks.DailySchedule([second(number, zone) for number in range(86_400)])
    zone.asked = 0
    slot = utc(2026, 1, 1, 2)
    for _ in range(5):
        following = schedule.next_after(slot)
        assert following == slot + timedelta(seconds=1)
        slot = following
    assert zone.asked < 50


@pytest.mark.parametrize("begin", [utc(2026, 3, 8, 6, 58), utc(2026, 11, 1, 4, 58)], ids=str)
def test_w4_many_times_of_a_zone_of_another_class_at_a_change(begin: datetime) -> None:
    """W4: the slots are those of a `ZoneInfo`, and the zone is asked some dozens of times."""

    class Counting(OwnZone):
        def utcoffset(self, moment: datetime | None, /) -> timedelta | None:
            self.asked += 1
            return None if moment is None else moment.replace(tzinfo=NEW_YORK).utcoffset()

    zone = Counting()
    own, known = (
        tasks.DailySchedule([second(number, zone) for number in range(0, 86_400, 7)])
        for zone in (zone, NEW_YORK)
    )
    zone.asked = 0
    slot = begin
    while slot < begin + timedelta(hours=3):
        following = slot_after(own, slot)
        assert following == slot_after(known, slot)
        slot = following
    assert zone.asked < 200


def test_w4_of_many_times_an_hour_is_listed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """W4: listing a day would take the event loop too long; and each hour is listed once."""
    monkeypatch.setattr(_compiled, "MANY", 47)
    zones = [None, NEW_YORK, timezone(timedelta(minutes=90))]
    times = [second(number, zones[number % 3]) for number in range(0, 86_400, 1_800)]
    schedule, halves = tasks.DailySchedule(times), [times[::2], times[1::2]]
    few = [tasks.DailySchedule(half) for half in halves]
    listed = []
    slot = utc(2026, 3, 8)
    while slot < utc(2026, 3, 10):
        following = slot_after(schedule, slot)
        assert following == min(slot_after(part, slot) for part in few)
        assert len(schedule._steady.seconds) <= 6
        listed.append(schedule._steady.start)
        slot = following
    assert len(set(listed)) > 40


def test_w4_many_times_at_some_hours_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """W4: the slot may be hours away."""
    monkeypatch.setattr(_compiled, "MANY", 9)
    schedule = tasks.DailySchedule([time(8, minute) for minute in range(10)])
    assert slot_after(schedule, utc(2026, 1, 1, 1)) == utc(2026, 1, 1, 8)
    assert slot_after(schedule, utc(2026, 1, 1, 8, 8, 59)) == utc(2026, 1, 1, 8, 9)
    assert slot_after(schedule, utc(2026, 1, 1, 8, 9)) == utc(2026, 1, 2, 8)


def test_w4_many_times_are_compiled_before_the_event_loop_waits() -> None:
    """W4: they are compiled when they are passed."""
    assert tasks.DailySchedule(second(number, None) for number in range(5_000))._compiled
    assert tasks.DailySchedule(time(8))._compiled is None


def test_w3_fixed_offsets_are_all_one_zone() -> None:
    """W3: calculating with 20,000 of them costs what calculating with one does."""
    times = [
        second(number, timezone(timedelta(seconds=number), str(number))) for number in range(9_000)
    ]
    schedule = tasks.DailySchedule([*times, second(1, None), second(86_399, UTC)])
    assert schedule._compiled is not None
    assert len(schedule._compiled._zones) == 1
    assert schedule.next_after(utc(2026, 1, 1)) == utc(2026, 1, 1, 0, 0, 1)
    assert schedule.next_after(utc(2026, 1, 1, 0, 0, 1)) == utc(2026, 1, 1, 23, 59, 59)
    assert schedule.next_after(utc(2026, 1, 1, 23, 59, 59)) == utc(2026, 1, 2)


@pytest.mark.parametrize(
    "moment",
    [
        datetime.max.replace(tzinfo=timezone(timedelta(hours=-5))),
        datetime.min.replace(tzinfo=timezone(timedelta(hours=25 - 6))),
    ],
    ids=["west", "east"],
)
@pytest.mark.parametrize("zone", [UTC, NEW_YORK, OwnZone()], ids=["fixed", "ZoneInfo", "own"])
def test_w6_moments_that_are_outside_the_range_in_utc(moment: datetime, zone: tzinfo) -> None:
    """W6: no bare "date value out of range"."""
    schedule = tasks.DailySchedule(time(7, tzinfo=zone))
    try:
        assert slot_after(schedule, moment).year == 1
    except OverflowError as error:
        assert str(error) == f"the slot after {moment} is outside datetime's range"  # noqa: PT017
