"""The slots of an interval loop: an even grid on the event loop's clock (contract I1, I2). Pure."""

from __future__ import annotations

from typing import Final

# Beyond this many slots, the quotient of two floats may be off by more than one slot.
_COUNTABLE: Final = 2.0**52


class Grid:
    """Slots at ``origin + k * interval``, and the last of them that was taken.

    Each slot is calculated from the origin, never from the slot before, so errors don't add up.
    """

    __slots__ = ("_index", "_interval", "_origin")

    def __init__(self, origin: float, interval: float, taken: int = 0) -> None:
        """Begin a grid, with slot 0 taken.

        Args:
            origin: When slot 0 is due, in seconds on the event loop's clock.
            interval: The seconds between two slots; more than 0.
            taken: -1 to begin with no slot taken.
        """
        self._origin = origin
        self._interval = interval
        self._index = taken

    def last_slot(self) -> float | None:
        """Tell when the last slot taken was due, if one was."""
        return None if self._index < 0 else self._origin + self._index * self._interval

    def next_slot(self) -> float:
        """Tell when the next slot is due."""
        return self._origin + (self._index + 1) * self._interval

    def take(self, now: float) -> int:
        """Take the next slot, or the latest one that has come when several have (contract I2).

        Args:
            now: The moment of the wake-up, in seconds on the event loop's clock.

        Returns:
            How many slots were skipped.
        """
        taken = self._index + 1
        if taken == 0:
            # The first is where it's taken, and the others follow from there.
            self._origin, self._index = now, 0
            return 0
        if now < self._origin + (taken + 1) * self._interval:
            # On time, as nearly always.
            self._index = taken
            return 0
        elapsed = (now - self._origin) / self._interval
        if elapsed >= _COUNTABLE:
            # Such an interval is far below what the clock resolves: begin anew from here.
            skipped = int(min(elapsed, _COUNTABLE)) - taken
            self._origin, self._index = now, 0
            return max(skipped, 0)
        latest = int(elapsed)
        # The quotient is rounded: the slots themselves settle which one is the latest.
        if self._origin + (latest + 1) * self._interval <= now:
            latest += 1
        elif self._origin + latest * self._interval > now:
            latest -= 1
        self._index = max(latest, taken)
        return self._index - taken

    def forgive(self, now: float) -> None:
        """Leave only the latest of the slots that have come, as if the others had never been.

        A changed interval can put slots into the past; nobody missed those.

        Args:
            now: The present, in seconds on the event loop's clock.
        """
        if self.next_slot() <= now:
            self.take(now)
            self._index -= 1
