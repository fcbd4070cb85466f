"""The fifteen properties of wall-clock times (contract section 3).

Drawn over every IANA zone, fixed offsets and UTC, half of the cases beside real transitions.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st
from support import oracle
from support.slots import slot_after
from support.strategies import (
    DAY,
    EARLIEST,
    EPOCH,
    LATEST,
    MICROSECOND,
    Case,
    ForeignZone,
    Spot,
    Transition,
    cases,
    cases_near,
    delays,
    examples,
    moments,
    transitions_of,
    utc_zones,
    walls,
    zones,
)

from defectio_tasks import DailySchedule

HOUR = timedelta(hours=1)


def ask(times: Iterable[time], moment: datetime) -> datetime:
    """Ask a schedule that has never been asked."""
    return slot_after(DailySchedule(times), moment)


def walk(times: Iterable[time], start: datetime, end: datetime) -> list[datetime]:
    """Go from slot to slot, as a loop does, and list those after `start` up to and with `end`."""
    schedule = DailySchedule(times)
    slots = [slot_after(schedule, start)]
    while slots[-1] <= end:
        slots.append(slot_after(schedule, slots[-1]))
        # Else the walk would have no end.
        assert slots[-1] > slots[-2]
    return slots[:-1]


def lost_date(transition: Transition, wall: time) -> date | None:
    """Tell on which date a time coincides with that of the next date: over a gap of a day."""
    if transition.after - transition.before < DAY:
        return None
    begin = transition.wall
    return begin.date() + (DAY if wall.replace(tzinfo=None) < begin.time() else timedelta())


def in_fold(transition: Transition, wall: datetime) -> bool:
    """Tell whether a naive wall time is shown twice, since the clocks go back over it."""
    goes_back = transition.after < transition.before
    return goes_back and transition.wall <= wall < transition.wall + transition.length


@given(cases())
def test_01_strictly_later(case: Case) -> None:
    """(1) The answer is strictly later than the moment (W4)."""
    assert ask(case.times, case.moment) > case.moment


@given(cases(), zones())
def test_02_in_utc(case: Case, zone: tzinfo | None) -> None:
    """(2) The answer is an aware datetime in `datetime.timezone.utc` (W4)."""
    assert ask(case.times, case.moment.astimezone(zone)).tzinfo is UTC


@examples(3)
@given(cases())
def test_03_one_of_the_resolved_instants(case: Case) -> None:
    """(3) The answer is what one of the times resolves to on some date (W1, W2)."""
    answer = ask(case.times, case.moment)
    dates = [answer.date() + days * DAY for days in range(-2, 3)]
    assert answer in {oracle.resolve(day, wall) for day in dates for wall in case.times}


@examples(3)
@given(cases())
def test_04_none_between(case: Case) -> None:
    """(4) No slot lies between the moment and the answer (W4)."""
    answer = ask(case.times, case.moment)
    assert oracle.slots_between(case.times, case.moment, answer - MICROSECOND) == []


@examples(8)
@given(cases())
def test_05_as_the_oracle_says(case: Case) -> None:
    """(5) The answer equals that of a slow oracle without `fold` (W1 to W5)."""
    assert ask(case.times, case.moment) == oracle.next_slot(case.times, case.moment)


def _respell(wall: time) -> time:
    zone = wall.tzinfo
    return wall.replace(tzinfo=ZoneInfo.no_cache(zone.key)) if isinstance(zone, ZoneInfo) else wall


@given(cases(), st.data())
def test_06_order_and_duplicates(case: Case, data: st.DataObject) -> None:
    """(6) The order of the times and duplicates don't matter (W3, W4)."""
    again = data.draw(st.lists(st.sampled_from(case.times).map(_respell), max_size=4))
    times = data.draw(st.permutations([*case.times, *again]))
    assert ask(iter(times), case.moment) == ask(case.times, case.moment)


@examples(2)
@given(cases())
def test_07_least_of_the_single_times(case: Case) -> None:
    """(7) The answer is the least of what schedules of single times answer (W3)."""
    assert ask(case.times, case.moment) == min(ask([wall], case.moment) for wall in case.times)


@examples(2)
@given(cases(), zones())
def test_08_zone_of_the_moment(case: Case, zone: tzinfo | None) -> None:
    """(8) The zone in which the moment is written doesn't matter (W4)."""
    answer = ask(case.times, case.moment)
    for other in (zone, *(wall.tzinfo for wall in case.times)):
        assert ask(case.times, case.moment.astimezone(other or UTC)) == answer


@examples(2)
@given(cases(), st.floats(0, 1))
def test_09_constant_up_to_the_answer(case: Case, share: float) -> None:
    """(9) Every moment from the one asked about up to the answer has the same answer (W4)."""
    schedule = DailySchedule(case.times)
    answer = slot_after(schedule, case.moment)
    between = case.moment + (answer - MICROSECOND - case.moment) * share
    for moment in (between, answer - MICROSECOND):
        assert slot_after(schedule, moment) == answer
        assert ask(case.times, moment) == answer


@examples(2)
@given(cases(latest=LATEST - 9 * DAY), st.timedeltas(timedelta(), 9 * DAY))
def test_10_monotone(case: Case, later: timedelta) -> None:
    """(10) A later moment never has an earlier answer (W4)."""
    assert ask(case.times, case.moment) <= ask(case.times, case.moment + later)


@examples(3)
@given(st.one_of(cases(latest=LATEST - 10 * DAY), cases_near(within=5 * DAY)))
def test_11_walk_visits_each_slot_once(case: Case) -> None:
    """(11) A walk from slot to slot visits each of them, in order, once (W3, W4)."""
    end = case.moment + 7 * DAY
    slots = oracle.slots_between(case.times, case.moment, end)
    assert walk(case.times, case.moment, end) == slots


@examples(0.5)
@given(cases_near(most=2))
def test_11_walk_from_any_hour(case: Case) -> None:
    """(11) It doesn't matter where before a gap or fold a walk begins."""
    assert case.beside is not None
    begin, end = case.beside.instant - 5 * DAY, case.beside.instant + 2 * DAY
    slots = oracle.slots_between(case.times, begin, end)
    for count in range(240):
        start = begin + count * timedelta(minutes=31)
        assert walk(case.times, start, end) == [slot for slot in slots if slot > start]


def _questions() -> st.SearchStrategy[tuple[Sequence[time], Sequence[datetime]]]:
    def build(
        case: Case, asked: Sequence[Spot | datetime]
    ) -> tuple[Sequence[time], Sequence[datetime]]:
        base, length = (
            (case.beside.instant, case.beside.length // MICROSECOND)
            if case.beside
            else (case.moment, DAY // MICROSECOND)
        )
        return case.times, [
            what
            if isinstance(what, datetime)
            else min(max(base + what(length) * MICROSECOND, EARLIEST), LATEST)
            for what in asked
        ]

    near = delays(timedelta(hours=150))
    return st.builds(
        build, cases(), st.lists(st.one_of(near, near, moments()), min_size=2, max_size=20)
    )


@examples(3)
@given(_questions())
def test_12_random_order(questions: tuple[Sequence[time], Sequence[datetime]]) -> None:
    """(12) One object asked in random order answers as fresh objects do (W4)."""
    times, asked = questions
    schedule = DailySchedule(times)
    for moment in asked:
        assert schedule.next_after(moment) == ask(times, moment)


@given(cases(), st.data())
def test_12_random_order_over_all_years(case: Case, data: st.DataObject) -> None:
    """(12) The same from the first supported moment to the last, and right by the oracle (W6)."""
    drawn = data.draw(st.lists(moments(), max_size=8))
    schedule = DailySchedule(case.times)
    for moment in data.draw(st.permutations([EARLIEST, LATEST, case.moment, *drawn])):
        answer = schedule.next_after(moment)
        assert answer == ask(case.times, moment)
        assert answer == oracle.next_slot(case.times, moment)


@examples(0.5)
@given(cases(most=1, latest=LATEST - 410 * DAY), st.integers(0, 399))
def test_13_one_slot_per_date_and_time(case: Case, days_before: int) -> None:
    """(13) A walk of 400 days has one slot per local date and time (W1, W5)."""
    [wall] = case.times
    zone = wall.tzinfo
    first = max(case.moment, EARLIEST + 400 * DAY).date() - days_before * DAY
    last = first + 399 * DAY
    start, end = oracle.resolve(first, wall), oracle.resolve(last, wall)
    slots = walk(case.times, start - MICROSECOND, end)
    key = zone.key if isinstance(zone, ZoneInfo | ForeignZone) else None
    lost = [lost_date(transition, wall) for transition in transitions_of(key)] if key else []
    assert slots == sorted({oracle.resolve(first + days * DAY, wall) for days in range(400)})
    assert len(slots) == 400 - sum(day is not None and first <= day < last for day in lost)


@examples(2)
@given(cases_near(most=1))
def test_14_fold_twins(case: Case) -> None:
    """(14) A time and its `fold=1` twin: two slots on fold dates, one on others (W2)."""
    transition = case.beside
    assert transition is not None
    [wall] = case.times
    twins = [wall.replace(fold=0), wall.replace(fold=1)]
    dates = [transition.wall.date() + days * DAY for days in (-1, 0, 1)]
    expected = sum(
        1 + in_fold(transition, datetime.combine(day, wall.replace(tzinfo=None))) for day in dates
    )
    expected -= lost_date(transition, wall) in dates[:-1]
    start, end = oracle.resolve(dates[0], twins[0]), oracle.resolve(dates[-1], twins[1])
    assert len(walk(twins, start - MICROSECOND, end)) == expected


@examples(2)
@given(
    st.lists(
        st.builds(lambda wall, zone: wall.replace(tzinfo=zone), walls(), utc_zones()), min_size=1
    ),
    moments(),
)
def test_15_utc_is_modular_arithmetic(times: Sequence[time], moment: datetime) -> None:
    """(15) In UTC alone, the next slot is arithmetic on the microseconds of the day (W1)."""
    elapsed = (moment - EPOCH) // MICROSECOND
    day = DAY // MICROSECOND
    since_midnight = [
        (datetime.combine(EPOCH, wall.replace(tzinfo=UTC)) - EPOCH) // MICROSECOND for wall in times
    ]
    least = min(elapsed + day - (elapsed - wall) % day for wall in since_midnight)
    iana = [wall.replace(tzinfo=ZoneInfo("UTC")) for wall in times]
    assert ask(times, moment) == EPOCH + least * MICROSECOND
    assert ask(iana, moment) == EPOCH + least * MICROSECOND
