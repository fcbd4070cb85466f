"""Which slots a change of the clocks touches, and what becomes of them. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import Final, NamedTuple

from defectio_tasks._schedules.combinations import Between, Merged, Shifted
from defectio_tasks._schedules.cron import Cron
from defectio_tasks._schedules.cron_fields import parse_cron
from defectio_tasks._schedules.daily import DailySchedule
from defectio_tasks._schedules.schedule import Schedule, next_slot
from defectio_tasks._zones.gap_and_fold import resolve
from defectio_tasks._zones.instants import (
    DAY,
    MICROSECOND,
    Instant,
    to_instant,
    to_moment,
)
from defectio_tasks._zones.offsets import LONGEST_CHANGE, offset_at
from defectio_tasks._zones.zones import zone_identity

_ALL_HOURS: Final = 24


class Change(NamedTuple):
    """A change of a zone's offset."""

    instant: Instant
    """The first one with the other offset."""
    before: int
    """The offset before, in microseconds ahead of UTC."""
    after: int
    """The offset from then on, in microseconds ahead of UTC."""

    @property
    def direction(self) -> str:
        """Where the clocks go."""
        return "forward" if self.after > self.before else "back"


class Touched(NamedTuple):
    """A slot whose wall time doesn't exist, or comes twice."""

    slot: datetime
    """When it comes, in UTC."""
    wall: datetime
    """The wall time that the schedule names, naive."""
    zone: tzinfo
    """By whose clocks."""
    fold: int
    """Which of two it is where the wall time comes twice."""
    forward: bool
    """Whether the clocks go forward, so that it doesn't exist."""

    def tell(self, shown_in: tzinfo) -> str:
        """Return what happens, for a reader who sees slots in a zone."""
        here = zone_identity(self.zone) == zone_identity(shown_in)
        clocks = "clocks" if here else f"clocks in {self.zone}"
        local = self.slot.astimezone(self.zone)
        if not self.forward:
            which = "second" if self.fold else "first"
            twice = f"{_clock(self.wall)} comes twice"
            return f"{clocks} go back: {twice}, runs the {which} time ({local.tzname()})"
        if local.date() == self.wall.date():
            wall, instead = _clock(self.wall), f"at {_clock(local)}"
        else:
            wall = f"{self.wall.date()} {_clock(self.wall)}"
            instead = f"on {local.date()} at {_clock(local)}"
        return f"{clocks} go forward: {wall} does not exist, runs {instead}"


def touched(schedule: Schedule, after: datetime, until: datetime) -> Sequence[Touched]:
    """Return the slots of a schedule that a change of the clocks touches, in order.

    They can be told of times and crons, and of what is made of those. A cron with all 24 hours has
    none: it runs whenever the clocks show such a minute.

    Args:
        schedule: The schedule.
        after: They come after this moment.
        until: And up to this one.
    """
    found: list[Touched] = []
    # Where datetime's range ends, there are no changes to tell of.
    with suppress(OverflowError):
        found.extend(
            one
            for one in _touched(schedule, to_instant(after), to_instant(until))
            # Of a class derived from ours, nobody knows.
            if next_slot(schedule, one.slot - MICROSECOND) == one.slot
        )
    return sorted(found, key=lambda one: one.slot)


def changes_of(zone: tzinfo, after: Instant, until: Instant) -> Iterator[Change]:
    """Return the changes of a zone's offset after an instant, up to another one.

    No zone has two on one day.
    """
    before = offset_at(after, zone)
    for begin in range(after, until, DAY):
        low, high = begin, min(begin + DAY, until)
        offset = offset_at(high, zone)
        if offset != before:
            while high - low > 1:
                middle = (low + high) // 2
                if offset_at(middle, zone) == before:
                    low = middle
                else:
                    high = middle
            yield Change(high, before, offset)
        before = offset


def _touched(schedule: Schedule, after: Instant, until: Instant) -> Iterator[Touched]:
    match schedule:
        case DailySchedule():
            yield from _of_times(schedule, after, until)
        case Cron():
            if len(parse_cron(schedule.expression).hours) < _ALL_HOURS:
                named = Cron(schedule.expression, on=schedule.on)
                yield from _of_zone(named, schedule.tz, 0, after, until)
        case Merged():
            for part in schedule.schedules:
                yield from _touched(part, after, until)
        case Shifted():
            delta = schedule.delta // MICROSECOND
            for one in _touched(schedule.schedule, after - delta, until - delta):
                yield one._replace(slot=one.slot + schedule.delta)
        case Between():
            yield from _touched(schedule.schedule, after, until)
        case _:
            pass


def _of_times(schedule: DailySchedule, after: Instant, until: Instant) -> Iterator[Touched]:
    """Return what is touched of wall times, each by its own zone's clocks."""
    groups: dict[tuple[object, int], tuple[tzinfo, list[time]]] = {}
    for wall in schedule.times:
        zone = wall.tzinfo or UTC
        _, walls = groups.setdefault((zone_identity(zone), wall.fold), (zone, []))
        walls.append(wall.replace(tzinfo=UTC, fold=0))
    for (_, fold), (zone, walls) in groups.items():
        named = DailySchedule(walls, on=schedule.on)
        yield from _of_zone(named, zone, fold, after, until)


def _of_zone(
    named: Schedule, zone: tzinfo, fold: int, after: Instant, until: Instant
) -> Iterator[Touched]:
    """Return what is touched of wall times by one zone's clocks.

    Args:
        named: The wall times, as if in UTC.
        zone: The zone.
        fold: Which of two they are.
        after: Slots come after this instant.
        until: And up to this one.
    """
    # A slot may come a change's length after it, or before it.
    for change in changes_of(zone, after - LONGEST_CHANGE, until + LONGEST_CHANGE):
        low, high = sorted((change.instant + change.before, change.instant + change.after))
        wall = next_slot(named, to_moment(low - 1))
        while wall is not None and to_instant(wall) < high:
            spelled = wall.time().replace(fold=fold)
            slot = resolve(wall.toordinal(), spelled, zone)
            if after < slot <= until:
                forward = change.after > change.before
                naive = wall.replace(tzinfo=None)
                yield Touched(to_moment(slot), naive, zone, fold, forward)
            wall = next_slot(named, wall)


def _clock(wall: datetime) -> str:
    has_seconds = wall.second or wall.microsecond
    return wall.time().isoformat("auto" if has_seconds else "minutes")


def roughly(length: timedelta) -> timedelta:
    """Return a length of time, not negative, without what is small beside it."""
    day, hour, minute = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
    kept = hour if length >= day else minute if length >= hour else timedelta(seconds=1)
    return length - length % kept
