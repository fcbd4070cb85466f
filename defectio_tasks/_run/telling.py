"""What is told of iterations and runs, as events; but for skips, only where somebody looks.

Events are imported here, and not at the top: their classes take a third of the package's import.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from defectio_tasks._events.observers import observers
from defectio_tasks._run.run import Run
from defectio_tasks._slots.judged import JudgedSlots, RunSlots, plain
from defectio_tasks._slots.slot import Slot

if TYPE_CHECKING:
    from defectio_tasks._events.events import Reason


def tell_skipped(run: Run, slots: RunSlots) -> bool:
    """Report which slots were skipped for the one that was claimed.

    Returns:
        Whether the one that was claimed is still to be run: an observer, or a handler of the log,
        may have stopped the loop.
    """
    slot = slots.claimed(run.timers)
    report_skipped(run, slot.first_skipped, slot.skipped)
    if slots is run.slots:
        return True
    report_skipped(run, slot.due, 1)
    return False


def report_skipped(run: Run, first: datetime, count: int, reason: Reason | None = None) -> bool:
    """Report that slots in a row were skipped.

    Args:
        run: The run.
        first: The first of them, in UTC.
        count: How many there are.
        reason: Why; if not given, it is why the next slots are missed that are.

    Returns:
        Whether the run still waits for the slots for which it did: an observer may have stopped it.
    """
    from defectio_tasks._events.events import Skipped
    from defectio_tasks._events.telling import tell

    slots = run.slots
    if reason is None:
        reason, run.missed_by = run.missed_by, "late"
    tell(Skipped(run.loop, first, count, reason))
    return slots is run.slots


def tell_started(run: Run, slot: Slot) -> None:
    """Report that the iteration of a slot begins."""
    from defectio_tasks._events.events import Started
    from defectio_tasks._events.telling import tell

    tell(Started(run.loop, slot.due, slot.late))


def tell_retrying(run: Run, slot: Slot, error: BaseException, attempt: int, delay: float) -> None:
    """Report that an attempt failed, and in how many seconds there will be another."""
    from defectio_tasks._events.events import Retrying
    from defectio_tasks._events.telling import tell

    tell(Retrying(run.loop, slot.due, error, attempt, timedelta(seconds=delay)))


def tell_finished(run: Run, slot: Slot, error: BaseException | None) -> None:
    """Report that an iteration is over, and how."""
    from defectio_tasks._events.events import Finished
    from defectio_tasks._events.telling import tell

    took = timedelta(seconds=run.timers.now() - slot.begun)
    see_if_busy(run)
    tell(Finished(run.loop, slot.due, took, error))


def see_if_busy(run: Run) -> None:
    """Take down whether a slot has come while the run was at work."""
    if run.missed_by == "paused":
        return
    # A schedule of the user's own may fail; it will once more, where it counts.
    with suppress(Exception):
        late = run.upcoming().late(run.timers)
        run.missed_by = "late" if late is None or late < 0 else "busy"


def tell_ended(run: Run, failure: BaseException | None) -> None:
    """Report which slots have come and get no iteration any more, and that the run is over."""
    from defectio_tasks._events.events import Ended
    from defectio_tasks._events.telling import tell

    if observers:
        with suppress(Exception):
            _tell_left(run, run.upcoming())
    ending = run.ending or "completed"
    tell(Ended(run.loop, ending, failure if ending == "failed" else None))


def _tell_left(run: Run, slots: RunSlots) -> None:
    """Report which slots have come, and get no iteration any more."""
    backlog = list(slots.judge.backlog) if isinstance(slots, JudgedSlots) else []
    slots, first, count = plain(slots), backlog[0] if backlog else None, len(backlog)
    late = slots.late(run.timers)
    if late is not None and late >= 0 and slots.claim(run.timers):
        slot = slots.claimed(run.timers)
        first, count = first or slot.first_skipped, count + slot.skipped + 1
    if first is not None:
        report_skipped(run, first, count)
