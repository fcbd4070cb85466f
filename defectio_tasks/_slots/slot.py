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

    def wait(self, timers: Timers, /) -> Awaitable[None] | None:
        """Return what to await, at most, before the next slot is claimed.

        Returns:
            It is done when the slot has come, or earlier; ``None`` when there is no further slot.
        """
        ...

    def claim(self, timers: Timers, /) -> bool:
        """Claim the slot that has come, or the latest when several have; skip the others.

        Returns:
            Whether one has come.
        """
        ...

    def claimed(self, timers: Timers, /) -> Slot:
        """Return the slot that was claimed last."""
        ...

    def has_come(self, timers: Timers, /) -> bool:
        """Return whether the next slot has come, so that it can only be late."""
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
