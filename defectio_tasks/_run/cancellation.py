"""Which cancellations are a run's own, and which came of something that it awaited (L5, L10)."""

from __future__ import annotations

import asyncio

from defectio_tasks._time.turn import one_turn


class Cancellable:
    """What knows of the cancellations of its task."""

    __slots__ = ("cancelled", "interrupting", "task")

    task: asyncio.Task[None]
    cancelled: bool
    """Whether the run was cancelled."""
    interrupting: bool
    """Whether it was interrupted."""

    def interrupt(self) -> None:
        """Break off what the task awaits, and no more.

        Asked by the task itself, or after a cancellation, do nothing.
        """
        if not (self.interrupting or self.cancelled or self._is_at_work()):
            self.interrupting = True
            self.task.cancel()

    def end_interruption(self) -> None:
        """Have the task forget that it was interrupted, if it was."""
        if self.interrupting:
            self.interrupting = False
            self.task.uncancel()

    def is_interruption(self, known: int) -> bool:
        """Tell whether a cancellation is an interruption and nothing else.

        Args:
            known: The task's count of cancellations before.
        """
        alone = self.task.cancelling() <= known + 1
        return self.interrupting and alone and not self.cancelled

    def judge(self, known: int) -> bool:
        """Tell whether it is the run that was cancelled, and not something that it awaited.

        That makes the task's count of cancellations rise. The count alone says nothing: before
        Python 3.13, each ``asyncio.TaskGroup`` that fails leaves one behind.

        Args:
            known: The count before.

        Returns:
            ``cancelled``, which is set by this when the task was cancelled by somebody else.
        """
        self.cancelled = self.cancelled or self.task.cancelling() > known
        return self.cancelled

    async def receive(self) -> None:
        """Let a cancellation that is on its way arrive here, and not at a hook's first await.

        It is on its way when a function cancelled its own loop and ended without another await.
        """
        if self.cancelled or self.task.cancelling():
            try:
                await one_turn()
            except asyncio.CancelledError:
                self.cancelled = self.cancelled or not self.interrupting

    def _is_at_work(self) -> bool:
        """Tell whether it is the task itself that asks."""
        try:
            return asyncio.current_task() is self.task
        except RuntimeError:
            # No event loop is running.
            return False
