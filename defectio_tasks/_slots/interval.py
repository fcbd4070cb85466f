"""The slots of an interval: an even grid on the event loop's clock."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from datetime import datetime, timedelta
from typing import Final

from defectio_tasks._slots.pending import MOST_KEPT, Stretch
from defectio_tasks._slots.slot import Slot
from defectio_tasks._time.timers import Timers
from defectio_tasks._time.turn import one_turn

# Beyond this many slots, the quotient of two floats may be off by more than one slot.
_COUNTABLE: Final = 2.0**52


class IntervalSlots:
    """Slots at ``origin + k * interval``, and the last of them that was claimed.

    Each slot is calculated from the origin, never from the slot before, so errors don't add up.
    """

    __slots__ = ("_index", "_interval", "_origin", "skipped")

    def __init__(self, origin: float, interval: float, claimed: int = 0) -> None:
        """Begin a grid, with slot 0 claimed.

        Args:
            origin: When slot 0 is due, in seconds on the event loop's clock.
            interval: The seconds between two slots; more than 0.
            claimed: -1 to begin with no slot claimed.
        """
        self._origin = origin
        self._interval = interval
        self._index = claimed
        self.skipped = 0

    def wait(self, timers: Timers, later: float = 0.0, /) -> Awaitable[None]:
        """Return a timer for the next slot."""
        return timers.sleeper(self._origin + (self._index + 1) * self._interval + later)

    def claim(self, timers: Timers, later: float = 0.0, /) -> bool:
        """Claim the next slot, or the latest one that has come when several have.

        A timer of the event loop may be early by what its clock resolves; the slot counts as come.
        """
        now, index = timers.now() - later, self._index + 1
        if now < self._origin + (index + 1) * self._interval:
            # It is on time, as nearly always.
            self._index, self.skipped = index, 0
        else:
            self._claim_late(now, index)
        return True

    def claim_each(self, timers: Timers, later: float = 0.0, /) -> Sequence[datetime]:
        """Claim all slots that have come, of more than 10,000 the latest."""
        self.claim(timers, later)
        due, kept = self.claimed(timers).due, min(self.skipped, MOST_KEPT - 1)
        return [due - timedelta(seconds=ago * self._interval) for ago in range(kept, -1, -1)]

    def claimed(self, timers: Timers, /) -> Slot:
        """Return the slot that was claimed last; its moment is reckoned from the present."""
        now = timers.now()
        late = timedelta(seconds=max(now - self._origin - self._index * self._interval, 0.0))
        due = timers.utc_now() - late
        first_skipped = due - timedelta(seconds=self.skipped * self._interval)
        return Slot(due, late, self.skipped, first_skipped, now)

    def late(self, timers: Timers, /) -> float:
        """Return how many seconds ago the next slot came."""
        return timers.now() - self.next_moment()

    def next_due(self, timers: Timers, /) -> datetime | None:
        """Return when the next slot is due, in UTC; ``None`` when that's beyond any datetime."""
        try:
            left = timedelta(seconds=max(self.next_moment() - timers.now(), 0.0))
            return timers.utc_now() + left
        except OverflowError:
            return None

    def next_moment(self) -> float:
        """Return when the next slot is due, in seconds on the event loop's clock."""
        return self._origin + (self._index + 1) * self._interval

    def last_due(self, timers: Timers, /) -> float | None:
        """Return when the last slot claimed was due, if one was."""
        del timers
        return None if self._index < 0 else self._origin + self._index * self._interval

    def ran(self) -> Sequence[Stretch]:
        """Return the slots of schedules that were run."""
        return ()

    def skip_past(self, now: float) -> None:
        """Leave only the latest of the slots that have come, as if the others had never been.

        A changed interval can put slots into the past; nobody missed those.

        Args:
            now: The present, in seconds on the event loop's clock.
        """
        if self.next_moment() <= now:
            self._claim_late(now, self._index + 1)
            self._index -= 1
            self.skipped = 0

    def _claim_late(self, now: float, index: int) -> None:
        """Claim the latest slot that has come, and take note of those before it."""
        elapsed = (now - self._origin) / self._interval
        if elapsed >= _COUNTABLE:
            # Such an interval is far below what the clock resolves: begin anew from here.
            self.skipped = max(int(min(elapsed, _COUNTABLE)) - index, 0)
            self._origin, self._index = now, 0
            return
        latest = int(elapsed)
        # The quotient is rounded: the slots themselves settle which one is the latest.
        if self._origin + (latest + 1) * self._interval <= now:
            latest += 1
        elif self._origin + latest * self._interval > now:
            latest -= 1
        self._index = max(latest, index)
        self.skipped = self._index - index


class TurnSlots:
    """An interval of 0: a slot in each turn of the event loop."""

    __slots__ = ("_last", "_ran")

    skipped = 0

    def __init__(self, last: float | None, ran: Sequence[Stretch] = ()) -> None:
        """Begin, with the slot at a moment claimed, if there is one.

        Args:
            last: The moment, in seconds on the event loop's clock.
            ran: The slots of schedules that were run before.
        """
        self._last = last
        self._ran = ran

    def wait(self, timers: Timers, later: float = 0.0, /) -> Awaitable[None]:
        """Return a turn of the event loop."""
        return timers.sleeper(timers.now() + later) if later else one_turn()

    def claim(self, timers: Timers, later: float = 0.0, /) -> bool:
        """Claim the present."""
        self._last = timers.now() - later
        return True

    def claim_each(self, timers: Timers, later: float = 0.0, /) -> Sequence[datetime]:
        """Claim the present."""
        self.claim(timers, later)
        return [self.claimed(timers).due]

    def claimed(self, timers: Timers, /) -> Slot:
        """Return the present."""
        due = timers.utc_now()
        return Slot(due, timedelta(), 0, due, timers.now())

    def late(self, timers: Timers, /) -> None:
        """Return that none is: whatever a body takes, it misses nothing."""
        del timers

    def next_due(self, timers: Timers, /) -> datetime:
        """Return the present."""
        return timers.utc_now()

    def last_due(self, timers: Timers, /) -> float | None:
        """Return when the last slot was claimed."""
        del timers
        return self._last

    def ran(self) -> Sequence[Stretch]:
        """Return the slots of schedules that were run."""
        return self._ran
