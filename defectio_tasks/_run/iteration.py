"""What is told of iterations and runs; but for skips, only where somebody observes."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

from defectio_tasks._events.events import Ended, Finished, Reason, Skipped, Started
from defectio_tasks._events.observers import is_heard, observers, tell
from defectio_tasks._run.run import Run
from defectio_tasks._slots.slot import Slot, Slots


def tell_skipped(run: Run, slots: Slots) -> bool:
    """Return which slots were skipped for the one that was claimed.

    Returns:
        Whether the one that was claimed is still to be run: an observer, or a handler of the log,
        may have stopped the loop.
    """
    slot = slots.claimed(run.timers)
    _tell_skipped(run, slot, slot.skipped)
    if slots is run.slots:
        return True
    tell(Skipped(run.loop, slot.due, 1, "late"))
    return False


def tell_started(run: Run, slots: Slots) -> Slot:
    """Return that an iteration begins, and return its slot."""
    slot = slots.claimed(run.timers)
    tell(Started(run.loop, slot.due, slot.late))
    return slot


def tell_finished(run: Run, slots: Slots, slot: Slot, error: BaseException | None) -> None:
    """Return that an iteration is over."""
    # A schedule of the user's own may fail; it will once more, where it counts.
    with suppress(Exception):
        run.was_busy = run.upcoming(slots).has_come(run.timers)
    took = timedelta(seconds=run.timers.now() - slot.begun)
    tell(Finished(run.loop, slot.due, took, error))


def tell_ended(run: Run, slots: Slots, end: BaseException | None) -> None:
    """Return which slots have come and will get no iteration, and that the run is over."""
    if observers:
        slots = run.upcoming(slots)
        with suppress(Exception):
            if slots.has_come(run.timers) and slots.claim(run.timers):
                slot = slots.claimed(run.timers)
                _tell_skipped(run, slot, slot.skipped + 1)
    if run.ending is not None and is_heard():
        tell(Ended(run.loop, run.ending, end if run.ending == "failed" else None))


def _tell_skipped(run: Run, slot: Slot, count: int) -> None:
    reason: Reason = "busy" if run.was_busy else "late"
    run.was_busy = False
    tell(Skipped(run.loop, slot.first_skipped, count, reason))
