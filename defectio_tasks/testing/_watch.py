"""How far a loop has come, across restarts."""

# pyright: reportPrivateUsage=false
# It looks into loops, so that nobody else has to.

from __future__ import annotations

from defectio_tasks._loop.loop import Loop


class Watch:
    """Follows a loop that runs, and what a restart puts in its place."""

    def __init__(self, loop: Loop) -> None:
        """Begin to follow.

        Raises:
            RuntimeError: The loop isn't running.
        """
        run, task = loop._current_run(), loop.get_task()
        if run is None or task is None:
            message = f"`loop` must be running, got {loop!r}"
            raise RuntimeError(message)
        self._loop = loop
        self._run = run
        self._task = task

    def iterations(self) -> int:
        """Return how many iterations were finished since the loop was started, or restarted."""
        run, task = self._loop._current_run(), self._loop.get_task()
        if run is not None and task is not None and not self._is_restarting():
            self._run, self._task = run, task
        return 0 if self._is_restarting() else self._run.iterations

    def is_over(self) -> bool:
        """Return whether the loop has ended, for good."""
        return not self._is_restarting() and self._is_run_over()

    def exception(self) -> BaseException | None:
        """Return why the loop has failed, if it has."""
        return None if self._task.cancelled() else self._task.exception()

    def _is_run_over(self) -> bool:
        return self._run.has_ended() or self._run.timers.is_closed()

    def _is_restarting(self) -> bool:
        return self._loop._awaited_start() is not None
