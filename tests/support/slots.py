"""Slots of schedules that have always another one."""

from __future__ import annotations

from datetime import datetime

from defectio_tasks import Schedule


def slot_after(schedule: Schedule, moment: datetime) -> datetime:
    """Return the next slot, which must be there."""
    slot = schedule.next_after(moment)
    assert slot is not None
    return slot
