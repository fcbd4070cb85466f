"""What a user passes as times, checked and put in order (contract W6, W7)."""

from __future__ import annotations

import io
import pickle
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from itertools import repeat
from typing import Final
from zoneinfo import ZoneInfo

import pytest
from support.slots import slot_after
from support.zones import OwnZone

import defectio_tasks as tasks
from defectio_tasks._schedules import times as _times

LONDON: Final = ZoneInfo("Europe/London")
NEW_YORK: Final = ZoneInfo("America/New_York")
PARIS: Final = ZoneInfo("Europe/Paris")
NOON: Final = time(12)

# Things of a wrong kind are passed on purpose: no checker is to look at them.
unchecked_schedule: Callable[[object], tasks.DailySchedule] = tasks.DailySchedule  # type: ignore[assignment]
unchecked_loop: Callable[..., object] = tasks.loop


class Localizing(OwnZone):
    """What a zone from pytz looks like whose offset changes."""

    def __init__(self, zone: str | None = None) -> None:
        """Take the name."""
        super().__init__(timedelta(minutes=-236), "America/New_York" if zone is None else "no name")
        if zone is not None:
            self.zone = zone

    def localize(self, moment: datetime) -> datetime:
        """Do what pytz has its users do."""
        return moment.replace(tzinfo=self)

    def utcoffset(self, moment: datetime | None, /) -> timedelta | None:
        """Answer, where there is no date, as pytz does."""
        return None if moment is None else super().utcoffset(moment)

    def __repr__(self) -> str:
        """Tell what pytz does."""
        return "<DstTzInfo 'America/New_York' LMT-1 day, 19:04:00 STD>"


class LocalizingFixed(OwnZone):
    """What `pytz.utc` and `pytz.FixedOffset(60)` look like: they always tell their offset."""

    def localize(self, moment: datetime) -> datetime:
        """Do what pytz has its users do."""
        return moment.replace(tzinfo=self)


class Unhashable(OwnZone):
    """A user's own zone that can't be a key."""

    __hash__ = None  # type: ignore[assignment] # that is what makes a class unhashable

    def __eq__(self, other: object) -> bool:
        """Be equal to anything; nobody should ask."""
        return True


def spelled(times: Iterable[time] | None) -> list[tuple[str, str, int]]:
    """Tell wall time, zone name and fold: comparing times would ignore zone and fold."""
    assert times is not None
    return [(f"{wall.replace(tzinfo=None)}", str(wall.tzinfo), wall.fold) for wall in times]


def times_of_loop(times: time | Iterable[time]) -> list[time] | None:
    """Read `Loop.time`."""

    @tasks.loop(time=times)
    async def body() -> None: ...

    return body.time


def times_of_changed_loop(times: time | Iterable[time]) -> list[time] | None:
    """Read `Loop.time` after `change_interval`."""

    @tasks.loop(seconds=1)
    async def body() -> None: ...

    body.change_interval(time=times)
    return body.time


def times_of_schedule(times: time | Iterable[time]) -> list[time]:
    """Read `DailySchedule.times`."""
    return list(tasks.DailySchedule(times).times)


TimesOf = Callable[[time | Iterable[time]], list[time] | None]


@pytest.fixture(params=[times_of_loop, times_of_changed_loop, times_of_schedule])
def times_of(request: pytest.FixtureRequest) -> TimesOf:
    """Pass times in each way that takes them, and read what came of them."""
    way: TimesOf = request.param
    return way


@pytest.mark.parametrize(
    "times",
    [
        pytest.param([time(8), time(20, 30)], id="list"),
        pytest.param((time(20, 30), time(8)), id="tuple"),
        pytest.param({time(8), time(20, 30)}, id="set"),
        pytest.param(frozenset({time(8), time(20, 30)}), id="frozenset"),
        pytest.param({time(8): "morning", time(20, 30): "evening"}, id="keys of a dict"),
    ],
)
def test_w6_any_iterable(times: Iterable[time], times_of: TimesOf) -> None:
    """W6: `times` is any iterable of times."""
    assert spelled(times_of(times)) == [("08:00:00", "UTC", 0), ("20:30:00", "UTC", 0)]


def test_w6_generator_is_gone_through_once(times_of: TimesOf) -> None:
    """W6: an iterable that can be read only once is enough."""
    assert spelled(times_of(time(hour) for hour in (20, 8))) == [
        ("08:00:00", "UTC", 0),
        ("20:00:00", "UTC", 0),
    ]


def test_w6_sequence_without_an_iterator(times_of: TimesOf) -> None:
    """W6: what a `for` goes through is an iterable, also by Python's older way."""

    class Shelf:
        def __getitem__(self, index: int) -> time:
            return [time(20), time(8)][index]

    got = times_of(Shelf())  # type: ignore[arg-type] # typing knows just the newer way
    assert spelled(got) == [("08:00:00", "UTC", 0), ("20:00:00", "UTC", 0)]


def test_w6_one_time(times_of: TimesOf) -> None:
    """W6: `times` is one time, midnight as well as any other."""
    assert spelled(times_of(time())) == [("00:00:00", "UTC", 0)]
    assert spelled(times_of(time(8, tzinfo=PARIS, fold=1))) == [("08:00:00", "Europe/Paris", 1)]


def test_w6_subclass_of_time(times_of: TimesOf) -> None:
    """W6: a subclass's object is a `datetime.time`."""

    class Alarm(time):
        pass

    assert spelled(times_of(Alarm(8))) == [("08:00:00", "UTC", 0)]
    assert spelled(times_of([Alarm(8), time(8)])) == [("08:00:00", "UTC", 0)]


def test_w1_naive_means_utc(times_of: TimesOf) -> None:
    """W1, W7: a time without a zone and the same one in UTC are one time."""
    got = times_of([time(8), time(8, tzinfo=UTC)])
    assert spelled(got) == [("08:00:00", "UTC", 0)]


@pytest.mark.parametrize(
    "twin",
    [
        pytest.param(time(8, tzinfo=PARIS), id="same object"),
        pytest.param(time(8, tzinfo=ZoneInfo.no_cache("Europe/Paris")), id="no_cache"),
        pytest.param(
            time(8, tzinfo=pickle.loads(pickle.dumps(ZoneInfo.no_cache("Europe/Paris")))),  # noqa: S301 -- our own
            id="pickled",
        ),
    ],
)
def test_w7_same_zone_twice_is_one_time(twin: time, times_of: TimesOf) -> None:
    """W7: same wall time, same zone, same fold is a duplicate, whichever object the zone is."""
    assert spelled(times_of([time(8, tzinfo=PARIS), twin])) == [("08:00:00", "Europe/Paris", 0)]


@pytest.mark.parametrize(
    "zone",
    [
        pytest.param(timezone(timedelta(hours=1)), id="other object"),
        pytest.param(timezone(timedelta(hours=1), "CET"), id="other name"),
    ],
)
def test_w7_same_fixed_offset_twice_is_one_time(zone: timezone, times_of: TimesOf) -> None:
    """W7: fixed offsets are the same zone when they are the same offset."""
    got = times_of([time(8, tzinfo=timezone(timedelta(hours=1))), time(8, tzinfo=zone)])
    assert spelled(got) == [("08:00:00", "UTC+01:00", 0)]


def test_w7_own_zone_class_is_the_same_zone_when_it_is_the_same_object(
    times_of: TimesOf,
) -> None:
    """W7: a zone needn't be hashable, and isn't asked whether it is equal to another."""
    zone, other = Unhashable(name="a"), Unhashable(name="b")
    got = times_of([time(8, tzinfo=other), time(8, tzinfo=zone), time(8, tzinfo=zone)])
    assert spelled(got) == [("08:00:00", "a", 0), ("08:00:00", "b", 0)]


def test_w7_zone_without_a_key(times_of: TimesOf) -> None:
    """W7: a `ZoneInfo` that was read from a file may have no name; it is itself, then."""
    # Of the shortest kind of such a file: UTC, without transitions.
    data = b"TZif" + bytes(16) + b"\0\0\0\0" * 4 + b"\0\0\0\1\0\0\0\4" + bytes(6) + b"UTC\0"
    zone, other = (ZoneInfo.from_file(io.BytesIO(data)) for _ in range(2))
    got = times_of([time(8, tzinfo=zone), time(8, tzinfo=other), time(8, tzinfo=zone)])
    assert got is not None
    assert {id(wall.tzinfo) for wall in got} == {id(zone), id(other)}
    assert len(got) == 2


def test_w7_zone_from_a_file_that_borrows_a_key(times_of: TimesOf) -> None:
    """W7: it has rules of its own, whatever it is called."""
    data = b"TZif" + bytes(16) + b"\0\0\0\0" * 4 + b"\0\0\0\1\0\0\0\4" + bytes(6) + b"UTC\0"
    zone = ZoneInfo.from_file(io.BytesIO(data), key="America/New_York")
    assert times_of([time(8, tzinfo=zone), time(8, tzinfo=NEW_YORK)]) != [time(8, tzinfo=NEW_YORK)]
    schedule = tasks.DailySchedule([time(8, tzinfo=zone), time(8, tzinfo=NEW_YORK)])
    assert slot_after(schedule, datetime(2026, 1, 1, tzinfo=UTC)).hour == 8
    assert slot_after(schedule, datetime(2026, 1, 1, 8, tzinfo=UTC)).hour == 13


def test_w7_class_built_on_zoneinfo_is_a_zone_of_its_own(times_of: TimesOf) -> None:
    """W7: a user's class with the key of a `ZoneInfo` may have other rules than that."""

    class AnHourAhead(ZoneInfo):
        def utcoffset(self, moment: datetime | None, /) -> timedelta | None:
            offset = super().utcoffset(moment)
            return None if offset is None else offset + timedelta(hours=1)

    got = times_of([time(8, tzinfo=PARIS), time(8, tzinfo=AnHourAhead("Europe/Paris"))])
    assert spelled(got) == [("08:00:00", "Europe/Paris", 0)] * 2
    schedule = tasks.DailySchedule(got or [])
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    assert schedule.next_after(moment) == datetime(2026, 1, 1, 6, tzinfo=UTC)


def test_w7_equal_wall_times_of_different_zones_stay(times_of: TimesOf) -> None:
    """W7: `ZoneInfo` times with equal wall time are equal and hash alike: none may vanish."""
    walls = [time(9, tzinfo=PARIS), time(9, tzinfo=NEW_YORK), time(9, tzinfo=LONDON)]
    assert spelled(times_of(walls)) == [
        ("09:00:00", "America/New_York", 0),
        ("09:00:00", "Europe/London", 0),
        ("09:00:00", "Europe/Paris", 0),
    ]


def test_w7_fold_twins_stay(times_of: TimesOf) -> None:
    """W7: equality ignores `fold`, the list doesn't; 0 comes before 1."""
    twins = [time(1, 30, fold=1, tzinfo=NEW_YORK), time(1, 30, tzinfo=NEW_YORK)]
    assert spelled(times_of(twins)) == [
        ("01:30:00", "America/New_York", 0),
        ("01:30:00", "America/New_York", 1),
    ]


def test_w7_order_is_wall_time_then_zone_name_then_fold(times_of: TimesOf) -> None:
    """W7: the order, with each key deciding once; `ZoneInfo` stands beside UTC and naive times."""
    walls = [
        time(9, tzinfo=NEW_YORK),
        time(8, 0, 0, 1, tzinfo=LONDON),
        time(8, 0, 1, tzinfo=LONDON),
        time(8, 1, tzinfo=LONDON),
        time(8, fold=1, tzinfo=PARIS),
        time(8, tzinfo=PARIS),
        time(8),
        time(8, fold=1, tzinfo=LONDON),
        time(7, 59, 59, 999_999, tzinfo=PARIS),
    ]
    expected = [
        ("07:59:59.999999", "Europe/Paris", 0),
        ("08:00:00", "Europe/London", 1),
        ("08:00:00", "Europe/Paris", 0),
        ("08:00:00", "Europe/Paris", 1),
        ("08:00:00", "UTC", 0),
        ("08:00:00.000001", "Europe/London", 0),
        ("08:00:01", "Europe/London", 0),
        ("08:01:00", "Europe/London", 0),
        ("09:00:00", "America/New_York", 0),
    ]
    assert spelled(times_of(walls)) == expected
    assert spelled(times_of(reversed(walls))) == expected


def test_w7_order_given_does_not_matter_where_two_zones_have_one_name() -> None:
    """W7: one set of times has one list, also of those that W7's three keys don't tell apart."""
    twins = [time(8, tzinfo=UTC), time(8, tzinfo=ZoneInfo("UTC"))]
    assert spelled(times_of_loop(twins)) == [("08:00:00", "UTC", 0)] * 2
    listed, turned = times_of_loop(twins), times_of_loop(twins[::-1])
    assert listed is not None
    assert turned is not None
    assert [type(wall.tzinfo) for wall in listed] == [type(wall.tzinfo) for wall in turned]


def test_w7_a_new_list_at_each_read() -> None:
    """W7: changing the list changes no loop."""

    @tasks.loop(time=[time(8), time(20)])
    async def body() -> None: ...

    first = body.time
    assert isinstance(first, list)
    first.clear()
    assert spelled(body.time) == [("08:00:00", "UTC", 0), ("20:00:00", "UTC", 0)]


def test_w7_none_for_interval_loops() -> None:
    """W7: a loop with an interval has no times."""

    @tasks.loop(seconds=5)
    async def body() -> None: ...

    assert body.time is None


# Errors. `{0}` stands for the parameter's name.

Refused = Callable[[object, type[Exception], str], None]


def refused_by_schedule(times: object, error: type[Exception], message: str) -> None:
    """Pass it to `DailySchedule`."""
    with pytest.raises(error, match=f"^{re.escape(message.format('times'))}"):
        unchecked_schedule(times)


def refused_by_loop(times: object, error: type[Exception], message: str) -> None:
    """Pass it to `loop`."""
    with pytest.raises(error, match=f"^{re.escape(message.format('time'))}"):
        unchecked_loop(time=times)


def refused_by_change(times: object, error: type[Exception], message: str) -> None:
    """Pass it to `change_interval`; then nothing has changed."""

    @tasks.loop(time=time(5, tzinfo=PARIS))
    async def body() -> None: ...

    change: Callable[..., None] = body.change_interval
    with pytest.raises(error, match=f"^{re.escape(message.format('time'))}"):
        change(time=times)
    assert spelled(body.time) == [("05:00:00", "Europe/Paris", 0)]


@pytest.fixture(params=[refused_by_schedule, refused_by_loop, refused_by_change])
def refused(request: pytest.FixtureRequest) -> Refused:
    """Pass bad times in each way that takes them."""
    way: Refused = request.param
    return way


@pytest.mark.parametrize(
    ("value", "type_name"),
    [
        pytest.param(datetime(2026, 1, 1, 8, tzinfo=UTC), "datetime", id="datetime"),
        pytest.param(date(2026, 1, 1), "date", id="date"),
        pytest.param(timedelta(hours=8), "timedelta", id="timedelta"),
        pytest.param(8, "int", id="int"),
        pytest.param(8.5, "float", id="float"),
        pytest.param(object, "type", id="a class"),
    ],
)
def test_w6_not_times_at_all(value: object, type_name: str, refused: Refused) -> None:
    """W6: neither a time nor an iterable: the error names the type."""
    message = f"`{{0}}` must be a datetime.time or an iterable of them, got {value!r}"
    refused(value, TypeError, message)
    refused(value, TypeError, f"{message} of type {type_name}")


def test_w6_none_is_no_time() -> None:
    """W6: for `DailySchedule` there is no leaving the times out."""
    refused_by_schedule(
        None,
        TypeError,
        "`{0}` must be a datetime.time or an iterable of them, got None of type NoneType",
    )


@pytest.mark.parametrize(
    ("value", "type_name"),
    [
        pytest.param(datetime(2026, 1, 1, 8, tzinfo=UTC), "datetime", id="datetime"),
        pytest.param("08:00", "str", id="str"),
        pytest.param(None, "NoneType", id="None"),
        pytest.param(8, "int", id="int"),
        pytest.param([time(8)], "list", id="list in a list"),
    ],
)
@pytest.mark.parametrize("index", [0, 2])
def test_w6_not_a_time_among_the_times(
    value: object, type_name: str, index: int, refused: Refused
) -> None:
    """W6: the error names index and type."""
    times: list[object] = [time(8), time(9), time(10)]
    times[index] = value
    message = f"`{{0}}[{index}]` must be a datetime.time, got {value!r} of type {type_name}"
    refused(times, TypeError, message)


HALF_PAST_EIGHT = "`datetime.time(8, 30)` for half past eight"


@pytest.mark.parametrize(
    ("value", "advice"),
    [
        ("08:00", HALF_PAST_EIGHT),
        (b"08:00", HALF_PAST_EIGHT),
        (800, HALF_PAST_EIGHT),
        (8.5, HALF_PAST_EIGHT),
        (datetime(2026, 1, 1, 8, tzinfo=UTC), "`.timetz()` behind it"),
        (timedelta(hours=8), "`seconds=delta.total_seconds()` for an interval"),
        ("30 8 * * *", "`schedule=tasks.Cron('30 8 * * *')`"),
    ],
)
def test_w6_what_to_write_instead_of_what_is_no_time(value: object, advice: str) -> None:
    """W6: a user who writes "08:00" learns what it should be, and of what type it is."""
    said = re.escape(f"of type {type(value).__name__} (write {advice})")
    with pytest.raises(TypeError, match=rf"^`time` must be a datetime\.time.* {said}$"):
        unchecked_loop(time=value)
    with pytest.raises(TypeError, match=rf"^`time\[1\]` must be a datetime\.time.* {said}$"):
        unchecked_loop(time=[time(8), value])


@pytest.mark.parametrize(
    "times",
    [
        pytest.param([], id="list"),
        pytest.param((), id="tuple"),
        pytest.param(set(), id="set"),
        pytest.param(iter(()), id="iterator"),
    ],
)
def test_w6_empty(times: object, refused: Refused) -> None:
    """W6: at least one time."""
    refused(times, ValueError, f"`{{0}}` must name at least one time, got {times!r}")


class Breaking:
    """An iterable whose items break off in the middle."""

    def __iter__(self) -> Iterator[time]:
        """Give one time, then fail."""
        yield time(8)
        message = "the users' own trouble"
        raise LookupError(message)


def test_w6_an_iterables_own_error_comes_through(refused: Refused) -> None:
    """W6: an error that isn't ours isn't dressed up as ours."""
    refused(Breaking(), LookupError, "the users' own trouble")


def test_w6_more_than_a_million_times() -> None:
    """W6: an iterable may have no end."""
    taken = 0

    def endless() -> Iterator[time]:
        nonlocal taken
        while True:
            taken += 1
            yield NOON

    message = "`{0}` must name at most 1,000,000 times, got more"
    refused_by_schedule(endless(), ValueError, message)
    assert taken == 1_000_001


def test_w6_the_most_times(monkeypatch: pytest.MonkeyPatch, refused: Refused) -> None:
    """W6: as many as that are fine."""
    monkeypatch.setattr(_times, "_MOST", 2_000)
    assert len(tasks.DailySchedule(repeat(NOON, 2_000)).times) == 1
    refused(repeat(NOON), ValueError, "`{0}` must name at most 2,000 times, got more")


@pytest.mark.parametrize("many", [False, True], ids=["alone", "in a list"])
def test_w6_zones_from_pytz_that_always_tell_their_offset(many: bool) -> None:
    """W6: `pytz.utc` and `pytz.FixedOffset` work in a `datetime.time`."""
    wall = time(8, tzinfo=LocalizingFixed(timedelta(hours=1)))
    schedule = tasks.DailySchedule([wall, wall] if many else wall)
    assert slot_after(schedule, datetime(2026, 1, 1, tzinfo=UTC)).hour == 7


@pytest.mark.parametrize(
    ("zone", "message"),
    [
        *(
            pytest.param(
                zone,
                "`{0}` must not have a zone from pytz whose offset changes: they don't work in a "
                'datetime.time, write `zoneinfo.ZoneInfo("America/New_York")`, '
                "got <DstTzInfo 'America/New_York'",
                id=name,
            )
            for zone, name in (
                (Localizing("America/New_York"), "from pytz"),
                (Localizing(), "like one from pytz"),
            )
        ),
        pytest.param(
            OwnZone(None),
            "`{0}` must have a zone that tells its offset from UTC: "
            "write `zoneinfo.ZoneInfo(...)` or `datetime.timezone(...)`, got OwnZone('Own/Zone')",
            id="utcoffset answers None",
        ),
        pytest.param(
            tzinfo(),  # type: ignore[abstract] # that is the point
            "`{0}` must have a zone that tells its offset from UTC: "
            "write `zoneinfo.ZoneInfo(...)` or `datetime.timezone(...)`, got <datetime.tzinfo",
            id="abstract tzinfo",
        ),
    ],
)
def test_w6_zones_that_do_not_work(zone: tzinfo, message: str, refused: Refused) -> None:
    """W6: the error says what to write instead; in a list it names the index."""
    refused(time(8, tzinfo=zone), ValueError, message)
    listed = [time(7), time(8, tzinfo=zone)]
    refused(listed, ValueError, message.replace("`{0}`", "`{0}[1]`"))
    listed = [time(8, tzinfo=zone), time(7), time(9, tzinfo=LONDON)]
    refused(listed, ValueError, message.replace("`{0}`", "`{0}[0]`"))
