"""Who is told of an event: the log first, then everybody who observes."""

from __future__ import annotations

from defectio_tasks._events import log
from defectio_tasks._events.events import Event
from defectio_tasks._events.observers import observers


def tell(event: Event) -> None:
    """Call the log and all observers with an event; what they raise isn't felt."""
    # One of them may take itself back, or another.
    for observer in (log.observe, *observers.values()):
        try:
            observer(event)
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:  # noqa: BLE001 -- it's no business of the loop, nor its end
            log.observer_failed(observer, event, error)
