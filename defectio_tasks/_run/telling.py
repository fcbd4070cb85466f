"""What is told of iterations and runs, as events; but for skips, only where somebody looks.

Events are imported here, and not at the top: their classes take a third of the package's import.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING

from defectio_tasks._events.observers import observers
from defectio_tasks._run.run import Run
from defectio_tasks._slots.slot import Slot, Slots

if TYPE_CHECKING:
    from defectio_tasks._events.events import Reason


def tell_skipped(run: Run, slots: Slots) -> bool:
    """Report which slots were skipped for the one that was claimed.

    Returns:
        Whether the one that was claimed is still to be run: an observer, or a handler of the log,
        may have stopped the loop.
    """
    slot = slots.claimed(run.timers)
    _tell_skipped(run, slot, slot.skipped)
    if slots is run.slots:
        return True
    _tell_skipped(run, slot._replace(first_skipped=slot.due), 1)
    return False


def tell_started(run: Run, slots: Slots) -> Slot:
    """Report that an iteration begins, and return its slot."""
    from defectio_tasks._events.events import Started
    from defectio_tasks._events.telling import tell

    slot = slots.claimed(run.timers)
    tell(Started(run.loop, slot.due, slot.late))
    return slot


def tell_retrying(run: Run, slot: Slot, error: BaseException, attempt: int, delay: float) -> None:
    """Report that an attempt failed, and in how many seconds there will be another."""
    from defectio_tasks._events.events import Retrying
    from defectio_tasks._events.telling import tell

    tell(Retrying(run.loop, slot.due, error, attempt, timedelta(seconds=delay)))


def tell_finished(run: Run, slots: Slots, slot: Slot, error: BaseException | None) -> None:
    """Report that an iteration is over, and how."""
    from defectio_tasks._events.events import Finished
    from defectio_tasks._events.telling import tell

    # A schedule of the user's own may fail; it will once more, where it counts.
    with suppress(Exception):
        run.was_busy = run.upcoming(slots).has_come(run.timers)
    took = timedelta(seconds=run.timers.now() - slot.begun)
    tell(Finished(run.loop, slot.due, took, error))


def tell_ended(run: Run, slots: Slots, end: BaseException | None) -> None:
    """Report which slots have come and get no iteration any more, and that the run is over."""
    from defectio_tasks._events.events import Ended
    from defectio_tasks._events.telling import tell

    if observers:
        slots = run.upcoming(slots)
        with suppress(Exception):
            if slots.has_come(run.timers) and slots.claim(run.timers):
                slot = slots.claimed(run.timers)
                _tell_skipped(run, slot, slot.skipped + 1)
    ending = run.ending or "completed"
    tell(Ended(run.loop, ending, end if ending == "failed" else None))


def _tell_skipped(run: Run, slot: Slot, count: int) -> None:
    from defectio_tasks._events.events import Skipped
    from defectio_tasks._events.telling import tell

    reason: Reason = "busy" if run.was_busy else "late"
    run.was_busy = False
    tell(Skipped(run.loop, slot.first_skipped, count, reason))
