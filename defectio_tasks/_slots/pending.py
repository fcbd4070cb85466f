"""Which wall-clock slots are still to be run, whatever the clock does.

Time is an argument; the one clock read here says how long an answer takes.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import islice
from operator import attrgetter
from time import perf_counter
from typing import Final, NamedTuple

from typing_extensions import override

from defectio_tasks._schedules.daily import DailySchedule
from defectio_tasks._schedules.schedule import Schedule, next_slot

# A clock set forward by years must not keep the bot busy with counting what it missed.
MOST_COUNTED: Final = 10_000
# Of slots that are each to be run, nobody wants more.
MOST_KEPT: Final = 10_000
# Nor must a schedule that is slow to answer.
MOST_SECONDS: Final = 0.05
# Unless each of its slots is wanted.
MOST_SECONDS_FOR_ALL: Final = 1.0
# Each slot skipped, and each jump of the clock, can begin a new stretch.
MOST_STRETCHES: Final = 32
MICROSECOND: Final = timedelta(microseconds=1)


class AtLeast(int):
    """A number of slots that were not all counted, and says so."""

    @override
    def __str__(self) -> str:
        """Say that there may be more."""
        return f"at least {int(self)}"


class Claim(NamedTuple):
    """What was claimed: the latest slot that has come, and those that were skipped for it."""

    slot: datetime
    skipped: int
    """How many slots before it were skipped; of more than 10,000, or more than can be counted in
    50 ms, an ``AtLeast``."""
    first_skipped: datetime
    """The first of them; the slot itself, when there are none."""


class Stretch(NamedTuple):
    """Slots that were run: all of a schedule between two of them, these included."""

    schedule: Schedule | None
    """Theirs; ``None`` where everything counts as run."""
    first: datetime
    last: datetime

    def has(self, slot: datetime, schedule: Schedule) -> bool:
        """Return whether a slot of a schedule is among them."""
        if not self.first <= slot <= self.last:
            return False
        if self.schedule is None or self.schedule is schedule:
            return True
        try:
            return next_slot(self.schedule, slot - MICROSECOND) == slot
        except Exception:  # noqa: BLE001 -- of a schedule that isn't in force any more
            # Lost is better than twice.
            return True


class PendingSlots:
    """The slots of a schedule that one run of a loop has ahead.

    Slots that were run are remembered as stretches: the first and the last of a sequence without a
    hole. So none is run twice when the clock is set back, and none that wasn't run is lost; nor
    when the loop gets another schedule, which may have some of the slots and others between them.
    """

    __slots__ = ("_failure", "_pending", "_schedule", "_since", "_stretches", "_successor")

    def __init__(self, schedule: Schedule, now: datetime, ran: Sequence[Stretch] = ()) -> None:
        """Look ahead from a moment; the schedule is asked when the first slot is.

        Args:
            schedule: Tells the slots.
            now: The moment, aware, in UTC.
            ran: The slots that were run before, of whichever schedules; none is run again.
        """
        self._schedule = schedule
        self._since = now
        self._stretches = [
            stretch._replace(schedule=schedule)
            if _are_same(stretch.schedule, schedule)
            else stretch
            for stretch in ran
        ]
        self._successor: datetime | None = None
        self._failure: Exception | None = None
        # The moment itself stands for a slot that wasn't looked up yet: none is that early.
        self._pending: datetime | None = now

    def last_slot(self) -> datetime | None:
        """Return the slot that was run last."""
        return self._stretches[-1].last if self._stretches else None

    def ran(self) -> Sequence[Stretch]:
        """Return the slots that were run."""
        return self._stretches

    def pending(self, now: datetime) -> datetime | None:
        """Return the slot to run next; it may have come already.

        Args:
            now: What the wall clock shows, in UTC. When that is earlier than it was, the slots
                in between count again, unless they were run.

        Returns:
            The slot in UTC, or ``None`` when there will be none.

        Raises:
            TypeError: The schedule answered with something that isn't a datetime.
            ValueError: It answered with a naive datetime, or one that isn't later.
            Exception: What else the schedule raised when it was asked for that slot.
        """
        if self._failure is not None:
            raise self._failure
        if now < self._since or self._pending == self._since:
            self._since = min(self._since, now)
            self._pending = self._open_slot(next_slot(self._schedule, self._since))
        return self._pending

    def have_come(self, now: datetime) -> Iterator[datetime]:
        """Return the slots that have come and weren't claimed, until that takes too long."""
        begun = perf_counter()
        # Of a schedule that isn't in force any more, no failure counts.
        with suppress(Exception):
            first = self.pending(now)
            if first is not None:
                for slot in islice(self._open_slots(first, now), MOST_COUNTED):
                    yield slot
                    if perf_counter() - begun > MOST_SECONDS:
                        return

    def take_back(self, slot: datetime) -> bool:
        """Put a slot back if it was the one claimed last; return whether it was."""
        if self.last_slot() != slot:
            return False
        stretch = self._stretches.pop()
        if stretch.first < slot:
            self._stretches.append(stretch._replace(last=slot - MICROSECOND))
        self._successor, self._pending = None, self._since
        return True

    def claim(self, now: datetime, row: deque[datetime] | None = None) -> Claim | None:
        """Claim the pending slot or, when later ones have come as well, the latest of them.

        Args:
            now: What the wall clock shows, in UTC.
            row: Where those that are skipped shall be run as well: gets them and the slot that was
                claimed, in order; of more than 10,000 the latest.

        Returns:
            What was claimed; ``None`` when no slot has come yet.

        Raises:
            Exception: As for ``pending``.
        """
        first = self.pending(now)
        if first is None or first > now:
            return None
        slot, skipped, expected, begun = first, 0, self._successor, perf_counter()
        patience = MOST_SECONDS if row is None else MOST_SECONDS_FOR_ALL
        self._since = max(self._since, now)
        if row is not None:
            row.append(first)
        try:
            following = next_slot(self._schedule, slot)
            while (upcoming := self._open_slot(following)) is not None and upcoming <= now:
                slot, skipped = upcoming, skipped + 1
                if row is not None:
                    row.append(slot)
                following = next_slot(self._schedule, slot)
                if skipped == MOST_COUNTED or perf_counter() - begun > patience:
                    skipped = AtLeast(skipped)
                    slot = self._latest_open(slot, now)
                    following = next_slot(self._schedule, now)
                    if row is not None:
                        skipped = AtLeast(self._keep_latest(row, skipped + 1, slot) + len(row) - 1)
            self._successor, self._pending = following, upcoming
        except Exception as error:  # noqa: BLE001 -- it is raised when the next slot is asked for
            # The slot that has come is run all the same.
            self._successor, self._failure = None, error
        earliest = slot if row is None else first
        self._remember(earliest, slot, follows=earliest == expected)
        return Claim(slot, skipped, first)

    def _keep_latest(self, row: deque[datetime], walked: int, last: datetime) -> int:
        """Fill a row up to a slot, without a hole.

        Args:
            row: Gets the latest slots up to that one; it has those that were walked through.
            walked: How many those were, from the first on.
            last: The slot.

        Returns:
            How many of those that were walked through are not in the row.
        """
        before, kept = list(row), deque(self._latest_kept(row[0], last), MOST_KEPT)
        if kept[0] > before[-1]:
            row.clear()
        row.extend(slot for slot in kept if slot > before[-1])
        return walked - len(before) + bisect_left(before, row[0])

    def _latest_kept(self, first: datetime, last: datetime) -> Iterator[datetime]:
        """Return the latest 10,000 slots up to one, at most; fewer where it takes too long.

        Of slots without end, nobody can count how many there are: the time in which they lie is
        halved until few enough are left in it.
        """
        begin, end, begun = first, last, perf_counter()
        while begin < (middle := begin + (end - begin) / 2) < end:
            counted = sum(1 for _ in islice(self._open_slots(middle, last), 2 * MOST_KEPT))
            if perf_counter() - begun > MOST_SECONDS_FOR_ALL:
                begin = end
            elif counted == 2 * MOST_KEPT:
                begin = middle
            elif counted < MOST_KEPT:
                end = middle
            else:
                begin = end = middle
        return self._open_slots(begin, last)

    def _open_slots(self, begin: datetime, last: datetime) -> Iterator[datetime]:
        slot = self._open_slot(next_slot(self._schedule, begin - MICROSECOND))
        while slot is not None and slot <= last:
            yield slot
            slot = self._open_slot(next_slot(self._schedule, slot))

    def _latest_open(self, slot: datetime, now: datetime) -> datetime:
        """Return the last slot up to now, or one that has come if that was run; bounded.

        Of slots without end, only the schedule could say which is the last: the time in which it
        lies is halved until no other slot is left in it.
        """
        latest, end = slot, now
        while (following := next_slot(self._schedule, latest)) is not None and following <= now:
            middle = following + (end - following) / 2
            beyond = next_slot(self._schedule, middle)
            if beyond is not None and beyond <= now:
                latest = beyond
            else:
                latest, end = following, middle
        return latest if self._open_slot(latest) == latest else slot

    def _open_slot(self, slot: datetime | None) -> datetime | None:
        """Go on from a slot to the first that was not run; bounded.

        It takes one step past each stretch of this schedule. Those of others are walked through,
        unless that takes too long: lost is better than twice.
        """
        schedule, steps = self._schedule, 0
        while slot is not None:
            for stretch in self._stretches:
                if stretch.has(slot, schedule):
                    break
            else:
                break
            steps += 1
            is_whole = stretch.schedule is None or stretch.schedule is schedule
            end = stretch.last if is_whole or steps > MOST_COUNTED else slot
            slot = next_slot(schedule, end)
        return slot

    def _remember(self, first: datetime, last: datetime, *, follows: bool) -> None:
        if self._stretches and follows:
            self._stretches[-1] = self._stretches[-1]._replace(last=last)
        else:
            self._stretches.append(Stretch(self._schedule, first, last))
            if len(self._stretches) > MOST_STRETCHES:
                self._join_earliest()

    def _join_earliest(self) -> None:
        """Count the hole between the two earliest stretches as run: lost is better than twice."""
        first, second, *others = sorted(self._stretches[:-1], key=attrgetter("first", "last"))
        schedule = first.schedule if first.schedule is second.schedule else None
        joined = Stretch(schedule, first.first, max(first.last, second.last))
        self._stretches[:-1] = [joined, *others]


def _are_same(one: Schedule | None, other: Schedule) -> bool:
    """Return whether two schedules are one: the same object, or the same wall times."""
    if isinstance(one, DailySchedule) and isinstance(other, DailySchedule):
        return type(one) is type(other) is DailySchedule and repr(one) == repr(other)
    return one is other
