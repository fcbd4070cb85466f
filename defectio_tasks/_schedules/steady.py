"""A time in which a schedule is the same each day. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, time
from typing import Final, NamedTuple

MANY: Final = 4096
"""More slots than these aren't listed at once: it would take the event loop milliseconds."""


class Steady(NamedTuple):
    """A time in which no zone changes its offset, and the slots are the same each day."""

    start: datetime
    """From this moment on, in UTC."""
    until: datetime
    """Before this moment, in UTC."""
    seconds: Sequence[int]
    """The slots of a day in UTC, as seconds of the day, in order."""
    times: Sequence[time]
    """The same, as times."""


NEVER_STEADY: Final = Steady(
    datetime.max.replace(tzinfo=UTC), datetime.min.replace(tzinfo=UTC), (), ()
)
"""Where nothing is known."""
