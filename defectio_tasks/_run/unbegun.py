"""Runs that never begin, since nobody runs their event loop: told, as nothing else would tell.

``tick.start(); asyncio.run(main())`` is how it comes about: ``asyncio.run`` has an event loop of
its own.
"""

from __future__ import annotations

import inspect
import logging
import threading
import weakref
from collections.abc import Coroutine
from types import CoroutineType
from typing import Any, Final, TypeAlias

from defectio_tasks._events.logger import write
from defectio_tasks._run.run import STARTING, Run

# In seconds. Those that are started within the second of each other are looked at together.
PATIENCE: Final = 10.0
TOGETHER: Final = 0.5

Life: TypeAlias = Coroutine[Any, Any, None]

_watched: list[tuple[float, list[weakref.ref[Life]]]] = []


def watch(life: Life, now: float) -> None:
    """Look at a run in ten seconds, from a thread: its event loop may never run.

    Args:
        life: The run's coroutine, which has the run for an argument.
        now: The present, on a clock of which only differences matter, in seconds.
    """
    if not _watched or now - _watched[-1][0] > TOGETHER:
        lives = list[weakref.ref[Life]]()
        _watched[:] = [(now, lives)]
        timer = threading.Timer(PATIENCE, look, [lives])
        timer.daemon = True
        timer.start()
    _watched[-1][1].append(weakref.ref(life))


def look(lives: list[weakref.ref[Life]]) -> None:
    """Report of the runs that have not begun."""
    for reference in lives:
        life = reference()
        if isinstance(life, CoroutineType):
            run = inspect.getcoroutinelocals(life).get("run")
            if isinstance(run, Run) and run.stage is STARTING:
                tell_unbegun(run, "was closed" if run.timers.is_closed() else "isn't running")


def tell_unbegun(run: Run, why: str) -> None:
    """Report that a run will not begin, and what to do."""
    write(
        logging.WARNING,
        "loop %r was started and has not begun: its event loop %s; start it in a coroutine of the "
        "event loop that runs, or pass that as `loop=`",
        *(run.settings.name, why),
    )
