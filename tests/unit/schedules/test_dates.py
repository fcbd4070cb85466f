"""Times that count on some dates only: `on` (contract W8, W9, W15)."""

from __future__ import annotations

import asyncio
import copy
import pickle
import re
from collections.abc import Callable, Collection
from datetime import UTC, date, datetime, time, timedelta, timezone
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import pytest
from support.virtual_time import START

import defectio_tasks as tasks
from defectio_tasks import DailySchedule, Weekdays
from defectio_tasks._schedules.dates import FORTY_YEARS
from defectio_tasks.testing import VirtualClock

LONDON = ZoneInfo("Europe/London")
MORNING = time(8, 30, tzinfo=LONDON)
MONDAY = date(2026, 3, 30)
DAY = timedelta(days=1)
# What type checkers refuse.
make: Callable[..., DailySchedule] = DailySchedule
loop: Callable[..., Any] = tasks.loop
Loop: Callable[..., Any] = tasks.Loop


class Holidays:
    """A container of nobody's base class, as users write it."""

    def __init__(self, *days: date) -> None:
        self.days = days

    def __contains__(self, day: object) -> bool:
        return day in self.days


class Unnamed:
    """A function of dates that has no name."""

    def __call__(self, day: date) -> bool:
        return day == MONDAY

    def __repr__(self) -> str:
        return "Unnamed()"


def is_first(day: date) -> bool:
    return day.day == 1


def slots(schedule: DailySchedule, after: datetime, n: int) -> list[datetime | None]:
    found: list[datetime | None] = []
    for _ in range(n):
        slot = schedule.next_after(after)
        found.append(slot)
        if slot is None:
            break
        after = slot
    return found


class TestWhichDate:
    """The date is the nominal one, in the zone of the time."""

    @pytest.mark.parametrize(
        ("zone", "wall", "day", "expected"),
        [
            # From 23:00 on Saturday to midnight: the slot is at 00:30 on Sunday.
            ("America/Nuuk", time(23, 30), date(2024, 3, 30), "2024-03-31T01:30"),
            # From midnight to 01:00.
            ("America/Sao_Paulo", time(0), date(2018, 11, 4), "2018-11-04T03:00"),
            ("Africa/Cairo", time(0, 30), date(2025, 4, 25), "2025-04-24T22:30"),
            ("Asia/Beirut", time(0, 59), date(2025, 3, 30), "2025-03-29T22:59"),
            # A date that was left out.
            ("Pacific/Apia", time(8, 30), date(2011, 12, 30), "2011-12-30T18:30"),
            ("Pacific/Apia", time(8, 30), date(2011, 12, 31), "2011-12-30T18:30"),
        ],
    )
    def test_w8_gap(self, zone: str, wall: time, day: date, expected: str) -> None:
        schedule = DailySchedule(wall.replace(tzinfo=ZoneInfo(zone)), on={day})
        midnight = datetime.combine(day, time(), UTC)
        assert slots(schedule, midnight - 3 * DAY, 2) == [
            datetime.fromisoformat(f"{expected}Z"),
            None,
        ]

    def test_w8_a_slot_of_two_dates_is_one(self) -> None:
        wall = time(8, 30, tzinfo=ZoneInfo("Pacific/Apia"))
        schedule = DailySchedule(wall, on=[date(2011, 12, 30), date(2011, 12, 31)])
        expected = [datetime(2011, 12, 30, 18, 30, tzinfo=UTC), None]
        assert slots(schedule, datetime(2011, 12, 28, tzinfo=UTC), 3) == expected

    def test_w8_fold(self) -> None:
        walls = [time(1, 30, tzinfo=LONDON, fold=fold) for fold in (0, 1)]
        schedule = DailySchedule(walls, on={date(2026, 10, 25)})
        first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
        expected = [first, first + timedelta(hours=1), None]
        assert slots(schedule, first - 3 * DAY, 3) == expected

    @pytest.mark.parametrize(
        "zone", [timezone(timedelta(hours=-5)), ZoneInfo("Etc/GMT+5")], ids=str
    )
    def test_w8_by_the_calendar_of_a_fixed_offset(self, zone: timezone | ZoneInfo) -> None:
        schedule = DailySchedule(time(23, 30, tzinfo=zone), on={MONDAY})
        expected = [datetime(2026, 3, 31, 4, 30, tzinfo=UTC), None]
        assert slots(schedule, datetime(2026, 3, 27, tzinfo=UTC), 2) == expected

    def test_w8_each_time_by_its_own_calendar(self) -> None:
        zones = [ZoneInfo("Pacific/Kiritimati"), ZoneInfo("Pacific/Pago_Pago")]
        schedule = DailySchedule([time(12, tzinfo=zone) for zone in zones], on={MONDAY})
        expected = [datetime(2026, 3, 29, 22, tzinfo=UTC), datetime(2026, 3, 30, 23, tzinfo=UTC)]
        assert slots(schedule, datetime(2026, 3, 20, tzinfo=UTC), 3) == [*expected, None]


class TestAsking:
    """How dates are asked for."""

    @pytest.mark.parametrize("zones", [["UTC"], sorted(available_timezones())[:100]], ids=len)
    def test_w8_nothing_within_forty_years(self, zones: list[str]) -> None:
        asked: list[date] = []

        def counts(day: date) -> bool:
            asked.append(day)
            return False

        schedule = DailySchedule([time(8, tzinfo=ZoneInfo(zone)) for zone in zones], on=counts)
        for _ in range(2):
            asked.clear()
            assert schedule.next_after(START) is None
            assert len(asked) == len(set(asked)) == FORTY_YEARS + 3
            assert max(asked) == START.date() + FORTY_YEARS * DAY

    def test_w8_the_last_date_of_forty_years(self) -> None:
        day = START.date() + FORTY_YEARS * DAY
        on = {day}
        schedule = DailySchedule(time(8), on=on)
        assert schedule.next_after(START) == datetime.combine(day, time(8), UTC)
        on.clear()
        on.add(day + DAY)
        assert schedule.next_after(START) is None

    def test_w8_where_the_calendar_ends(self) -> None:
        schedule = DailySchedule(time(8), on=lambda _: False)
        assert schedule.next_after(datetime(9999, 12, 20, tzinfo=UTC)) is None
        assert schedule.next_after(datetime(1, 1, 10, tzinfo=UTC)) is None

    def test_w8_an_error_comes_out_and_leaves_the_schedule_usable(self) -> None:
        error = LookupError("the calendar is gone")
        broken = True

        def counts(day: date) -> bool:
            if broken:
                raise error
            return day == MONDAY

        schedule = DailySchedule(MORNING, on=counts)
        for _ in range(2):
            with pytest.raises(LookupError) as caught:
                schedule.next_after(START)
            assert caught.value is error
        broken = False
        assert schedule.next_after(START) == datetime(2026, 3, 30, 7, 30, tzinfo=UTC)

    @pytest.mark.parametrize("answer", [0, "", None, [], 0.0], ids=repr)
    def test_w8_falsy(self, answer: object) -> None:
        def counts(day: date) -> object:
            return "yes" if day == MONDAY else answer

        schedule = make(MORNING, on=counts)
        assert schedule.next_after(START) == datetime(2026, 3, 30, 7, 30, tzinfo=UTC)

    @pytest.mark.parametrize(
        "on",
        [
            {MONDAY},
            frozenset({MONDAY}),
            [MONDAY],
            (MONDAY,),
            {MONDAY: "a holiday"},
            {MONDAY: 1}.keys(),
            Holidays(MONDAY),
            Unnamed(),
            partial(date.__eq__, MONDAY),
            MONDAY.__eq__,
        ],
        ids=lambda on: type(on).__name__,
    )
    def test_w8_kinds(self, on: Collection[date]) -> None:
        schedule = DailySchedule(MORNING, on=on)
        assert schedule.on is on
        expected = [datetime(2026, 3, 30, 7, 30, tzinfo=UTC), None]
        assert slots(schedule, START, 2) == expected

    def test_w8_none_is_every_date(self) -> None:
        assert DailySchedule(MORNING, on=None) == DailySchedule(MORNING)
        assert DailySchedule(MORNING).on is None


class TestWrong:
    """What is refused at once."""

    @pytest.mark.parametrize(
        ("on", "advice"),
        [
            ("mon-fri", "write `on=tasks.Weekdays('mon-fri')`"),
            (Holidays, "write an object of that class"),
            (5, "write `on={datetime.date(2026, 1, 31)}`"),
            (MONDAY, "write `on={datetime.date(2026, 1, 31)}`"),
            (True, "write `on={datetime.date(2026, 1, 31)}`"),
        ],
    )
    def test_w8_wrong_kinds(self, on: object, advice: str) -> None:
        rule = "`on` must be a container of dates or a function of one"
        message = f"^{re.escape(f'{rule}, got {on!r} ({advice})')}$"
        with pytest.raises(TypeError, match=message):
            make(MORNING, on=on)
        with pytest.raises(TypeError, match=message):
            loop(time=MORNING, on=on)

    @pytest.mark.parametrize("kind", [set, frozenset, list, tuple, dict.fromkeys])
    def test_w8_moments(self, kind: Callable[[list[date]], object]) -> None:
        on = kind([MONDAY, START])
        message = f"`on` must have dates in it, got {START!r} (write `.date()`)"
        with pytest.raises(TypeError, match=f"^{re.escape(message)}$"):
            make(MORNING, on=on)


class TestValue:
    """Contract W15."""

    def test_w15_equal(self) -> None:
        evening = time(20)
        one = DailySchedule([MORNING, evening], on=Weekdays("mon-fri"))
        same = DailySchedule([evening, MORNING, evening], on=Weekdays("mon-thu", "fri"))
        assert one == same
        assert hash(one) == hash(same)
        others = [
            DailySchedule([MORNING, evening]),
            DailySchedule([MORNING, evening], on=Weekdays("mon")),
            DailySchedule([MORNING], on=Weekdays("mon-fri")),
            DailySchedule([MORNING, evening.replace(fold=1)], on=Weekdays("mon-fri")),
            Weekdays("mon-fri"),
        ]
        assert one not in others

    def test_w15_no_hash_where_the_dates_have_none(self) -> None:
        schedule = DailySchedule(MORNING, on={MONDAY})
        assert schedule == DailySchedule(MORNING, on={MONDAY})
        with pytest.raises(TypeError, match="unhashable"):
            hash(schedule)

    @pytest.mark.parametrize("on", [Weekdays("mon"), {MONDAY}, is_first], ids=str)
    @pytest.mark.parametrize("asked", [False, True])
    def test_w15_pickle_and_copy(self, on: Collection[date], *, asked: bool) -> None:
        schedule = DailySchedule([MORNING, time(20)], on=on)
        if asked:
            schedule.next_after(START)
        for again in (
            pickle.loads(pickle.dumps(schedule)),  # noqa: S301 -- its own
            copy.copy(schedule),
            copy.deepcopy(schedule),
        ):
            assert again == schedule
            assert again.on == on
            assert again.next_after(START) == schedule.next_after(START)

    @pytest.mark.parametrize(
        ("on", "shown", "told"),
        [
            (Weekdays("mon-fri"), "Weekdays('mon-fri')", "mon-fri"),
            (Weekdays("sat", "sun"), "Weekdays('sat', 'sun')", "sat, sun"),
            ({MONDAY}, "{datetime.date(2026, 3, 30)}", "2026-03-30"),
            (set[date](), "set()", "0 dates"),
            (frozenset[date](), "frozenset()", "0 dates"),
            ((MONDAY,), "(datetime.date(2026, 3, 30),)", "2026-03-30"),
            (
                {MONDAY, MONDAY - DAY, MONDAY + DAY},
                f"{{{', '.join(repr(MONDAY + days * DAY) for days in (-1, 0, 1))}}}",
                "2026-03-29, 2026-03-30 and 2026-03-31",
            ),
            (is_first, "is_first", "is_first"),
            (Unnamed(), "Unnamed()", "Unnamed()"),
        ],
    )
    def test_w15_shown(self, on: Collection[date], shown: str, told: str) -> None:
        schedule = DailySchedule(MORNING, on=on)
        assert repr(schedule) == f"DailySchedule(08:30 Europe/London, on={shown})"
        assert str(schedule) == f"daily at 08:30 Europe/London on {told}"

    def test_w15_many_dates(self) -> None:
        on = [MONDAY + days * DAY for days in range(4)]
        schedule = DailySchedule([time(hour) for hour in range(8, 13)], on=on)
        assert str(schedule) == "daily at 08:00 UTC, 09:00 UTC, 10:00 UTC and 2 more on 4 dates"


class TestLoops:
    """Loops whose times count on some dates only."""

    @pytest.mark.parametrize("way", ["loop", "Loop", "change_interval"])
    async def test_w8_goes_with_time_alone(self, way: str) -> None:
        async def body() -> None: ...

        tick = tasks.loop(time=MORNING)(body)
        tick.start()
        await asyncio.sleep(1)
        timing, due = repr(tick), tick.next_iteration
        wrong: dict[str, Callable[..., object]] = {
            "loop": partial(loop, seconds=5),
            "Loop": partial(Loop, body),
            "change_interval": partial(tick.change_interval, schedule=DailySchedule(MORNING)),
        }
        with pytest.raises(TypeError) as caught:
            wrong[way](on=Weekdays("mon"))
        message = "`on` goes with `time`, and `time` is missing, got Weekdays('mon')"
        assert str(caught.value) == message
        assert (repr(tick), tick.next_iteration) == (timing, due)
        tick.cancel()

    @pytest.mark.parametrize("way", ["loop", "Loop", "change_interval"])
    async def test_w8_in_a_loop(self, clock: VirtualClock, way: str) -> None:
        """Monday to Friday, over a week at whose end clocks go forward."""
        ran: list[str] = []

        async def body() -> None:
            ran.append(clock.now(LONDON).strftime("%a %d %H:%M"))

        on = Weekdays("mon-fri")
        if way == "loop":
            tick = tasks.loop(time=MORNING, on=on)(body)
        elif way == "Loop":
            tick = tasks.Loop(body, time=MORNING, on=on)
        else:
            tick = tasks.Loop(body, hours=1)
            tick.change_interval(time=MORNING, on=on)
        clock.set(datetime(2026, 3, 26, 0, tzinfo=UTC))
        tick.start()
        await asyncio.sleep(7 * 86_400)
        expected = ["Thu 26", "Fri 27", "Mon 30", "Tue 31", "Wed 01"]
        assert ran == [f"{day} 08:30" for day in expected]
        tick.cancel()

    async def test_w8_a_loop_ends_where_no_date_counts(self) -> None:
        ran: list[int] = []

        @tasks.loop(time=MORNING, on=set[date]())
        async def body() -> None:
            ran.append(1)

        await body.start()
        assert (body.ending, ran) == ("completed", [])
        assert body.next_iteration is None


async def works(_: date) -> bool:
    return True


def test_w8_nobody_would_await_an_async_function() -> None:
    on: Any = works
    with pytest.raises(
        TypeError, match=r"got <function works .*\(write `def`, and not `async def`"
    ):
        tasks.DailySchedule(time(8), on=on)


@pytest.mark.parametrize("on", [["mon"], {0, 1}, range(5), {"2026-01-01": "holiday"}])
def test_w8_what_has_no_dates_in_it(on: Any) -> None:
    advice = r"\(write `tasks.Weekdays\('mon-fri'\)`\)"
    with pytest.raises(TypeError, match=rf"^`on` must have dates in it, got .* {advice}$"):
        tasks.DailySchedule(time(8), on=on)


@pytest.mark.parametrize("hours", [-1, -12])
def test_w6_a_slot_beyond_the_calendar_on_its_last_date(hours: int) -> None:
    """It can't be, and isn't looked for without end."""
    wall = time(23, 59, tzinfo=timezone(timedelta(hours=hours)))
    schedule = tasks.DailySchedule(wall, on={date(9999, 12, 31)})
    with pytest.raises(OverflowError, match="outside datetime's range"):
        schedule.next_after(datetime(9999, 12, 1, tzinfo=UTC))
