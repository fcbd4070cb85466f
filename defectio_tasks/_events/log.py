"""The log, which is the first observer of all loops."""

from __future__ import annotations

import logging
from math import log10
from typing import Final
from weakref import WeakKeyDictionary

from defectio_tasks._events.events import Ended, Event, Finished, Retrying, Skipped, Started
from defectio_tasks._events.logger import to_seconds, write
from defectio_tasks._events.printable import described

# Of each loop that was late: in which iteration, and how many in a row were.
_rows: Final = WeakKeyDictionary[object, tuple[int, int]]()


def observe(event: Event) -> None:
    """Log what a reader should know of an event."""
    match event:
        # Each iteration comes by here twice, so these are first. Failures are told when it's clear
        # that nobody handles them.
        case Started() | Finished():
            pass
        case Retrying(error=error, attempt=attempt, delay=delay, slot=slot):
            write(
                logging.WARNING,
                "loop %r: retrying in %.2f s after %s, attempt %d for the slot at %s",
                *(event.loop.name, delay.total_seconds(), described(error), attempt),
                to_seconds(slot),
            )
        case Skipped() if event.loop.ending is None:
            _log_skipped(event.loop.name, event)
        case Ended(ending=ending):
            write(logging.DEBUG, "loop %r has ended: %s", event.loop.name, ending)
        case Skipped():  # pragma: no branch -- there is no other event
            # A loop that has ended isn't late any more.
            pass


def observer_failed(observer: object, event: Event, error: BaseException) -> None:
    """Log what an observer raised."""
    kind = type(event).__name__
    write(logging.ERROR, "observer %r failed at %s", observer, kind, error=error)


def _log_skipped(name: str, event: Skipped) -> None:
    if event.reason in {"claimed", "unclaimed"}:
        slot = to_seconds(event.first)
        if event.reason == "claimed":
            # Which is what a ledger is for.
            write(logging.DEBUG, "loop %r: the slot at %s was claimed before", name, slot)
        else:
            write(logging.WARNING, "loop %r: the slot at %s could not be claimed", name, slot)
        return
    iteration = event.loop.current_loop
    last, row = _rows.get(event.loop, (-2, 0))
    row = row + 1 if iteration == last + 1 else 1
    _rows[event.loop] = iteration, row
    # Of a row of late iterations the 1st, 10th, 100th and so on.
    level = logging.WARNING if log10(row).is_integer() else logging.DEBUG
    slots = "1 slot" if event.count == 1 else f"{event.count} slots"
    cause = ": its iteration took too long" if event.reason == "busy" else ""
    more = f" ({row} times in a row)" if row > 1 else ""
    write(
        level,
        "loop %r is late: %s skipped from %s on%s%s",
        *(name, slots, to_seconds(event.first), cause, more),
    )
