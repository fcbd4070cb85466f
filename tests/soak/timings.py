"""When a loop is due, and the slots that this must mean, worked out without the package."""

from __future__ import annotations

import math
import random
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta, timezone, tzinfo
from functools import cache
from typing import Final, Literal, TypeAlias
from zoneinfo import ZoneInfo

from support import oracle

import defectio_tasks as tasks
from soak.world import DAY, ZONES, Size, microseconds_in, moment_of, reading

Oddity: TypeAlias = Literal["gap", "fold"]


@dataclass(frozen=True, slots=True)
class Every:
    """An interval; 0 for again and again."""

    seconds: float


@dataclass(frozen=True, slots=True, eq=False)
class ByClock:
    """Wall times or a schedule, and the slots that they must mean."""

    slots: Sequence[int] = field(repr=False)
    """As readings of the wall clock, in order."""
    schedule: tasks.Schedule | None = None
    times: Sequence[time] = ()
    odd: Mapping[int, Oddity] = field(default_factory=dict[int, Oddity], repr=False)
    """The slots whose wall times are in a gap or a fold."""

    def between(self, begin: int, end: int) -> Sequence[int]:
        """Tell the slots after one reading, up to and with another."""
        first = bisect_right(self.slots, begin)
        return self.slots[first : bisect_right(self.slots, end, first)]


Timing: TypeAlias = Every | ByClock


class Steps:
    """Slots at an even distance by the wall clock, told in a zone of their own."""

    def __init__(self, anchor: datetime, step: timedelta, zone: tzinfo) -> None:
        """Take one of the slots, the distance, and the zone."""
        self.anchor, self.step, self.zone = anchor, step, zone

    def next_after(self, moment: datetime, /) -> datetime:
        """Tell the next slot."""
        count = (moment - self.anchor) // self.step + 1
        return (self.anchor + count * self.step).astimezone(self.zone)


class Listed:
    """Slots that come to an end, and the loop with them."""

    def __init__(self, slots: Sequence[datetime]) -> None:
        """Take the slots, in order."""
        self.slots = slots

    def next_after(self, moment: datetime, /) -> datetime | None:
        """Tell the next slot, if there is one."""
        index = bisect_right(self.slots, moment)
        return self.slots[index] if index < len(self.slots) else None


MARGIN: Final = timedelta(days=10)
"""For how long before and after the soak slots are known: the wall clock will be set."""


@cache
def changes_of_clocks(zone: tzinfo, begin: datetime, days: int) -> Sequence[datetime]:
    """Tell after which full hours a zone's offset is another than an hour before."""
    hours = [begin + timedelta(hours=hour) for hour in range(days * 24)]
    offsets = [oracle.offset(hour, zone) for hour in hours]
    return [hours[i] for i in range(1, len(hours)) if offsets[i] != offsets[i - 1]]


@cache
def changing_zones(begin: datetime, days: int) -> Sequence[ZoneInfo]:
    """Tell in which of the zones clocks change."""
    return [zone for zone in map(ZoneInfo, ZONES) if changes_of_clocks(zone, begin, days)]


class Draw:
    """What draws the timings of one loop."""

    def __init__(self, rng: random.Random, home: ZoneInfo, begin: datetime, size: Size) -> None:
        """Take what decides, the loop's own zone, and when and for how long the soak goes on.

        Args:
            rng: It also draws another zone, in which clocks change.
            home: The loop's own zone.
            begin: What the wall clock shows at first.
            size: How much there is to the soak.
        """
        self._rng, self._home, self._begin, self._size = rng, home, begin, size
        self._other = rng.choice(changing_zones(begin, size.days))

    def kinds(self) -> Sequence[Callable[[], Timing]]:
        """Tell what draws a timing of which kind; the last is the one that lets no time pass."""
        return (
            *(self._interval, self._times, self._times_in_zones, self._weekdays, self._times),
            *(self._interval, self._steps, self._cron, self._listed, self._merged),
            *(self._interval, self._steps, self._times_in_zones, self._listed, self._again),
        )

    def _interval(self) -> Every:
        return Every(self._size.shortest * math.exp(self._rng.uniform(0, 5)))

    def _again(self) -> Every:
        return Every(0)

    def _times(self) -> ByClock:
        return self._by_times(self._some_times(lambda: self._home))

    def _times_in_zones(self) -> ByClock:
        fixed = timezone(timedelta(minutes=self._rng.randrange(-720, 840)))
        zones = [self._home, self._other, self._home, self._other, fixed, None]
        return self._by_times(self._some_times(lambda: self._rng.choice(zones)))

    def _weekdays(self) -> ByClock:
        times = self._some_times(lambda: self._rng.choice([self._home, self._other]))
        schedule = tasks.DailySchedule(times, on=tasks.Weekdays("mon-fri"))
        return ByClock(self._slots_on_weekdays(times), schedule=schedule)

    def _cron(self) -> ByClock:
        hours = sorted(self._rng.sample(range(24), self._rng.randint(1, 6)))
        minutes = sorted(self._rng.sample(range(60), self._rng.randint(1, 3)))
        times = [time(hour, minute, tzinfo=self._home) for hour in hours for minute in minutes]
        fields = (",".join(map(str, minutes)), ",".join(map(str, hours)))
        schedule = tasks.Cron(f"{' '.join(fields)} * * MON-FRI", self._home)
        return ByClock(self._slots_on_weekdays(times), schedule=schedule)

    def _merged(self) -> ByClock:
        daily, steps = self._times(), self._steps()
        assert steps.schedule is not None
        schedule = tasks.merge(tasks.DailySchedule(daily.times), steps.schedule)
        return ByClock(sorted({*daily.slots, *steps.slots}), schedule=schedule)

    def _steps(self) -> ByClock:
        second = microseconds_in(1)
        step = self._rng.randrange(3_600, 30_000) * second + self._rng.randrange(second)
        begin, end = (reading(moment) for moment in self._known())
        anchor, distance = moment_of(begin), timedelta(microseconds=step)
        schedule: tasks.Schedule = Steps(anchor, distance, self._home)
        if self._rng.random() < 0.5:
            schedule = tasks.Every(seconds=step // second, anchor=anchor)
            step -= step % second
        return ByClock(range(begin, end, step), schedule=schedule)

    def _listed(self) -> ByClock:
        days = self._size.days
        seconds = {self._rng.randrange(round(days * DAY)) for _ in range(5 * days)}
        # Some come before a jump of the clock over others is noticed.
        seconds |= {ahead + self._rng.randrange(5, 40) for ahead in seconds}
        moments = [self._begin + timedelta(seconds=ahead) for ahead in sorted(seconds)]
        schedule = tasks.At(*moments) if self._rng.random() < 0.5 else Listed(moments)
        return ByClock([reading(moment) for moment in moments], schedule=schedule)

    # Wall times

    def _by_times(self, times: Sequence[time]) -> ByClock:
        odd = dict(pair for wall in times for pair in self._odd(wall))
        return ByClock(self._slots_of(times), times=times, odd=odd)

    def _some_times(self, draw_zone: Callable[[], tzinfo | None]) -> Sequence[time]:
        return [self._time(draw_zone()) for _ in range(self._rng.randint(3, 12))]

    def _time(self, zone: tzinfo | None) -> time:
        """Draw a time, in most cases one that the zone's clocks jump over or show twice."""
        rng, changes = self._rng, self._changes(zone or UTC)
        base = datetime(2000, 1, 1)  # noqa: DTZ001 -- a wall time
        ahead = rng.randrange(1440)
        if changes and rng.random() < 0.7:
            base = oracle.shown(rng.choice(changes) - timedelta(hours=1), zone or UTC)
            ahead = rng.randrange(-30, 150)
        wall = (base + timedelta(minutes=ahead)).time().replace(second=rng.choice([0, 0, 0, 17]))
        return wall.replace(tzinfo=zone, fold=int(rng.random() < 0.3))

    def _odd(self, wall: time) -> Iterator[tuple[int, Oddity]]:
        """Tell the slots of a time that are in a gap or a fold."""
        zone = wall.tzinfo or UTC
        for change in self._changes(zone):
            for days in (-1, 0, 1):
                day = oracle.shown(change, zone).date() + timedelta(days=days)
                local = datetime.combine(day, wall.replace(tzinfo=None, fold=0))
                often = len(oracle.occurrences(local, zone))
                if often != 1:
                    yield reading(oracle.resolve(day, wall)), "fold" if often else "gap"

    def _slots_on_weekdays(self, times: Sequence[time]) -> Sequence[int]:
        begin, end = self._known()
        dates = [begin.date() + timedelta(days=day) for day in range((end - begin).days + 1)]
        due = {oracle.resolve(day, wall) for day in dates if day.weekday() < 5 for wall in times}
        return [reading(slot) for slot in sorted(due)]

    def _slots_of(self, times: Sequence[time]) -> Sequence[int]:
        return [reading(slot) for slot in oracle.slots_between(times, *self._known())]

    def _known(self) -> tuple[datetime, datetime]:
        return self._begin - MARGIN, self._begin + timedelta(days=self._size.days) + MARGIN

    def _changes(self, zone: tzinfo) -> Sequence[datetime]:
        return changes_of_clocks(zone, self._begin, self._size.days)
