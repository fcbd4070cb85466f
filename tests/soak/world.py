"""The world of a soak: how much there is of all, its clocks, and who is told what goes wrong."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from defectio_tasks.testing import VirtualClock

DAY: Final = 86_400.0
# The wall clock is read in microseconds, and a timer that was a little early sleeps again.
TOLERANCE: Final = 2e-5
UNNOTICED: Final = 60.0
"""For how many seconds a loop that is asleep may not know that the wall clock was set (L7)."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


def reading(moment: datetime) -> int:
    """Write a moment as a reading of the wall clock."""
    return (moment - _EPOCH) // _MICROSECOND


def moment_of(slot: int) -> datetime:
    """Tell, in UTC, which moment a reading is."""
    return _EPOCH + slot * _MICROSECOND


def microseconds_in(seconds: float) -> int:
    """Round a duration as the wall clock does."""
    return timedelta(seconds=seconds) // _MICROSECOND


def seconds_in(microseconds: float) -> float:
    """Tell the duration between two readings."""
    return microseconds / 1e6


IS_LONG: Final = os.environ.get("SOAK") == "long"
"""Whether the tests have more time than in the normal command."""
SEED: Final = int(os.environ.get("SOAK_SEED", "0"))


@dataclass(frozen=True, slots=True)
class Size:
    """How much there is to a soak; times are in seconds."""

    loops: int
    days: int
    shortest: float
    """The shortest interval."""
    stay: float
    """How long a loop is left alone while it is running, in the mean."""
    pause: float
    """How long it stays ended before it is started again, in the mean."""
    between_jumps: float
    between_blocks: float


SHORT: Final = Size(
    loops=21,
    days=14,
    shortest=900,
    stay=0.04 * DAY,
    pause=0.8 * DAY,
    between_jumps=0.1 * DAY,
    between_blocks=0.7 * DAY,
)
LONG: Final = Size(
    loops=200,
    days=730,
    shortest=300,
    stay=1.5 * DAY,
    pause=0.1 * DAY,
    between_jumps=0.4 * DAY,
    between_blocks=1.5 * DAY,
)

ZONES: Final = (
    *("Europe/London", "Europe/Berlin", "America/New_York", "America/Chicago", "America/St_Johns"),
    *("America/Sao_Paulo", "America/Havana", "America/Santiago", "Pacific/Easter", "Asia/Tokyo"),
    *("Asia/Kolkata", "Asia/Kathmandu", "Australia/Lord_Howe", "Australia/Sydney"),
    *("Pacific/Auckland", "Pacific/Chatham", "Pacific/Apia", "Africa/Casablanca", "Asia/Beirut"),
    "Antarctica/Troll",
)
"""Gaps and folds of 30 minutes, of 1 hour and 2, at midnight, none; a day that was left out."""
BEGINS: Final = (
    *(datetime(2026, 3, 25, tzinfo=UTC), datetime(2026, 10, 20, tzinfo=UTC)),
    *(datetime(2025, 3, 1, tzinfo=UTC), datetime(2026, 9, 25, tzinfo=UTC)),
    *(datetime(2011, 12, 20, tzinfo=UTC), datetime(2012, 3, 24, tzinfo=UTC)),
)
"""In the two weeks after each of these, clocks change in several of the zones."""


class Complaints:
    """What was found wrong in one soak."""

    def __init__(self, seed: int, clock: VirtualClock) -> None:
        """Begin without any."""
        self._seed, self._clock = seed, clock
        self._messages: list[str] = []

    def add(self, message: str) -> None:
        """Leave word."""
        self._messages.append(message)

    def raise_any(self) -> None:
        """Fail if somebody has left word; with the first few, which led to the others.

        Raises:
            AssertionError: Somebody has.
        """
        if self._messages:
            first = "\n".join(self._messages[:3])
            message = f"seed {self._seed}: {len(self._messages)} complaints\n{first}"
            raise AssertionError(message)

    def check(self, holds: bool, otherwise: str) -> None:
        """Fail unless something holds; but what was found before is told before.

        Raises:
            AssertionError: It doesn't hold.
        """
        if not holds:
            self.raise_any()
            message = f"seed {self._seed}, after {self._clock.elapsed} s: {otherwise}"
            raise AssertionError(message)
