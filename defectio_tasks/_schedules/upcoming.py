"""The next slots of a schedule. Pure."""

from __future__ import annotations

from datetime import datetime

from defectio_tasks._schedules.schedule import Schedule, next_slot


def slots_after(schedule: Schedule, moment: datetime, n: int) -> list[datetime]:
    """Return the next slots of a schedule.

    Args:
        schedule: The schedule.
        moment: The moment after which they come, in UTC.
        n: How many are wanted.

    Returns:
        The slots in UTC, in order; fewer where the schedule ends, or datetime's range does.

    Raises:
        TypeError: The schedule answered with something that isn't a datetime.
        ValueError: It answered with a naive datetime, or one that isn't later.
    """
    slots: list[datetime] = []
    while len(slots) < n:
        try:
            slot = next_slot(schedule, slots[-1] if slots else moment)
        except OverflowError:
            break
        if slot is None:
            break
        slots.append(slot)
    return slots
