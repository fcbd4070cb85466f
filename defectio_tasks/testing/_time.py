"""Virtual time itself: monotonic time, and a wall clock in step with it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta


class Time:
    """Two clocks; somebody else says when they move, and may follow them."""

    def __init__(self, start: datetime) -> None:
        """Begin.

        Args:
            start: What the wall clock shows at first: aware, in UTC.
        """
        self.monotonic: float = 0.0
        """The seconds that have passed."""
        self._origin = start
        self.times_set: int = 0
        """How often somebody has set the wall clock."""
        self.followers: list[Callable[[datetime], object]] = []
        """Each is told what the wall clock shows, whenever that changes."""

    def now(self) -> datetime:
        """Return what the wall clock shows, in UTC, to the microsecond."""
        return self._origin + timedelta(seconds=self.monotonic)

    def leap(self, seconds: float) -> None:
        """Advance the time.

        Raises:
            OverflowError: It would end after the year 9999; then none passes.
        """
        after = self.monotonic + seconds
        now = self._origin + timedelta(seconds=after)
        self.monotonic = after
        self._tell(now)

    def set(self, moment: datetime) -> None:
        """Set the wall clock; monotonic time doesn't change."""
        self._origin += moment - self.now()
        self.times_set += 1
        self._tell(moment)

    def _tell(self, now: datetime) -> None:
        for follow in self.followers:
            follow(now)
