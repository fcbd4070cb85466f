"""`At`, `Every`, `merge`, `shift` and `between`: what holds for all (contract W10-W15, section 3).

The parts are drawn over every IANA zone, half of the cases beside real transitions.
"""

from __future__ import annotations

import datetime as dt
import pickle
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo

from hypothesis import given
from hypothesis import strategies as st
from support.strategies import (
    EARLIEST,
    LATEST,
    MICROSECOND,
    cases,
    delays,
    moments,
    transitions,
    zones,
)

from defectio_tasks import DailySchedule, Schedule
from defectio_tasks._schedules.at import At
from defectio_tasks._schedules.combinations import between, merge, shift
from defectio_tasks._schedules.every import Every
from defectio_tasks._schedules.upcoming import slots_after

YEAR = timedelta(days=366)
# What stays within the range of datetime, whatever is done to it.
FIRST, LAST = EARLIEST + 40 * YEAR, LATEST - 40 * YEAR

NAMES = {
    "datetime": dt,
    "At": At,
    "Every": Every,
    "merge": merge,
    "shift": shift,
    "between": between,
}


# A composite shows no more than its name, where the others would show all zones there are.
@st.composite
def some_moments(draw: st.DrawFn) -> datetime:
    """Draw a moment: half of them beside a change of the clocks."""
    if draw(st.booleans()):
        return draw(moments(FIRST, LAST))
    transition = draw(transitions())
    instant = min(max(transition.instant, FIRST), LAST)
    return instant + draw(delays())(transition.length // MICROSECOND) * MICROSECOND


def deltas() -> st.SearchStrategy[timedelta]:
    """Draw how far to move; often full minutes."""
    return st.one_of(
        st.integers(-4000, 4000).map(lambda minutes: timedelta(minutes=minutes)),
        st.timedeltas(-YEAR, YEAR),
    )


def values() -> st.SearchStrategy[Schedule]:
    """Draw schedules that are equal to their equals, without parts."""
    intervals = st.one_of(
        st.sampled_from([1, 15, 60, 1440]).map(lambda minutes: timedelta(minutes=minutes)),
        st.timedeltas(MICROSECOND, YEAR),
    )
    every = st.builds(
        lambda interval, anchor: Every(
            days=interval.days,
            seconds=interval.seconds + interval.microseconds / 1_000_000,
            anchor=anchor,
        ),
        intervals,
        some_moments(),
    )
    at = st.lists(some_moments(), min_size=1, max_size=4).map(lambda moments: At(*moments))
    return st.one_of(every, at)


def combined(parts: st.SearchStrategy[Schedule]) -> st.SearchStrategy[Schedule]:
    """Draw schedules made of others."""

    def cut(schedule: Schedule, bounds: list[datetime | None]) -> Schedule:
        start, end = bounds
        if start is not None and end is not None:
            start, end = min(start, end), max(start, end) + MICROSECOND
        return between(schedule, start, end)

    def grow(inner: st.SearchStrategy[Schedule]) -> st.SearchStrategy[Schedule]:
        bound = st.one_of(st.none(), some_moments())
        return st.one_of(
            st.lists(inner, min_size=1, max_size=3).map(lambda parts: merge(*parts)),
            st.builds(shift, inner, deltas()),
            st.builds(cut, inner, st.lists(bound, min_size=2, max_size=2)),
        )

    return st.recursive(parts, grow, max_leaves=4)


@st.composite
def daily(draw: st.DrawFn) -> Schedule:
    """Draw wall times, half of them beside a change of the clocks."""
    return DailySchedule(draw(cases(most=3)).times)


schedules = combined(st.one_of(values(), values(), daily()))
pure_values = combined(values())


def agree(one: Schedule, other: Schedule, moment: datetime) -> None:
    """Check that two schedules have the same slots after a moment."""
    assert slots_after(one, moment, 8) == slots_after(other, moment, 8)


@given(schedules, some_moments(), zones())
def test_strictly_later_in_utc_whatever_the_zone(
    schedule: Schedule, moment: datetime, zone: tzinfo | None
) -> None:
    """(1), (2), (8) The answer is later, in UTC, and depends on the instant alone (W4)."""
    slot = schedule.next_after(moment)
    assert slot is None or (slot > moment and slot.tzinfo is UTC)
    assert schedule.next_after(moment.astimezone(zone or UTC)) == slot


@given(schedules, some_moments(), st.floats(0, 1), deltas())
def test_constant_up_to_the_answer_and_monotone(
    schedule: Schedule, moment: datetime, share: float, delta: timedelta
) -> None:
    """(4), (9), (10) None lies between; a later moment has no earlier answer (W4)."""
    slot = schedule.next_after(moment)
    if slot is not None:
        inside = moment + share * (slot - moment - MICROSECOND)
        assert schedule.next_after(inside) == slot
        assert schedule.next_after(slot - MICROSECOND) == slot
    later = schedule.next_after(moment + abs(delta))
    assert later is None or (slot is not None and slot <= later)


@given(st.lists(some_moments(), min_size=1, max_size=6), some_moments())
def test_w10_at_by_definition(given_moments: list[datetime], moment: datetime) -> None:
    expected = sorted({slot for slot in given_moments if slot > moment})
    assert slots_after(At(*given_moments), moment, 7) == expected


@given(st.integers(1, 10**15), some_moments(), some_moments())
def test_w11_every_by_definition(interval: int, anchor: datetime, moment: datetime) -> None:
    """A multiple of the interval from the anchor, at most an interval later."""
    schedule = Every(seconds=interval / 1_000_000, anchor=anchor)
    exact = schedule.interval
    assert exact == interval * MICROSECOND
    slot = schedule.next_after(moment)
    assert moment < slot <= moment + exact
    assert (slot - anchor) % exact == timedelta()


@given(st.lists(schedules, min_size=1, max_size=4), some_moments())
def test_w13_merge_by_definition(parts: list[Schedule], moment: datetime) -> None:
    """The union, in order, each instant once."""
    lists = [slots_after(part, moment, 8) for part in parts]
    expected = sorted({slot for slots in lists for slot in slots})[:8]
    assert slots_after(merge(*parts), moment, 8) == expected


@given(schedules, schedules, schedules, some_moments())
def test_w13_merge_commutes_associates_and_is_idempotent(
    one: Schedule, two: Schedule, three: Schedule, moment: datetime
) -> None:
    pairs: list[tuple[Schedule, Schedule]] = [
        (merge(one, two), merge(two, one)),
        (merge(merge(one, two), three), merge(one, merge(two, three))),
        (merge(one, one), merge(one)),
    ]
    for left, right in pairs:
        agree(left, right, moment)
        assert left == right
        assert hash(left) == hash(right)
    agree(merge(one), one, moment)


@given(schedules, deltas(), some_moments())
def test_w13_shift_by_definition(schedule: Schedule, delta: timedelta, moment: datetime) -> None:
    expected = [slot + delta for slot in slots_after(schedule, moment - delta, 8)]
    assert slots_after(shift(schedule, delta), moment, 8) == expected
    agree(shift(shift(schedule, delta), -delta), schedule, moment)


@given(schedules, st.tuples(some_moments(), deltas()), some_moments(), st.data())
def test_w13_between_by_definition(
    schedule: Schedule,
    around: tuple[datetime, timedelta],
    moment: datetime,
    data: st.DataObject,
) -> None:
    start, length = around[0], abs(around[1]) + MICROSECOND
    # Often beside a slot, since the bounds themselves matter.
    slot = schedule.next_after(start)
    if slot is not None and FIRST < slot < LAST:
        start = data.draw(st.sampled_from([start, slot, slot - MICROSECOND, slot + MICROSECOND]))
        following = schedule.next_after(slot)
        if following is not None and data.draw(st.booleans()):
            length = max(following - start, MICROSECOND)
    end = start + length
    earlier = data.draw(st.sampled_from([moment, start - MICROSECOND, start, end - MICROSECOND]))

    def expected(passes: Callable[[datetime], bool]) -> datetime | None:
        asked = max(earlier, start - MICROSECOND)
        found = schedule.next_after(asked)
        return found if found is not None and passes(found) else None

    assert between(schedule, start, end).next_after(earlier) == expected(lambda slot: slot < end)
    assert between(schedule, start).next_after(earlier) == expected(lambda _: True)
    before = schedule.next_after(earlier)
    until = between(schedule, end=end).next_after(earlier)
    assert until == (before if before is not None and before < end else None)


@given(pure_values, some_moments())
def test_w15_values(schedule: Schedule, moment: datetime) -> None:
    """A pickle, and what `repr` shows, make it again: equal, with an equal hash."""
    for again in (
        pickle.loads(pickle.dumps(schedule)),  # noqa: S301 -- our own
        eval(repr(schedule), dict(NAMES)),  # noqa: S307 -- our own
    ):
        assert again == schedule
        assert hash(again) == hash(schedule)
        assert repr(again) == repr(schedule)
        agree(again, schedule, moment)
    assert "\n" not in str(schedule)
