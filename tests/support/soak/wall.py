"""Where the wall clock was and when, and how often it came to a slot by that.

The ledgers count slots as they come. Here they are counted once more at the end, in another way.
"""

from __future__ import annotations

import math
from typing import Final

from defectio_tasks.testing import VirtualClock
from support.soak.moments import DAY, microseconds_in, reading
from support.soak.timings import ByClock

MOST_ASTRAY: Final = 3 * DAY
"""How far the wall clock may be from where it would be if nobody had set it."""


class WallClock:
    """Sets the wall clock, and remembers it."""

    def __init__(self, clock: VirtualClock) -> None:
        """Take the clock, of which no time has passed."""
        self._clock = clock
        self._begin = reading(clock.now())
        self._astray = 0.0
        # When it was set, and what it showed before and after.
        self._jumps: list[tuple[float, int, int]] = []

    def would_be_astray(self, seconds: float) -> bool:
        """Tell whether a shift would leave it too far from where it would be by itself."""
        return abs(self._astray + seconds) > MOST_ASTRAY

    def shift(self, seconds: float) -> None:
        """Set it forward, or with less than 0 back."""
        self._astray += seconds
        before = reading(self._clock.now())
        self._clock.shift(seconds=seconds)
        self._jumps.append((self._clock.elapsed, before, reading(self._clock.now())))

    def count(self, timing: ByClock, begin: float, end: float) -> int:
        """Count how often it came to a slot between two moments on the event loop's clock."""
        count, shown, since = 0, self._begin, 0.0
        for moment, before, after in [*self._jumps, (math.inf, 0, 0)]:
            # First the wall clock just goes on, then it is set: forward it comes to slots as well.
            low, high = max(since, begin), min(moment, end)
            if low < high:
                first, last = shown + microseconds_in(low), shown + microseconds_in(high)
                count += len(timing.between(first, last))
            if begin <= moment < end:
                count += len(timing.between(before, after))
            # What it would have shown at first, to show what it shows now.
            since, shown = moment, shown + after - before
        return count
