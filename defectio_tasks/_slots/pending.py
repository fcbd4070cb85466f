"""Which wall-clock slots are still to be run, whatever the clock does (contract L7). Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from defectio_tasks._schedules.schedule import Schedule, next_slot

# A clock set forward by years must not keep the bot busy with counting what it missed.
MOST_COUNTED: Final = 10_000
# Each slot skipped, and each jump of the clock, can begin a new stretch.
MOST_STRETCHES: Final = 32


class Agenda:
    """The slots of a schedule that one run of a loop has ahead.

    Slots that were run are remembered as stretches: the first and the last of a sequence without a
    hole. So none is run twice when the clock is set back, and none that wasn't run is lost.
    """

    __slots__ = ("_failure", "_pending", "_schedule", "_since", "_stretches", "_successor")

    def __init__(self, schedule: Schedule, now: datetime, last: datetime | None = None) -> None:
        """Look ahead from a moment.

        Args:
            schedule: Tells the slots.
            now: The moment, aware, in UTC.
            last: The slot that was run last, if any; it won't be run again.

        Raises:
            TypeError: The schedule answered with something that isn't a datetime.
            ValueError: It answered with a naive datetime, or one that isn't later.
        """
        self._schedule = schedule
        self._since = now
        self._stretches = [] if last is None else [(last, last)]
        self._successor: datetime | None = None
        self._failure: Exception | None = None
        self._pending = self._open_slot(next_slot(schedule, now))

    def last_slot(self) -> datetime | None:
        """Tell the slot that was run last."""
        return self._stretches[-1][1] if self._stretches else None

    def pending(self, now: datetime) -> datetime | None:
        """Tell the slot to run next; it may have come already.

        Args:
            now: What the wall clock shows, in UTC. When that is earlier than it was, the slots
                in between count again, unless they were run.

        Returns:
            The slot in UTC, or ``None`` when there will be none.

        Raises:
            Exception: What the schedule raised when it was asked for that slot.
        """
        if self._failure is not None:
            raise self._failure
        if now < self._since:
            self._since = now
            self._pending = self._open_slot(next_slot(self._schedule, now))
        return self._pending

    def take(self, now: datetime) -> int:
        """Take the pending slot, and all later ones that have come with it, as one.

        Args:
            now: What the wall clock shows, in UTC; no earlier than the pending slot.

        Returns:
            How many slots were skipped; of more than 10,000, that many.
        """
        slot = self._pending
        if slot is None:
            return 0
        self._remember(slot)
        self._since = max(self._since, now)
        try:
            return self._look_ahead(slot, now)
        except Exception as error:  # noqa: BLE001 -- it is raised when the next slot is asked for
            # The slot that has come is run all the same.
            self._failure = error
            return 0

    def _look_ahead(self, slot: datetime, now: datetime) -> int:
        """Find the first open slot after now; tell how many lie between it and a slot."""
        self._successor = next_slot(self._schedule, slot)
        skipped = 0
        upcoming = self._open_slot(self._successor)
        while upcoming is not None and upcoming <= now:
            skipped += 1
            begin = upcoming if skipped < MOST_COUNTED else now
            upcoming = self._open_slot(next_slot(self._schedule, begin))
        self._pending = upcoming
        return skipped

    def _open_slot(self, slot: datetime | None) -> datetime | None:
        """Go on from a slot to the first that was not run: at most once past each stretch."""
        while slot is not None:
            end = next((last for first, last in self._stretches if first <= slot <= last), None)
            if end is None:
                break
            slot = next_slot(self._schedule, end)
        return slot

    def _remember(self, slot: datetime) -> None:
        if self._stretches and slot == self._successor:
            first, _ = self._stretches[-1]
            self._stretches[-1] = (first, slot)
        else:
            self._stretches.append((slot, slot))
            if len(self._stretches) > MOST_STRETCHES:
                self._join_earliest()

    def _join_earliest(self) -> None:
        """Count the hole between the two earliest stretches as run: lost is better than twice."""
        first, second, *others = sorted(self._stretches[:-1])
        self._stretches[:-1] = [(first[0], max(first[1], second[1])), *others]
