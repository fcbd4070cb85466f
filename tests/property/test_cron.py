"""`Cron` by the contract's rules on wall times and days (W1 to W5, W12, W15).

Drawn over every IANA zone, fixed offsets and UTC, half of the cases beside real transitions. What
an expression says is drawn first and then written, so that nothing here reads expressions.
"""

from __future__ import annotations

import datetime as dt
import pickle
import random
import re
import zoneinfo
from calendar import monthrange
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from functools import cache
from itertools import product
from zoneinfo import ZoneInfo

import cronsim
from hypothesis import assume, example, given
from hypothesis import strategies as st
from support import oracle
from support.slots import slot_after
from support.strategies import (
    DAY,
    EARLIEST,
    LATEST,
    MICROSECOND,
    ForeignZone,
    Spot,
    Transition,
    delays,
    examples,
    moments,
    transitions,
    utc_zones,
    zones,
)

from defectio_tasks import DailySchedule
from defectio_tasks._schedules.cron import Cron
from defectio_tasks._schedules.cron_fields import parse_cron

MINUTE = timedelta(minutes=1)
ALL_HOURS = frozenset(range(24))
MONTHS = (
    *("", "jan", "feb", "mar", "apr", "may", "jun"),
    *("jul", "aug", "sep", "oct", "nov", "dec"),
)
WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")

Rule = Callable[[date], bool]


# --- What expressions say -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Field:
    """A field as it is written, and the values that it has."""

    text: str
    values: AbstractSet[int]


@dataclass(frozen=True, slots=True)
class Dates:
    """The three day fields as they are written, and the dates that count."""

    text: tuple[str, str, str]
    counts: Rule


@dataclass(frozen=True, slots=True)
class Case:
    """What is asked of a cron, and of which."""

    minutes: Field
    hours: Field
    dates: Dates
    zone: tzinfo
    moment: datetime
    beside: Transition | None = None

    @property
    def expression(self) -> str:
        """The expression."""
        return " ".join((self.minutes.text, self.hours.text, *self.dates.text))

    def make(self) -> Cron:
        """Make one that has never been asked."""
        return Cron(self.expression, self.zone)

    def times(self) -> list[time]:
        """List the times of the day."""
        return [
            time(hour, minute, tzinfo=self.zone)
            for hour, minute in product(self.hours.values, self.minutes.values)
        ]


def _write(value: int, names: Sequence[str], style: int) -> str:
    # 7 has no name: that of Sunday is 0's, from where on a range is another one.
    if value >= len(names) or style == 0:
        return str(value)
    return (names[value], names[value].upper(), names[value].capitalize())[style % 3]


@cache
@st.composite
def fields(draw: st.DrawFn, low: int, high: int, names: Sequence[str] = ()) -> Field:
    """Draw a field without its special cases."""
    texts: list[str] = []
    values: set[int] = set()
    number = st.integers(low, high)
    for kind in draw(st.lists(st.integers(0, 4), min_size=1, max_size=3)):
        first, last = sorted((draw(number), draw(number)))
        step = draw(st.integers(1, high))
        if first == last and kind == 2:
            # Another library takes it for a value with a step, which has no end.
            kind = 1  # noqa: PLW2901
        wrote = [_write(value, names, draw(st.integers(0, 3))) for value in (first, last)]
        text, found = [
            (wrote[0], range(first, first + 1)),
            ("-".join(wrote), range(first, last + 1)),
            (f"{'-'.join(wrote)}/{step}", range(first, last + 1, step)),
            (f"*/{step}", range(low, high + 1, step)),
            (f"{wrote[0]}/{step}", range(first, high + 1, step)),
        ][kind]
        texts.append(text)
        values.update(found)
    return Field(",".join(texts), values)


@cache
def stars(low: int, high: int) -> st.SearchStrategy[Field]:
    """Draw a star."""
    return st.just(Field("*", frozenset(range(low, high + 1))))


def _is_last_of_month(day: date) -> bool:
    return (day + DAY).day == 1


@cache
@st.composite
def dates(draw: st.DrawFn) -> Dates:
    """Draw day fields, with their special cases, and what Debian says that they mean."""
    month = draw(stars(1, 12) | stars(1, 12) | fields(1, 12, MONTHS))
    day = draw(stars(1, 31) | fields(1, 31))
    weekday = draw(stars(0, 7) | fields(0, 7, WEEKDAYS))
    day_text, weekday_text = day.text, weekday.text
    last_day = draw(st.sampled_from([False, False, True])) and day_text != "*"
    if last_day:
        day_text += draw(st.sampled_from([",L", ",l"]))
    special: set[tuple[int, int]] = set()
    if weekday_text != "*":
        special = draw(st.sets(st.tuples(st.integers(0, 7), st.integers(1, 6)), max_size=2))
        for which, nth in sorted(special):
            name = _write(which, WEEKDAYS, draw(st.integers(0, 3)))
            weekday_text += f",{name}L" if nth == 6 else f",{name}#{nth}"
    both = day_text.startswith("*") or weekday_text.startswith("*")
    simple = {value % 7 for value in weekday.values}

    def counts(asked: date) -> bool:
        number = asked.isoweekday() % 7
        by_day = asked.day in day.values or (last_day and _is_last_of_month(asked))
        by_weekday = number in simple or any(
            number == which % 7
            and (
                asked.day + 7 > monthrange(asked.year, asked.month)[1]
                if nth == 6
                else (asked.day - 1) // 7 + 1 == nth
            )
            for which, nth in special
        )
        return asked.month in month.values and (
            by_day and by_weekday if both else by_day or by_weekday
        )

    assume(any(counts(date(2000, 1, 1) + days * DAY) for days in range(2 * 366)))
    return Dates((day_text, month.text, weekday_text), counts)


EVERY_DAY = Dates(("*", "*", "*"), lambda _: True)


@st.composite
def _listed(draw: st.DrawFn, values: Sequence[int]) -> Field:
    order = draw(st.permutations(values))
    return Field(",".join(map(str, order)), set(values))


@st.composite
def cases(
    draw: st.DrawFn,
    *,
    days: st.SearchStrategy[Dates] | None = None,
    all_hours: bool | None = None,
    latest: datetime = LATEST - 500 * DAY,
) -> Case:
    """Draw an expression, a zone and a moment; half of them beside a transition.

    Args:
        draw: Given by Hypothesis.
        days: The day fields; any that have dates in most years, if not given.
        all_hours: Whether all 24 hours are in it; either, if not given.
        latest: The last moment.
    """
    near = draw(st.booleans())
    beside: Transition | None = None
    if near:
        beside = draw(transitions())
        length = beside.length // MICROSECOND
        spot = draw(delays())
        moment = beside.instant + spot(length) * MICROSECOND
        foreign = draw(st.sampled_from([False, False, False, True]))
        zone: tzinfo = (ForeignZone if foreign else ZoneInfo)(beside.key)
        wall = beside.wall + draw(st.timedeltas(-MINUTE, beside.length + MINUTE))
    else:
        moment = draw(moments(latest=latest))
        zone = draw(zones()) or UTC
        wall = oracle.shown(moment, zone)
    assume(EARLIEST + 500 * DAY < moment < LATEST - 500 * DAY)
    if all_hours is None:
        all_hours = draw(st.booleans())
    if all_hours:
        spelled = st.sampled_from(["*", "*/1", "0-23", "0-11,12-23", "*,5", "00-12,9-23"])
        hours = Field(draw(spelled), ALL_HOURS)
        minutes = draw(stars(0, 59) | fields(0, 59) | _listed([wall.minute]))
    else:
        more = draw(st.sets(st.integers(0, 23), max_size=2))
        hours = draw(_listed(sorted({wall.hour, *more})))
        more = draw(st.sets(st.integers(0, 59), max_size=2))
        minutes = draw(_listed(sorted({wall.minute, *more})))
    drawn = draw(st.just(EVERY_DAY) | dates() if days is None else days)
    return Case(minutes, hours, drawn, zone, moment, beside)


# --- The slow oracle ----------------------------------------------------------------------------


def slots_between(case: Case, start: datetime, end: datetime) -> list[datetime]:
    """List the slots after `start` up to and with `end`, in order, from UTC to local only."""
    # Slots of a date are less than a day before its midnight in UTC, and less than two after.
    begin = start.date() - DAY
    days = [begin + number * DAY for number in range((end.date() - begin).days + 2)]
    days = [day for day in days if case.dates.counts(day)]
    if case.hours.values != ALL_HOURS:
        found = {oracle.resolve(day, wall) for day in days for wall in case.times()}
    else:
        # Offsets that hold for an hour, at the least.
        hours = (end - start) // timedelta(hours=1) + 4
        probes = [start + number * timedelta(hours=1) for number in range(-2, hours)]
        found = {
            wall - ahead
            for ahead in {oracle.offset(probe, case.zone) for probe in probes}
            for wall in _walls(case, days, start + ahead, end + ahead)
            if oracle.shown(wall - ahead, case.zone) == wall.replace(tzinfo=None)
        }
    return sorted(slot for slot in found if start < slot <= end)


def _walls(case: Case, days: Sequence[date], start: datetime, end: datetime) -> list[datetime]:
    hours, minutes = case.hours.values, case.minutes.values
    found = []
    for day in days:
        midnight = datetime.combine(day, time(tzinfo=UTC))
        first = max(0, (start - midnight) // MINUTE + 1)
        last = min(1439, (end - midnight) // MINUTE)
        found += [
            midnight + minute * MINUTE
            for minute in range(first, last + 1)
            if minute // 60 in hours and minute % 60 in minutes
        ]
    return found


def check_slot(case: Case, slot: datetime | None) -> None:
    """Check that a slot is the next one: a slot, and none before."""
    assert slot is not None
    assert slot > case.moment
    assert slot.tzinfo is UTC
    assert slots_between(case, slot - MICROSECOND, slot) == [slot]
    # In pieces: most dates needn't be looked at.
    start = case.moment
    while start < slot - MICROSECOND:
        end = min(start + 2 * DAY, slot - MICROSECOND)
        days = (start.date() + number * DAY for number in range(-1, 4))
        assert not any(map(case.dates.counts, days)) or slots_between(case, start, end) == []
        start = end


def walk(case: Case, start: datetime, end: datetime, most: int = 1000) -> list[datetime]:
    """Go from slot to slot, and list those after `start` up to and with `end`."""
    cron, slots, moment = case.make(), list[datetime](), start
    while len(slots) < most and (slot := cron.next_after(moment)) is not None and slot <= end:
        assert slot > moment
        slots.append(slot)
        moment = slot
    return slots


# --- The fifteen properties ---------------------------------------------------------------------


@examples(2)
@given(cases())
def test_01_to_05_as_the_oracle_says(case: Case) -> None:
    """(1) to (5): strictly later, in UTC, one of the slots, none between (W1 to W5, W12)."""
    check_slot(case, case.make().next_after(case.moment))


@examples(1)
@given(cases(), st.randoms())
def test_06_order_and_duplicates(case: Case, order: random.Random) -> None:
    """(6) The order in a list and what comes twice don't matter."""

    def respell(text: str) -> str:
        # What begins with a star says by it that both day fields count.
        first, *others = text.split(",")
        order.shuffle(others)
        return ",".join([first, *others, first, *others[:1]])

    other = Cron(" ".join(map(respell, case.expression.split())), case.zone)
    assert other == case.make()
    assert other.next_after(case.moment) == case.make().next_after(case.moment)


@examples(1)
@given(cases(all_hours=False))
def test_07_least_of_the_single_times(case: Case) -> None:
    """(7) The answer is the least of what single times answer (W3)."""
    singles = [
        Cron(f"{wall.minute} {wall.hour} {' '.join(case.dates.text)}", case.zone)
        for wall in case.times()
    ]
    answers = [single.next_after(case.moment) for single in singles]
    assert case.make().next_after(case.moment) == min(slot for slot in answers if slot)


@examples(1)
@given(cases(), zones())
def test_08_zone_of_the_moment(case: Case, zone: tzinfo | None) -> None:
    """(8) The zone in which the moment is written doesn't matter (W4)."""
    answer = case.make().next_after(case.moment)
    for other in (zone, case.zone):
        assert case.make().next_after(case.moment.astimezone(other or UTC)) == answer


@examples(1)
@given(cases(), st.floats(0, 1))
def test_09_constant_up_to_the_answer(case: Case, share: float) -> None:
    """(9) Every moment from the one asked about up to the answer has the same answer (W4)."""
    cron = case.make()
    answer = cron.next_after(case.moment)
    assert answer is not None
    between = case.moment + (answer - MICROSECOND - case.moment) * share
    for moment in (between, answer - MICROSECOND):
        assert cron.next_after(moment) == answer
        assert case.make().next_after(moment) == answer


@examples(1)
@given(cases(), st.timedeltas(timedelta(), 9 * DAY))
def test_10_monotone(case: Case, later: timedelta) -> None:
    """(10) A later moment never has an earlier answer (W4)."""
    first, second = map(case.make().next_after, (case.moment, case.moment + later))
    assert first is not None
    assert second is not None
    assert first <= second


@examples(1)
@given(cases())
def test_11_walk_visits_each_slot_once(case: Case) -> None:
    """(11) A walk from slot to slot visits each of them, in order, once (W3, W4)."""
    most, end = 60, case.moment + 3 * DAY
    slots = walk(case, case.moment, end, most)
    if len(slots) == most:
        end = slots[-1]
    assert slots == slots_between(case, case.moment, end)


def _questions(case: Case, asked: Sequence[Spot | datetime]) -> list[datetime]:
    base = case.beside.instant if case.beside else case.moment
    length = (case.beside.length if case.beside else DAY) // MICROSECOND
    return [
        what if isinstance(what, datetime) else base + what(length) * MICROSECOND for what in asked
    ]


@examples(1)
@given(
    cases(),
    st.lists(
        delays(timedelta(hours=150))
        | moments(latest=LATEST - 500 * DAY).filter(lambda moment: moment > EARLIEST + DAY),
        min_size=2,
        max_size=10,
    ),
)
def test_12_random_order(case: Case, asked: Sequence[Spot | datetime]) -> None:
    """(12) One object asked in random order answers as fresh objects do (W4)."""
    cron = case.make()
    for moment in _questions(case, asked):
        assert cron.next_after(moment) == case.make().next_after(moment)


@examples(0.5)
@given(cases(all_hours=False), st.integers(0, 399))
def test_13_one_slot_per_date_and_time(case: Case, days_before: int) -> None:
    """(13) A walk of 400 days has one slot per local date that counts and time (W1, W5)."""
    first = case.moment.date() - days_before * DAY
    wall = min(case.times(), key=lambda wall: (wall.hour, wall.minute))
    case = Case(
        Field(str(wall.minute), {wall.minute}),
        Field(str(wall.hour), {wall.hour}),
        case.dates,
        case.zone,
        case.moment,
    )
    days = [first + number * DAY for number in range(400)]
    start, end = oracle.resolve(first, wall) - MICROSECOND, oracle.resolve(days[-1], wall)
    expected = {oracle.resolve(day, wall) for day in days if case.dates.counts(day)}
    # That of the day before can be in a gap of a day: it is one slot with that of the first.
    assert set(walk(case, start, end)) == {slot for slot in expected if start < slot <= end}


@examples(1.5)
@given(transitions(), st.integers(0, 2**40))
def test_14_twice_in_a_fold_and_never_in_a_gap(transition: Transition, place: int) -> None:
    """(14) With all hours, a minute that clocks show twice is two slots, one in a gap none."""
    wall = transition.wall + place * MICROSECOND % transition.length
    wall = wall.replace(second=0, microsecond=0)
    assume(transition.wall <= wall)
    field = Field(str(wall.minute), {wall.minute})
    zone = ZoneInfo(transition.key)
    case = Case(field, Field("*", ALL_HOURS), EVERY_DAY, zone, transition.instant)
    start, end = transition.instant - 2 * DAY, transition.instant + 2 * DAY
    shown = [oracle.shown(slot, zone) for slot in walk(case, start, end)]
    assert shown.count(wall) == (2 if transition.after < transition.before else 0)


@examples(1)
@given(fields(0, 59), fields(0, 23), utc_zones(), moments())
def test_15_utc_is_modular_arithmetic(
    minutes: Field, hours: Field, zone: tzinfo | None, moment: datetime
) -> None:
    """(15) In UTC, the next slot is arithmetic on the minutes of the day (W1)."""
    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    slots = [
        midnight + (day * 1440 + hour * 60 + minute) * MINUTE
        for day, hour, minute in product((0, 1), hours.values, minutes.values)
    ]
    expected = min(slot for slot in slots if slot > moment)
    expression = f"{minutes.text} {hours.text} * * *"
    assert Cron(expression, zone or UTC).next_after(moment) == expected
    assert Cron(expression, ZoneInfo("UTC")).next_after(moment) == expected


# --- As others say ------------------------------------------------------------------------------


@examples(2)
@given(cases(days=st.just(EVERY_DAY), all_hours=False))
def test_fixed_hours_are_a_daily_schedule(case: Case) -> None:
    """Slot for slot, around each change of the clocks (W12)."""
    daily, cron, moment = DailySchedule(case.times()), case.make(), case.moment
    for _ in range(12):
        expected = slot_after(daily, moment)
        assert slot_after(cron, moment) == expected
        moment = expected


@examples(2)
@given(dates(), st.integers(1, 9998), st.integers(0, 365))
def test_day_fields_by_debians_rule(drawn: Dates, year: int, day: int) -> None:
    """Either day field is enough, unless one begins with a star: then both must hold (W12)."""
    rule = parse_cron(" ".join(("0", "0", *drawn.text))).days
    begin = date(year, 1, 1) + day * DAY
    some = [begin + number * DAY for number in range(400) if begin.year + number // 300 < 9999]
    assert [each in rule for each in some] == [drawn.counts(each) for each in some]
    found = rule.onwards(begin, later=False)
    listed = [each for each in some if drawn.counts(each)]
    assert [next(found) for _ in listed] == listed
    if begin in rule:
        found = rule.onwards(begin, later=True)
        assert [next(found) for _ in listed[1:]] == listed[1:]


@examples(1)
@given(cases(), st.integers(0, 6), st.integers(0, 400))
@example(
    Case(Field("0", {0}), Field("0", {0}), EVERY_DAY, UTC, datetime(2026, 1, 1, tzinfo=UTC)),
    0,
    400,
)
def test_on(case: Case, weekday: int, days: int) -> None:
    """A slot counts where its nominal date is in `on` (W8)."""
    first = case.moment.date() + days * DAY

    def on(day: date) -> bool:
        return day >= first and day.weekday() != weekday

    def counts(day: date) -> bool:
        return on(day) and case.dates.counts(day)

    restricted = Case(
        case.minutes, case.hours, Dates(case.dates.text, counts), case.zone, case.moment
    )
    slot = Cron(case.expression, case.zone, on=on).next_after(case.moment)
    if slot is None:
        # An expression may name no other weekday.
        begin = case.moment.date()
        assert not any(counts(begin + number * DAY) for number in range(1, 14_600))
    else:
        check_slot(restricted, slot)


@examples(1)
@given(cases(), st.sampled_from([None, frozenset({date(2026, 3, 1)})]))
def test_equality_hash_pickle_and_repr(case: Case, on: frozenset[date] | None) -> None:
    """One made again is equal, and answers the same (W15)."""
    cron = Cron(case.expression, case.zone, on=on)
    again = [Cron(case.expression.upper(), case.zone, on=on)]
    if isinstance(case.zone, ZoneInfo | timezone):
        names = {"Cron": Cron, "zoneinfo": zoneinfo, "datetime": dt}
        again.append(eval(repr(cron), names))  # noqa: S307 -- what it is for
        again.append(pickle.loads(pickle.dumps(cron)))  # noqa: S301 -- our own
    for other in again:
        assert other == cron
        assert hash(other) == hash(cron)
        assert other.next_after(case.moment) == cron.next_after(case.moment)
    assert cron != Cron(case.expression, timezone(timedelta(seconds=7)), on=on)
    assert cron != Cron(case.expression, case.zone, on={date(2026, 3, 2)})


@examples(1.5)
@given(cases(days=dates()))
def test_cronsim_agrees_in_utc(case: Case) -> None:
    """Another library for expressions, where no clock is changed."""
    # It has no names before `L`.
    assume(not re.search("[a-z]L", case.expression, re.IGNORECASE))
    theirs = cronsim.CronSim(case.expression, case.moment)
    cron, moment = Cron(case.expression), case.moment
    for _ in range(5):
        slot = cron.next_after(moment)
        assert slot == next(theirs)
        moment = slot
