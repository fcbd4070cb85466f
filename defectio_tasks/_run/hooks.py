"""How a run calls its hooks, and which of several exceptions ends it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Final, TypeGuard

from defectio_tasks._events import failures
from defectio_tasks._run.at_work import AtWork
from defectio_tasks._run.cancellation import is_at_work
from defectio_tasks._run.interruptible import interruptible
from defectio_tasks._run.run import Run
from defectio_tasks._run.settings import Hook, HookName

# What is nobody's failure, and nobody's to keep.
PASSING: Final = (KeyboardInterrupt, SystemExit)
ENDINGS: Final = (asyncio.CancelledError, *PASSING)


def is_failure(end: BaseException | None) -> TypeGuard[BaseException]:
    """Return whether it was a failure that ended the iterations."""
    return end is not None and not isinstance(end, ENDINGS)


def foreign_cancellation(name: str) -> RuntimeError:
    """Return the failure of something that awaited what was cancelled.

    As a cancellation it would end the loop in silence.
    """
    return RuntimeError(f"loop {name!r} awaited something that was cancelled")


async def prepare(run: Run, hook: Hook) -> None:
    """Call ``before_loop``, which ``stop`` may interrupt."""
    known = run.task.cancelling()
    try:
        called = hook.call(run.args, bound=run.bound)
        await _finished(
            run, interruptible(called, lambda: run.cancellations().is_interruption(known))
        )
        await run.cancellations().let_cancellation_arrive()
    finally:
        run.cancellations().end_interruption()


async def report(worker: AtWork, error: BaseException) -> None:
    """Call ``error`` on a failed iteration after which the loop goes on.

    Raises:
        asyncio.CancelledError: The hook was broken off.
        KeyboardInterrupt: It came in the hook.
        SystemExit: The hook raised it.
    """
    hook, name = worker.settings.error, worker.settings.name
    if hook is None or not isinstance(error, Exception):
        failures.print_failure(name, error)
        return
    _report_late(name, error, await _attempt(worker, hook, error))


def _report_late(name: str, error: Exception, late: BaseException | None) -> None:
    if isinstance(late, ENDINGS):
        # The hook was broken off, and with it whatever it had to tell.
        failures.print_failure(name, error)
        raise late
    if late is not None:
        failures.print_hook_failure(name, "error", late, error)


async def finish(run: Run, end: BaseException | None) -> BaseException | None:
    """Call ``error`` on a failure, and ``after_loop``.

    Args:
        run: The run, whose ``ending`` is known.
        end: What ended the iterations, if it was an exception.

    Returns:
        With which exception the task ends, if any.
    """
    await run.cancellations().let_cancellation_arrive()
    if is_failure(end):
        end = await _fail(run, end)
        await run.cancellations().let_cancellation_arrive()
    if run.is_cancelled() and run.ending != "failed":
        # That has arrived only now.
        run.ending = "cancelled"
    late = await _attempt(run, run.settings.after_loop)
    return _weigh(run, end, late, "after_loop")


async def _fail(run: Run, error: BaseException) -> BaseException | None:
    # The hook is told of an `Exception`, as its type says; of others there are hardly any.
    if run.settings.error is None or not isinstance(error, Exception):
        failures.print_failure(run.settings.name, error)
        return error
    late = await _attempt(run, run.settings.error, error)
    return _weigh(run, error, late, "error")


async def _attempt(worker: AtWork, hook: Hook | None, *error: Exception) -> BaseException | None:
    """Call a hook, if there is one, and return the exception with which it ended, if any."""
    try:
        if hook is not None:
            await _finished(worker, hook.call(worker.args, *error, bound=worker.bound))
    except BaseException as late:
        if isinstance(late, GeneratorExit) and not is_at_work(worker):
            # The event loop is gone, as in `live`.
            worker.abandon()
            raise
        return late
    return None


async def _finished(worker: AtWork, called: Awaitable[object]) -> None:
    """Await a hook, and judge a cancellation with which it ends."""
    known = worker.task.cancelling()
    try:
        await called
    except asyncio.CancelledError as cancelled:
        # `stop` interrupts `before_loop` by such an error, and all it wants is to go on.
        if worker.cancellations().is_interruption(known):
            return
        if worker.cancellations().was_ours(known):
            raise
        raise foreign_cancellation(worker.settings.name) from cancelled


def _weigh(
    run: Run, first: BaseException | None, late: BaseException | None, hook: HookName
) -> BaseException | None:
    """Return which of two exceptions ends the task, the first or the one of a hook after it."""
    if late is None:
        return first
    if isinstance(late, ENDINGS):
        if first is not None and hook == "error":
            # The hook was broken off, and with it whatever it had to tell.
            failures.print_failure(run.settings.name, first)
        return late if isinstance(late, PASSING) else first
    failures.print_hook_failure(run.settings.name, hook, late, first)
    if first is not None:
        return first
    run.ending = "failed"
    return late
