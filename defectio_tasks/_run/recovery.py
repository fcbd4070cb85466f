"""What follows an exception of the body: another attempt, or a failed iteration; or the end."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Coroutine
from logging import WARNING
from typing import Any, Final, TypeAlias

from defectio_tasks._events.observers import is_heard
from defectio_tasks._policy.backoff import delay_before
from defectio_tasks._policy.errors import is_group
from defectio_tasks._run.at_work import AtWork
from defectio_tasks._run.hooks import PASSING, foreign_cancellation, is_failure, report
from defectio_tasks._run.run import Run
from defectio_tasks._run.telling import see_if_busy, tell_finished, tell_retrying
from defectio_tasks._slots.judged import RunSlots
from defectio_tasks._slots.slot import Slot

NEVER_RETRIED: Final = (*PASSING, GeneratorExit)

Recovery: TypeAlias = Coroutine[Any, Any, bool]
"""Returns whether the iteration has succeeded; where it has not, that was reported, and the loop
goes on."""


def recovery(  # noqa: PLR0913, PLR0917 -- all that is known of the iteration
    run: Run,
    worker: AtWork,
    slots: RunSlots,
    slot: Slot | None,
    error: BaseException,
    known: int,
) -> Recovery | None:
    """Return what follows an exception of the first attempt at an iteration.

    Args:
        run: The run.
        worker: What called the body.
        slots: Where the iteration's slot was claimed.
        slot: The slot, if somebody has looked already.
        error: What the body raised.
        known: How many cancellations the task had when the body began.

    Returns:
        ``None`` where the loop ends with the exception.

    Raises:
        RuntimeError: The loop ends, as the body awaited something that was cancelled.
    """
    if _is_retried(worker, error, known, 1):
        return _retry(run, worker, slots, slot, error)
    return _failed(run, worker, slot, error, known)


async def _retry(
    run: Run, worker: AtWork, slots: RunSlots, slot: Slot | None, error: BaseException
) -> bool:
    """Try an iteration again until it succeeds or fails, after a back-off each time."""
    attempt, looked_up = 1, slot
    failed: Recovery | None = None
    while True:
        # Jitter needs no secret.
        delay = delay_before(attempt, random.random())  # noqa: S311
        if is_heard(WARNING):
            looked_up = looked_up or worker.claimed(slots)
            tell_retrying(run, looked_up, error, attempt, delay)
        # The traceback holds this frame, which must not hold the exception while it rests.
        del error
        await worker.rest(delay)
        known = worker.task.cancelling()
        attempt += 1
        try:
            await worker.attempt()
        except BaseException as again:
            if not _is_retried(worker, again, known, attempt):
                failed = _failed(run, worker, slot, again, known)
                if failed is None:
                    raise
                break
            error = again
        else:
            return True
    # Not within the handler, as in `live`.
    return await failed


def _is_retried(worker: AtWork, error: BaseException, known: int, attempt: int) -> bool:
    """Return whether the iteration is tried again after an exception of one of its attempts."""
    settings, policy = worker.settings, worker.policy
    if isinstance(error, GeneratorExit):
        # The event loop may be gone, and the run have forgotten all that it needs.
        return False
    if isinstance(error, asyncio.CancelledError):
        worker.cancellations().was_ours(known)
    return (
        not worker.is_cancelled()
        and settings.reconnect
        and (policy is None or policy.retries is None or attempt <= policy.retries)
        and settings.retried.includes(error)
        # Most are an `Exception`, which takes one look instead of three.
        and (isinstance(error, Exception) or not _is_never_retried(error))
    )


def _is_never_retried(error: BaseException) -> bool:
    if is_group(error):
        return any(map(_is_never_retried, error.exceptions))
    return isinstance(error, NEVER_RETRIED)


def _failed(
    run: Run, worker: AtWork, slot: Slot | None, error: BaseException, known: int
) -> Recovery | None:
    """Return what follows a failed iteration: its report, or ``None`` where the loop ends.

    Raises:
        RuntimeError: As of ``recovery``.
    """
    failure = error
    if isinstance(error, asyncio.CancelledError) and not worker.cancellations().was_ours(known):
        failure = foreign_cancellation(worker.settings.name)
        failure.__cause__ = error
    if _goes_on(run, worker, failure):
        return _report(run, worker, slot, failure)
    if failure is not error:
        raise failure
    return None


def _goes_on(run: Run, worker: AtWork, failure: BaseException) -> bool:
    """Return whether the loop goes on after a failed iteration, which is counted."""
    policy = worker.policy
    if (
        policy is None
        or not is_failure(failure)
        or isinstance(failure, GeneratorExit)
        or worker.is_cancelled()
    ):
        return False
    if run.bodies is not None and run.bodies.failure is not None:
        # The loop ends already, with another failure.
        return True
    follows = run.successes_before_failure == run.successes
    run.failed_in_a_row = run.failed_in_a_row + 1 if follows else 1
    run.successes_before_failure = run.successes
    return policy.max_failures is None or run.failed_in_a_row < policy.max_failures


async def _report(run: Run, worker: AtWork, slot: Slot | None, failure: BaseException) -> bool:
    """Report a failed iteration after which the loop goes on."""
    if slot is not None:
        tell_finished(run, slot, failure)
    # Where the hook is broken off, nobody shall tell once more how the iteration ended.
    worker.reported = True
    await report(worker, failure)
    worker.reported = False
    if slot is not None:
        see_if_busy(run)
    run.unsuccessful += 1
    return False
