"""Tasks whose coroutine is under way before anybody can cancel them."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, Final

# Python 3.12 has the second.
KNOWN_FACTORIES: Final = (None, getattr(asyncio, "eager_task_factory", None))


def begin_task(
    life: Coroutine[Any, Any, None], event_loop: asyncio.AbstractEventLoop, name: str
) -> asyncio.Task[None]:
    """Make a task of a coroutine that begins with a turn of the event loop.

    It is begun up to that turn, which lies within all its handlers: a coroutine that is cancelled
    before it began never runs at all, and with it nothing of what must follow. But others' task
    factories may wrap it in a coroutine of their own, and that must be the first.
    """
    if event_loop.get_task_factory() in KNOWN_FACTORIES:
        life.send(None)
    return event_loop.create_task(life, name=name)


def mark_retrieved(task: asyncio.Task[object]) -> None:
    """Keep asyncio from reporting the exception of a task, which is done: others do, or have."""
    if not task.cancelled():
        task.exception()
