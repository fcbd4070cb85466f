"""The slots of a schedule: how a run naps until the wall clock shows the next."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from defectio_tasks._slots.pending import MOST_KEPT, Claim, PendingSlots, Stretch
from defectio_tasks._slots.slot import Slot
from defectio_tasks._time.timers import Timers
from defectio_tasks._time.turn import one_turn
from defectio_tasks._zones.instants import EPOCH

# The wall clock is read again at least this often, in seconds: a timer knows nothing of a clock
# that was set, or of a machine that slept.
LONGEST_NAP: Final = 60.0
LEAST_MARGIN: Final = 1e-6
LARGEST_MARGIN: Final = 1.0
# What was claimed before anything is.
NOTHING: Final = Claim(EPOCH, 0, EPOCH)


class WallClockSlots:
    """The slots of a schedule, by the wall clock."""

    __slots__ = ("_claim", "_margin", "_pending", "_shown", "interval_due")

    def __init__(self, pending: PendingSlots, interval_due: float | None = None) -> None:
        """Begin with what is still to run.

        Args:
            pending: The slots.
            interval_due: When the last slot of an interval before was due, in seconds on the event
                loop's clock; it counts until one by the wall clock is claimed.
        """
        self._pending = pending
        self.interval_due = interval_due
        self._claim = NOTHING
        self._margin = 0.0
        # What the wall clock showed just now, when a nap was over and no slot had come.
        self._shown: datetime | None = None

    @property
    def skipped(self) -> int:
        """How many slots were skipped for the last one claimed."""
        return self._claim.skipped

    def wait(self, timers: Timers, later: float = 0.0, /) -> Awaitable[None] | None:
        """Return a nap until the next slot, or a turn of the event loop where it has come.

        Raises:
            TypeError: The schedule answered with something that isn't a datetime.
            ValueError: It answered with a naive datetime, or one that isn't later.
            Exception: What else the schedule raised.
        """
        now, self._shown = self._shown or timers.utc_now(), None
        slot = self._pending.pending(now)
        if slot is None:
            return None
        left = (slot - now).total_seconds() + later
        if left <= 0:
            return one_turn()
        left += self._margin
        if left > LONGEST_NAP:
            return timers.sleeper(timers.now() + LONGEST_NAP)
        # Will it be early? Against a timer that always is, the margin grows until it's late: else
        # the last millisecond would keep the event loop busy.
        self._margin = min(2 * self._margin or LEAST_MARGIN, LARGEST_MARGIN)
        return timers.sleeper(timers.now() + left)

    def claim(self, timers: Timers, later: float = 0.0, /) -> bool:
        """Claim the slot that has come, or the latest when several have."""
        return self._claim_as_of(timers, later)

    def claim_each(self, timers: Timers, later: float = 0.0, /) -> Sequence[datetime]:
        """Claim all slots that have come, of more than 10,000 the latest."""
        row = deque[datetime](maxlen=MOST_KEPT)
        self._claim_as_of(timers, later, row)
        return row

    def have_come(self, timers: Timers) -> Iterator[datetime]:
        """Return the slots that have come and are yet to be claimed."""
        return self._pending.have_come(timers.utc_now())

    def take_back(self, slot: datetime) -> bool:
        """Put a slot back if it was the one claimed last; return whether it was."""
        return self._pending.take_back(slot)

    def claimed(self, timers: Timers, /) -> Slot:
        """Return the slot that was claimed last."""
        claim = self._claim
        late = max(timers.utc_now() - claim.slot, timedelta())
        return Slot(claim.slot, late, claim.skipped, claim.first_skipped, timers.now())

    def late(self, timers: Timers, /) -> float | None:
        """Return how many seconds ago the next slot came."""
        now = timers.utc_now()
        slot = self._pending.pending(now)
        return None if slot is None else (now - slot).total_seconds()

    def next_due(self, timers: Timers, /) -> datetime | None:
        """Return when the next slot is due; the present when it has come already."""
        now = timers.utc_now()
        slot = self._pending.pending(now)
        return None if slot is None else max(slot, now)

    def last_due(self, timers: Timers, /) -> float | None:
        """Return when the last slot claimed was due, in seconds on the event loop's clock."""
        ran = self._pending.last_slot()
        if ran is None or self.interval_due is not None:
            return self.interval_due
        return timers.now() - (timers.utc_now() - ran).total_seconds()

    def ran(self) -> Sequence[Stretch]:
        """Return the slots that were run by the wall clock, of whichever schedules."""
        return self._pending.ran()

    def _claim_as_of(
        self, timers: Timers, later: float, row: deque[datetime] | None = None
    ) -> bool:
        now, claim = timers.utc_now(), None
        if not later:
            claim = self._pending.claim(now, row)
        else:
            # Of a moment before the run, it must not be asked: to it, the clock was set back.
            slot, as_of = self._pending.pending(now), now - timedelta(seconds=later)
            if slot is not None and slot <= as_of:
                claim = self._pending.claim(as_of, row)
        if claim is None:
            self._shown = now
            return False
        self._claim, self._margin, self.interval_due = claim, 0.0, None
        return True
