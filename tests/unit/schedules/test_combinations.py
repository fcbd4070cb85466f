"""`merge`, `shift` and `between` (contract W13, W15); `tests/property` has what holds for all."""

from __future__ import annotations

import pickle
import re
from collections.abc import Callable
from dataclasses import FrozenInstanceError
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from defectio_tasks import DailySchedule, Schedule
from defectio_tasks._schedules.at import At
from defectio_tasks._schedules.combinations import between, merge, shift
from defectio_tasks._schedules.every import Every
from defectio_tasks._schedules.upcoming import slots_after

MORNING = datetime(2026, 3, 30, 8, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)
END = datetime.max.replace(tzinfo=UTC)
HOURS = Every(hours=1)
make_merge: Callable[..., Schedule] = merge
make_shift: Callable[..., Schedule] = shift
make_between: Callable[..., Schedule] = between


class Own:
    """A schedule of the user's own, which answers what it is told to."""

    def __init__(self, answer: object) -> None:
        """Take the answer."""
        self.answer = answer
        self.asked: list[datetime] = []

    def next_after(self, moment: datetime, /) -> datetime | None:
        """Answer, and remember the question."""
        self.asked.append(moment)
        answer: Callable[[], datetime | None] = lambda: self.answer  # type: ignore[assignment, return-value] # noqa: E731
        return answer()


def test_w13_the_union() -> None:
    schedule = merge(Every(hours=2), At(MORNING), Every(hours=3))
    hours = [slot.hour + slot.minute / 60 for slot in slots_after(schedule, MORNING - HOUR, 6)]
    assert hours == [8, 8.5, 9, 10, 12, 14]


def test_w13_after_the_last_of_all() -> None:
    schedule = merge(At(MORNING), At(MORNING + HOUR))
    assert schedule.next_after(MORNING) == MORNING + HOUR
    assert schedule.next_after(MORNING + HOUR) is None


def test_w13_where_datetime_ends() -> None:
    """What has a slot answers, what has none left is `None`, and what can't be told raises."""
    assert merge(HOURS, At(END)).next_after(END - HOUR / 2) == END
    with pytest.raises(OverflowError, match="outside datetime's range"):
        merge(At(MORNING), HOURS).next_after(END)
    assert merge(At(MORNING), At(END)).next_after(END) is None


def test_w13_moved() -> None:
    assert shift(HOURS, HOUR / 4).next_after(MORNING) == MORNING + 3 * HOUR / 4
    assert shift(HOURS, -HOUR / 4).next_after(MORNING) == MORNING + HOUR / 4
    assert shift(At(MORNING), HOUR).next_after(MORNING) == MORNING + HOUR
    assert shift(At(MORNING), HOUR).next_after(MORNING + HOUR) is None


def test_w13_moved_to_the_microsecond_in_any_year() -> None:
    for year in (1, 2026, 9000):
        slot, microsecond = datetime(year, 3, 30, tzinfo=UTC), timedelta(microseconds=1)
        schedule = shift(At(slot), HOUR)
        assert schedule.next_after(slot + HOUR - microsecond) == slot + HOUR
        assert schedule.next_after(slot + HOUR) is None


def test_w13_moved_to_where_datetime_ends() -> None:
    with pytest.raises(OverflowError, match="outside datetime's range"):
        shift(At(END), HOUR).next_after(END - 2 * HOUR)
    assert shift(At(END), -HOUR).next_after(END) is None
    with pytest.raises(OverflowError, match="outside datetime's range"):
        shift(HOURS, -HOUR).next_after(END)
    begin = datetime.min.replace(tzinfo=UTC)
    assert shift(HOURS, 48 * HOUR).next_after(begin + HOUR) == begin + 49 * HOUR


def test_w13_start_counts_and_end_does_not() -> None:
    schedule = between(HOURS, MORNING - HOUR / 2, MORNING + 3 * HOUR / 2)
    slots = slots_after(schedule, MORNING - 99 * HOUR, 9)
    assert [slot.hour for slot in slots] == [8, 9]
    assert schedule.next_after(MORNING) == MORNING + HOUR / 2
    assert schedule.next_after(END) is None


def test_w13_a_microsecond_before_the_start_does_not_count() -> None:
    early = At(MORNING - timedelta(microseconds=1), MORNING)
    assert between(early, MORNING).next_after(MORNING - HOUR) == MORNING


def test_w13_without_start_or_end() -> None:
    assert between(HOURS, start=MORNING).next_after(MORNING - 99 * HOUR) == MORNING + HOUR / 2
    assert between(HOURS, end=MORNING).next_after(MORNING - HOUR) == MORNING - HOUR / 2
    assert between(HOURS, end=MORNING).next_after(MORNING - HOUR / 2) is None
    assert between(At(MORNING)).next_after(MORNING) is None


def test_w13_what_lies_after_datetime_lies_after_the_end() -> None:
    assert between(HOURS, end=END).next_after(END - HOUR / 2) is None
    with pytest.raises(OverflowError, match="outside datetime's range"):
        between(HOURS, MORNING).next_after(END - HOUR / 2)


def test_w13_a_start_where_datetime_begins() -> None:
    begin = datetime.min.replace(tzinfo=UTC)
    assert between(HOURS, begin).next_after(begin) == begin + HOUR


@pytest.mark.parametrize(
    "combine",
    [merge, lambda schedule: shift(schedule, HOUR), lambda schedule: between(schedule, MORNING)],
    ids=["merge", "shift", "between"],
)
class TestOfOnesOwn:
    """Schedules of a user's own are asked in UTC, and held to what they promise."""

    def test_w13_asked_and_answered_in_utc(self, combine: Callable[[Schedule], Schedule]) -> None:
        tokyo = ZoneInfo("Asia/Tokyo")
        own = Own((MORNING + 9 * HOUR).astimezone(tokyo))
        slot = combine(own).next_after((MORNING + HOUR).astimezone(tokyo))
        assert slot is not None
        assert slot.tzinfo is UTC
        assert own.asked[0].tzinfo is UTC

    @pytest.mark.parametrize(
        ("answer", "error", "words"),
        [
            ("08:30", TypeError, "must return a datetime.datetime or None"),
            (MORNING.replace(tzinfo=None), ValueError, "must return an aware datetime"),
            (MORNING - 9 * HOUR, ValueError, "must return a slot after"),
        ],
        ids=["not a datetime", "naive", "not later"],
    )
    def test_w13_wrong_answers(
        self,
        combine: Callable[[Schedule], Schedule],
        answer: object,
        error: type[Exception],
        words: str,
    ) -> None:
        with pytest.raises(error, match=f"^`next_after` {re.escape(words)}"):
            combine(Own(answer)).next_after(MORNING)

    def test_w4_moment(self, combine: Callable[[Schedule], Schedule]) -> None:
        ask: Callable[..., object] = combine(HOURS).next_after
        with pytest.raises(ValueError, match=r"^`moment` must be aware"):
            ask(MORNING.replace(tzinfo=None))
        with pytest.raises(TypeError, match=r"^`moment` must be a datetime"):
            ask(None)


@pytest.mark.parametrize(
    ("value", "advice"),
    [
        (None, ""),
        ("0 8 * * *", ""),
        (Every, " (write an instance, not its class)"),
        (MORNING, " (write `At(...)`)"),
        (time(8), " (write `DailySchedule(...)`)"),
        (HOUR, " (write `Every(seconds=delta.total_seconds())`)"),
        ([HOURS], " (write `*` before them)"),
    ],
    ids=repr,
)
def test_w13_not_a_schedule(value: object, advice: str) -> None:
    rule = f"must be an object with a method `next_after`, got {value!r}{advice}"
    with pytest.raises(TypeError, match=f"^{re.escape(f'`schedules[1]` {rule}')}$"):
        make_merge(HOURS, value)
    rule = rule.replace("`*` before them", "`merge(*schedules)` for several")
    with pytest.raises(TypeError, match=f"^{re.escape(f'`schedule` {rule}')}$"):
        make_shift(value, HOUR)
    with pytest.raises(TypeError, match=f"^{re.escape(f'`schedule` {rule}')}$"):
        make_between(value)


def test_w13_nothing_to_merge() -> None:
    message = (
        "`schedules` must have at least one schedule, got none "
        "(write `*` before an iterable of them, which may not be empty)"
    )
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        merge()


@pytest.mark.parametrize(
    ("delta", "advice"),
    [
        (5, " (write `datetime.timedelta(seconds=5)`)"),
        (0.5, " (write `datetime.timedelta(seconds=0.5)`)"),
        (True, ""),
        (None, ""),
    ],
    ids=repr,
)
def test_w13_not_a_delta(delta: object, advice: str) -> None:
    message = f"`delta` must be a datetime.timedelta, got {delta!r}{advice}"
    with pytest.raises(TypeError, match=f"^{re.escape(message)}$"):
        make_shift(HOURS, delta)


@pytest.mark.parametrize("name", ["start", "end"])
def test_w13_wrong_bounds(name: str) -> None:
    with pytest.raises(ValueError, match=f"^`{name}` must be aware"):
        make_between(HOURS, **{name: MORNING.replace(tzinfo=None)})
    with pytest.raises(TypeError, match=f"^`{name}` must be a datetime.datetime"):
        make_between(HOURS, **{name: date(2026, 3, 30)})


@pytest.mark.parametrize("end", [MORNING, MORNING - HOUR], ids=str)
def test_w13_nothing_between(end: datetime) -> None:
    message = f"`start` must be before `end`, got {MORNING} and {end}"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        between(HOURS, MORNING.astimezone(ZoneInfo("Asia/Tokyo")), end)


@pytest.mark.parametrize(
    ("schedule", "shown", "said"),
    [
        (merge(HOURS), "merge(Every(hours=1))", "every hour"),
        (
            merge(HOURS, Every(minutes=7), HOURS),
            "merge(Every(hours=1), Every(minutes=7))",
            "every hour or every 7 minutes",
        ),
        (
            shift(HOURS, timedelta(minutes=-5)),
            f"shift(Every(hours=1), {timedelta(minutes=-5)!r})",
            "5 minutes before every hour",
        ),
        (shift(HOURS, HOUR), f"shift(Every(hours=1), {HOUR!r})", "1 hour after every hour"),
        (
            shift(HOURS, timedelta()),
            "shift(Every(hours=1), datetime.timedelta(0))",
            "0 seconds after every hour",
        ),
        (
            between(HOURS, MORNING, MORNING + HOUR),
            f"between(Every(hours=1), start={MORNING!r}, end={MORNING + HOUR!r})",
            "every hour from 2026-03-30 08:30 UTC until 2026-03-30 09:30 UTC",
        ),
        (between(HOURS), "between(Every(hours=1))", "every hour"),
        (
            merge(between(merge(HOURS, Every(days=1)), end=MORNING), Every(days=7)),
            f"merge(between(merge(Every(hours=1), Every(days=1)), end={MORNING!r}), Every(days=7))",
            "((every hour or every day) until 2026-03-30 08:30 UTC) or every 7 days",
        ),
    ],
    ids=repr,
)
def test_w15_shows_what_makes_it_again(schedule: Schedule, shown: str, said: str) -> None:
    assert repr(schedule) == shown
    assert str(schedule) == said


def test_w15_merged_ones_are_equal_in_any_order() -> None:
    days, weeks = Every(days=1), Every(days=7)
    schedule = merge(HOURS, days, weeks)
    for other in (
        merge(weeks, HOURS, days, HOURS),
        merge(merge(HOURS, days), weeks),
        merge(HOURS, merge(days, weeks)),
    ):
        assert schedule == other
        assert hash(schedule) == hash(other)
    assert schedule != merge(HOURS, days)
    assert schedule != merge(HOURS, days, Every(days=6))
    assert merge(HOURS) != HOURS


def test_w15_are_values() -> None:
    pairs: list[tuple[Any, Schedule]] = [
        (merge(HOURS, At(MORNING)), merge(HOURS)),
        (shift(HOURS, HOUR), shift(HOURS, -HOUR)),
        (between(HOURS, MORNING), between(HOURS, end=MORNING)),
    ]
    for schedule, other in pairs:
        again = pickle.loads(pickle.dumps(schedule))  # noqa: S301
        assert again == schedule
        assert hash(again) == hash(schedule)
        assert schedule != other
        for name in type(schedule).__slots__:
            with pytest.raises(FrozenInstanceError):
                setattr(schedule, name, None)


def test_w15_those_of_ones_own_need_no_hash() -> None:
    class Unhashable(Own):
        __hash__ = None  # type: ignore[assignment]

    schedule = merge(Unhashable(None), HOURS)
    assert schedule.next_after(MORNING) == MORNING + HOUR / 2
    with pytest.raises(TypeError, match="unhashable"):
        hash(schedule)


def test_w13_with_wall_times() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    schedule = shift(DailySchedule(time(8, tzinfo=berlin)), -HOUR)
    assert schedule.next_after(datetime(2026, 3, 28, 12, tzinfo=UTC)) == datetime(
        2026, 3, 29, 5, tzinfo=UTC
    )
