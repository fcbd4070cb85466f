"""When a loop is due: an interval, wall times or a schedule.

An interval is just that. With wall times and schedules come the slots that they must mean, worked
out by ``support.oracle`` or by plain arithmetic, and never by the package. The schedules are such
as a user would write.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta, tzinfo
from typing import Literal, TypeAlias

import defectio_tasks as tasks

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


class Weekdays:
    """The schedule from the README: another one, but not on Saturdays and Sundays (UTC)."""

    def __init__(self, schedule: tasks.Schedule) -> None:
        """Take the other one."""
        self.schedule = schedule

    def next_after(self, moment: datetime, /) -> datetime | None:
        """Tell the next slot."""
        slot = self.schedule.next_after(moment)
        while slot is not None and slot.weekday() >= 5:
            slot = self.schedule.next_after(slot)
        return slot


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
