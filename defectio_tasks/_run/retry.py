"""Try an iteration again until it succeeds, or fails for good."""

from __future__ import annotations

import asyncio
import random
from logging import WARNING
from typing import Final

from defectio_tasks._events.observers import is_heard
from defectio_tasks._policy.backoff import delay_before
from defectio_tasks._policy.errors import is_group
from defectio_tasks._run.hooks import PASSING, foreign_cancellation
from defectio_tasks._run.run import Run
from defectio_tasks._run.telling import tell_retrying
from defectio_tasks._slots.slot import Slot, Slots

NEVER_RETRIED: Final = (*PASSING, GeneratorExit)


def is_retried(run: Run, error: BaseException, known: int) -> bool:
    """Return whether the iteration is tried again after an exception.

    Args:
        run: The run.
        error: What the body raised.
        known: How many cancellations the task had when the body began.

    Raises:
        RuntimeError: The body awaited something that was cancelled.
    """
    settings = run.settings
    foreign = isinstance(error, asyncio.CancelledError) and not run.cancellations().was_ours(known)
    if (
        run.is_cancelled()
        or not settings.reconnect
        or not settings.retried.includes(error)
        # Most are an `Exception`, which takes one look instead of three.
        or (not isinstance(error, Exception) and _is_never_retried(error))
    ):
        if foreign:
            raise foreign_cancellation(settings.name) from error
        return False
    return True


def _is_never_retried(error: BaseException) -> bool:
    if is_group(error):
        return any(map(_is_never_retried, error.exceptions))
    return isinstance(error, NEVER_RETRIED)


async def retry(run: Run, slots: Slots, slot: Slot | None, error: BaseException) -> None:
    """Try an iteration again, after an exponential back-off each time.

    Args:
        run: The run.
        slots: Where the iteration's slot was claimed.
        slot: The slot, if somebody has looked already.
        error: What the first attempt raised.
    """
    attempt = 1
    while True:
        # Jitter needs no secret.
        delay = delay_before(attempt, random.random())  # noqa: S311
        if is_heard(WARNING):
            slot = slot or slots.claimed(run.timers)
            tell_retrying(run, slot, error, attempt, delay)
        # The traceback holds this frame, which must not hold the exception while it rests.
        del error
        await run.rest(delay)
        known = run.task.cancelling()
        try:
            await run.call()
        except BaseException as failure:
            if not is_retried(run, failure, known):
                raise
            error = failure
        else:
            return
        attempt += 1
