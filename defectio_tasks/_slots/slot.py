"""A slot that was claimed, and what every kind of slots can do."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from defectio_tasks._slots.pending import Stretch
from defectio_tasks._time.timers import Timers


class Slot(NamedTuple):
    """A slot that a run has claimed; it is made only where somebody looks."""

    due: datetime
    """When it was due, in UTC; of an interval, by what the wall clock shows now."""
    late: timedelta
    """How long after that it was claimed."""
    skipped: int
    """How many slots before it were skipped for it."""
    first_skipped: datetime
    """The first of them, in UTC; the slot itself, when there are none."""
    begun: float
    """When it was claimed, in seconds on the event loop's clock."""


class Slots(Protocol):
    """The slots of one run: it waits for the next, claims it, and waits again."""

    @property
    def skipped(self) -> int:
        """How many slots were skipped for the last one claimed."""
        ...

    def wait(self, timers: Timers, later: float = 0.0, /) -> Awaitable[None] | None:
        """Return what to await, at most, before the next slot is claimed.

        Args:
            timers: The clocks and timers of the run's event loop.
            later: How many seconds after its slot the iteration is to begin.

        Returns:
            It is done when it is to begin, or earlier; ``None`` when there is no further slot.
        """
        ...

    def claim(self, timers: Timers, later: float = 0.0, /) -> bool:
        """Claim the slot that has come, or the latest when several have; skip the others.

        Args:
            timers: As above.
            later: Only what came before so many seconds counts.

        Returns:
            Whether one has come.
        """
        ...

    def claim_each(self, timers: Timers, later: float = 0.0, /) -> Sequence[datetime]:
        """Claim all slots that have come, of more than 10,000 the latest, each for an iteration.

        Returns:
            The slots in UTC, in order; the last of them is the one that counts as claimed last, and
            more than the others may have been ``skipped`` for it.
        """
        ...

    def claimed(self, timers: Timers, /) -> Slot:
        """Return the slot that was claimed last."""
        ...

    def late(self, timers: Timers, /) -> float | None:
        """Return how many seconds ago the next slot came; less than 0 until it comes.

        Returns:
            ``None`` when there is no further slot, or none that could be late.
        """
        ...

    def next_due(self, timers: Timers, /) -> datetime | None:
        """Return when the next slot is due, in UTC; the present when it has come already."""
        ...

    def last_due(self, timers: Timers, /) -> float | None:
        """Return when the last slot claimed was due, in seconds on the event loop's clock."""
        ...

    def ran(self) -> Sequence[Stretch]:
        """Return the slots of schedules that were run, which no other schedule runs again."""
        ...
