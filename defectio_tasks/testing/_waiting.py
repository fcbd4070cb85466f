"""What everything is waiting for, told when nothing can happen any more."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from types import CoroutineType, FrameType, GeneratorType
from typing import Final

from defectio_tasks._run.run import Run, Stage

# Frames of these are not what a reader looks for.
OWN: Final = (str(Path(asyncio.__file__).parent), str(Path(__file__).parents[1]))

# Loops are all told; of other tasks there may be thousands.
MOST_TASKS: Final = 20

DOING: Final = {
    Stage.STARTING: "about to start",
    Stage.PREPARING: "in `before_loop`",
    Stage.WAITING: "between two iterations",
    Stage.WORKING: "in its body, or between two attempts at it",
    Stage.FINISHING: "in `error` or `after_loop`",
    Stage.OVER: "over",
}


def describe_waiting(event_loop: asyncio.AbstractEventLoop) -> list[str]:
    """Return of each task of an event loop what it waits for.

    Args:
        event_loop: The event loop.

    Returns:
        A line for each: the loops of this package first, by name.
    """
    tasks = sorted(asyncio.all_tasks(event_loop), key=lambda task: task.get_name())
    loops = [line for task in tasks for line in _loop(task)]
    others = [f"  task {task.get_name()!r}{_place(task)}" for task in tasks if not _run_of(task)]
    left_out = f"  and {len(others) - MOST_TASKS} more tasks"
    return [*loops, *others[:MOST_TASKS], *[left_out] * (len(others) > MOST_TASKS)]


def _loop(task: asyncio.Task[object]) -> Iterator[str]:
    run = _run_of(task)
    if run is not None:
        upcoming = run.next_iteration()
        slot = "" if upcoming is None else f", next at {upcoming}"
        yield f"  loop {run.settings.name!r}: {DOING[run.stage]}{slot}{_place(task)}"


def _run_of(task: asyncio.Task[object]) -> Run | None:
    """Return which run a task is, if it is one: its coroutine has it for an argument."""
    frame = next(_frames(task), None)
    subject = None if frame is None else frame.f_locals.get("run")
    return subject if isinstance(subject, Run) else None


def _place(task: asyncio.Task[object]) -> str:
    """Return where a task waits: in the user's code, as deep as that goes."""
    users = [frame for frame in _frames(task) if not frame.f_code.co_filename.startswith(OWN)]
    if not users:
        return ""
    code = users[-1].f_code
    return f", at {code.co_filename}:{users[-1].f_lineno}, in {code.co_qualname}"


def _frames(task: asyncio.Task[object]) -> Iterator[FrameType]:
    """Walk from a task's coroutine down to what it awaits."""
    step: object = task.get_coro()
    while isinstance(step, CoroutineType) and step.cr_frame is not None:
        yield step.cr_frame
        step = step.cr_await
        if isinstance(step, GeneratorType) and step.gi_frame is not None:
            # `interruptible` sends a hook on; others' generators lead nowhere.
            step = step.gi_frame.f_locals.get("awaited")
