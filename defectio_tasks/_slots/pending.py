"""Which wall-clock slots are still to be run, whatever the clock does. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Final, NamedTuple

from defectio_tasks._schedules.schedule import Schedule, next_slot

# A clock set forward by years must not keep the bot busy with counting what it missed.
MOST_COUNTED: Final = 10_000
# Each slot skipped, and each jump of the clock, can begin a new stretch.
MOST_STRETCHES: Final = 32


class Claim(NamedTuple):
    """What was claimed: the latest slot that has come, and those that were skipped for it."""

    slot: datetime
    skipped: int
    """How many slots before it were skipped; of more than 10,000, that many."""
    first_skipped: datetime
    """The first of them; the slot itself, when there are none."""


class PendingSlots:
    """The slots of a schedule that one run of a loop has ahead.

    Slots that were run are remembered as stretches: the first and the last of a sequence without a
    hole. So none is run twice when the clock is set back, and none that wasn't run is lost.
    """

    __slots__ = ("_failure", "_pending", "_schedule", "_since", "_stretches", "_successor")

    def __init__(self, schedule: Schedule, now: datetime, last: datetime | None = None) -> None:
        """Look ahead from a moment; the schedule is asked when the first slot is.

        Args:
            schedule: Tells the slots.
            now: The moment, aware, in UTC.
            last: The slot that was run last, if any; it won't be run again.
        """
        self._schedule = schedule
        self._since = now
        self._stretches = [] if last is None else [(last, last)]
        self._successor: datetime | None = None
        self._failure: Exception | None = None
        # The moment itself stands for a slot that wasn't looked up yet: none is that early.
        self._pending: datetime | None = now

    def last_slot(self) -> datetime | None:
        """Return the slot that was run last."""
        return self._stretches[-1][1] if self._stretches else None

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

    def claim(self, now: datetime) -> Claim | None:
        """Claim the pending slot or, when later ones have come as well, the latest of them.

        Args:
            now: What the wall clock shows, in UTC.

        Returns:
            What was claimed; ``None`` when no slot has come yet.

        Raises:
            Exception: As for ``pending``.
        """
        first = self.pending(now)
        if first is None or first > now:
            return None
        slot, skipped, expected = first, 0, self._successor
        self._since = max(self._since, now)
        try:
            following = next_slot(self._schedule, slot)
            while (upcoming := self._open_slot(following)) is not None and upcoming <= now:
                slot, skipped = upcoming, skipped + 1
                following = next_slot(self._schedule, slot)
                if skipped == MOST_COUNTED:
                    slot = self._latest_open(slot, now)
                    following = next_slot(self._schedule, now)
            self._successor, self._pending = following, upcoming
        except Exception as error:  # noqa: BLE001 -- it is raised when the next slot is asked for
            # The slot that has come is run all the same.
            self._successor, self._failure = None, error
        self._remember(slot, follows=slot == expected)
        return Claim(slot, skipped, first)

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
        """Go on from a slot to the first that was not run: at most once past each stretch."""
        while slot is not None:
            end = next((last for first, last in self._stretches if first <= slot <= last), None)
            if end is None:
                break
            slot = next_slot(self._schedule, end)
        return slot

    def _remember(self, slot: datetime, *, follows: bool) -> None:
        if self._stretches and follows:
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
