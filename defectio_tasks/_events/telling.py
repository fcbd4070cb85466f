"""Who is told of an event: the log first, then everybody who observes."""

from __future__ import annotations

from defectio_tasks._events import log
from defectio_tasks._events.events import Event
from defectio_tasks._events.observers import observers


def tell(event: Event) -> None:
    """Return the log and all observers of an event; what they raise isn't felt."""
    log.observe(event)
    # One of them may take itself back, or another.
    for observer in tuple(observers.values()):
        try:
            observer(event)
        except Exception as error:  # noqa: BLE001 -- whatever it is, it's no business of the loop
            log.observer_failed(observer, event, error)
