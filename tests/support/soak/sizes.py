"""How much there is to a soak, and what it begins with: its size, its seed, where and when it is.

``SOAK=long`` asks for the long one, ``SOAK_SEED=7`` for other things to happen.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from support.soak.moments import DAY

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
