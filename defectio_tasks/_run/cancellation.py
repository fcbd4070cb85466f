"""Whose a cancellation was: the run's own, or that of something which it awaited."""

from __future__ import annotations

import asyncio
from typing import Protocol

from defectio_tasks._time.turn import one_turn


class HasTask(Protocol):
    """A run, as far as its cancellations go."""

    task: asyncio.Task[None]


class Cancellation:
    """What a run knows of the cancellations of its task."""

    __slots__ = ("_run", "interrupting", "known", "requested")

    requested: bool
    """Whether the run was cancelled, by ``cancel`` or by somebody who cancelled the task."""
    known: int
    """How many cancellations the task had when a restart was asked for."""
    interrupting: bool
    """Whether ``stop`` has cancelled the task to end ``before_loop``, and it has yet to arrive."""

    def __init__(self, run: HasTask) -> None:
        """Begin with a run that nobody has cancelled."""
        self._run = run
        self.requested = self.interrupting = False
        self.known = 0

    def interrupt(self) -> None:
        """Break off what the task awaits, and no more.

        Asked by the task itself, or after a cancellation, do nothing.
        """
        if not (self.interrupting or self.requested or is_at_work(self._run)):
            self.interrupting = True
            self._run.task.cancel()

    def end_interruption(self) -> None:
        """Make the task forget that it was interrupted, if it was."""
        if self.interrupting:
            self.interrupting = False
            self._run.task.uncancel()

    def is_interruption(self, known: int) -> bool:
        """Return whether a cancellation is an interruption and nothing else.

        Args:
            known: The task's count of cancellations before.
        """
        alone = self._run.task.cancelling() <= known + 1
        return self.interrupting and alone and not self.requested

    def was_ours(self, known: int) -> bool:
        """Return whether it is the run that was cancelled, and not something that it awaited.

        That makes the task's count of cancellations rise. The count alone says nothing: before
        Python 3.13, each ``asyncio.TaskGroup`` that fails leaves one behind.

        Args:
            known: The count before.

        Returns:
            ``requested``, which is set by this when the task was cancelled by somebody else.
        """
        self.requested = self.requested or self._run.task.cancelling() > known
        return self.requested

    async def let_cancellation_arrive(self) -> None:
        """Take the cancellation that is on its way to the task, if any.

        It is on its way when a function cancelled its own loop and ended without another await.
        """
        if self.requested or self._run.task.cancelling():
            try:
                await one_turn()
            except asyncio.CancelledError:
                self.requested = self.requested or not self.interrupting


def is_at_work(run: HasTask) -> bool:
    """Return whether it is the run's own task that asks."""
    try:
        return asyncio.current_task() is run.task
    except (AttributeError, RuntimeError):
        # There is no task yet, or no event loop is running.
        return False
