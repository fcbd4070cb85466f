"""The books of one loop: what its events say of each slot, held to contract V2."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import assert_never

import defectio_tasks as tasks
from defectio_tasks.testing import VirtualClock

# A moment is rounded to microseconds, and time leaps by floats.
TOLERANCE = 1e-3


@dataclass(frozen=True, slots=True)
class Row:
    """Slots in a row that were skipped."""

    first: datetime
    count: int
    moment: float
    """When the first was due, on the event loop's clock."""


@dataclass(slots=True)
class BookedRun:
    """What was told of one run."""

    started: list[tuple[datetime, float]] = field(default_factory=list[tuple[datetime, float]])
    """The slots of iterations, and when they were due on the event loop's clock."""
    skipped: list[Row] = field(default_factory=list[Row])
    under_way: Counter[datetime] = field(default_factory=Counter[datetime])
    most_under_way: int = 0
    ended: tuple[datetime, float] | None = None
    """When, by the wall clock and by the event loop's."""

    def wrong_by_interval(self, origin: float, interval: float, triggers: int) -> str:
        """Tell what is wrong with a run whose slots are those of one interval, all in all.

        Args:
            origin: When slot 0 was due, on the event loop's clock.
            interval: The interval, in seconds.
            triggers: How often an iteration without a slot was asked for.
        """
        assert self.ended is not None
        told, extra = Counter[int](), 0
        for _, moment in self.started:
            index = round((moment - origin) / interval)
            if abs(origin + index * interval - moment) > TOLERANCE:
                extra += 1
            else:
                told[index] += 1
        for row in self.skipped:
            first = round((row.moment - origin) / interval)
            told.update(range(first, first + row.count))
        last = (self.ended[1] - origin) / interval
        most = set(range(int(last + TOLERANCE) + 1))
        least = most - {round(last)} if abs(last - round(last)) < TOLERANCE else most
        return _wrong(told, extra, least, most, triggers)

    def wrong_by_schedule(self, schedule: tasks.Schedule, start: datetime, triggers: int) -> str:
        """Tell what is wrong with a run whose slots are a schedule's, if nobody set the clock back.

        Args:
            schedule: The schedule.
            start: When the run was started.
            triggers: As above.
        """
        assert self.ended is not None
        due, slot = list[datetime](), schedule.next_after(start)
        while slot is not None and slot <= self.ended[0]:
            due.append(slot)
            slot = schedule.next_after(slot)
        numbers = {slot: number for number, slot in enumerate(due)}
        told, extra = Counter[int](), 0
        for slot, _ in self.started:
            if slot in numbers:
                told[numbers[slot]] += 1
            else:
                extra += 1
        for row in self.skipped:
            if row.first not in numbers:
                return f"{row} is no row of slots that were due"
            first = numbers[row.first]
            told.update(range(first, first + row.count))
        most = set(numbers.values())
        return _wrong(told, extra, most, most, triggers)


def _wrong(told: Counter[int], extra: int, least: set[int], most: set[int], triggers: int) -> str:
    # An iteration without a slot may come just when one is due.
    twice = sum(count - 1 for count in told.values())
    if missing := least - told.keys():
        return f"nothing was told of slots {sorted(missing)}"
    if beyond := told.keys() - most:
        return f"there were no slots {sorted(beyond)}"
    if twice + extra > triggers:
        return f"{extra} iterations had no slot, {twice} a slot told before; {triggers} triggers"
    return ""


class Books:
    """An observer of one loop that tells what doesn't follow from what was told before (V2)."""

    def __init__(
        self, clock: VirtualClock, observed: Callable[[], object], complain: Callable[[str], None]
    ) -> None:
        """Begin without a run.

        Args:
            clock: The clock that the loop lives by.
            observed: Returns the loop; events of others are let pass.
            complain: Is told what is wrong.
        """
        self._clock, self._observed, self._complain = clock, observed, complain
        self.run = BookedRun()
        self.ended: list[BookedRun] = []

    def __call__(self, event: tasks.Event) -> None:
        """Take an event down."""
        if event.loop is not self._observed():
            return
        run, now = self.run, self._clock.now()
        match event:
            case tasks.Started(slot=slot, late=late):
                self._check(event, late >= timedelta())
                run.started.append((slot, self._moment(slot)))
                run.under_way[slot] += 1
                run.most_under_way = max(run.most_under_way, run.under_way.total())
            case tasks.Retrying(slot=slot):
                self._check(event, run.under_way[slot] > 0)
            case tasks.Finished(slot=slot):
                self._check(event, run.under_way[slot] > 0)
                run.under_way[slot] -= 1
            case tasks.Skipped(first=first, count=count):
                self._check(event, count > 0)
                run.skipped.append(Row(first, count, self._moment(first)))
            case tasks.Ended():
                self._check(event, run.under_way.total() == 0)
                run.ended = now, self._clock.elapsed
                self.ended.append(run)
                self.run = BookedRun()
            case _:
                assert_never(event)

    def _moment(self, slot: datetime) -> float:
        return self._clock.elapsed + (slot - self._clock.now()).total_seconds()

    def _check(self, event: tasks.Event, fits: bool) -> None:
        if not fits:
            self._complain(f"{event} doesn't follow from those before it")
