"""Which cancellations are a run's own, and which came of something that it awaited (L5, L10)."""

from __future__ import annotations

import asyncio


class Cancellation:
    """The cancellations of one run's task."""

    __slots__ = ("_interrupting", "_task", "requested")

    def __init__(self) -> None:
        """Begin without any; ``watch`` comes before all else."""
        self.requested = False
        """Whether the run was cancelled."""
        self._interrupting = False
        self._task: asyncio.Task[None]

    def watch(self, task: asyncio.Task[None]) -> None:
        """Name the task."""
        self._task = task

    def request(self) -> None:
        """Cancel the run."""
        self.requested = True
        self._task.cancel()

    def interrupt(self) -> None:
        """Break off what the task awaits, and no more; asked by the task itself, do nothing."""
        if not self._interrupting and not self._is_at_work():
            self._interrupting = True
            self._task.cancel()

    def end_interruption(self) -> None:
        """Have the task forget that it was interrupted, if it was."""
        if self._interrupting:
            self._interrupting = False
            self._task.uncancel()

    def is_interruption(self) -> bool:
        """Tell whether a cancellation is an interruption and nothing else."""
        return self._interrupting and not self.requested

    def is_own(self, known: int) -> bool:
        """Tell whether it is the run that was cancelled, and not something that it awaited.

        That makes the task's count of cancellations rise. The count alone says nothing: before
        Python 3.13, each ``asyncio.TaskGroup`` that fails leaves one behind.

        Args:
            known: The count before.
        """
        self.requested = self.requested or self._task.cancelling() > known
        return self.requested

    async def receive(self) -> None:
        """Let a cancellation that is on its way arrive here, and not at a hook's first await.

        It is on its way when a function cancelled its own loop and ended without another await.
        """
        if self.requested or self._task.cancelling():
            try:
                await asyncio.sleep(0)
            except asyncio.CancelledError:
                self.requested = self.requested or not self._interrupting

    def _is_at_work(self) -> bool:
        """Tell whether it is the task itself that asks."""
        try:
            return asyncio.current_task() is self._task
        except RuntimeError:
            # No event loop is running.
            return False
