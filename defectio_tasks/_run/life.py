"""The life of a run: wait for slots, call the body, finish. To be read from top to bottom."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Callable
from functools import partial
from time import monotonic

from defectio_tasks._events.logger import is_enabled, run_began
from defectio_tasks._events.observers import observers
from defectio_tasks._run.cancellation import is_at_work
from defectio_tasks._run.hooks import ENDINGS, finish, is_failure, prepare
from defectio_tasks._run.recovery import recovery
from defectio_tasks._run.run import (
    FINISHING,
    OVER,
    PREPARING,
    STARTING,
    WAITING,
    WORKING,
    Run,
    current,
)
from defectio_tasks._run.steering import follow_policy
from defectio_tasks._run.tasks import begin_task, mark_retrieved
from defectio_tasks._run.telling import tell_ended, tell_finished, tell_skipped, tell_started
from defectio_tasks._run.unbegun import tell_unbegun, watch
from defectio_tasks._slots.kinds import ENDED
from defectio_tasks._slots.slot import Slot
from defectio_tasks._time.turn import one_turn


def launch(run: Run, event_loop: asyncio.AbstractEventLoop) -> asyncio.Task[None]:
    """Start a run's task.

    Raises:
        RuntimeError: The event loop is closed.
    """
    life = live(run)
    try:
        task = begin_task(life, event_loop, run.settings.name)
    except BaseException:
        run.stage = OVER
        life.close()
        raise
    if not event_loop.is_running():
        watch(life, monotonic())
    # An eager task may be over already.
    if run.stage is not OVER:  # pragma: no branch -- only from Python 3.12 on
        run.task = task
    return task


async def live(run: Run) -> None:
    """Prepare, wait for slots and run the body, finish.

    It is all in one, because that is what a sleeping loop has in memory and what an iteration goes
    through: a coroutine within this one would be paid for by each loop, each time.
    """
    timers, slots = run.timers, run.slots
    slot: Slot | None = None
    end: BaseException | None = None
    try:
        # `launch` goes up to here. An eager task goes on before `launch` knows of it.
        await one_turn()
        _begin(run)
        if run.settings.before_loop is not None and run.slots is not ENDED:
            await prepare(run, run.settings.before_loop)
        # An interval begins with a slot that has come already.
        claimed, slots, known = run.begin(), run.slots, run.task.cancelling()
        while run.successes != run.settings.iterations and run.slots is not ENDED:
            if run.settings.policy is not run.policy:
                await follow_policy(run)
                continue
            if not claimed:
                slots = run.slots
                run.resting = slots.wait(timers)
                # Here and below: `stop` or `change` may have come meanwhile, even from within a
                # schedule of the user's own.
                if slots is not run.slots:
                    run.wake()
                elif run.resting is None:
                    break
                else:
                    await run.resting
                claimed = slots is run.slots and slots.claim(timers) and slots is run.slots
                if claimed and slots.skipped:
                    claimed = tell_skipped(run, slots)
            if claimed:
                run.stage = WORKING
                # The slot becomes a value only where somebody looks: that costs as much as all the
                # rest of an iteration.
                slot = slots.claimed(timers) if observers else None
                if slot is not None:
                    tell_started(run, slot)
                again = None
                try:
                    await run.call()
                except BaseException as error:
                    again = recovery(run, run, slots, slot, error, known)
                    if again is None:
                        raise
                # Not within the handler: each exception of a further attempt would have the first
                # one for its context.
                if again is None or await again:
                    run.successes += 1
                    if slot is not None:
                        tell_finished(run, slot, None)
                if (count := run.task.cancelling()) != known:
                    known = count
                    _end_swallowed(run)
                run.stage, claimed = WAITING, False
    except BaseException as error:
        if isinstance(error, GeneratorExit) and not is_at_work(run):
            # The event loop is gone: nothing can be awaited any more.
            if run.stage is STARTING:
                tell_unbegun(run, "is gone")
            run.abandon()
            raise
        end = error
    if _conclude(run, slot, end):
        end = await finish(run, end)
    end = _end(run, end)
    if end is not None:
        try:
            raise end
        finally:
            # The exception's traceback holds this frame, which must hold neither the exception nor
            # the event loop.
            del end, timers


def _begin(run: Run) -> None:
    """Begin in the task's first turn."""
    if not hasattr(run, "task"):  # pragma: no cover -- only from Python 3.12 on
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 -- a coroutine that runs is in a task
        run.task = task
    current.set(run)
    run.stage = PREPARING
    if run.settings.ledger is not None:
        from defectio_tasks._run.claims import begin_claims  # noqa: PLC0415 -- few loops need it

        begin_claims(run, run.settings.ledger)
    if is_enabled(logging.DEBUG):
        run_began(run.settings.name)


def _end_swallowed(run: Run) -> None:
    """End the run after a body that has swallowed a cancellation, where that can be told.

    Before Python 3.13, an ``asyncio.TaskGroup`` that failed leaves a cancellation behind as well.
    """
    if sys.version_info >= (3, 13) and run.task.cancelling():  # pragma: no cover -- see above
        run.cancellations().requested = True
        run.end_slots()


def _conclude(run: Run, slot: Slot | None, end: BaseException | None) -> bool:
    """Take down how the iterations ended; return whether there is a hook to call."""
    if isinstance(end, asyncio.CancelledError):
        # It was judged before, or came while the run itself waited.
        if run.cancellation is None:
            run.cancellations().requested = True
        else:
            run.cancellation.requested = True
        run.give_up_rest()
    if slot is not None and run.stage is WORKING and not run.reported:
        tell_finished(run, slot, end)
    has_failed = is_failure(end)
    if has_failed:
        run.ending = "failed"
    elif end is not None or run.is_cancelled():
        run.ending = "cancelled"
    elif run.slots is ENDED and not run.has_completed():
        run.ending = "stopped"
    else:
        run.ending = "completed"
    run.stage = FINISHING
    return has_failed or run.settings.after_loop is not None


def _end(run: Run, end: BaseException | None) -> BaseException | None:
    """End the run, as the last thing that its task does; return with which exception."""
    failure = end
    if not isinstance(end, ENDINGS) and run.is_cancelled():
        end = asyncio.CancelledError()
        if run.ending != "failed":
            run.ending = "cancelled"
    run.stage = OVER
    if observers or is_enabled(logging.DEBUG):
        tell_ended(run, failure)
    if run.followed_by is not None and run.is_followed():
        run.task.add_done_callback(partial(_begin_following, run.followed_by))
    if end is not None and not isinstance(end, asyncio.CancelledError):
        run.task.add_done_callback(mark_retrieved)
    if run.time_limit is not None:
        run.time_limit.retire()
    if run.claims is not None:
        run.claims.retire()
    run.let_go()
    return end


def _begin_following(begin: Callable[[], object], task: asyncio.Task[None]) -> None:
    del task
    begin()
