"""What observers were told, in short words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import assert_never

import defectio_tasks as tasks
from support.virtual_time import START


def describe(event: tasks.Event) -> str:
    """Return one event: moments in seconds since the test's start, durations in seconds."""
    match event:
        case tasks.Started(slot=slot, late=late):
            return f"started {_since(slot)}+{late.total_seconds():g}"
        case tasks.Retrying(slot=slot, error=error, attempt=attempt):
            return f"retrying {_since(slot)} {type(error).__name__} {attempt}"
        case tasks.Finished(slot=slot, took=took, error=None):
            return f"finished {_since(slot)} in {took.total_seconds():g}"
        case tasks.Finished(slot=slot, error=error):
            return f"finished {_since(slot)} {type(error).__name__}"
        case tasks.Skipped(first=first, count=count, reason=reason):
            return f"skipped {count} from {_since(first)} {reason}"
        case tasks.Ended(ending=ending):
            return f"ended {ending}"
        case _:
            assert_never(event)


@contextmanager
def watching(loop: tasks.Loop[..., object]) -> Iterator[list[str]]:
    """Gather what is told of one loop."""
    told: list[str] = []

    def watch(event: tasks.Event) -> None:
        if event.loop is loop:
            told.append(describe(event))

    unobserve = tasks.observe(watch)
    try:
        yield told
    finally:
        unobserve()


def _since(moment: datetime) -> str:
    return f"{(moment - START).total_seconds():g}"
