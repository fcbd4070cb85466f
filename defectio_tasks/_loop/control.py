"""``loops`` and ``shutdown``: what concerns all loops at once."""

# pyright: reportPrivateUsage=false
# It looks into loops, so that nobody else has to.

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable
from contextlib import suppress
from datetime import timedelta
from typing import Final

from defectio_tasks._loop.loop import Loop
from defectio_tasks._policy.durations import parse_duration
from defectio_tasks._run.overlap import run_at_work
from defectio_tasks._run.run import Run, started
from defectio_tasks._time.turn import one_turn

_waiting: Final = dict[asyncio.Task[object] | None, Collection[asyncio.Task[None]]]()
"""For which tasks a task waits in :func:`shutdown`."""


def loops() -> list[Loop[..., object]]:
    """Return the loops that run, from ``start`` until their task is done.

    They are those of all event loops and threads of the process. Where an event loop was closed,
    its loops don't run any more.

    Returns:
        A new list, in the order of the loops' names; where these are equal, of their starts.

    Example:
        >>> import asyncio
        >>> import defectio_tasks as tasks
        >>> @tasks.loop(minutes=5)
        ... async def fetch() -> None: ...
        >>> @tasks.loop(minutes=1)
        ... async def announce() -> None: ...
        >>> async def main() -> None:
        ...     fetch.start()
        ...     announce.start()
        ...     print([loop.name for loop in tasks.loops()])
        ...     fetch.stop()
        ...     await asyncio.sleep(1)
        ...     print([loop.name for loop in tasks.loops()])
        >>> asyncio.run(main())
        ['announce', 'fetch']
        ['announce']
    """
    # Copied, as other threads may start loops meanwhile, and what is collected goes.
    runs = [run for reference in list(started) if (run := reference()) is not None]
    running = [loop for run in runs if (loop := _loop_of(run)) is not None]
    return sorted(running, key=lambda loop: loop.name)


async def shutdown(
    *loops: Loop[..., object],
    timeout: float | timedelta | None = 10.0,  # noqa: ASYNC109 -- of the loops, not of this
) -> list[Loop[..., object]]:
    """Stop loops, wait for their ends, and cancel those that take too long.

    Each may finish the iteration at work, with its retries, and its ``after_loop``; see
    :meth:`Loop.stop`. What isn't over by then is cancelled, and waited for as long as it takes,
    cleaning up included. For a limit on that too, use ``asyncio.timeout``: where this is cancelled,
    the loops stay stopped.

    A restart that is pending, or asked for before a loop is over, is taken back. Loops that
    somebody starts meanwhile run on. A loop that calls this, in its body or a hook, is stopped and
    not waited for; nor is one that waits here for the caller. (It is told by its task: a body
    that awaits this in another task would wait for itself until the time is over.)

    Args:
        *loops: The loops to stop. Those that aren't running are fine; without any, all that run in
            this event loop.
        timeout: How long they may take, in seconds or as a ``timedelta``. With 0, only what ends at
            once isn't cancelled; with ``None`` they may take as long as they want.

    Returns:
        The loops that had to be cancelled. Nothing is raised of what loops raise, which is reported
        as ever.

    Raises:
        TypeError: Something isn't a loop, or the timeout is of a wrong kind; then nothing is
            stopped.
        ValueError: The timeout is negative or not finite; then nothing is stopped.
        RuntimeError: A loop runs in another event loop, where alone it can be waited for; then
            nothing is stopped.

    Example:
        >>> import asyncio
        >>> import defectio_tasks as tasks
        >>> @tasks.loop(minutes=5)
        ... async def save() -> None:
        ...     await asyncio.sleep(2)
        ...     print("saved")
        >>> @tasks.loop(minutes=5)
        ... async def hang() -> None:
        ...     await asyncio.sleep(3600)
        >>> async def main() -> None:
        ...     save.start()
        ...     hang.start()
        ...     await asyncio.sleep(1)
        ...     late = await tasks.shutdown(timeout=5)
        ...     print([loop.name for loop in late], [loop.ending for loop in (save, hang)])
        >>> asyncio.run(main())
        saved
        ['hang'] ['stopped', 'cancelled']
    """
    seconds = None if timeout is None else parse_duration(timeout, "timeout")
    _check(loops)
    told = dict[asyncio.Task[None], Loop[..., object]]()
    # Of a loop with several bodies, it's the run that waits for the body that waits here.
    run = run_at_work()
    caller = asyncio.current_task() if run is None else run.task

    def tell(loops: Iterable[Loop[..., object]]) -> None:
        for loop in loops:
            task = loop.get_task()
            loop.stop()
            if task is not None and not _waits_for(task, caller):
                told[task] = loop
                task.add_done_callback(take_restart_back)

    def take_restart_back(task: asyncio.Task[None]) -> None:
        told[task]._forget_restart()

    _waiting[caller] = told
    try:
        tell(loops or _loops_here())
        await one_turn()
        if not loops:
            # A loop whose restart was about to begin did not run, and was not among them.
            tell(_loops_here())
        # Without a body at work, two turns are all that an end takes.
        await one_turn()
        await _wait(told, seconds)
        late = {task: loop for task, loop in told.items() if not task.done()}
        for loop in late.values():
            loop.cancel()
        await _wait(late, None)
    finally:
        _waiting.pop(caller, None)
        for task in told:
            task.remove_done_callback(take_restart_back)
    return list(late.values())


def _loop_of(run: Run) -> Loop[..., object] | None:
    """Return the loop of a run, unless that is over."""
    # A run that is over has no loop, and another thread may end it meanwhile.
    with suppress(AttributeError):
        loop = run.loop
        if loop._current_run() is run:
            return loop
    return None


def _loops_here() -> list[Loop[..., object]]:
    event_loop = asyncio.get_running_loop()
    return [
        loop
        for loop in loops()
        if (task := loop.get_task()) is not None and task.get_loop() is event_loop
    ]


def _waits_for(task: asyncio.Task[None], caller: asyncio.Task[object] | None) -> bool:
    """Return whether a task is the caller, or waits for it here, if only by way of others."""
    return task is caller or any(_waits_for(other, caller) for other in _waiting.get(task, ()))


def _check(loops: tuple[object, ...]) -> None:
    """Check that all are loops, and that this event loop is the one in which they run."""
    event_loop = asyncio.get_running_loop()
    for index, loop in enumerate(loops):
        if not isinstance(loop, Loop):
            message = f"`loops[{index}]` must be a Loop, got {loop!r}"
            if isinstance(loop, Iterable):
                message += " (write `shutdown(*loops)`)"
            raise TypeError(message)
        task = loop.get_task()
        if task is not None and task.get_loop() is not event_loop:
            message = (
                f"`loops[{index}]` must run in the event loop that waits for it, got loop "
                f"{loop.name!r} of another one (stop it by that one's `call_soon_threadsafe`)"
            )
            raise RuntimeError(message)


async def _wait(tasks: Iterable[asyncio.Task[None]], seconds: float | None) -> None:
    pending = [task for task in tasks if not task.done()]
    if pending:
        await asyncio.wait(pending, timeout=seconds)
