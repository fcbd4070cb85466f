"""`DailySchedule(times, on=...)` by the contract's rules on wall times and dates (W1 to W8).

Drawn over every IANA zone, fixed offsets, UTC and classes that nobody knows, half of the cases
beside real transitions.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from hypothesis import assume, example, given
from hypothesis import strategies as st
from support import oracle
from support.strategies import (
    DAY,
    EARLIEST,
    LATEST,
    MICROSECOND,
    Case,
    ForeignZone,
    RestlessZone,
    cases_anywhere,
    cases_near,
    delays,
    examples,
    zones,
)
from typing_extensions import override

from defectio_tasks import DailySchedule, Weekdays

NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
# All dates drawn lie within so many days of the moment, and rules come again within so many.
HORIZON = 70

Rule = Callable[[date], bool]


@dataclass(frozen=True, slots=True)
class Answering(Container[date]):
    """A container that nobody can look through: it only answers."""

    counts: Rule

    @override
    def __contains__(self, day: object, /) -> bool:
        """Return what the rule says of a date."""
        assert type(day) is date
        return self.counts(day)


@dataclass(frozen=True, slots=True)
class Dated:
    """What is asked of a schedule, of which, and on which dates it counts."""

    case: Case
    on: Container[date]

    @property
    def moment(self) -> datetime:
        """The moment, in UTC."""
        return self.case.moment

    def make(self) -> DailySchedule:
        """Make one that has never been asked."""
        return DailySchedule(self.case.times, on=self.on)


def next_slot(times: Iterable[time], on: Container[date], moment: datetime) -> datetime | None:
    """Return the least slot strictly after a moment: each date and time resolved by itself."""
    walls = list(times)
    found: list[datetime] = []
    first = moment.date() - 2 * DAY
    for day in (first + days * DAY for days in range(HORIZON)):
        # A date's slots are less than a day before its midnight in UTC.
        if found and min(found).date() < day - DAY:
            break
        if day in on:
            found += [slot for wall in walls if (slot := oracle.resolve(day, wall)) > moment]
    return min(found, default=None)


def slots_between(
    times: Iterable[time], on: Container[date], start: datetime, end: datetime
) -> list[datetime]:
    """List the slots after a moment up to and with another one, in order."""
    first = start.date() - 2 * DAY
    dates = [first + days * DAY for days in range((end.date() - first).days + 2)]
    slots = {oracle.resolve(day, wall) for wall in times for day in dates if day in on}
    return sorted(slot for slot in slots if start < slot <= end)


def earlier(one: datetime | None, other: datetime | None) -> datetime | None:
    """Return the earlier of two slots, of which either may be missing."""
    return min((slot for slot in (one, other) if slot is not None), default=None)


# --- Dates --------------------------------------------------------------------------------------


def _by_weekday(days: frozenset[int]) -> Rule:
    return lambda day: day.weekday() in days


def _by_number(numbers: frozenset[int]) -> Rule:
    return lambda day: day.day in numbers


def _weekdays(days: Iterable[int]) -> Weekdays:
    return Weekdays(*(NAMES[day] for day in days))


def _around(offsets: Iterable[int]) -> Callable[[datetime], set[date]]:
    # A last one far away: a search for forty years takes long, and only some examples have one.
    return lambda moment: {moment.date() + days * DAY for days in (*offsets, HORIZON - 5)}


def _always(on: Container[date]) -> Callable[[datetime], Container[date]]:
    return lambda _: on


# Strategies made once are much faster than those made anew for each test case.
LAST = LATEST - 2 * HORIZON * DAY
CASES = st.one_of(cases_near(most=4), cases_anywhere(most=4, latest=LAST))
CASES_NEAR = cases_near(most=2)
DAYS_OF_WEEK = st.frozensets(st.integers(0, 6), min_size=1)
# Each month has them.
DAYS_OF_MONTH = st.frozensets(st.integers(1, 28), min_size=1, max_size=4)
OFFSETS = st.frozensets(st.integers(-3, 5), max_size=6)
FAR_OFFSETS = st.frozensets(st.integers(-3, 60), max_size=4)
DATES = st.one_of(
    OFFSETS.map(_around),
    OFFSETS.map(_around),
    FAR_OFFSETS.map(_around),
    DAYS_OF_WEEK.map(_weekdays).map(_always),
    DAYS_OF_WEEK.map(_by_weekday).map(Answering).map(_always),
    DAYS_OF_MONTH.map(_by_number).map(Answering).map(_always),
)


def _date(case: Case, dates: Callable[[datetime], Container[date]]) -> Dated:
    return Dated(case, dates(case.moment))


DATED = st.builds(_date, CASES, DATES)
DATED_NEAR = st.builds(_date, CASES_NEAR, DATES)


def _apia() -> Dated:
    """Return times of a date that was left out: Apia went from Thursday to Saturday.

    It is the only one, and after its slots there are none.
    """
    apia = ZoneInfo("Pacific/Apia")
    times = (time(8, 30, tzinfo=apia), time(0, tzinfo=apia))
    moment = datetime(2011, 12, 30, 9, 59, tzinfo=UTC)
    return Dated(Case(times, moment), {date(2011, 12, 30)})


def _cairo(*days: int) -> Dated:
    """Return a time in a gap that takes it past midnight, into Friday the 25th."""
    wall = time(0, 30, tzinfo=ZoneInfo("Africa/Cairo"))
    dates = {date(2025, 4, day) for day in days}
    return Dated(Case((wall,), datetime(2025, 4, 24, 20, tzinfo=UTC)), dates)


def _new_york_in_winter() -> Dated:
    """Return a time of a fixed offset that is one of the next date in UTC."""
    wall = time(23, 30, tzinfo=timezone(timedelta(hours=-5)))
    return Dated(Case((wall,), datetime(2026, 3, 27, tzinfo=UTC)), Weekdays("mon"))


# --- What the answer is -------------------------------------------------------------------------


@examples(2)
@given(DATED)
@example(_apia())
@example(_cairo(25))
@example(_cairo(24, 26))
@example(_new_york_in_winter())
def test_as_the_oracle_says(asked: Dated) -> None:
    """The answer is that of an oracle that resolves each date and time by itself (W8)."""
    answer = asked.make().next_after(asked.moment)
    assert answer == next_slot(asked.case.times, asked.on, asked.moment)


@given(DATED)
def test_later_and_in_utc(asked: Dated) -> None:
    """The answer is strictly later than the moment, and in UTC (W4)."""
    answer = asked.make().next_after(asked.moment)
    assume(answer)
    assert answer is not None
    assert answer > asked.moment
    assert answer.tzinfo is UTC


@given(DATED)
def test_complement(asked: Dated) -> None:
    """The times of some dates and those of all others are the times of all dates (W3, W8)."""
    times, moment = asked.case.times, asked.moment
    others = DailySchedule(times, on=lambda day: day not in asked.on)
    answers = asked.make().next_after(moment), others.next_after(moment)
    assert earlier(*answers) == DailySchedule(times).next_after(moment)


@examples(0.5)
@given(DATED)
def test_least_of_the_single_times(asked: Dated) -> None:
    """The answer is the least of those of single times, each by its own calendar (W3, W8)."""
    answer: datetime | None = None
    for wall in asked.case.times:
        answer = earlier(answer, DailySchedule(wall, on=asked.on).next_after(asked.moment))
    assert asked.make().next_after(asked.moment) == answer


# --- What it depends on -------------------------------------------------------------------------


@examples(0.5)
@given(DATED, st.data())
def test_order_and_duplicates(asked: Dated, data: st.DataObject) -> None:
    """The order of the times and duplicates don't matter (W4)."""
    times = asked.case.times
    again = data.draw(st.lists(st.sampled_from(times), max_size=3))
    shuffled = DailySchedule(iter(data.draw(st.permutations([*times, *again]))), on=asked.on)
    assert shuffled.next_after(asked.moment) == asked.make().next_after(asked.moment)
    assert shuffled == asked.make()


@examples(0.5)
@given(DATED, zones())
def test_zone_of_the_moment(asked: Dated, zone: tzinfo | None) -> None:
    """The zone in which the moment is written doesn't matter (W4)."""
    answer = asked.make().next_after(asked.moment)
    for other in (zone, *(wall.tzinfo for wall in asked.case.times)):
        assert asked.make().next_after(asked.moment.astimezone(other or UTC)) == answer


@examples(0.5)
@given(DATED, st.floats(0, 1))
def test_constant_up_to_the_answer(asked: Dated, share: float) -> None:
    """No slot lies between the moment and the answer, of one object and of fresh ones (W4)."""
    schedule = asked.make()
    answer = schedule.next_after(asked.moment)
    assume(answer)
    assert answer is not None
    between = asked.moment + (answer - MICROSECOND - asked.moment) * share
    for moment in (between, answer - MICROSECOND):
        assert schedule.next_after(moment) == answer
        assert asked.make().next_after(moment) == answer
    assert slots_between(asked.case.times, asked.on, asked.moment, answer) == [answer]


@examples(0.5)
@given(DATED, st.timedeltas(timedelta(), 9 * DAY))
def test_monotone(asked: Dated, delay: timedelta) -> None:
    """A later moment never has an earlier answer (W4)."""
    answer = asked.make().next_after(asked.moment)
    after = asked.make().next_after(asked.moment + delay)
    assert earlier(answer, after) == answer


@given(DATED)
@example(_apia())
def test_a_walk_visits_each_slot_once(asked: Dated) -> None:
    """A walk from slot to slot visits each of them, in order, once (W4, W8)."""
    schedule, end = asked.make(), asked.moment + 8 * DAY
    slots: list[datetime] = []
    slot = schedule.next_after(asked.moment)
    while slot is not None and slot <= end:
        # Else the walk would have no end.
        assert not slots or slot > slots[-1]
        slots.append(slot)
        slot = schedule.next_after(slot)
    assert slots == slots_between(asked.case.times, asked.on, asked.moment, end)


@examples(0.5)
@given(DATED, st.lists(delays(timedelta(hours=150)), max_size=8))
def test_random_order(asked: Dated, others: Sequence[Callable[[int], int]]) -> None:
    """One object asked in random order answers as fresh objects do (W4)."""
    schedule = asked.make()
    for spot in others:
        moment = max(asked.moment + spot(DAY // MICROSECOND) * MICROSECOND, EARLIEST)
        assert schedule.next_after(moment) == asked.make().next_after(moment)


# --- How dates are asked for --------------------------------------------------------------------


@examples(0.5)
@given(CASES, st.lists(OFFSETS.map(_around), min_size=2, max_size=4))
def test_asked_afresh(case: Case, sets: Sequence[Callable[[datetime], set[date]]]) -> None:
    """A set that has changed since the last question counts as it is now (W8)."""
    on: set[date] = set()
    schedule = DailySchedule(case.times, on=on)
    for dates in sets:
        on.clear()
        on |= dates(case.moment)
        assert schedule.next_after(case.moment) == next_slot(case.times, on, case.moment)


@examples(0.5)
@given(DATED)
def test_function_and_container(asked: Dated) -> None:
    """A function and a container that say the same have the same answer (W8)."""
    by_function = DailySchedule(asked.case.times, on=lambda day: day in asked.on)
    assert by_function.next_after(asked.moment) == asked.make().next_after(asked.moment)


@given(DATED)
def test_each_date_once(asked: Dated) -> None:
    """In one search, each date is asked for once, whatever the number of times (W8)."""
    dates: list[date] = []

    def counts(day: date) -> bool:
        dates.append(day)
        return day in asked.on

    DailySchedule(asked.case.times, on=counts).next_after(asked.moment)
    assert len(dates) == len(set(dates))
    assert {type(day) for day in dates} == {date}


@given(CASES, DAYS_OF_WEEK)
def test_weekdays(case: Case, days: frozenset[int]) -> None:
    """`Weekdays` counts as a function of the weekday does (W8, W9)."""
    named = DailySchedule(case.times, on=_weekdays(days))
    by_rule = DailySchedule(case.times, on=_by_weekday(days))
    assert named.next_after(case.moment) == by_rule.next_after(case.moment)


# --- Classes that nobody knows ------------------------------------------------------------------


@given(DATED_NEAR)
def test_a_class_of_ones_own(asked: Dated) -> None:
    """A zone of a class that nobody knows counts as the IANA zone does that it is made of."""
    beside = asked.case.beside
    assert beside is not None
    walls = [wall.replace(tzinfo=ZoneInfo(beside.key)) for wall in asked.case.times]
    foreign = [wall.replace(tzinfo=ForeignZone(beside.key)) for wall in walls]
    answer = DailySchedule(foreign, on=asked.on).next_after(asked.moment)
    assert answer == DailySchedule(walls, on=asked.on).next_after(asked.moment)


@examples(0.5)
@given(DATED)
def test_a_restless_zone(asked: Dated) -> None:
    """In a zone whose clocks change each few days, all is as the oracle says."""
    walls = [wall.replace(tzinfo=RestlessZone()) for wall in asked.case.times]
    answer = DailySchedule(walls, on=asked.on).next_after(asked.moment)
    assert answer == next_slot(walls, asked.on, asked.moment)
